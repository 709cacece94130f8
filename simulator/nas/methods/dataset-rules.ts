import { errno, type Issue } from "../errors.ts";
import { type Dataset, isInternal } from "../world/dataset.ts";
import type { World } from "../world/world.ts";
import { attachments } from "./attachments.ts";
import { recordSizes } from "./dataset-schema.ts";

// What TrueNAS checks before it asks ZFS (TrueNAS middleware plugins/pool_/dataset.py).

const volumeOnly = ["force_size", "sparse", "volsize", "volblocksize"] as const;
const filesystemOnly = ["aclmode", "acltype", "atime", "casesensitivity", "quota", "refquota", "recordsize"] as const;

/** "16K" -> 16384; "512B" -> 512. */
export function blockSize(text: string): number {
  const [, digits = "0", unit = ""] = /^(\d+)([KM]?)B?$/.exec(text) ?? [];
  return Number(digits) * ({ K: 1024, M: 1024 * 1024 }[unit] ?? 1);
}

/** What is wrong with a name before anything is looked up. */
export function nameProblem(name: string): string | undefined {
  if (!name.includes("/")) return "You need a full name, e.g. pool/newdataset";
  if (name.endsWith(" ")) return "Trailing spaces are not permitted in dataset names";
  const parts = name.split("/");
  if (name.length > 200 || !parts.every((part) => /^[A-Za-z0-9 _.:-]+$/.test(part) && part !== "." && part !== "..")) {
    return "Invalid dataset name";
  }
  return undefined;
}

/** The checks that create and update share. `dataset` is the live one of an update. */
export interface SettingsCheck {
  readonly prefix: "pool_dataset_create" | "pool_dataset_update";
  readonly type: "FILESYSTEM" | "VOLUME";
  readonly data: Readonly<Record<string, unknown>>;
  readonly parent: Dataset;
  readonly dataset?: Dataset;
}

export function settingsIssues(world: World, check: SettingsCheck): Issue[] {
  return check.type === "FILESYSTEM" ? filesystemIssues(world, check) : volumeIssues(world, check);
}

const foreign = (check: SettingsCheck, fields: readonly string[]): Issue[] =>
  fields
    .filter((field) => check.data[field] !== undefined)
    .map((field) => [`${check.prefix}.${field}`, `This field is not valid for ${check.type}`, errno.EINVAL]);

function filesystemIssues(world: World, check: SettingsCheck): Issue[] {
  const { prefix, data, parent, dataset } = check;
  const issues: Issue[] = [];
  const live = (from: Dataset, key: "acltype" | "aclmode"): string =>
    world.storage.effective(from, key).raw.toUpperCase();
  const result = (key: "acltype" | "aclmode"): string => {
    const asked = data[key];
    if (asked === "INHERIT" || (asked === undefined && !dataset)) return live(parent, key);
    return asked === undefined && dataset ? live(dataset, key) : String(asked);
  };
  const [acltype, aclmode] = [result("acltype"), result("aclmode")];
  if (dataset && data["acltype"] !== undefined && acltype !== live(dataset, "acltype")) {
    const smb = attachments(world, `/mnt/${dataset.name}`, { enabledOnly: true }).find(
      ({ type }) => type === "SMB Share",
    );
    if (smb && smb.names.length > 0) {
      const message = `This dataset is hosting SMB shares. Disable them before acltype is changed: ${smb.names.join(", ")}`;
      issues.push([`${prefix}.acltype`, message, errno.EINVAL]);
    }
  }
  if (acltype !== "NFSV4" && aclmode !== "DISCARD") {
    issues.push([`${prefix}.aclmode`, "Must be set to DISCARD when acltype is POSIX or OFF", errno.EINVAL]);
  } else if (acltype === "NFSV4" && aclmode === "DISCARD") {
    issues.push([`${prefix}.aclmode`, "DISCARD aclmode may not be set for NFSv4 acl type", errno.EINVAL]);
  }
  issues.push(...foreign(check, volumeOnly));
  const recordsize = data["recordsize"];
  if (
    typeof recordsize === "string" &&
    recordsize !== "" &&
    recordsize !== "INHERIT" &&
    !recordSizes.includes(recordsize)
  ) {
    issues.push([`${prefix}.recordsize`, `'${recordsize}' is an invalid recordsize.`, errno.EINVAL]);
  }
  return [...issues, ...smallBlockIssues(check)];
}

function volumeIssues(world: World, check: SettingsCheck): Issue[] {
  const { prefix, data, parent, dataset } = check;
  const issues = foreign(check, filesystemOnly);
  const size = data["volsize"];
  if (typeof size === "number") {
    const own = dataset ? world.storage.space(dataset).used : 0;
    if (size > (world.storage.space(parent).available + own) * 0.8 && data["force_size"] !== true) {
      issues.push([
        `${prefix}.volsize`,
        "It is not recommended to use more than 80% of your available space for VOLUME",
        errno.EINVAL,
      ]);
    }
    const block = dataset
      ? Number(dataset.local.get("volblocksize"))
      : blockSize(String(data["volblocksize"] ?? "16K"));
    if (size % block !== 0)
      issues.push([`${prefix}.volsize`, "Volume size should be a multiple of volume block size", errno.EINVAL]);
    if (dataset && size < Number(dataset.local.get("volsize"))) {
      issues.push([`${prefix}.volsize`, "A volume cannot be made smaller: data would be lost", errno.EINVAL]);
    }
  }
  return [...issues, ...smallBlockIssues(check)];
}

function smallBlockIssues({ prefix, data }: SettingsCheck): Issue[] {
  const value = data["special_small_block_size"];
  if (typeof value !== "number" || (value >= 0 && value <= 16 * 2 ** 20)) return [];
  return [[`${prefix}.special_small_block_size`, "This field must be from zero to 16M", errno.EINVAL]];
}

/** The findings about the place that a new dataset is to have; the parent where there are none. */
export function placeOf(
  world: World,
  name: string,
  createAncestors: boolean,
): { issues: Issue[]; parent: Dataset | undefined } {
  const field = "pool_dataset_create.name";
  const named = nameProblem(name);
  if (named) return { issues: [[field, named, errno.EINVAL]], parent: undefined };
  const issues: Issue[] = [];
  if (isInternal(name))
    issues.push([field, `'${name}' lies in a dataset that the system manages. Choose another parent.`, errno.EINVAL]);
  const lineage = world.storage.ancestors(name);
  const directParent = world.storage.parent(name);
  const parent = createAncestors ? lineage[0] : directParent;
  if (!parent) {
    const missing = name.slice(0, name.lastIndexOf("/"));
    const message = createAncestors
      ? "Please specify a pool which exists for the dataset/volume to be created"
      : `${missing.includes("/") ? "Parent dataset" : "zpool"} (${missing}) does not exist.`;
    issues.push([field, message, errno.EINVAL]);
  } else if (world.storage.effective(parent, "readonly").raw === "on") {
    issues.push([
      "pool_dataset_create.readonly",
      `Turn off readonly mode on ${parent.name} to create ${name}`,
      errno.EINVAL,
    ]);
  }
  return { issues, parent };
}
