/** What the documentation says of a resource beyond its definition. */
export interface ResourceNotes {
  /** What `pulumi import` takes as its id, as a sentence. */
  readonly id: string;
  /** Roles of TrueNAS that its methods need (role_definitions of the API); each includes the reading role of its name. */
  readonly roles: readonly string[];
  /** Further roles for a deletion that destroys. */
  readonly rolesToDestroy?: readonly string[];
  /** What is refused beyond a wrong type, and when. */
  readonly refuses: readonly string[];
}

/** By the last part of the type. */
export const resourceNotes: Readonly<Record<string, ResourceNotes>> = {
  ApiKey: {
    id: "The number on the NAS, or the name.",
    roles: ["API_KEY_WRITE"],
    refuses: [
      "A name that a key on the NAS has (at preview, with the import command). The text of an imported key is unknown: change `rotate` for a new one.",
      "Another `username` for an existing key.",
      "An account without a privilege.",
    ],
  },
  Dataset: {
    id: "The full name, such as `big/k8s-apps`.",
    roles: ["POOL_READ", "DATASET_WRITE"],
    rolesToDestroy: ["DATASET_DELETE", "SNAPSHOT_READ", "SHARING_NFS_READ", "SHARING_SMB_READ", "SNAPSHOT_TASK_READ"],
    refuses: [
      "A pool that the NAS does not have (at preview; the message lists its pools).",
      "A dataset that exists and carries no mark of this very resource (at preview, with the import command).",
      "A quota between 1 byte and 1 GiB; an `aclmode` that does not fit the `acltype`.",
      "A dataset below a locked one, and a change of a locked one (at preview, with what to unlock).",
      "With `onDelete: destroy`: destroying one that has children, snapshots, clones, shares or snapshot tasks (when it is to be deleted; the message counts them).",
    ],
  },
  DatasetOwnership: {
    id: "The root, such as `big/k8s-apps`.",
    roles: ["DATASET_WRITE", "SNAPSHOT_WRITE"],
    refuses: [],
  },
  FilesystemPermissions: {
    id: "The path, such as `/mnt/big/k8s-apps`.",
    roles: ["DATASET_READ", "FILESYSTEM_ATTRS_WRITE", "SNAPSHOT_WRITE"],
    rolesToDestroy: ["SNAPSHOT_DELETE"],
    refuses: [
      "Nothing to set: one of `uid`, `gid`, `mode` and `acl` is needed.",
      "The directory of a pool itself, and one in a locked or read-only dataset.",
      "`mode` beside an access control list; a list of another kind than the dataset's `acltype`; a POSIX list without its base entries or mask.",
    ],
  },
  Group: {
    id: "The number on the NAS (not the gid), or the name.",
    roles: ["ACCOUNT_WRITE"],
    refuses: [
      "A group of TrueNAS itself or of a directory service.",
      "A name that a group on the NAS has (at preview, with the import command).",
      "Another `gid` for an existing group.",
      "Removing one that is the primary group of a user, or that a privilege is given to.",
    ],
  },
  NfsConfig: {
    id: "Always `nfs`.",
    roles: ["SHARING_NFS_WRITE"],
    refuses: ["`v4Domain` where the protocols leave NFSV4 out."],
  },
  NfsShare: {
    id: "The number on the NAS, or the path when one export alone has it.",
    roles: ["SHARING_NFS_WRITE", "DATASET_READ"],
    refuses: [
      "A path on a locked dataset (at preview, with what to unlock).",
      "A path that an export without a mark of this stack serves already (at preview, with the import command).",
      "`maprootUser` together with `mapallUser`; a mapped group without its user.",
    ],
  },
  Privilege: {
    id: "The number on the NAS, or the name.",
    roles: ["PRIVILEGE_READ", "PRIVILEGE_WRITE"],
    refuses: [
      "A privilege of TrueNAS itself.",
      "A name that a privilege on the NAS has (at preview, with the import command).",
      "A role that this version of TrueNAS does not have, or a gid without a group.",
    ],
  },
  Service: {
    id: "The name, such as `nfs`.",
    roles: ["SERVICE_READ", "SERVICE_WRITE"],
    refuses: ["A service that the NAS does not have (at preview; the message lists its services)."],
  },
  SmbConfig: {
    id: "Always `smb`.",
    roles: ["SHARING_SMB_WRITE"],
    refuses: ["A setting that only another version of TrueNAS has (at preview, with what takes its place)."],
  },
  SmbShare: {
    id: "The number on the NAS, or the name of the share.",
    roles: ["SHARING_SMB_WRITE", "DATASET_READ"],
    refuses: [
      "A name that another share has, whatever its case, or a path that a share without a mark of this stack shows already (at preview, with the import command).",
      "A path on a locked dataset (at preview, with what to unlock).",
      "An option that its purpose does not have.",
    ],
  },
  Snapshot: {
    id: "The dataset and the name, such as `big/k8s-apps@before-upgrade`.",
    roles: ["SNAPSHOT_WRITE", "SNAPSHOT_TASK_READ", "DATASET_READ"],
    rolesToDestroy: ["SNAPSHOT_DELETE"],
    refuses: [
      "A snapshot that exists (at preview, with the import command).",
      "A name that a snapshot task of the dataset would take for one of its own, and delete.",
      "With `onDelete: destroy`: destroying one that is held, or that has clones.",
      "`hold: false` while it is held under another tag: the NAS releases all at once.",
    ],
  },
  SnapshotTask: {
    id: "The number on the NAS.",
    roles: ["SNAPSHOT_TASK_WRITE", "SNAPSHOT_READ", "DATASET_READ"],
    refuses: [
      "With destroy protection: a change that leaves a dataset without an enabled task.",
      "A dataset and naming schema that a task has already (at preview, with the import command). One whose name begins with `hs-` and which is the same in every setting is taken back instead.",
      "`exclude` without `recursive`, or a name outside the dataset.",
      "A naming schema without `%Y %m %d %H %M` (or `%s`).",
    ],
  },
  User: {
    id: "The number on the NAS (not the uid), or the name.",
    roles: ["ACCOUNT_WRITE"],
    refuses: [
      "An account of TrueNAS itself or of a directory service.",
      "A name that an account on the NAS has (at preview, with the import command).",
      "Another `uid` for an existing account.",
      "A new account with neither `password` nor `passwordDisabled`; turning `smb` on without the password.",
    ],
  },
};
