import { dataset } from "./dataset.ts";
import { datasetOwnership } from "./dataset-ownership.ts";
import type { AnyDefinition } from "./definition.ts";
import { filesystemPermissions } from "./filesystem-permissions.ts";
import { nfsConfig } from "./nfs-config.ts";
import { nfsShare } from "./nfs-share.ts";
import { service } from "./service.ts";
import { snapshotTask } from "./snapshot-task.ts";

/** Every resource type. To add one: write its file and name it here. */
export const definitions: readonly AnyDefinition[] = [
  dataset,
  datasetOwnership,
  filesystemPermissions,
  nfsConfig,
  nfsShare,
  service,
  snapshotTask,
] as readonly AnyDefinition[];
