/** Whether a method leaves the NAS as it was. */
export type CallKind = "read" | "write";

/** Last parts of the names of methods that only read (TrueNAS middleware api/: all of them can be called by a read-only admin). */
const reads = new Set([
  ...["query", "get_instance", "config", "stat", "statfs", "listdir", "getacl", "info", "status", "state", "ready"],
  ...["version", "version_short", "boot_id", "host_id", "product_type", "ping", "me", "sessions", "details"],
  ...["attachments", "processes", "snapshot_count", "started", "started_or_enabled", "list", "presets", "holds"],
  ...["delete_will_change_retention_for", "update_will_change_retention_for", "max_count", "max_total_count"],
  ...["available", "available_space", "used_ports", "upgrade_summary", "rollback_versions", "trains", "apps"],
  ...["client_count", "used_by", "validate_name", "count_eligible_manual_snapshots", "recommended_zvol_blocksize"],
  ...["get_jobs", "get_methods", "get_services", "get_disks", "get_state", "get_info", "get_data", "get_quota"],
  ...["get_app_details", "get_user_obj", "get_group_obj", "get_next_uid", "get_next_gid", "get_zfs_attributes"],
  ...["get_nfs3_clients", "get_nfs4_clients", "list_buckets", "list_directory", "list_datasets", "list_snapshots"],
  ...["list_naming_schemas", "list_snapshot_directory", "list_categories", "list_policies", "list_backups"],
  ...["network_config_to_be_removed", "exporter_schemas"],
  ...["subscribe", "unsubscribe", "set_options"],
]);

function onlyReads(method: string): boolean {
  const name = method.slice(method.lastIndexOf(".") + 1);
  return reads.has(name) || name.endsWith("_choices");
}

/** The method that makes many calls of one other method: `[method, [params, ...]]`. */
export const bulkMethod = "core.bulk";

/** `read` only for what is known to change nothing, and for a bulk of such; everything else counts as a change. */
export function kindOf(method: string, params: readonly unknown[] = []): CallKind {
  if (method !== bulkMethod) return onlyReads(method) ? "read" : "write";
  const [inner] = params;
  return typeof inner === "string" && inner !== bulkMethod && onlyReads(inner) ? "read" : "write";
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
