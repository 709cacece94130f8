/**
 * What the configuration amounts to: plain, deeply frozen, JSON-serialisable data, from which resources and reports are
 * rendered without taking any further decision. Sizes are bytes; paths on the NAS are absolute; lists are in a stable order.
 */
export interface StoragePlan {
  /** True for a stack that may only talk to simulated systems. */
  readonly sandbox: boolean;
  readonly nas: NasPlan;
  readonly nfs: NfsPlan;
  /** All file systems of the design, every parent before its children. */
  readonly datasets: readonly DatasetPlan[];
  readonly exports: readonly ExportPlan[];
  readonly snapshotTasks: readonly SnapshotTaskPlan[];
  readonly smbShares: readonly SmbSharePlan[];
  /** The classes that the program manages; classes that come with K3s are only named by volumes. */
  readonly storageClasses: readonly StorageClassPlan[];
  readonly volumes: readonly VolumePlan[];
  /** Shares that exist on the NAS already and are only used. */
  readonly shares: readonly SharePlan[];
  readonly nodes: readonly NodePlan[];
  readonly cluster: ClusterPlan;
  /** What deserves attention although it is allowed. */
  readonly findings: readonly Finding[];
}

/** The NAS and how to reach its API. */
export interface NasPlan {
  /** Its identity, as manifests name it (address or name). */
  readonly host: string;
  /** Where the API is reached, `host[:port]`; the host unless configured. */
  readonly endpoint: string;
  /** The pool that must exist. */
  readonly pool: string;
  /** The dataset below which every app lives, with its pool: `big/k8s-apps`. */
  readonly appsDataset: string;
  /** The user that the API key belongs to. */
  readonly username: string;
  /** How its certificate is trusted: a CA, a pinned fingerprint, or (both absent) the system's own authorities. */
  readonly tls: { readonly ca?: string; readonly fingerprint?: string };
  /** Nothing that changes the NAS is sent to it. */
  readonly readOnly: boolean;
  /** Nothing is sent that takes away data, snapshots, encryption keys, or the last backup task of a dataset. */
  readonly destroyProtection: boolean;
}

export type NfsProtocol = "NFSV3" | "NFSV4";
export type NfsSecurity = "SYS" | "KRB5" | "KRB5I" | "KRB5P";

/** Settings of the NFS service. */
export interface NfsPlan {
  readonly protocols: readonly NfsProtocol[];
  /** Number of server threads, 1 to 256; null lets the NAS choose. */
  readonly servers: number | null;
  /** Addresses that the service listens on; empty means all. */
  readonly bindAddresses: readonly string[];
  /** NFSv4 id mapping domain. */
  readonly domain?: string;
  /** True when at least one export asks for Kerberos. */
  readonly kerberos: boolean;
}

/** Owner of a directory on the NAS, numeric because the users live in containers. */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
  /** Octal, four digits: `0770`. */
  readonly mode: string;
}

export type DatasetPurpose = "apps-root" | "app" | "group" | "volume" | "backup" | "smb";

/** A ZFS file system. It is never destroyed by the program. */
export interface DatasetPlan {
  /** Logical name, stable for the life of the dataset: `ollama-models`. */
  readonly key: string;
  /** Full name: `big/k8s-apps/ollama/models`. */
  readonly name: string;
  /** Where the NAS mounts it: `/mnt/big/k8s-apps/ollama/models`. */
  readonly path: string;
  readonly purpose: DatasetPurpose;
  /** The volume that it holds, as `<app>.<volume>`. */
  readonly volume?: string;
  /** Shown in the NAS's own interface. */
  readonly comments: string;
  readonly properties: DatasetProperties;
  /** Ownership of its root directory; absent leaves what the NAS chose. */
  readonly owner?: Owner;
  /** Name of the snapshot chain that covers it; absent only with an exemption. */
  readonly chain?: string;
  /** Why it has no snapshots, in the owner's words. */
  readonly exemption?: string;
  readonly reason: string;
  readonly onDelete: "retain";
}

/** ZFS properties in the spelling of the TrueNAS API; absent ones are inherited. */
export interface DatasetProperties {
  /** `GENERIC` keeps the ACL settings below; `SMB` makes the NAS set its own. Write-only on the NAS. */
  readonly shareType: "GENERIC" | "SMB";
  readonly recordsize?: string;
  readonly compression?: "LZ4" | "ZSTD" | "OFF";
  readonly atime?: "ON" | "OFF";
  readonly sync?: "STANDARD" | "ALWAYS" | "DISABLED";
  /** Bytes, including snapshots and children. */
  readonly quota?: number;
  /** Bytes, without snapshots and children: the size of the volume. At least 1 GiB. */
  readonly refquota?: number;
  /** Immutable on the NAS. */
  readonly casesensitivity?: "SENSITIVE" | "INSENSITIVE";
  readonly acltype?: "POSIX" | "NFSV4";
  readonly aclmode?: "DISCARD" | "RESTRICTED" | "PASSTHROUGH";
}

/** A user and group of the NAS that requests are mapped to. */
export interface Mapping {
  readonly user: string;
  readonly group: string;
}

/** An NFS export of one dataset. */
export interface ExportPlan {
  readonly key: string;
  /** Full name of the exported dataset. */
  readonly dataset: string;
  readonly path: string;
  /** The NAS keeps it; also the mark by which an uncertain create is found again, so it is unique. */
  readonly comment: string;
  /** Clients as normalised CIDR ranges, sorted; never empty. */
  readonly networks: readonly string[];
  /** Clients by name; empty, because the NAS must resolve names at any time. */
  readonly hosts: readonly string[];
  readonly readOnly: boolean;
  /** Identity of a client's root; absent squashes it to nobody. */
  readonly maproot?: Mapping;
  /** Identity of every client user. */
  readonly mapall?: Mapping;
  readonly security: readonly NfsSecurity[];
  /** Owner of the exported data. */
  readonly owner?: Owner;
  /** The volume that uses it, as `<app>.<volume>`. */
  readonly volume?: string;
  readonly reason: string;
}

/** Five cron fields, in the time zone of the NAS. */
export interface CronSchedule {
  readonly minute: string;
  readonly hour: string;
  readonly dom: string;
  readonly month: string;
  readonly dow: string;
  /** Window of the day within which the schedule acts, `HH:MM`. */
  readonly begin?: string;
  readonly end?: string;
}

export type Period = "hourly" | "daily" | "weekly" | "monthly";

/** A periodic snapshot task. Its names match no other task's schema, so that no task prunes another's snapshots. */
export interface SnapshotTaskPlan {
  readonly key: string;
  /** The chain that it belongs to: `apps`, the name of an app, or `share-<name>`. */
  readonly chain: string;
  readonly period: Period;
  readonly dataset: string;
  readonly recursive: boolean;
  /** Full names of datasets that other chains cover or an exemption leaves out. */
  readonly exclude: readonly string[];
  /** `hs-<chain>-<period>-%Y-%m-%d_%H-%M` */
  readonly namingSchema: string;
  readonly lifetimeValue: number;
  readonly lifetimeUnit: "HOUR" | "DAY" | "WEEK" | "MONTH";
  readonly schedule: CronSchedule;
  /** Whether a snapshot is taken when nothing was written. */
  readonly allowEmpty: boolean;
}

/** An SMB share of one dataset. */
export interface SmbSharePlan {
  readonly key: string;
  /** Unique on the NAS, ignoring case. */
  readonly name: string;
  readonly dataset: string;
  readonly path: string;
  readonly comment: string;
  readonly readOnly: boolean;
  readonly browsable: boolean;
  /** The volume that uses it, as `<app>.<volume>`. */
  readonly volume?: string;
  readonly reason: string;
}

/** A Kubernetes StorageClass. Everything but the annotations is immutable in Kubernetes. */
export interface StorageClassPlan {
  readonly name: string;
  readonly provisioner: string;
  readonly annotations: Readonly<Record<string, string>>;
  readonly parameters: Readonly<Record<string, string>>;
  /** Top-level field of the class; as a parameter the driver would refuse it. */
  readonly mountOptions: readonly string[];
  readonly reclaimPolicy: "Retain" | "Delete";
  readonly volumeBindingMode: "Immediate" | "WaitForFirstConsumer";
  readonly allowVolumeExpansion: boolean;
  readonly reason: string;
}

export type Tier = "truenas-nfs" | "truenas-smb" | "node-local" | "longhorn" | "s3" | "ceph";
export type AccessMode = "ReadWriteOnce" | "ReadWriteOncePod" | "ReadWriteMany" | "ReadOnlyMany";
export type Kind =
  | "media"
  | "database"
  | "sqlite"
  | "config"
  | "models"
  | "cache"
  | "session"
  | "scratch"
  | "ci"
  | "backup"
  | "archive"
  | "control-plane"
  | "unverified";
export type Engine = "postgresql" | "mysql" | "mariadb" | "redis";

/** Another place that would be allowed (or not), and why it was not chosen. */
export interface Alternative {
  readonly tier: Tier;
  readonly allowed: boolean;
  readonly reason: string;
}

/** How the bytes of a volume come back after they are lost. */
export interface ProtectionPlan {
  /** The chain of ZFS snapshots that covers it, if any. */
  readonly chain?: string;
  /** How a copy is made besides snapshots. */
  readonly copy: "none" | "sqlite-online-backup" | "database-dump" | "external";
  /** The dataset that receives the copy, where it stays on the NAS. */
  readonly dataset?: string;
  /** False while the jobs that make the copies are switched off. */
  readonly active: boolean;
  readonly reason: string;
}

/** One volume of one app, and every decision about it. */
export interface VolumePlan {
  /** `<app>-<volume>`; also the base of names in the cluster. */
  readonly key: string;
  readonly app: string;
  readonly volume: string;
  readonly kind: Kind;
  readonly engine?: Engine;
  readonly environment: "production" | "test";
  readonly tier: Tier;
  /** Class that a claim names; empty for a static volume. */
  readonly storageClass: string;
  readonly accessMode: AccessMode;
  readonly readOnly: boolean;
  /** Bytes; absent for a share that exists already. */
  readonly size?: number;
  /** Where the container mounts it. */
  readonly mountPath?: string;
  /** User and group that the app runs as. */
  readonly runAs: { readonly uid: number; readonly gid: number };
  /** Full name of its dataset on the NAS. */
  readonly dataset?: string;
  /** Key of its export. */
  readonly export?: string;
  /** Name of the existing share that it reads. */
  readonly share?: string;
  /** NFS server address and path that a pod mounts. */
  readonly nfs?: { readonly server: string; readonly path: string; readonly mountOptions: readonly string[] };
  /** Key of its SMB share. */
  readonly smbShare?: string;
  /** The node that holds node-local data; absent leaves it to the scheduler. */
  readonly node?: string;
  /** Whether losing it needs an off-site copy. */
  readonly critical: boolean;
  readonly protection: ProtectionPlan;
  readonly reason: string;
  readonly alternatives: readonly Alternative[];
}

/** A share that exists on the NAS already: used by volumes, never created or deleted. */
export interface SharePlan {
  readonly name: string;
  readonly path: string;
  readonly dataset: string;
  readonly readOnly: boolean;
  /** `existing`: the owner made its export by hand; `managed`: the program makes it. */
  readonly export: "existing" | "managed";
  readonly chain?: string;
  readonly exemption?: string;
  /** Volumes that use it, as `<app>.<volume>`. */
  readonly usedBy: readonly string[];
}

/** A machine of the homelab. */
export interface NodePlan {
  readonly name: string;
  /** All its addresses, the main one first. */
  readonly addresses: readonly string[];
  readonly roles: readonly ("kubernetes" | "hypervisor")[];
  /** Gbit/s; absent when unknown. */
  readonly linkSpeedGbps?: number;
  /** The address at which this node reaches the NAS: that of a direct link, else the host. */
  readonly nasAddress: string;
}

/** How the cluster is reached; its kubeconfig is a secret and read apart. */
export interface ClusterPlan {
  /** Context of the kubeconfig; absent means its current one. */
  readonly context?: string;
}

/** Something allowed that the owner should know. */
export interface Finding {
  readonly severity: "warning" | "notice";
  readonly path: string;
  readonly text: string;
  readonly fix: string;
}
