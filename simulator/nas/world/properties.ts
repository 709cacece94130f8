/** How a property of ZFS is shown by the API (TrueNAS middleware plugins/pool_/dataset_query_utils.py). */
export type PropertyStyle = "text" | "switch" | "number" | "blocksize" | "limit" | "size";

export interface PropertyDefinition {
  /** Name in the API where it differs from the name in ZFS. */
  readonly api?: string;
  readonly style: PropertyStyle;
  /** Raw value where nobody set one. */
  readonly fallback: string;
  /** Whether children take the parent's value. Default true. */
  readonly inherited?: boolean;
  /** Default: both. */
  readonly type?: "FILESYSTEM" | "VOLUME";
}

/** The properties that can be set. Keys are the names in ZFS. */
export const propertyDefinitions = {
  aclinherit: { style: "text", fallback: "restricted", type: "FILESYSTEM" },
  aclmode: { style: "text", fallback: "discard", type: "FILESYSTEM" },
  acltype: { style: "text", fallback: "off", type: "FILESYSTEM" },
  atime: { style: "switch", fallback: "on", type: "FILESYSTEM" },
  casesensitivity: { style: "text", fallback: "sensitive", inherited: false, type: "FILESYSTEM" },
  checksum: { style: "switch", fallback: "on" },
  compression: { style: "text", fallback: "on" },
  copies: { style: "number", fallback: "1" },
  dedup: { api: "deduplication", style: "text", fallback: "off" },
  exec: { style: "switch", fallback: "on", type: "FILESYSTEM" },
  quota: { style: "limit", fallback: "0", inherited: false, type: "FILESYSTEM" },
  readonly: { style: "switch", fallback: "off" },
  recordsize: { style: "blocksize", fallback: "131072", type: "FILESYSTEM" },
  refquota: { style: "limit", fallback: "0", inherited: false, type: "FILESYSTEM" },
  refreservation: { style: "limit", fallback: "0", inherited: false },
  reservation: { style: "limit", fallback: "0", inherited: false },
  snapdev: { style: "text", fallback: "hidden" },
  snapdir: { style: "text", fallback: "hidden", type: "FILESYSTEM" },
  special_small_blocks: { api: "special_small_block_size", style: "number", fallback: "0", type: "FILESYSTEM" },
  sync: { style: "text", fallback: "standard" },
  volblocksize: { style: "blocksize", fallback: "16384", inherited: false, type: "VOLUME" },
  volsize: { style: "size", fallback: "0", inherited: false, type: "VOLUME" },
  xattr: { style: "switch", fallback: "on", type: "FILESYSTEM" },
} as const satisfies Readonly<Record<string, PropertyDefinition>>;

export type PropertyName = keyof typeof propertyDefinitions;

export const propertyNames = Object.keys(propertyDefinitions) as readonly PropertyName[];

export const definitionOf = (name: PropertyName): PropertyDefinition => propertyDefinitions[name];

/** Where a value comes from. */
export interface Effective {
  readonly raw: string;
  readonly source: "DEFAULT" | "LOCAL" | "INHERITED" | "NONE";
  /** The dataset that a value is inherited from. */
  readonly from: string | null;
}

/** What TrueNAS calls some user properties that it keeps for itself. */
export const userPropertyAliases: Readonly<Record<string, string>> = {
  "org.freenas:description": "comments",
  "org.freenas:quota_warning": "quota_warning",
  "org.freenas:quota_critical": "quota_critical",
  "org.freenas:refquota_warning": "refquota_warning",
  "org.freenas:refquota_critical": "refquota_critical",
  "org.truenas:managedby": "managedby",
};

/** The ZFS name of a field such as `comments`. */
export const userPropertyOf = (alias: string): string | undefined =>
  Object.entries(userPropertyAliases).find(([, name]) => name === alias)?.[0];
