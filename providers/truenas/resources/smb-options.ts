import { z } from "zod";
import type { Properties, PropertyValue } from "../../base/values.ts";

// Since 25.10 the purpose of an SMB share decides which options it has (TrueNAS middleware plugins/smb.py).

/** Hosts by address, network or name. */
const hosts = z.array(z.string().min(1)).optional();
const flag = z.boolean().optional();
/** Bytes. */
const quota = z.int().min(0).max(109_951_162_777_600).optional();

/** The name on the wire and what the NAS takes where nothing is said. */
const wire = {
  hostsAllow: ["hostsallow", []],
  hostsDeny: ["hostsdeny", []],
  appleNameMangling: ["aapl_name_mangling", false],
  timeMachineQuota: ["timemachine_quota", 0],
  autoSnapshot: ["auto_snapshot", false],
  autoDatasetCreation: ["auto_dataset_creation", false],
  datasetNamingSchema: ["dataset_naming_schema", null],
  gracePeriod: ["grace_period", 900],
  autoQuota: ["auto_quota", 0],
  remotePath: ["remote_path", []],
  guestOk: ["guestok", false],
  recycleBin: ["recyclebin", false],
  pathSuffix: ["path_suffix", null],
  streams: ["streams", true],
  durableHandle: ["durablehandle", true],
  shadowCopy: ["shadowcopy", true],
  fsrvp: ["fsrvp", false],
  home: ["home", false],
  acl: ["acl", true],
  afp: ["afp", false],
  timeMachine: ["timemachine", false],
  auxiliaryParameters: ["auxsmbconf", ""],
} as const satisfies Record<string, readonly [string, PropertyValue | readonly never[]]>;
type Option = keyof typeof wire;

const common = ["hostsAllow", "hostsDeny"] as const;
const named = ["appleNameMangling", ...common] as const;

/** The options of each purpose. `vuid` is the NAS's own, so it is not offered and stays as it is. */
const optionsOf: Readonly<Record<string, readonly Option[]>> = {
  DEFAULT_SHARE: named,
  LEGACY_SHARE: [
    ...(["guestOk", "recycleBin", "pathSuffix", "streams", "durableHandle", "shadowCopy", "fsrvp", "home"] as const),
    ...(["acl", "afp", "timeMachine", "timeMachineQuota", "auxiliaryParameters"] as const),
    ...named,
  ],
  TIMEMACHINE_SHARE: ["timeMachineQuota", "autoSnapshot", "autoDatasetCreation", "datasetNamingSchema", ...common],
  MULTIPROTOCOL_SHARE: named,
  TIME_LOCKED_SHARE: ["gracePeriod", ...named],
  PRIVATE_DATASETS_SHARE: ["datasetNamingSchema", "autoQuota", ...named],
  EXTERNAL_SHARE: ["remotePath"],
  VEEAM_REPOSITORY_SHARE: common,
  // Always mangles names as Apple does, so there is nothing to choose.
  FCP_SHARE: common,
};

export const purposes = Object.keys(optionsOf) as [string, ...string[]];

const shape = z.strictObject({
  hostsAllow: hosts.describe("Hosts that may connect; empty: all."),
  hostsDeny: hosts.describe("Hosts that may not connect."),
  appleNameMangling: flag.describe("Whether characters that Windows cannot have in names are shown as Apple does."),
  timeMachineQuota: quota.describe("Bytes that each Time Machine backup may take; 0: no limit."),
  autoSnapshot: flag.describe("TIMEMACHINE_SHARE: whether a snapshot is taken after each backup."),
  autoDatasetCreation: flag.describe("TIMEMACHINE_SHARE: whether each client gets a dataset of its own."),
  datasetNamingSchema: z.string().min(1).optional().describe("How datasets that the NAS makes for users are named."),
  gracePeriod: z
    .int()
    .min(60)
    .max(15_552_000)
    .optional()
    .describe("TIME_LOCKED_SHARE: seconds until a file is locked."),
  autoQuota: z
    .int()
    .min(0)
    .optional()
    .describe("PRIVATE_DATASETS_SHARE: GiB that each user's dataset may hold; 0: no limit."),
  remotePath: z
    .array(z.string().min(1))
    .optional()
    .describe("EXTERNAL_SHARE: where clients are sent, as SERVER\\SHARE."),
  guestOk: flag.describe("LEGACY_SHARE: whether everybody gets in without a password."),
  recycleBin: flag.describe("LEGACY_SHARE: whether deleted files go to a folder first."),
  pathSuffix: z.string().min(1).optional().describe("LEGACY_SHARE: appended to the path, as %U for a folder per user."),
  streams: flag.describe("LEGACY_SHARE: alternate data streams. Default: true."),
  durableHandle: flag.describe("LEGACY_SHARE: whether open files survive a short loss of connection. Default: true."),
  shadowCopy: flag.describe("LEGACY_SHARE: whether clients see snapshots as previous versions. Default: true."),
  fsrvp: flag.describe("LEGACY_SHARE: whether clients may take snapshots."),
  home: flag.describe("LEGACY_SHARE: whether it holds a home directory per user."),
  acl: flag.describe("LEGACY_SHARE: whether ACLs count. Default: true."),
  afp: flag.describe("LEGACY_SHARE: for files that were written over AFP."),
  timeMachine: flag.describe("LEGACY_SHARE: whether it takes Time Machine backups."),
  auxiliaryParameters: z.string().optional().describe("LEGACY_SHARE: lines for smb4.conf. Needs a full administrator."),
});
export type SmbOptions = z.output<typeof shape>;

/** Without what is as the NAS has it anyway, so that a default that is written out is no difference. */
function withoutDefaults(options: SmbOptions): SmbOptions {
  const isDefault = (name: string, value: unknown) =>
    JSON.stringify(value ?? null) === JSON.stringify(wire[name as Option][1]);
  return Object.fromEntries(Object.entries(options).filter(([name, value]) => !isDefault(name, value)));
}

export const smbOptions = shape.default({}).transform(withoutDefaults);

/** Why these options cannot stand with that purpose, by option. */
export function optionProblems(purpose: string, options: SmbOptions): { property: string; reason: string }[] {
  const known = optionsOf[purpose] ?? [];
  const foreign = Object.keys(options).filter((name) => !known.includes(name as Option));
  const failures = foreign.map((name) => {
    const homes = purposes.filter((other) => optionsOf[other]?.includes(name as Option));
    return { property: `options.${name}`, reason: `is no option of purpose ${purpose}, but of ${homes.join(", ")}` };
  });
  if (purpose === "EXTERNAL_SHARE" && (options.remotePath ?? []).length === 0)
    failures.push({ property: "options.remotePath", reason: "is required for purpose EXTERNAL_SHARE" });
  return failures;
}

/** Options in the names of the program, without defaults. */
export function readOptions(purpose: string, row: Readonly<Record<string, unknown>> | null): SmbOptions {
  const known = optionsOf[purpose] ?? [];
  const found = known.flatMap((name) => {
    const value = row?.[wire[name][0]];
    return value === undefined || value === null ? [] : [[name, value] as const];
  });
  return withoutDefaults(Object.fromEntries(found) as SmbOptions);
}

/** The whole options model of a purpose; what the NAS keeps there of its own (`vuid`) is passed on. */
export function writeOptions(
  purpose: string,
  options: SmbOptions,
  row: Readonly<Record<string, unknown>> | null = null,
): Properties {
  const given = options as Properties;
  const known = optionsOf[purpose] ?? [];
  const entries = known.map((name): [string, PropertyValue] => {
    const [key, standard] = wire[name];
    return [key, given[name] ?? (standard as PropertyValue)];
  });
  const own = typeof row?.["vuid"] === "string" ? { vuid: row["vuid"] } : {};
  return { purpose, ...own, ...Object.fromEntries(entries) };
}
