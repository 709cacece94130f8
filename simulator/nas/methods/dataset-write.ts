import { CallError, errno, type Issue, invalid, ValidationErrors } from "../errors.ts";
import type { CallContext, Method } from "../method.ts";
import { type Dataset, mountpointOf, upwards } from "../world/dataset.ts";
import type { Nfs4Entry } from "../world/nodes.ts";
import { fillerOf } from "../world/storage.ts";
import type { World } from "../world/world.ts";
import { textId } from "./crud.ts";
import { instance } from "./dataset-read.ts";
import { placeOf, settingsIssues } from "./dataset-rules.ts";
import { type CreateInput, createSchema, type UpdateInput, updateSchema } from "./dataset-schema.ts";
import { changesOf } from "./dataset-settings.ts";
import { datasetWrite } from "./roles.ts";

/** A share type overrides what was sent for the same fields. */
const presets: Readonly<Record<CreateInput["share_type"], Readonly<Record<string, string>>>> = {
  GENERIC: {},
  SMB: { casesensitivity: "INSENSITIVE", acltype: "NFSV4", aclmode: "RESTRICTED" },
  NFS: { casesensitivity: "SENSITIVE", atime: "OFF", acltype: "NFSV4", aclmode: "PASSTHROUGH" },
  MULTIPROTOCOL: { casesensitivity: "SENSITIVE", atime: "OFF", acltype: "NFSV4", aclmode: "PASSTHROUGH" },
  APPS: { casesensitivity: "SENSITIVE", atime: "OFF", acltype: "NFSV4", aclmode: "PASSTHROUGH" },
};

const check = (issues: readonly Issue[]): void => {
  if (issues.length > 0) throw new ValidationErrors(issues);
};

const entry = (tag: Nfs4Entry["tag"], perms: string, id: number | null = -1): Nfs4Entry => ({
  tag,
  type: "ALLOW",
  perms: { BASIC: perms },
  flags: { BASIC: "INHERIT" },
  id,
});

/** The access list that a share type puts on the new mountpoint. */
function initialAcl(shareType: CreateInput["share_type"]): Nfs4Entry[] | undefined {
  const restricted = [entry("owner@", "FULL_CONTROL"), entry("group@", "MODIFY")];
  if (shareType === "SMB") return [...restricted, entry("GROUP", "MODIFY", 545)];
  if (shareType === "APPS") return [...restricted, entry("GROUP", "MODIFY", 545), entry("USER", "MODIFY", 568)];
  return undefined;
}

function encryptionIssues(world: World, data: CreateInput, parent: Dataset): Issue[] {
  const issues: Issue[] = [];
  const options = data.encryption_options;
  if (!data.encryption) {
    if (!data.inherit_encryption && parent.encryption) {
      const message = `Cannot create an unencrypted dataset within an encrypted dataset (${parent.name}).`;
      issues.push(["pool_dataset_create.encryption", message, errno.EINVAL]);
    }
    return issues;
  }
  if (data.inherit_encryption) {
    issues.push([
      "pool_dataset_create.inherit_encryption",
      "Must be disabled when encryption is enabled.",
      errno.EINVAL,
    ]);
  }
  const root = parent.encryption && world.storage.datasets.get(parent.encryption.root);
  if (options.passphrase === null && root?.encryption?.format === "passphrase") {
    const message = "Passphrase encrypted datasets cannot have children encrypted with a key.";
    issues.push(["pool_dataset_create.encryption", message, errno.EINVAL]);
  }
  const field = "pool_dataset_create.encryption_options";
  const ways = [options.generate_key, options.passphrase !== null, options.key !== null].filter(Boolean).length;
  if (ways === 0)
    issues.push([
      `${field}.key`,
      "A key, a passphrase or generate_key is required for an encrypted dataset",
      errno.EINVAL,
    ]);
  if (ways > 1) issues.push([field, "Only one of key, passphrase and generate_key can be given", errno.EINVAL]);
  return issues;
}

/** A dataset, or a plain directory, that stands where the new one would be mounted. */
function existing(world: World, name: string): void {
  if (world.storage.datasets.get(name)?.type === "VOLUME") {
    throw new CallError(`Failed to create dataset ${name}: dataset already exists`);
  }
  const parent = world.storage.parent(name);
  const path = mountpointOf(name);
  if ((parent || world.storage.datasets.has(name)) && world.files.exists(path)) {
    throw invalid("pool_dataset_create.name", `Path ${path} already exists`);
  }
}

function create(call: CallContext, given: CreateInput): unknown {
  const { world } = call;
  const data: CreateInput = given.type === "FILESYSTEM" ? { ...given, ...presets[given.share_type] } : given;
  const { issues, parent } = placeOf(world, data.name, data.create_ancestors);
  if (!parent) throw new ValidationErrors(issues);
  check([...issues, ...settingsIssues(world, { prefix: "pool_dataset_create", type: data.type, data, parent })]);
  if (parent.type === "VOLUME")
    throw invalid("pool_dataset_create.name", `${parent.name}: parent may not be a ZFS volume`);
  existing(world, data.name);
  if (parent.locked)
    throw invalid("pool_dataset_create.name", `${parent.name} must be unlocked to create ${data.name}.`);
  check(encryptionIssues(world, data, parent));
  return make(call, data, parent);
}

function make(call: CallContext, data: CreateInput, parent: Dataset): unknown {
  const { world } = call;
  room(world, parent, `create dataset ${data.name}`);
  const changes = changesOf(data);
  if (data.type === "VOLUME") {
    if (!changes.local.has("volblocksize")) changes.local.set("volblocksize", "16384");
    const thick = data.sparse !== true && !changes.local.has("refreservation");
    if (thick) changes.local.set("refreservation", String(data.volsize ?? 0));
  }
  for (const { key, value } of data.user_properties) changes.user.set(key, value);
  for (const ancestor of [...upwards(data.name)].reverse().slice(0, -1)) {
    if (!world.storage.datasets.has(ancestor)) world.storage.create({ name: ancestor });
  }
  const dataset = world.storage.create({
    name: data.name,
    type: data.type,
    local: changes.local,
    userProperties: changes.user,
  });
  if (data.encryption) {
    const { passphrase, pbkdf2iters, algorithm = "AES-256-GCM" } = data.encryption_options;
    dataset.encryption = {
      root: data.name,
      format: passphrase === null ? "hex" : "passphrase",
      algorithm: algorithm.toLowerCase(),
      iterations: passphrase === null ? 0 : pbkdf2iters,
    };
  } else if (parent.encryption && data.inherit_encryption) dataset.encryption = parent.encryption;
  const acl = initialAcl(data.share_type);
  if (acl && dataset.root) Object.assign(dataset.root, { acl: { type: "NFS4", entries: acl }, mode: 0o770 });
  const row = instance(call, dataset);
  call.emit("pool.dataset.query", "ADDED", dataset.name, row);
  return row;
}

/** A pool without any space left takes no new metadata either. */
function room(world: World, dataset: Dataset, what: string): void {
  // Adding it all up takes its time, and only a fault fills a pool to the last byte.
  if (!world.files.exists(fillerOf(world.storage.poolOf(dataset.name).name))) return;
  if (world.storage.freeInPool(dataset) <= 0) throw new CallError(`Failed to ${what}: out of space`);
}

function userPropertyIssues(data: UpdateInput): Issue[] {
  const field = "pool_dataset_update.user_properties_update";
  const [all, some] = [data.user_properties ?? [], data.user_properties_update ?? []];
  if (all.length > 0 && some.length > 0) {
    return [[field, "Cannot be given together with user_properties, which is the full set", errno.EINVAL]];
  }
  return some.flatMap((each, index): Issue[] => {
    if (each.value !== undefined && each.remove) {
      return [[`${field}.${index}.remove`, "Cannot be set together with a value", errno.EINVAL]];
    }
    if (each.value === undefined && each.remove === undefined) {
      return [[`${field}.${index}.value`, "Either value or remove has to be given", errno.EINVAL]];
    }
    return [];
  });
}

function update(call: CallContext, id: string, data: UpdateInput): unknown {
  const { world } = call;
  const dataset = world.storage.datasets.get(id);
  if (!dataset) throw invalid("id", `${id} does not exist`, errno.ENOENT);
  const parent = world.storage.parent(id) ?? dataset;
  const settings = settingsIssues(world, { prefix: "pool_dataset_update", type: dataset.type, data, parent, dataset });
  check([...settings, ...userPropertyIssues(data)]);
  room(world, dataset, "update properties");
  const changes = changesOf(data);
  fits(world, dataset, changes.local);
  for (const [name, value] of changes.local) dataset.local.set(name, value);
  for (const name of changes.inherit) dataset.local.delete(name);
  if (
    dataset.type === "VOLUME" &&
    changes.local.has("volsize") &&
    Number(dataset.local.get("refreservation") ?? 0) > 0
  ) {
    dataset.local.set("refreservation", changes.local.get("volsize") ?? "0");
  }
  for (const key of changes.inheritUser) dataset.userProperties.delete(key);
  for (const [key, value] of changes.user) dataset.userProperties.set(key, value);
  setUserProperties(dataset, data);
  const row = instance(call, dataset);
  call.emit("pool.dataset.query", "CHANGED", id, row);
  return row;
}

/** ZFS itself refuses a quota below what is used already. */
function fits(world: World, dataset: Dataset, local: ReadonlyMap<string, string>): void {
  if (!local.has("quota") && !local.has("refquota")) return;
  const space = world.storage.space(dataset);
  for (const [name, used] of [
    ["quota", space.used],
    ["refquota", space.usedbydataset],
  ] as const) {
    const limit = Number(local.get(name) ?? "0");
    if (limit > 0 && limit < used) {
      throw invalid(
        "pool.dataset.update",
        `Failed to update properties: size of ${name} is less than current used or reserved space`,
      );
    }
  }
}

function setUserProperties(dataset: Dataset, data: UpdateInput): void {
  if (data.user_properties && data.user_properties.length > 0) {
    const kept = new Set(data.user_properties.map(({ key }) => key));
    const own = [...dataset.userProperties.keys()].filter(
      (key) => !key.startsWith("org.freenas:") && key !== "org.truenas:managedby",
    );
    for (const key of own) if (!kept.has(key)) dataset.userProperties.delete(key);
    for (const { key, value } of data.user_properties) dataset.userProperties.set(key, value);
  }
  for (const { key, value, remove } of data.user_properties_update ?? []) {
    if (value !== undefined) dataset.userProperties.set(key, value);
    else if (remove) dataset.userProperties.delete(key);
  }
}

export const datasetWriteMethods: readonly Method[] = [
  {
    name: "pool.dataset.create",
    access: datasetWrite,
    params: (version) => [{ name: "data", schema: createSchema(version) }],
    run: (call, [data]) => create(call, data as CreateInput),
  },
  {
    name: "pool.dataset.update",
    access: datasetWrite,
    params: (version) => [
      { name: "id", schema: textId },
      { name: "data", schema: updateSchema(version) },
    ],
    run: (call, [id, data]) => update(call, id as string, data as UpdateInput),
  },
];
