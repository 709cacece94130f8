import { apiKey } from "./api-key.ts";
import { dataset } from "./dataset.ts";
import { datasetOwnership } from "./dataset-ownership.ts";
import type { AnyDefinition } from "./definition.ts";
import { filesystemPermissions } from "./filesystem-permissions.ts";
import { group } from "./group.ts";
import { nfsConfig } from "./nfs-config.ts";
import { nfsShare } from "./nfs-share.ts";
import { privilege } from "./privilege.ts";
import { service } from "./service.ts";
import { smbConfig } from "./smb-config.ts";
import { smbShare } from "./smb-share.ts";
import { snapshot } from "./snapshot.ts";
import { snapshotTask } from "./snapshot-task.ts";
import { user } from "./user.ts";

/** Every resource type. To add one: write its file and name it here. */
export const definitions: readonly AnyDefinition[] = [
  apiKey,
  dataset,
  datasetOwnership,
  filesystemPermissions,
  group,
  nfsConfig,
  nfsShare,
  privilege,
  service,
  smbConfig,
  smbShare,
  snapshot,
  snapshotTask,
  user,
] as readonly AnyDefinition[];
