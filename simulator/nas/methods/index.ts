import type { Method } from "../method.ts";
import { accountMethods } from "./accounts.ts";
import { datasetDeleteMethods } from "./dataset-delete.ts";
import { datasetQuotaMethods } from "./dataset-quota.ts";
import { datasetReadMethods } from "./dataset-read.ts";
import { datasetWriteMethods } from "./dataset-write.ts";
import { fileAclMethods } from "./file-acl.ts";
import { filePermissionMethods } from "./file-permissions.ts";
import { filesystemMethods } from "./filesystem.ts";
import { networkMethods } from "./network.ts";
import { nfsServiceMethods } from "./nfs-service.ts";
import { nfsShareMethods } from "./nfs-share.ts";
import { poolMethods } from "./pool.ts";
import { serviceMethods } from "./service.ts";
import { smbServiceMethods } from "./smb-service.ts";
import { smbShareMethods } from "./smb-share.ts";
import { snapshotMethods } from "./snapshot.ts";
import { snapshotTaskMethods } from "./snapshot-task.ts";
import { systemMethods } from "./system.ts";
import { zfsResourceMethods } from "./zfs-resource.ts";

/** Everything that the simulated NAS can be asked, but authentication and the middleware's own methods. */
export const methods: readonly Method[] = [
  ...poolMethods,
  ...datasetReadMethods,
  ...datasetWriteMethods,
  ...datasetDeleteMethods,
  ...datasetQuotaMethods,
  ...zfsResourceMethods,
  ...snapshotMethods,
  ...snapshotTaskMethods,
  ...nfsShareMethods,
  ...nfsServiceMethods,
  ...smbShareMethods,
  ...smbServiceMethods,
  ...serviceMethods,
  ...filesystemMethods,
  ...filePermissionMethods,
  ...fileAclMethods,
  ...accountMethods,
  ...systemMethods,
  ...networkMethods,
];
