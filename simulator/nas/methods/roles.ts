// Roles that open methods to accounts that are no full administrators, as the API of 26.0 lists them.

export const datasetRead = ["DATASET_READ", "DATASET_WRITE", "READONLY_ADMIN", "SHARING_ADMIN"] as const;
export const datasetWrite = ["DATASET_WRITE", "SHARING_ADMIN"] as const;
export const datasetDelete = ["DATASET_DELETE"] as const;
export const poolRead = ["POOL_READ", "POOL_WRITE", "READONLY_ADMIN", "SHARING_ADMIN"] as const;
export const poolChoices = ["DATASET_READ", "DATASET_WRITE", ...poolRead] as const;
export const resourceRead = ["READONLY_ADMIN", "SHARING_ADMIN", "ZFS_RESOURCE_READ", "ZFS_RESOURCE_WRITE"] as const;
export const snapshotRead = [
  "READONLY_ADMIN",
  "REPLICATION_ADMIN",
  "SHARING_ADMIN",
  "SNAPSHOT_READ",
  "SNAPSHOT_WRITE",
] as const;
export const snapshotWrite = ["REPLICATION_ADMIN", "SNAPSHOT_WRITE"] as const;
export const snapshotRollback = ["POOL_WRITE", ...snapshotWrite] as const;
export const snapshotDelete = ["SNAPSHOT_DELETE"] as const;
export const taskRead = [
  "READONLY_ADMIN",
  "REPLICATION_ADMIN",
  "SHARING_ADMIN",
  "SNAPSHOT_TASK_READ",
  "SNAPSHOT_TASK_WRITE",
] as const;
export const taskWrite = ["REPLICATION_ADMIN", "SNAPSHOT_TASK_WRITE"] as const;
export const nfsWrite = ["SHARING_ADMIN", "SHARING_NFS_WRITE", "SHARING_WRITE"] as const;
export const nfsRead = ["READONLY_ADMIN", "SHARING_NFS_READ", "SHARING_READ", ...nfsWrite] as const;
export const nfsClients = ["READONLY_ADMIN", ...nfsWrite] as const;
export const smbWrite = ["SHARING_ADMIN", "SHARING_SMB_WRITE", "SHARING_WRITE"] as const;
export const smbRead = ["READONLY_ADMIN", "SHARING_READ", "SHARING_SMB_READ", ...smbWrite] as const;
export const serviceRead = ["READONLY_ADMIN", "SERVICE_READ", "SHARING_ADMIN"] as const;
export const serviceWrite = [
  "SERVICE_WRITE",
  "SHARING_ADMIN",
  "SHARING_FTP_WRITE",
  "SHARING_ISCSI_WRITE",
  "SHARING_NFS_WRITE",
  "SHARING_NVME_TARGET_WRITE",
  "SHARING_SMB_WRITE",
  "SHARING_WRITE",
] as const;
export const fileRead = [
  "FILESYSTEM_ATTRS_READ",
  "FILESYSTEM_ATTRS_WRITE",
  "FILESYSTEM_FULL_CONTROL",
  "READONLY_ADMIN",
  "SHARING_ADMIN",
] as const;
export const fileAttributes = ["FILESYSTEM_ATTRS_WRITE", "FILESYSTEM_FULL_CONTROL", "SHARING_ADMIN"] as const;
export const fileData = ["FILESYSTEM_DATA_WRITE", "FILESYSTEM_FULL_CONTROL"] as const;
export const accountRead = ["ACCOUNT_READ", "ACCOUNT_WRITE", "READONLY_ADMIN", "SHARING_ADMIN"] as const;
export const accountWrite = ["ACCOUNT_WRITE"] as const;
export const privilegeRead = ["PRIVILEGE_READ", "PRIVILEGE_WRITE", "READONLY_ADMIN", "SHARING_ADMIN"] as const;
export const privilegeWrite = ["PRIVILEGE_WRITE"] as const;
export const apiKeyWrite = ["API_KEY_WRITE", "READONLY_ADMIN", "SHARING_ADMIN"] as const;
export const apiKeyRead = ["API_KEY_READ", "API_KEY_WRITE", "READONLY_ADMIN", "SHARING_ADMIN"] as const;
export const administratorRead = ["READONLY_ADMIN", "SHARING_ADMIN"] as const;
export const generalRead = [...administratorRead, "SYSTEM_GENERAL_READ", "SYSTEM_GENERAL_WRITE"] as const;
export const productRead = [...administratorRead, "SYSTEM_PRODUCT_READ"] as const;
export const networkRead = ["NETWORK_GENERAL_READ", "NETWORK_GENERAL_WRITE", ...administratorRead] as const;
export const interfaceRead = ["NETWORK_INTERFACE_READ", "NETWORK_INTERFACE_WRITE", ...administratorRead] as const;
export const alertRead = [
  "ALERT_LIST_READ",
  "ALERT_LIST_WRITE",
  "ALERT_READ",
  "ALERT_WRITE",
  ...administratorRead,
] as const;
