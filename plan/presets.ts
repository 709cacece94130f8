import type { DatasetProperties, Engine, Kind } from "./storage-plan.ts";

/** How a dataset is tuned for what it holds. */
export interface Preset {
  readonly properties: DatasetProperties;
  /** Mode of the root directory. */
  readonly mode: string;
  readonly reason: string;
}

/** Common to everything that is exported over NFS: POSIX permissions decide, and nobody else but the app has any. */
const overNfs = {
  shareType: "GENERIC",
  atime: "OFF",
  compression: "LZ4",
  casesensitivity: "SENSITIVE",
  acltype: "POSIX",
  aclmode: "DISCARD",
} as const satisfies DatasetProperties;

const privateMode = "0770";

/** Settings of the apps dataset and of the unexported containers below it, inherited by what is created by hand. */
export const containerProperties: DatasetProperties = overNfs;

/** Where SQLite copies are received: whole files, written once. */
export const backupPreset: Preset = {
  properties: { ...overNfs, recordsize: "1M", compression: "ZSTD" },
  mode: privateMode,
  reason: "whole files written once: large records, strong compression",
};

/** What the NAS itself sets for SMB (share type SMB) is not repeated, apart from what can never be changed. */
export const smbPreset: Preset = {
  properties: {
    shareType: "SMB",
    recordsize: "128K",
    compression: "LZ4",
    atime: "OFF",
    casesensitivity: "INSENSITIVE",
  },
  mode: privateMode,
  reason: "SMB clients expect names without regard to case, and NFSv4 ACLs",
};

const databases: Readonly<Record<Engine, Preset>> = {
  postgresql: {
    properties: { ...overNfs, recordsize: "16K", sync: "STANDARD" },
    // The server refuses a data directory that its group may write.
    mode: "0700",
    reason: "two 8 KiB pages per record, so that compression still works; fsync is honoured",
  },
  mysql: database("one 16 KiB InnoDB page per record; fsync is honoured"),
  mariadb: database("one 16 KiB InnoDB page per record; fsync is honoured"),
  redis: database("small appends; fsync is honoured"),
};

function database(reason: string): Preset {
  return { properties: { ...overNfs, recordsize: "16K", sync: "STANDARD" }, mode: privateMode, reason };
}

const models: Preset = {
  properties: { ...overNfs, recordsize: "1M" },
  mode: privateMode,
  reason: "large files read from end to end: large records",
};

const files: Preset = {
  properties: { ...overNfs, recordsize: "128K" },
  mode: privateMode,
  reason: "ordinary files: the usual record size",
};

/** The preset of a volume that has its own dataset, exported over NFS. */
export function nfsPreset(kind: Kind, engine: Engine | undefined): Preset {
  if (kind === "database") return databases[engine ?? "postgresql"];
  return kind === "models" ? models : files;
}
