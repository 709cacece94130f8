/** Whether a method leaves the NAS as it was. */
export type CallKind = "read" | "write";

const reads = new Set([
  ...["query", "get_instance", "config", "stat", "statfs", "listdir", "getacl", "info", "status", "state", "ready"],
  ...["version", "version_short", "boot_id", "host_id", "product_type", "ping", "me", "sessions", "details"],
  ...["attachments", "processes", "snapshot_count", "started", "started_or_enabled", "list", "presets", "holds"],
  ...["delete_will_change_retention_for", "update_will_change_retention_for", "max_count", "max_total_count"],
  ...["available", "available_space", "used_ports", "upgrade_summary", "rollback_versions", "trains", "apps"],
  ...["client_count", "used_by", "validate_name", "count_eligible_manual_snapshots", "recommended_zvol_blocksize"],
  ...["subscribe", "unsubscribe", "set_options"],
]);

/** `read` only for what is known to change nothing; everything else counts as a change. */
export function kindOf(method: string): CallKind {
  const name = method.slice(method.lastIndexOf(".") + 1);
  return reads.has(name) || name.startsWith("get_") || name.startsWith("list_") || name.endsWith("_choices")
    ? "read"
    : "write";
}

const jobs = new Set([
  "service.control",
  ...["setperm", "setacl", "chown"].map((name) => `filesystem.${name}`),
  ...["create", "update", "delete", "start", "stop", "redeploy", "upgrade", "pull_images", "rollback"].map(
    (name) => `app.${name}`,
  ),
  ...["app.convert_to_custom", "app.image.pull", "docker.update", "catalog.sync"],
  ...["certificate", "tunable"].flatMap((name) => ["create", "update", "delete"].map((verb) => `${name}.${verb}`)),
  ...["create", "update", "export", "import_pool", "import_find", "scrub", "expand", "attach", "replace", "remove"].map(
    (name) => `pool.${name}`,
  ),
  ...["lock", "unlock", "change_key", "encryption_summary", "export_key", "export_keys"].map(
    (name) => `pool.dataset.${name}`,
  ),
  ...["replication.run", "cloudsync.sync", "cloud_backup.sync", "cloud_backup.restore", "core.bulk", "core.job_wait"],
  ...["system.reboot", "system.shutdown", "systemdataset.update", "directoryservices.update"],
]);

/** Whether the NAS runs this method as a job, whose answer may take long (TrueNAS middleware, @job). */
export const isJob = (method: string): boolean => jobs.has(method);
