import ipaddr from "ipaddr.js";
import { z } from "zod";
import { errno, type Issue, ValidationErrors } from "../errors.ts";
import { type ApiVersion, type CallContext, type Method, text } from "../method.ts";
import type { SmbConfig } from "../world/sharing.ts";
import { byVersion, type Row, reader } from "./crud.ts";
import { smbRead, smbWrite } from "./roles.ts";

const codePages = [
  37, 273, 424, 437, 500, 775, 850, 852, 855, 857, 858, 860, 861, 862, 863, 864, 865, 866, 869, 932, 949, 950,
]
  .concat([1026, 1125, 1140, 1250, 1251, 1252, 1253, 1254, 1255, 1256, 1257, 1258])
  .map((page) => `CP${String(page).padStart(3, "0")}`);

/** Character sets that Samba can be told. */
const charsets = [
  ...["UTF-8", "GB2312", "HZ-GB-2312", "CP1361", "BIG5", "BIG5HKSCS"],
  ...codePages,
  ...["EUC_JIS_2004", "EUC_JISX0213", "EUC_JP", "EUC_KR", "GB18030", "GBK", "HZ"],
  ...["ISO2022_JP", "ISO2022_JP_1", "ISO2022_JP_2", "ISO2022_JP_2004", "ISO2022_JP_3", "ISO2022_JP_EXT", "ISO2022_KR"],
  ...[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 15, 16].map((part) => `ISO8859_${part}`),
  ...[
    "JOHAB",
    "KOI8_R",
    "KZ1048",
    "LATIN_1",
    "MAC_CYRILLIC",
    "MAC_GREEK",
    "MAC_ICELAND",
    "MAC_LATIN2",
    "MAC_ROMAN",
    "MAC_TURKISH",
  ],
  ...["PTCP154", "SHIFT_JIS", "SHIFT_JIS_2004", "SHIFT_JISX0213", "TIS_620", "UTF_16", "UTF_16_BE", "UTF_16_LE"],
];

const address = text().refine(
  (value) => ipaddr.isValid(value.split("/")[0] ?? ""),
  "value is not a valid IPv4 or IPv6 interface",
);

const mask = text().refine(
  (value) => value === "DEFAULT" || /^[0-7]{3,4}$/.test(value),
  "Not a valid mode: give an octal number or DEFAULT",
);

const updateSchema = byVersion((version: ApiVersion) =>
  z
    .strictObject({
      netbiosname: text(),
      netbiosalias: z.array(text()),
      workgroup: text(),
      description: text(),
      unixcharset: z.enum(charsets),
      localmaster: z.boolean(),
      syslog: z.boolean(),
      aapl_extensions: z.boolean(),
      admin_group: text().nullable(),
      guest: text().min(1),
      filemask: mask,
      dirmask: mask,
      ntlmv1_auth: z.boolean(),
      multichannel: z.boolean(),
      encryption: z.enum(["DEFAULT", "NEGOTIATE", "DESIRED", "REQUIRED"]),
      bindip: z.array(address),
      server_sid: text().nullable(),
      smb_options: text(),
      debug: z.boolean(),
      ...(version === "25.10"
        ? { enable_smb1: z.boolean() }
        : {
            minimum_protocol: z.enum(["SMB1", "SMB2", "SMB3"]),
            search_protocols: z.array(z.enum(["SPOTLIGHT"])),
            stateful_failover: z.boolean(),
          }),
    })
    .partial(),
);

function row({ world, version }: CallContext): Row {
  const { minimum_protocol, search_protocols, stateful_failover, ...config } = world.smbConfig;
  const own =
    version === "25.10"
      ? { enable_smb1: minimum_protocol === "SMB1" }
      : { minimum_protocol, search_protocols, stateful_failover };
  return { id: 1, ...config, ...own };
}

type Update = Partial<SmbConfig> & { readonly enable_smb1?: boolean };

function update(call: CallContext, data: Update): Row {
  const { world } = call;
  const { enable_smb1, ...rest } = data;
  const issues: Issue[] = [];
  const add = (field: string, message: string): void => {
    issues.push([`smb_update.${field}`, message, errno.EINVAL]);
  };
  rest.bindip?.forEach((ip, index) => {
    if (!world.addresses.includes(ip))
      add(`bindip.${index}`, `IP address [${ip}] is not a configured address for this server`);
  });
  const name = rest.netbiosname;
  if (name !== undefined && !/^[A-Za-z0-9._!@#$%^&()'{}~-]{1,15}$/.test(name))
    add("netbiosname", "Invalid NetBIOS name");
  if (rest.guest === "root") add("guest", "Please use a different account than root for guest access");
  else if (rest.guest !== undefined && !world.directory.user(rest.guest)) add("guest", `User not found: ${rest.guest}`);
  if (rest.admin_group && !world.directory.group(rest.admin_group))
    add("admin_group", `Group not found: ${rest.admin_group}`);
  if (issues.length > 0) throw new ValidationErrors(issues);
  const smb1 =
    enable_smb1 === undefined ? {} : { minimum_protocol: enable_smb1 ? ("SMB1" as const) : ("SMB2" as const) };
  world.smbConfig = { ...world.smbConfig, ...rest, ...smb1 };
  return row(call);
}

export const smbServiceMethods: readonly Method[] = [
  reader("smb.config", smbRead, row),
  {
    name: "smb.update",
    access: smbWrite,
    params: (version) => [
      { name: "smb_update", schema: updateSchema(version).prefault({}), required: version === "25.10" },
    ],
    run: (call, [data]) => update(call, data as Update),
  },
];
