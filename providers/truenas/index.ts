/** The TrueNAS provider as a Pulumi program uses it. */
export {
  getDataset,
  getDeletionConsequences,
  getPool,
  getSafetySnapshots,
  getSystem,
} from "./functions/sdk.ts";
export { Provider } from "./provider.ts";
export { ApiKey } from "./resources/api-key.ts";
export { Dataset } from "./resources/dataset.ts";
export { DatasetOwnership } from "./resources/dataset-ownership.ts";
export { FilesystemPermissions } from "./resources/filesystem-permissions.ts";
export { Group } from "./resources/group.ts";
export { NfsConfig } from "./resources/nfs-config.ts";
export { NfsShare } from "./resources/nfs-share.ts";
export { Privilege } from "./resources/privilege.ts";
export { Service } from "./resources/service.ts";
export { SmbConfig } from "./resources/smb-config.ts";
export { SmbShare } from "./resources/smb-share.ts";
export { Snapshot } from "./resources/snapshot.ts";
export { SnapshotTask } from "./resources/snapshot-task.ts";
export { User } from "./resources/user.ts";
