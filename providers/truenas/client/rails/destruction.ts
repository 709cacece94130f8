import { bulkMethod } from "../methods.ts";
import { parseSafetySnapshot } from "../safety-snapshots.ts";
import { isTaskNamespace, type TaskNamespace } from "./tasks.ts";

/** One call, or one of a bulk. */
export interface Operation {
  readonly method: string;
  readonly params: readonly unknown[];
}

/** What a change could take away. */
export type Danger =
  | { readonly kind: "none" }
  /** Refused whatever the state of the NAS; `reason` reads "it destroys ...". */
  | { readonly kind: "refused"; readonly reason: string }
  /** Depends on what other tasks cover. */
  | { readonly kind: "task"; readonly task: TaskOperation }
  /** Deletes a safety snapshot of our own, which depends on its age and holds. */
  | { readonly kind: "prune"; readonly snapshot: string };

/** A change of a backup task. */
export interface TaskOperation {
  readonly method: string;
  readonly namespace: TaskNamespace;
  readonly id: unknown;
  /** Undefined: the task is deleted. */
  readonly changes: Readonly<Record<string, unknown>> | undefined;
  readonly fixesRemovalDates: boolean;
}

const data = "it destroys data";
const disks = "it gives up disks of a pool, or overwrites what is on them";
const keys = "it replaces or drops an encryption key, without which the data cannot be read";
const overwrites = "it overwrites what is there with an older or another state";

/** Always refused. Methods of TrueNAS 25.10 and 26 (TrueNAS middleware api/), also those that our resources never call. */
const destructive: Readonly<Record<string, string>> = {
  "pool.dataset.delete": "it destroys a dataset with its data, and its shares and tasks with it",
  "pool.dataset.destroy_snapshots": "it destroys snapshots",
  "pool.dataset.promote": "it moves snapshots from one dataset to another, whose destruction then takes them along",
  "pool.dataset.rename": "it moves a dataset out of the reach of its snapshot tasks, shares and replications",
  "pool.dataset.change_key": keys,
  "pool.dataset.inherit_parent_encryption_properties": keys,
  "pool.export": "it takes a whole pool away from the NAS",
  "pool.create": disks,
  "pool.attach": disks,
  "pool.replace": disks,
  "pool.detach": disks,
  "pool.remove": disks,
  "pool.offline": disks,
  "disk.wipe": data,
  "disk.setup_sed": keys,
  "disk.reset_sed": data,
  "pool.snapshot.delete": "it destroys a snapshot",
  "pool.snapshot.rollback": "it throws away everything that was written since the snapshot",
  "pool.snapshot.rename": "it takes a snapshot out of the retention that it was promised",
  "zfs.resource.destroy": data,
  "zfs.resource.snapshot.destroy": "it destroys snapshots",
  "zfs.resource.snapshot.rollback": "it throws away everything that was written since the snapshot",
  "zfs.resource.snapshot.rename": "it takes a snapshot out of the retention that it was promised",
  "config.reset": keys,
  "config.upload": keys,
  "kmip.clear_sync_pending_keys": keys,
  "app.delete": "it destroys the volumes of an app",
  "app.rollback": overwrites,
  "docker.restore_backup": overwrites,
  "docker.delete_backup": "it destroys a backup",
  "cloudsync.restore": overwrites,
  "cloudsync.sync_onetime": overwrites,
  "cloud_backup.restore": overwrites,
  "cloud_backup.delete_snapshot": "it destroys a backup",
  "replication.restore": overwrites,
  "replication.run_onetime": overwrites,
};

/**
 * Look destructive and are not: no data, snapshot, encryption key or backup goes. Exports and shares are among them, or
 * every ordinary `up` would teach owners to switch the rail off.
 */
const harmless: ReadonlySet<string> = new Set([
  ...["sharing.nfs.delete", "sharing.smb.delete", "sharing.webshare.delete"],
  ...["iscsi.auth", "iscsi.initiator", "iscsi.portal", "iscsi.target", "iscsi.targetextent"].map(
    (of) => `${of}.delete`,
  ),
  ...["host", "host_subsys", "port", "port_subsys", "subsys"].map((of) => `nvmet.${of}.delete`),
  ...["fcport.delete", "fc.fc_host.delete", "jbof.delete"],
  ...["user.delete", "group.delete", "privilege.delete", "api_key.delete", "filesystem.acltemplate.delete"],
  ...["acme.dns.authenticator", "alertservice", "app.registry", "app.image", "certificate", "cronjob"].map(
    (of) => `${of}.delete`,
  ),
  ...["cloudsync.credentials", "initshutdownscript", "interface", "kerberos.keytab", "kerberos.realm"].map(
    (of) => `${of}.delete`,
  ),
  ...["pool.scrub", "reporting.exporters", "staticroute", "system.ntpserver", "tunable"].map((of) => `${of}.delete`),
  ...["alert.restore", "audit.export", "interface.rollback", "interface.cancel_rollback", "ipmi.sel.clear"],
  ...["idmap.clear_idmap_cache", "directoryservices.leave"],
  ...["export_key", "export_keys", "export_keys_for_replication"].map((name) => `pool.dataset.${name}`),
]);

const record = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};

/** Decided by what is asked for. Undefined: as harmless as it looks with these parameters. */
const conditional: Readonly<Record<string, (params: readonly unknown[]) => string | undefined>> = {
  "keychaincredential.delete": (params) =>
    record(params[1])["cascade"] === true
      ? "with cascade it disables every replication that uses the credential"
      : undefined,
  "iscsi.extent.delete": (params) => (params[1] === true ? "with remove it destroys the file behind it" : undefined),
  "nvmet.namespace.delete": (params) =>
    record(params[1])["remove"] === true ? "with remove it destroys the file behind it" : undefined,
};

// Anywhere in the name: what a method that is new to us could be called.
const destructiveWord =
  /delet|destr|remov|roll_?back|purg|wip(e|ing)|export|detach|eras|truncat|shred|restor|overwr|revert|prun|unlink|discard/;
// Only as a whole word of the name, for they are parts of harmless ones.
const destructiveToken =
  /(^|_)(reset|clear|drop|format|leave|replace|promote|rename|offline|trash|expire|obliterate)(_|$)/;

/** The calls that one call makes: a bulk makes as many as it has lists of parameters. */
export function operationsOf(method: string, params: readonly unknown[]): readonly Operation[] | undefined {
  if (method !== bulkMethod) return [{ method, params }];
  const [inner, calls] = params;
  if (typeof inner !== "string" || !Array.isArray(calls)) return undefined;
  const lists = calls.map((call: unknown) => (Array.isArray(call) ? operationsOf(inner, call) : undefined));
  return lists.includes(undefined) ? undefined : lists.flatMap((list) => list ?? []);
}

/** What a change could take away, by its name and parameters alone. Closed: an unknown method that looks destructive is refused. */
export function dangerOf({ method, params }: Operation): Danger {
  const dot = method.lastIndexOf(".");
  const [namespace, verb] = [method.slice(0, dot), method.slice(dot + 1)];
  if (isTaskNamespace(namespace) && (verb === "delete" || verb === "update")) {
    const [id, options] = params;
    const { fixate_removal_date: fixate, ...changes } = record(options);
    const task = { method, namespace, id, fixesRemovalDates: fixate === true };
    return { kind: "task", task: { ...task, changes: verb === "delete" ? undefined : changes } };
  }
  const snapshot = prunable(method, params);
  if (snapshot !== undefined) return { kind: "prune", snapshot };
  const known = Object.hasOwn(destructive, method) ? destructive[method] : undefined;
  if (known !== undefined) return { kind: "refused", reason: known };
  if (Object.hasOwn(conditional, method)) {
    const reason = conditional[method]?.(params);
    return reason === undefined ? { kind: "none" } : { kind: "refused", reason };
  }
  if (harmless.has(method)) return { kind: "none" };
  return destructiveWord.test(verb) || destructiveToken.test(verb)
    ? { kind: "refused", reason: "by its name it may destroy something, and this provider does not know it" }
    : { kind: "none" };
}

/** A safety snapshot that alone is to be deleted, neither with those of its children nor later. */
function prunable(method: string, params: readonly unknown[]): string | undefined {
  if (method !== "pool.snapshot.delete") return undefined;
  const [id, options] = params;
  const { recursive, defer } = record(options);
  if (typeof id !== "string" || recursive === true || defer === true) return undefined;
  return parseSafetySnapshot(id.slice(id.indexOf("@") + 1)) === undefined ? undefined : id;
}
