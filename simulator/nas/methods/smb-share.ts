import { z } from "zod";
import { errno, type Issue, ValidationErrors } from "../errors.ts";
import { type CallContext, type Method, text } from "../method.ts";
import type { SmbShare } from "../world/sharing.ts";
import { nextId } from "../world/world.ts";
import { collection, integerId, type Row, remove, replace } from "./crud.ts";
import { findRow } from "./lookup.ts";
import { datasetParts, isLocked, sharedPathIssues } from "./paths.ts";
import { smbRead, smbWrite } from "./roles.ts";
import { optionsSchema, type Purpose, purposes } from "./smb-options.ts";

const title = "SharingSMB";
const event = "sharing.smb.query";

const audit = z.strictObject({
  enable: z.boolean().default(false),
  watch_list: z.array(text().min(1)).default([]),
  ignore_list: z.array(text().min(1)).default([]),
});

/** At most 80 characters, none of those that Windows cannot have in a name. */
const shareName = text()
  .refine((value) => value.length >= 1 && value.length <= 80, "Invalid share name: 1 to 80 characters")
  .refine(
    (value) => !/[\\/[\]:|<>+=;,*?"]/.test(value),
    'Invalid share name: \\ / [ ] : | < > + = ; , * ? " are not allowed',
  );

const createSchema = z.strictObject({
  purpose: z.enum(purposes).default("DEFAULT_SHARE"),
  name: shareName,
  path: text().min(1),
  enabled: z.boolean().default(true),
  comment: text().default(""),
  readonly: z.boolean().default(false),
  browsable: z.boolean().default(true),
  access_based_share_enumeration: z.boolean().default(false),
  audit: audit.prefault({}),
  options: optionsSchema.default(null),
});

const updateSchema = z
  .strictObject({
    purpose: z.enum(purposes),
    name: shareName,
    path: text().min(1),
    enabled: z.boolean(),
    comment: text(),
    readonly: z.boolean(),
    browsable: z.boolean(),
    access_based_share_enumeration: z.boolean(),
    audit,
    options: optionsSchema,
  })
  .partial();

type Input = z.infer<typeof createSchema>;

function row(call: CallContext, share: SmbShare): Row {
  const { world, version } = call;
  const external = share.path === "EXTERNAL";
  const shown = { ...share, locked: external ? false : isLocked(world, share.path) };
  if (version !== "26.0") return shown;
  const parts = external ? { dataset: null, relative_path: null } : datasetParts(world, share.path);
  return { ...shown, ...parts, tier: null };
}

function validate({ world }: CallContext, share: Input, prefix: string, id?: number): void {
  const issues: Issue[] = [];
  const add = (field: string, message: string): void => {
    issues.push([`${prefix}.${field}`, message, errno.EINVAL]);
  };
  const taken = world.smbShares.some((each) => each.id !== id && each.name.toLowerCase() === share.name.toLowerCase());
  if (taken) add("name", "Share with this name already exists.");
  if (["global", "homes", "printers", "ipc$", "admin$"].includes(share.name.toLowerCase()))
    add("name", `${share.name} is a reserved section name`);
  if (share.options && share.options.purpose !== share.purpose)
    add("options.purpose", `The options are those of another purpose than ${share.purpose}`);
  if (["TIMEMACHINE_SHARE", "FCP_SHARE"].includes(share.purpose) && !world.smbConfig.aapl_extensions) {
    add("purpose", "Apple SMB2/3 protocol extension support is required by this parameter.");
  }
  if (share.purpose === "EXTERNAL_SHARE") {
    if (share.path !== "EXTERNAL") add("path", 'The path of an external share has to be "EXTERNAL"');
    if (!share.options) add("options", "remote_path is required for an external share");
  } else issues.push(...sharedPathIssues(world, `${prefix}.path`, share.path));
  if (issues.length > 0) throw new ValidationErrors(issues);
}

/** Options are shown without their purpose; where none were given there are none. */
function stored(id: number, share: Input): SmbShare {
  const { purpose: _, ...options } = share.options ?? { purpose: share.purpose };
  return { ...share, id, options: share.options ? options : null, path: share.path.replace(/(?<=.)\/+$/, "") };
}

function create(call: CallContext, data: Input): Row {
  validate(call, data, "sharingsmb_create");
  const share = stored(nextId(call.world.smbShares), data);
  call.world.smbShares.push(share);
  const result = row(call, share);
  call.emit(event, "ADDED", share.id, result);
  return result;
}

function update(call: CallContext, id: number, data: z.infer<typeof updateSchema>): Row {
  const old = findRow(call.world.smbShares, title, id);
  const purpose = (data.purpose ?? old.purpose) as Purpose;
  // Options stay where the purpose stays; another purpose starts with its own.
  const kept = purpose === old.purpose && old.options ? ({ purpose, ...old.options } as Input["options"]) : null;
  const { id: _, ...rest } = old;
  const merged = { ...rest, ...data, purpose, options: data.options === undefined ? kept : data.options } as Input;
  validate(call, merged, "sharingsmb_update", id);
  const share = replace(call.world.smbShares, stored(id, merged));
  const result = row(call, share);
  call.emit(event, "CHANGED", id, result);
  return result;
}

export const smbShareMethods: readonly Method[] = [
  ...collection({
    name: "sharing.smb",
    title,
    access: smbRead,
    id: integerId,
    rows: (call) => call.world.smbShares.map((share) => row(call, share)),
  }),
  {
    name: "sharing.smb.create",
    access: smbWrite,
    params: () => [{ name: "data", schema: createSchema }],
    run: (call, [data]) => create(call, data as Input),
  },
  {
    name: "sharing.smb.update",
    access: smbWrite,
    params: () => [
      { name: "id", schema: integerId },
      { name: "data", schema: updateSchema },
    ],
    run: (call, [id, data]) => update(call, id as number, data as z.infer<typeof updateSchema>),
  },
  {
    name: "sharing.smb.delete",
    access: smbWrite,
    params: () => [{ name: "id", schema: integerId }],
    run: (call, [id]) => {
      findRow(call.world.smbShares, title, id);
      remove(call.world.smbShares, id as number);
      call.emit(event, "REMOVED", id);
      return true;
    },
  },
];
