import type { DirectoryNode } from "./nodes.ts";
import type { PropertyName } from "./properties.ts";

export interface Snapshot {
  /** Changes with its dataset's name. */
  dataset: string;
  readonly name: string;
  readonly txg: number;
  readonly guid: string;
  /** Milliseconds since 1970. */
  readonly created: number;
  /** What the dataset held. Absent for a volume. */
  readonly root: DirectoryNode | undefined;
  /** The dataset's {@link Dataset.version} at that time. */
  readonly version: number;
  /** Hold tags, each with the time it was set, in seconds. */
  readonly holds: Map<string, number>;
  readonly userProperties: Map<string, string>;
  /** Datasets cloned from it. */
  readonly clones: Set<string>;
}

export interface Encryption {
  /** The dataset whose key opens this one. */
  readonly root: string;
  readonly format: "hex" | "passphrase";
  readonly algorithm: string;
  readonly iterations: number;
}

export interface UserQuota {
  readonly kind: "USER" | "GROUP";
  readonly id: number;
  /** Bytes; 0: none. */
  bytes: number;
  /** Objects; 0: none. */
  objects: number;
}

export interface Dataset {
  /** Renaming gives it another one. */
  name: string;
  readonly type: "FILESYSTEM" | "VOLUME";
  readonly guid: string;
  readonly txg: number;
  /** Milliseconds since 1970. */
  readonly created: number;
  readonly local: Map<PropertyName, string>;
  /** Keys as ZFS has them (`org.freenas:description`), local ones only. */
  readonly userProperties: Map<string, string>;
  readonly snapshots: Map<string, Snapshot>;
  readonly quotas: UserQuota[];
  /** Present for a file system. */
  readonly root: DirectoryNode | undefined;
  /** Grows with each change to its contents. */
  version: number;
  encryption: Encryption | undefined;
  /** Encrypted and not opened: neither its files nor its shares can be used. */
  locked: boolean;
  /** Plays the defect of 26.0: a destroy that fails without saying so. Set by tests. */
  busy: boolean;
  /** The snapshot it was cloned from, as `dataset@name`. */
  origin: string | undefined;
}

export interface Pool {
  readonly id: number;
  readonly name: string;
  readonly guid: string;
  /** Bytes. */
  size: number;
  /** As zpool says it: ONLINE, DEGRADED, FAULTED, OFFLINE, SUSPENDED. */
  status: string;
}

export const parentOf = (name: string): string | undefined => {
  const slash = name.lastIndexOf("/");
  return slash < 0 ? undefined : name.slice(0, slash);
};

/** The dataset itself, then its ancestors up to the pool. */
export function* upwards(name: string): Generator<string> {
  for (let at: string | undefined = name; at !== undefined; at = parentOf(at)) yield at;
}

export const isWithin = (name: string, ancestor: string): boolean =>
  name === ancestor || name.startsWith(`${ancestor}/`);

export const mountpointOf = (name: string): string => `/mnt/${name}`;

const internalComponents = [".system", "ix-apps", "ix-applications", ".ix-virt", ".truenas_containers"] as const;

/** Datasets that TrueNAS keeps for itself and hides. */
export const isInternal = (name: string): boolean =>
  name.split("/")[0] === "boot-pool" ||
  internalComponents.some((part) => isWithin(name, `${name.split("/")[0]}/${part}`));
