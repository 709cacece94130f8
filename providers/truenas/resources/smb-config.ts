import { z } from "zod";
import { ProviderError } from "../../base/errors.ts";
import { sdkResource } from "../sdk.ts";
import { sameSet } from "./compare.ts";
import type { ResourceContext } from "./context.ts";
import { defineResource } from "./definition.ts";

const netbios = z
  .string()
  .regex(/^[A-Za-z0-9._!@#$%^&()'{}~-]{1,15}$/, "must be a NetBIOS name: 1 to 15 letters, digits and signs such as -");
const mask = z.string().regex(/^(DEFAULT|[0-7]{3,4})$/, "must be an octal mode such as 0775, or DEFAULT");

const inputs = z.object({
  netbiosName: netbios.optional().describe("Name of the NAS in the Windows network."),
  netbiosAliases: z.array(netbios).optional().describe("Further names of it."),
  workgroup: netbios.optional().describe("Workgroup that it shows up in."),
  description: z.string().max(1024).optional().describe("Text that clients see beside the NAS."),
  minimumProtocol: z
    .enum(["SMB1", "SMB2", "SMB3"])
    .optional()
    .describe("Oldest protocol that clients may speak; SMB1 is insecure. TrueNAS 26 and later."),
  enableSmb1: z.boolean().optional().describe("Whether clients may speak SMB1, which is insecure. TrueNAS 25.10 only."),
  searchProtocols: z
    .array(z.enum(["SPOTLIGHT"]))
    .optional()
    .describe("Search for clients. TrueNAS 26 and later."),
  statefulFailover: z.boolean().optional().describe("For NAS with two controllers. TrueNAS 26 and later."),
  encryption: z
    .enum(["DEFAULT", "NEGOTIATE", "DESIRED", "REQUIRED"])
    .optional()
    .describe("Transport encryption. REQUIRED shuts out clients that cannot."),
  appleExtensions: z.boolean().optional().describe("What macOS clients and Time Machine need."),
  ntlmv1Auth: z.boolean().optional().describe("Whether clients may use the broken NTLMv1."),
  multichannel: z.boolean().optional().describe("Whether a client may use several network paths at once."),
  guestAccount: z
    .string()
    .min(1)
    .refine((name) => name !== "root", "must not be root")
    .optional()
    .describe("Account that guests act as, where a share lets them in."),
  adminGroup: z.string().optional().describe("Group whose members administer SMB from clients; empty: none."),
  bindAddresses: z.array(z.ipv4().or(z.ipv6())).optional().describe("Addresses of the NAS that serve SMB; empty: all."),
  fileMask: mask.optional().describe("Mode of new files."),
  directoryMask: mask.optional().describe("Mode of new directories."),
  unixCharset: z
    .string()
    .min(1)
    .optional()
    .describe("Character set of names on disk. Existing names are not rewritten."),
  localMaster: z.boolean().optional().describe("Whether it takes part in the election of a browse master."),
  syslog: z.boolean().optional().describe("Whether it logs to the system's log."),
  debug: z.boolean().optional().describe("Whether it logs much more."),
  auxiliaryParameters: z.string().max(1024).optional().describe("Lines for smb4.conf. Needs a full administrator."),
});
type Inputs = z.output<typeof inputs>;
type Property = keyof Inputs & string;

const wireNames: Readonly<Record<Property, string>> = {
  netbiosName: "netbiosname",
  netbiosAliases: "netbiosalias",
  workgroup: "workgroup",
  description: "description",
  minimumProtocol: "minimum_protocol",
  enableSmb1: "enable_smb1",
  searchProtocols: "search_protocols",
  statefulFailover: "stateful_failover",
  encryption: "encryption",
  appleExtensions: "aapl_extensions",
  ntlmv1Auth: "ntlmv1_auth",
  multichannel: "multichannel",
  guestAccount: "guest",
  adminGroup: "admin_group",
  bindAddresses: "bindip",
  fileMask: "filemask",
  directoryMask: "dirmask",
  unixCharset: "unixcharset",
  localMaster: "localmaster",
  syslog: "syslog",
  debug: "debug",
  auxiliaryParameters: "smb_options",
};
const properties = Object.keys(wireNames) as Property[];

type ConfigRow = Readonly<Record<string, unknown>>;

/** What stands in place of a property that the other version alone has. */
const insteadOf: Readonly<Partial<Record<Property, string>>> = {
  enableSmb1: 'minimumProtocol: "SMB1" takes its place there',
  minimumProtocol: "enableSmb1 takes its place there",
};

/** The NAS has one SMB configuration, so its id is a constant. */
const id = "smb";

const config = (context: ResourceContext) => context.nas.call<ConfigRow>("smb.config", [], { signal: context.signal });

/** Every property that this version of TrueNAS has. */
function toLive(row: ConfigRow): Inputs {
  const found = properties.flatMap((property) => {
    const value = row[wireNames[property]];
    return value === undefined ? [] : [[property, value ?? ""]];
  });
  return Object.fromEntries(found) as Inputs;
}

export const smbConfig = defineResource({
  type: "truenas:index:SmbConfig",
  description: "The settings of the SMB server. There is one per NAS; properties that are left out are left alone.",
  inputs,
  outputs: z.object({}),
  traits: {
    ...Object.fromEntries(properties.map((property) => [property, { wire: wireNames[property] }])),
    netbiosAliases: { same: sameSet, wire: wireNames.netbiosAliases },
    searchProtocols: { same: sameSet, wire: wireNames.searchProtocols },
    bindAddresses: { same: sameSet, wire: wireNames.bindAddresses },
  },
  deletion: "Leaves the settings as they are.",
  lifecycle: {
    read: async (context) => {
      const live = toLive(await config(context));
      const explicit: Property[] = ["netbiosName", "workgroup", "encryption", "appleExtensions", "bindAddresses"];
      return { id, inputs: live, explicit, outputs: {} };
    },
    preflight: async (context, wanted) => {
      const row = await config(context);
      const missing = (Object.keys(wanted) as Property[]).filter((property) => !(wireNames[property] in row));
      if (missing.length === 0) return;
      const { full } = await context.nas.version();
      const failures = missing.map((property) => {
        const instead = insteadOf[property];
        const reason = `is no setting of TrueNAS ${full}${instead === undefined ? "" : `; ${instead}`}. Remove it for this NAS.`;
        return { property, reason };
      });
      const message = failures.map(({ property, reason }) => `${property} ${reason}`).join(" ");
      throw new ProviderError("INVALID_ARGUMENT", `SmbConfig ${context.name}: ${message}`, failures);
    },
    locate: async () => ({ id, ours: true, standing: true, description: "the settings of the SMB server" }),
    create: async () => id,
    update: async (context, { changed, inputs: wanted }) => {
      const request = [...changed].map((property) => {
        const value = wanted[property as Property];
        return [wireNames[property as Property], property === "adminGroup" && value === "" ? null : value];
      });
      await context.nas.call("smb.update", [Object.fromEntries(request)], { signal: context.signal });
    },
    delete: async (context) => context.log("info", "the settings of the SMB server stay as they are"),
  },
});

/** The settings of the SMB server. */
export class SmbConfig extends sdkResource(smbConfig) {}
