import type { engines, kinds, recordsizes, tiers } from "./apps.ts";
import type { securityFlavours } from "./nas.ts";

export type Kind = (typeof kinds)[number];
export type Engine = (typeof engines)[number];
export type Tier = (typeof tiers)[number];
export type RecordSize = (typeof recordsizes)[number];
export type SecurityFlavour = (typeof securityFlavours)[number];
export type Environment = "production" | "test";

/**
 * A configuration after parsing: every default applied, the catalogue merged in, sizes in bytes, networks normalised, lists
 * sorted by name. Secrets are not in it.
 */
export interface Config {
  /** Only simulated systems may be contacted. Default false. */
  readonly sandbox: boolean;
  readonly nas: NasConfig;
  readonly nodes: readonly NodeConfig[];
  readonly apps: readonly AppConfig[];
  /** The common snapshot chain. */
  readonly snapshots: Retention;
  readonly shares: readonly ShareConfig[];
  readonly smb: readonly SmbConfig[];
  readonly kubernetes: KubernetesConfig;
}

export interface NasConfig {
  /** Identity, as manifests name it. */
  readonly host: string;
  /** `host[:port]` of the API. Default: host. */
  readonly endpoint: string;
  readonly pool: string;
  /** Below the pool. Default `k8s-apps`. */
  readonly appsDataset: string;
  /** Default `truenas_admin`. */
  readonly username: string;
  /** PEM text or SHA-256 fingerprint; neither means the system's authorities. */
  readonly tls: { readonly ca?: string; readonly fingerprint?: string };
  /** Default false. */
  readonly readOnly: boolean;
  /** Default true. */
  readonly destroyProtection: boolean;
  /** CIDR ranges of clients; absent means the addresses of the Kubernetes nodes. */
  readonly clients?: readonly string[];
  readonly nfs: {
    /** Threads, 1 to 256; absent lets the NAS choose. */
    readonly servers?: number;
    /** Empty means all. */
    readonly bindAddresses: readonly string[];
    readonly protocols: readonly ("NFSV3" | "NFSV4")[];
    readonly domain?: string;
    readonly security: readonly SecurityFlavour[];
  };
  readonly links: readonly LinkConfig[];
}

export interface LinkConfig {
  readonly name: string;
  readonly address: string;
  /** Gbit/s. */
  readonly speedGbps?: number;
  /** Nodes on a direct cable; absent means the ordinary network. */
  readonly nodes?: readonly string[];
}

export interface NodeConfig {
  readonly name: string;
  /** All addresses, the main one first. */
  readonly addresses: readonly string[];
  readonly roles: readonly ("kubernetes" | "hypervisor")[];
  /** Gbit/s. */
  readonly linkSpeedGbps?: number;
}

/** Snapshots kept per period; 0 takes none. */
export interface Retention {
  readonly hourly: number;
  readonly daily: number;
  readonly weekly: number;
  readonly monthly: number;
}

/** A chain of its own, or no snapshots for a stated reason. */
export type OwnSnapshots = { readonly retention: Retention } | { readonly exempt: string };

export interface AppConfig {
  readonly name: string;
  readonly environment: Environment;
  /** Default: the catalogue's, otherwise 1000:1000. */
  readonly runAs: { readonly uid: number; readonly gid: number };
  /** Absent means the common chain. */
  readonly snapshots?: OwnSnapshots;
  /** Group dataset of the SQLite copies; absent means `<app>/backup`. */
  readonly backupGroup?: string;
  /** What the owner still has to check about this app, from the catalogue. */
  readonly verify?: string;
  readonly volumes: readonly VolumeConfig[];
}

export interface VolumeConfig {
  readonly name: string;
  readonly kind: Kind;
  readonly engine?: Engine;
  /** Bytes. */
  readonly size?: number;
  /** Bytes, including snapshots. */
  readonly quota?: number;
  readonly mount?: string;
  /** Name or mount point of an existing share. */
  readonly share?: string;
  readonly readOnly?: boolean;
  readonly node?: string;
  readonly group?: string;
  readonly tier?: Tier;
  readonly critical?: boolean;
  readonly backup?: boolean;
  readonly clients?: readonly string[];
  readonly security?: readonly SecurityFlavour[];
  readonly sync?: "standard" | "always";
  /** Stated reason. */
  readonly syncDisabled?: string;
  /** Stated reason. */
  readonly noRootSquash?: string;
  readonly recordsize?: RecordSize;
}

export interface ShareConfig {
  readonly name: string;
  readonly path: string;
  readonly snapshots: OwnSnapshots;
  /** Default `existing`. */
  readonly export: "existing" | "managed";
  /** Default true. */
  readonly readOnly: boolean;
  readonly clients?: readonly string[];
}

export interface SmbConfig {
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** What clients see. Default: the name. */
  readonly share: string;
  readonly comment: string;
  readonly readOnly: boolean;
  readonly browsable: boolean;
}

export interface StorageClassConfig {
  readonly name: string;
  readonly default: boolean;
}

export interface KubernetesConfig {
  readonly context?: string;
  readonly storageClasses: {
    readonly nfs: StorageClassConfig;
    readonly local: StorageClassConfig;
    readonly smb: StorageClassConfig;
  };
}
