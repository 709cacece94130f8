import { z } from "zod";
import { sdkResource } from "../sdk.ts";
import { sameSet } from "./compare.ts";
import type { ResourceContext } from "./context.ts";
import { defineResource, type Live, sameBy } from "./definition.ts";
import { refuseLockedPath } from "./locked.ts";
import { nasPath, shareMark, withoutMark } from "./names.ts";
import { deleteById, idFilter } from "./rows.ts";
import { optionProblems, purposes, readOptions, smbOptions, writeOptions } from "./smb-options.ts";

const noAudit = { enable: false, watchList: [], ignoreList: [] };
const groupList = z.array(z.string().min(1)).default([]);

const inputs = z.object({
  name: z
    .string()
    .regex(
      /^[^\\/[\]:|<>+=;,*?"\p{Cc}]{1,80}$/u,
      'must have 1 to 80 characters, none of \\ / [ ] : | < > + = ; , * ? "',
    )
    .refine(
      (name) => !["global", "homes", "printers", "ipc$", "admin$"].includes(name.toLowerCase()),
      "is a name that SMB keeps for itself",
    )
    .describe("Name that clients see. The NAS has each name once, whatever its case."),
  path: nasPath
    .or(z.literal("EXTERNAL"))
    .describe("Directory that is shared; EXTERNAL for purpose EXTERNAL_SHARE, which sends clients elsewhere."),
  purpose: z
    .enum(purposes)
    .default("DEFAULT_SHARE")
    .describe(
      "What it is for; decides which options there are. TIMEMACHINE_SHARE and FCP_SHARE need SmbConfig.appleExtensions.",
    ),
  options: smbOptions.describe("Options of the purpose. What is left out is as the NAS has it by default."),
  comment: z.string().max(900).default("").describe("Text that clients see beside the name."),
  readOnly: z.boolean().default(false).describe("Whether clients may only read."),
  browsable: z.boolean().default(true).describe("Whether clients see it in the list of shares."),
  accessBasedEnumeration: z
    .boolean()
    .default(false)
    .describe("Whether clients see only those files and shares that they may read."),
  audit: z
    .strictObject({
      enable: z.boolean().default(false).describe("Whether access is written to the audit log."),
      watchList: groupList.describe("Groups whose access is written; empty: all."),
      ignoreList: groupList.describe("Groups whose access is not written."),
    })
    .default(noAudit)
    .describe("Audit of access."),
  enabled: z.boolean().default(true).describe("Whether the share is offered."),
});
type Inputs = z.output<typeof inputs>;

interface ShareRow {
  readonly id: number;
  readonly name: string;
  readonly path: string;
  readonly purpose: string;
  readonly options: Readonly<Record<string, unknown>> | null;
  readonly comment: string;
  readonly readonly: boolean;
  readonly browsable: boolean;
  readonly access_based_share_enumeration: boolean;
  readonly audit: { readonly enable: boolean; readonly watch_list: string[]; readonly ignore_list: string[] };
  readonly enabled: boolean;
  readonly locked: boolean | null;
}

const wireNames: Readonly<Record<string, string>> = {
  readOnly: "readonly",
  accessBasedEnumeration: "access_based_share_enumeration",
};
const wireOf = (property: string) => wireNames[property] ?? property;

export const smbShare = defineResource({
  type: "truenas:index:SmbShare",
  description: "An SMB share of one directory on the NAS. Removing it ends access; the data stays.",
  inputs,
  outputs: z.object({
    locked: z.boolean().describe("Whether it cannot be used because its dataset is locked or missing."),
  }),
  traits: {
    readOnly: { wire: "readonly" },
    accessBasedEnumeration: { wire: "access_based_share_enumeration" },
    audit: {
      same: (wanted, actual) => {
        const [a, b] = [wanted, actual] as unknown as (Inputs["audit"] | undefined)[];
        if (!a || !b) return false;
        return a.enable === b.enable && sameSet(a.watchList, b.watchList) && sameSet(a.ignoreList, b.ignoreList);
      },
    },
  },
  rules: ({ purpose, path, options }) => {
    const failures = optionProblems(purpose, options);
    if ((purpose === "EXTERNAL_SHARE") !== (path === "EXTERNAL"))
      failures.push({ property: "path", reason: "is EXTERNAL for purpose EXTERNAL_SHARE, and for no other" });
    return failures;
  },
  deletion: "Removes the share. Clients that use it get errors; the data stays.",
  lifecycle: {
    read: async (context, id) => {
      const row = await find(context, id);
      return row && toLive(row);
    },

    isSame: sameBy("name", "path"),

    preflight: async (context, { name, path }, live) => {
      if (live?.inputs.path !== path) await refuseLockedPath(context, path, `SMB share ${name} cannot be made`);
    },

    locate: async (context, { name, path }) => {
      const sameName = (share: ShareRow) => share.name.toLowerCase() === name.toLowerCase();
      const samePath = (share: ShareRow) => share.path === path && path !== "EXTERNAL";
      const shares = (await all(context)).filter((share) => sameName(share) || samePath(share));
      const ours = shares.find((share) => share.comment.endsWith(shareMark(context)));
      const taken = shares.find((share) => sameName(share) && share !== ours);
      // Another share of this stack may show the same directory in another way.
      const foreign = shares.find((share) => share !== ours && !ofStack(context, share));
      const found = taken ?? ours ?? foreign;
      if (!found) return undefined;
      const description = `SMB share ${found.id} "${found.name}" of ${found.path}`;
      return { id: String(found.id), ours: found === ours, description };
    },

    create: async (context, wanted) => {
      const row = await context.nas.call<ShareRow>("sharing.smb.create", [toWire(context, wanted)], {
        signal: context.signal,
      });
      return String(row.id);
    },

    update: async (context, { live, changed, inputs: wanted }) => {
      const before = await find(context, live.id);
      const wire = toWire(context, wanted, before?.purpose === wanted.purpose ? before.options : null);
      const request = Object.fromEntries([...changed].map((property) => [wireOf(property), wire[wireOf(property)]]));
      // The options belong to their purpose.
      if (changed.has("purpose")) request["options"] = wire["options"];
      await context.nas.call("sharing.smb.update", [Number(live.id), request], { signal: context.signal });
    },

    delete: (context, id) => deleteById(context, "sharing.smb.delete", Number(id)),
  },
});

const ofStack = ({ project, stack }: ResourceContext, { comment }: ShareRow) =>
  comment.includes(`[pulumi ${project}/${stack}/`);

function toWire(
  context: ResourceContext,
  { readOnly, accessBasedEnumeration, comment, audit, options, ...share }: Inputs,
  before: ShareRow["options"] = null,
): Record<string, unknown> {
  return {
    ...share,
    comment: `${comment} ${shareMark(context)}`.trimStart(),
    readonly: readOnly,
    access_based_share_enumeration: accessBasedEnumeration,
    audit: { enable: audit.enable, watch_list: audit.watchList, ignore_list: audit.ignoreList },
    options: writeOptions(share.purpose, options, before),
  };
}

function toLive(row: ShareRow): Live<Inputs> {
  const { enable, watch_list, ignore_list } = row.audit;
  const live: Inputs = {
    name: row.name,
    path: row.path,
    purpose: row.purpose,
    options: readOptions(row.purpose, row.options),
    comment: withoutMark(row.comment),
    readOnly: row.readonly,
    browsable: row.browsable,
    accessBasedEnumeration: row.access_based_share_enumeration,
    audit: { enable, watchList: watch_list, ignoreList: ignore_list },
    enabled: row.enabled,
  };
  const explicit = Object.keys(live) as (keyof Inputs)[];
  return { id: String(row.id), inputs: live, explicit, outputs: { locked: row.locked ?? false } };
}

const all = async (context: ResourceContext) =>
  (await context.nas.collection("sharing.smb.query").all()) as unknown as ShareRow[];

/** By number, or by the name of the share, whatever its case. */
async function find(context: ResourceContext, id: string): Promise<ShareRow | undefined> {
  if (/^[1-9]\d*$/.test(id))
    return (await context.nas.collection("sharing.smb.query").find(idFilter(id))) as ShareRow | undefined;
  return (await all(context)).find((share) => share.name.toLowerCase() === id.toLowerCase());
}

/** An SMB share of one directory on the NAS. */
export class SmbShare extends sdkResource(smbShare) {}
