import type { AccessMode, Alternative, Kind, ProtectionPlan, Tier } from "./storage-plan.ts";

/** One row of the decision matrix: everything that follows from the kind of data. */
export interface Placement {
  readonly tier: Tier;
  readonly accessMode: AccessMode;
  /** Whether an app may only read, unless the owner says otherwise. */
  readonly readOnly: boolean;
  /** Whether its loss needs an off-site copy, unless the owner says otherwise. */
  readonly critical: boolean;
  /** How copies are made besides snapshots. */
  readonly copy: ProtectionPlan["copy"];
  readonly reason: string;
  /** Other tiers with a verdict particular to this kind; the general verdicts stand in `refusedTiers`. */
  readonly alternatives: readonly Alternative[];
}

function may(tier: Tier, reason: string): Alternative {
  return { tier, allowed: true, reason };
}

function mayNot(tier: Tier, reason: string): Alternative {
  return { tier, allowed: false, reason };
}

function rebuildable(what: string, extra: readonly Alternative[] = []): Placement {
  return {
    tier: "node-local",
    accessMode: "ReadWriteOnce",
    readOnly: false,
    critical: false,
    copy: "none",
    reason: `${what} can be rebuilt, so it takes the fastest disk at hand and no backup.`,
    alternatives: [
      ...extra,
      mayNot("truenas-nfs", "The NAS would snapshot and replicate bytes that nobody would restore."),
    ],
  };
}

const noDatabaseLocks =
  "SQLite keeps its index in memory shared between processes of one host, which a network file system cannot offer: databases get corrupted.";

const sqlite: Placement = {
  tier: "node-local",
  accessMode: "ReadWriteOnce",
  readOnly: false,
  critical: true,
  copy: "sqlite-online-backup",
  reason: "SQLite needs the locks and the shared memory of a local disk; copies go to the NAS.",
  alternatives: [
    mayNot(
      "truenas-nfs",
      `${noDatabaseLocks} Where the app can use PostgreSQL instead, that database may live on NFS.`,
    ),
    mayNot("truenas-smb", noDatabaseLocks),
    may("longhorn", "A replicated block device is a local disk to SQLite; it must be chosen explicitly."),
  ],
};

const objects: Pick<Placement, "tier" | "accessMode" | "readOnly" | "critical" | "copy" | "alternatives"> = {
  tier: "s3",
  accessMode: "ReadWriteOnce",
  readOnly: false,
  critical: true,
  copy: "external",
  alternatives: [
    mayNot(
      "truenas-nfs",
      "A copy that can be overwritten through a mounted directory is lost together with the original.",
    ),
    mayNot("node-local", "A copy beside its original is lost together with it."),
  ],
};

/** Where each kind of data goes, and why. */
export const matrix: Readonly<Record<Kind, Placement>> = {
  media: {
    tier: "truenas-nfs",
    accessMode: "ReadOnlyMany",
    readOnly: true,
    critical: false,
    copy: "none",
    reason: "Media is large and read by many: apps mount the share that exists, read-only.",
    alternatives: [mayNot("node-local", "A library would be copied to every node that plays it.")],
  },
  database: {
    tier: "truenas-nfs",
    accessMode: "ReadWriteOncePod",
    readOnly: false,
    critical: true,
    copy: "database-dump",
    reason:
      "A database server fsyncs, and NFS with hard mounts honours it; the NAS adds checksums and snapshots. One pod only.",
    alternatives: [
      may("node-local", "Lower latency; the data is then tied to one node and only as safe as its dumps."),
      mayNot("truenas-smb", "SMB does not keep the locks and permissions that database servers rely on."),
    ],
  },
  sqlite,
  config: {
    tier: "truenas-nfs",
    accessMode: "ReadWriteOnce",
    readOnly: false,
    critical: true,
    copy: "none",
    reason: "Small files that matter: any node can mount them, snapshots keep their history.",
    alternatives: [
      may("truenas-smb", "For apps that need names without regard to case."),
      mayNot(
        "node-local",
        "Nothing copies plain files from a node; a directory that holds SQLite is of the kind sqlite.",
      ),
    ],
  },
  models: {
    tier: "truenas-nfs",
    accessMode: "ReadWriteMany",
    readOnly: false,
    critical: false,
    copy: "none",
    reason:
      "Large files, written once and read by every node: one copy on the NAS, with a node-local cache beside it if wanted.",
    alternatives: [
      may("node-local", "Loads fastest, and is downloaded again by every node."),
      may("truenas-smb", "For machines that are no cluster nodes and speak no NFS."),
    ],
  },
  cache: rebuildable("A cache"),
  session: rebuildable("Session state"),
  scratch: rebuildable("Scratch space"),
  ci: rebuildable("A build workspace"),
  backup: {
    ...objects,
    reason: "Backups go to versioned object storage, where no mounted directory can overwrite them.",
  },
  archive: {
    ...objects,
    reason: "An archive never expires and has its own key, in versioned object storage.",
  },
  "control-plane": {
    tier: "ceph",
    accessMode: "ReadWriteOnce",
    readOnly: false,
    critical: true,
    copy: "external",
    reason: "Disks of control plane VMs must survive a host, so they are replicated block devices.",
    alternatives: [mayNot("truenas-nfs", "The control plane must start while the NAS is down.")],
  },
  unverified: {
    ...sqlite,
    reason: "Nobody has looked yet at what the app stores, so it is treated as if it were SQLite.",
    alternatives: [
      mayNot("truenas-nfs", "It might be SQLite; look first, then name the kind."),
      mayNot("truenas-smb", "It might be SQLite; look first, then name the kind."),
    ],
  },
};

/** Verdicts on a tier for every kind that does not go there by itself and has none of its own. */
export const refusedTiers: Readonly<Record<Tier, string>> = {
  "truenas-nfs": "This kind of data has no place on NFS.",
  "truenas-smb": "SMB is for people and for the kinds config and models; everything else speaks NFS.",
  "node-local": "This kind of data has no place on a single node.",
  longhorn:
    "Application data never goes on Longhorn: it would replicate in the cluster what the NAS keeps already. Only SQLite may choose it.",
  s3: "Object storage takes backups and archives; apps that speak S3 use it directly.",
  ceph: "Application data never goes on Ceph, which carries the disks of the control plane.",
};

/** All verdicts on other tiers for a kind, particular ones first. */
export function alternativesOf(kind: Kind): readonly Alternative[] {
  const { tier, alternatives } = matrix[kind];
  const spoken = new Set<Tier>([tier, ...alternatives.map((alternative) => alternative.tier)]);
  const general = (Object.entries(refusedTiers) as [Tier, string][]).filter(([other]) => !spoken.has(other));
  return [...alternatives, ...general.map(([other, reason]) => mayNot(other, reason))];
}
