import { z } from "zod";
import { ProviderError } from "../../base/errors.ts";
import { isUnknown, type Properties, type PropertyValue } from "../../base/values.ts";
import { sdkResource } from "../sdk.ts";
import type { ResourceContext } from "./context.ts";
import { destroyDataset } from "./dataset-destroy.ts";
import { type DatasetRow, toLive } from "./dataset-row.ts";
import { defineResource } from "./definition.ts";
import { refuseLocked } from "./locked.ts";
import { datasetName, ownership, ownerValue, poolOf } from "./names.ts";

const onOff = z.enum(["ON", "OFF", "INHERIT"]);
/** Bytes; the NAS refuses less than 1 GiB, 0 means none. */
const quota = z
  .int()
  .refine((bytes) => bytes === 0 || bytes >= 2 ** 30, "must be 0 (none) or at least 1073741824 bytes (1 GiB)");
const compressions =
  "ON OFF LZ4 GZIP GZIP-1 GZIP-9 ZSTD ZSTD-FAST ZLE LZJB ZSTD-1 ZSTD-2 ZSTD-3 ZSTD-4 ZSTD-5 ZSTD-6 ZSTD-7 ZSTD-8 ZSTD-9 " +
  "ZSTD-10 ZSTD-11 ZSTD-12 ZSTD-13 ZSTD-14 ZSTD-15 ZSTD-16 ZSTD-17 ZSTD-18 ZSTD-19 INHERIT";

const inputs = z.object({
  name: datasetName.describe("Full ZFS name, pool first. The parent must exist. Cannot change."),
  comments: z.string().max(1024).optional().describe("Text that the NAS shows beside the dataset."),
  recordsize: z
    .string()
    .regex(
      /^(512|512B|(1|2|4|8|16|32|64|128|256|512)K|(1|2|4|8|16)M|INHERIT)$/,
      "must be a power of two from 512 to 16M, or INHERIT",
    )
    .optional()
    .describe("Largest block of a file, such as 16K or 1M. Counts for what is written from then on."),
  compression: z.enum(compressions.split(" ")).optional().describe("Counts for what is written from then on."),
  atime: onOff.optional().describe("Whether a read updates the access time."),
  sync: z
    .enum(["STANDARD", "ALWAYS", "DISABLED", "INHERIT"])
    .optional()
    .describe("Durability of writes. DISABLED loses the last seconds of acknowledged writes at a power cut."),
  quota: quota.optional().describe("Bytes for the dataset with its snapshots and children; 0 for none."),
  refquota: quota.optional().describe("Bytes for the dataset's own data, without snapshots and children; 0 for none."),
  casesensitivity: z
    .enum(["SENSITIVE", "INSENSITIVE"])
    .optional()
    .describe("Fixed at creation. Default of the NAS: SENSITIVE."),
  acltype: z.enum(["POSIX", "NFSV4", "OFF", "INHERIT"]).optional().describe("Kind of access control lists."),
  aclmode: z
    .enum(["PASSTHROUGH", "RESTRICTED", "DISCARD", "INHERIT"])
    .optional()
    .describe("What chmod does to an ACL. POSIX and OFF need DISCARD; NFSV4 refuses it."),
  exec: onOff.optional().describe("Whether programs may be run from it."),
  readonly: onOff.optional().describe("Whether the dataset refuses writes."),
  snapdir: z.enum(["VISIBLE", "HIDDEN", "DISABLED", "INHERIT"]).optional().describe("Whether .zfs/snapshot shows."),
  shareType: z
    .enum(["GENERIC", "MULTIPROTOCOL", "NFS", "SMB", "APPS"])
    .optional()
    .describe("Preset of the NAS, used at creation only; it overrides acltype, aclmode and casesensitivity."),
  userProperties: z
    .record(z.string().regex(/^[a-z0-9._-]*:[a-z0-9:._-]+$/, "must hold a colon, in lower case"), z.string())
    .optional()
    .describe("ZFS user properties. Others that stand on the dataset are left alone."),
  onDelete: z
    .enum(["retain", "destroy"])
    .default("retain")
    .describe(
      "What removing the resource does to the data: keep it (default), or destroy an empty dataset without snapshots, shares or clones.",
    ),
});

const outputs = z.object({
  mountpoint: z.string().describe("Path on the NAS."),
  pool: z.string().describe("The pool that holds it."),
  encrypted: z
    .boolean()
    .describe("Whether it is encrypted: with the key of an encrypted parent, which a new dataset always takes on."),
  locked: z.boolean().describe("Whether it is encrypted and not unlocked, so that its files are out of reach."),
  localProperties: z.array(z.string()).describe("Properties that are set on the dataset itself rather than inherited."),
});

type Inputs = z.output<typeof inputs>;

const keep = "a dataset is never replaced, because that would leave its data behind";

/** Sizes: 0, null and absent all mean none. */
const sameSize = (wanted: PropertyValue, actual: PropertyValue | undefined) => (wanted || 0) === (actual || 0);

/** 1024K and 1M are one size. */
const blockBytes = (value: PropertyValue | undefined) => {
  const [, digits = "", unit = ""] = /^(\d+)([KMB]?)$/.exec(String(value)) ?? [];
  return digits === "" ? value : Number(digits) * (unit === "M" ? 1 << 20 : unit === "K" ? 1 << 10 : 1);
};

/** A property whose absence on the dataset means "as the parent has it"; the NAS never answers INHERIT. */
function inheritable(property: string, normal = (value: PropertyValue | undefined) => value) {
  const isLocal = (state: Properties) =>
    Array.isArray(state["localProperties"]) && state["localProperties"].includes(property);
  return {
    whenRemoved: "INHERIT",
    same: (wanted: PropertyValue, actual: PropertyValue | undefined, state: Properties) =>
      wanted === "INHERIT" ? !isLocal(state) : normal(wanted) === normal(actual),
  };
}

export const dataset = defineResource({
  type: "truenas:index:Dataset",
  description: "A ZFS file system on the NAS. Removing the resource keeps the data, unless onDelete says otherwise.",
  inputs,
  outputs,
  traits: {
    name: {
      fixed: `${keep}. Write the old name again, or add a second dataset, copy the data, and remove the first from the program (its bytes stay)`,
    },
    casesensitivity: {
      fixed: `it is decided at creation, and ${keep}. Write the old value again, or make a second dataset and copy the data`,
    },
    recordsize: inheritable("recordsize", blockBytes),
    comments: { whenRemoved: "" },
    compression: inheritable("compression"),
    atime: inheritable("atime"),
    sync: inheritable("sync"),
    exec: inheritable("exec"),
    readonly: inheritable("readonly"),
    snapdir: inheritable("snapdir"),
    // Leaving these out leaves them alone: a reset would change who gets at the data.
    acltype: { same: inheritable("acltype").same },
    aclmode: { same: inheritable("aclmode").same },
    quota: { whenRemoved: 0, same: sameSize },
    refquota: { whenRemoved: 0, same: sameSize },
    shareType: {
      writeOnly: true,
      fixed: "it is used at creation only. Write the old value again and set acltype and aclmode instead",
    },
    userProperties: { partial: true, whenRemoved: {} },
    onDelete: { local: true },
  },
  outputTraits: {
    mountpoint: { stable: true },
    pool: { stable: true },
    encrypted: { stable: true },
    locked: { stable: true },
  },
  rules: ({ acltype, aclmode }) => {
    if (aclmode === undefined || acltype === undefined || aclmode === "INHERIT" || acltype === "INHERIT") return [];
    if (acltype === "NFSV4") {
      return aclmode === "DISCARD"
        ? [{ property: "aclmode", reason: "acltype NFSV4 refuses DISCARD; use PASSTHROUGH or RESTRICTED" }]
        : [];
    }
    return aclmode === "DISCARD"
      ? []
      : [{ property: "aclmode", reason: `acltype ${acltype} needs aclmode DISCARD, not ${aclmode}` }];
  },
  deletion:
    "Keeps the dataset. With onDelete: destroy, destroys it when it has no children, snapshots, shares or clones.",
  lifecycle: {
    read: async (context, id) => {
      const row = await find(context, id);
      return row && toLive<Inputs>(row);
    },

    preflight: async (context, { name }, live) => {
      if (isUnknown(name)) return;
      if (live) return refuseLocked(context, name, `dataset ${name} cannot be changed`);
      const parent = name.slice(0, name.lastIndexOf("/"));
      await Promise.all([
        refuseUnknownPool(context, name),
        refuseLocked(context, parent, `dataset ${name} cannot be made`),
      ]);
    },

    locate: async (context, { name }) => {
      const row = await find(context, name);
      if (!row) return undefined;
      const owner = row.user_properties?.[ownership.owner]?.value;
      const ours = owner === ownerValue(context, name);
      return { id: name, ours, description: `dataset ${name}` };
    },

    create: async (context, wanted) => {
      const { onDelete: _, userProperties = {}, ...properties } = wanted;
      const marks = { ...userProperties, [ownership.owner]: ownerValue(context, wanted.name) };
      const request = {
        ...wireProperties(properties),
        name: wanted.name,
        type: "FILESYSTEM",
        user_properties: Object.entries(marks).map(([key, value]) => ({ key, value })),
      };
      await context.nas.call("pool.dataset.create", [request], { signal: context.signal });
      return wanted.name;
    },

    update: async (context, { live, changed, inputs: wanted, oldInputs }) => {
      const values = Object.fromEntries(
        [...changed].map((property) => [property, wanted[property] ?? dataset.traits[property]?.whenRemoved]),
      );
      const { userProperties: _, ...properties } = values;
      const request: Record<string, unknown> = wireProperties(properties);
      if (changed.has("userProperties")) request["user_properties_update"] = userPropertyChanges(wanted, oldInputs);
      await context.nas.call("pool.dataset.update", [live.id, request], { signal: context.signal });
    },

    delete: (context, id, { onDelete }) => destroyDataset(context, id, onDelete),
  },
});

async function refuseUnknownPool(context: ResourceContext, name: string): Promise<void> {
  // A pool has a dataset of its name. Looking for that needs no further call, for this dataset is looked up at the same time.
  if (await find(context, poolOf(name))) return;
  const pools = await context.nas.collection("pool.query").all();
  const names = pools.map((pool) => String(pool["name"]));
  if (names.includes(poolOf(name))) return;
  throw new ProviderError(
    "FAILED_PRECONDITION",
    `dataset ${name}: the NAS has no pool ${poolOf(name)}; its pools are ${names.join(", ") || "none"}. ` +
      "Write one of these (nas.pool in the configuration), or create the pool in the TrueNAS UI first: pools are never made from here.",
  );
}

/** Our names are those of the wire; only the preset is spelled otherwise. */
function wireProperties({ shareType, ...properties }: Record<string, unknown>): Record<string, unknown> {
  return { ...properties, ...(shareType === undefined ? {} : { share_type: shareType }) };
}

function userPropertyChanges(wanted: Inputs, old: Partial<Inputs>) {
  const entries = wanted.userProperties ?? {};
  const dropped = Object.keys(old.userProperties ?? {}).filter((key) => !(key in entries));
  return [
    ...Object.entries(entries).map(([key, value]) => ({ key, value })),
    ...dropped.map((key) => ({ key, remove: true })),
  ];
}

async function find(context: ResourceContext, name: string): Promise<DatasetRow | undefined> {
  return (await context.nas.collection("pool.dataset.query").find(name)) as DatasetRow | undefined;
}

/** A ZFS file system on the NAS. */
export class Dataset extends sdkResource(dataset) {}
