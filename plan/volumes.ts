import type { Config } from "../config/index.ts";
import { backupDatasetOf, type LaidOutDataset } from "./datasets.ts";
import { appsRoot } from "./names.ts";
import type { PlacedVolume } from "./placement.ts";
import { resolveShare } from "./shares.ts";
import type { SnapshotLayout } from "./snapshots.ts";
import { mountOptionsFor } from "./storage-classes.ts";
import type { ExportPlan, ProtectionPlan, SmbSharePlan, Tier, VolumePlan } from "./storage-plan.ts";

/** Everything that was laid out before volumes are described. */
export interface Layout {
  readonly datasets: readonly LaidOutDataset[];
  readonly exports: readonly ExportPlan[];
  readonly smbShares: readonly SmbSharePlan[];
  readonly snapshots: SnapshotLayout;
}

/** The full description of a volume, from its placement and from what was laid out for it. */
export function describeVolume(placed: PlacedVolume, config: Config, layout: Layout): VolumePlan {
  const { app, config: volume, key } = placed;
  const dataset = layout.datasets.find((candidate) => candidate.key === key && candidate.purpose === "volume");
  const exported = layout.exports.find((candidate) => candidate.key === key);
  const smbShare = layout.smbShares.find((candidate) => candidate.key === key);
  const share =
    placed.tier === "truenas-nfs" && volume.share !== undefined ? resolveShare(config, volume.share) : undefined;
  const path = exported?.path ?? share?.path;
  const security = exported?.security ?? config.nas.nfs.security;
  return {
    key,
    app: app.name,
    volume: volume.name,
    kind: volume.kind,
    ...(volume.engine === undefined ? {} : { engine: volume.engine }),
    environment: app.environment,
    tier: placed.tier,
    storageClass: share === undefined ? storageClassOf(placed.tier, config) : "",
    accessMode: placed.accessMode,
    readOnly: placed.readOnly,
    ...(share === undefined ? { size: volume.size ?? testSize } : {}),
    ...(volume.mount === undefined ? {} : { mountPath: volume.mount }),
    runAs: app.runAs,
    ...(dataset === undefined ? {} : { dataset: dataset.name }),
    ...(exported === undefined ? {} : { export: exported.key }),
    ...(share === undefined ? {} : { share: share.name ?? share.path }),
    ...(path === undefined
      ? {}
      : { nfs: { server: config.nas.host, path, mountOptions: mountOptionsFor(security, placed.readOnly) } }),
    ...(smbShare === undefined ? {} : { smbShare: smbShare.key }),
    ...(placed.node === undefined ? {} : { node: placed.node }),
    critical: placed.critical,
    protection: protectionOf(placed, config, layout, dataset?.name ?? share?.path.replace(/^\/mnt\//, "")),
    reason: placed.reason,
    alternatives: placed.alternatives,
  };
}

/** Size of a test app's volume that states none: 1 GiB. */
const testSize = 2 ** 30;

function storageClassOf(tier: Tier, config: Config): string {
  const { nfs, local, smb } = config.kubernetes.storageClasses;
  const classes: Record<Tier, string> = {
    "truenas-nfs": nfs.name,
    "truenas-smb": smb.name,
    "node-local": local.name,
    longhorn: "longhorn",
    s3: "s3",
    ceph: "ceph-rbd",
  };
  return classes[tier];
}

function protectionOf(
  placed: PlacedVolume,
  config: Config,
  layout: Layout,
  dataset: string | undefined,
): ProtectionPlan {
  const cover = dataset === undefined ? {} : layout.snapshots.coverOf(dataset);
  const chain = cover.chain === undefined ? {} : { chain: cover.chain };
  const { copy, app } = placed;
  if (copy === "sqlite-online-backup") {
    const target = backupDatasetOf(appsRoot(config), app);
    const reason = `Copies of the databases go to ${target}, where snapshots keep their history. The jobs that make them come with backup.enabled.`;
    return { ...layout.snapshots.coverOf(target), copy, dataset: target, active: false, reason };
  }
  if (copy === "database-dump") {
    const now =
      cover.chain === undefined ? "Nothing copies it until then." : "Until then its snapshots are the only copies.";
    return {
      ...chain,
      copy,
      active: false,
      reason: `Daily dumps come with objectStorage.enabled and backup.enabled. ${now}`,
    };
  }
  if (cover.exemption !== undefined)
    return { copy, active: false, reason: `No snapshots, for a stated reason: ${cover.exemption}.` };
  if (cover.chain !== undefined)
    return { ...chain, copy, active: true, reason: `Snapshots of the chain ${cover.chain}.` };
  return {
    copy,
    active: false,
    reason: placed.critical ? "Nothing is known about copies." : "It can be lost, so nothing copies it.",
  };
}
