import type { Config } from "../config/index.ts";
import { findNested } from "./conflicts.ts";
import { appsRoot, datasetAt, isWithin, mountPointOf } from "./names.ts";
import type { Notes } from "./notes.ts";
import type { PlacedVolume } from "./placement.ts";
import type { SnapshotLayout } from "./snapshots.ts";
import type { SharePlan } from "./storage-plan.ts";

/** The share that a media volume reads: an entry of `shares` by name or path, or a bare path. */
export interface SharedPath {
  readonly name?: string;
  readonly path: string;
}

/** Finds what `share:` of a volume means; undefined when it names nothing. */
export function resolveShare(config: Config, share: string): SharedPath | undefined {
  const known = config.shares.find((entry) => entry.name === share || entry.path === share);
  if (known !== undefined) return { name: known.name, path: known.path };
  return share.startsWith("/") ? { path: share } : undefined;
}

/** Existing shares, who uses them, and how they are snapshotted. */
export function layOutShares(
  config: Config,
  volumes: readonly PlacedVolume[],
  snapshots: SnapshotLayout,
  notes: Notes,
): SharePlan[] {
  checkShares(config, notes);
  checkUses(config, volumes, notes);
  return config.shares.map((share): SharePlan => {
    const dataset = datasetAt(share.path);
    return {
      name: share.name,
      path: share.path,
      dataset,
      readOnly: share.readOnly,
      export: share.export,
      ...snapshots.coverOf(dataset),
      usedBy: volumes
        .filter((placed) => placed.config.share !== undefined && placed.tier === "truenas-nfs")
        .filter((placed) => resolveShare(config, placed.config.share ?? "")?.name === share.name)
        .map((placed) => `${placed.app.name}.${placed.config.name}`),
    };
  });
}

function checkShares(config: Config, notes: Notes): void {
  const apps = mountPointOf(appsRoot(config));
  for (const share of config.shares) {
    if (isWithin(share.path, apps)) {
      notes.refuse(
        `shares.${share.name}.path`,
        share.path,
        `An existing share lies outside the apps dataset (${apps}), which this program manages.`,
        "Declare it as a volume of an app, or move it.",
      );
    } else if (isWithin(apps, share.path) && !("exempt" in share.snapshots)) {
      notes.refuse(
        `shares.${share.name}.path`,
        share.path,
        "Its recursive snapshot chain would also cover the apps dataset, which has one already.",
        "Share a dataset beside the apps dataset, or write snapshots: { exempt: ... }.",
      );
    }
    if (share.export === "existing" && share.clients !== undefined) {
      notes.refuse(
        `shares.${share.name}.clients`,
        share.clients,
        "The export of this share was made by hand and is not changed.",
        "Remove clients, or write export: managed after removing the export on the NAS.",
      );
    }
  }
  const protectedShares = config.shares.filter((share) => !("exempt" in share.snapshots));
  for (const [first, second] of findNested(
    protectedShares.map(({ name, path }) => ({ origin: `shares.${name}`, path })),
  )) {
    notes.refuse(
      `${second}.path`,
      undefined,
      `Every dataset is covered by one snapshot chain; the chain of ${first} and this one overlap.`,
      "Exempt one of the two, with the reason.",
    );
  }
}

function checkUses(config: Config, volumes: readonly PlacedVolume[], notes: Notes): void {
  for (const { config: volume, path, tier } of volumes) {
    if (volume.share === undefined || tier !== "truenas-nfs" || volume.kind !== "media") continue;
    const found = resolveShare(config, volume.share);
    if (found === undefined) {
      const names = config.shares.map((share) => share.name).join(", ");
      notes.refuse(
        `${path}.share`,
        volume.share,
        "A share is an entry of shares, or a path below /mnt.",
        names === "" ? "Declare it under shares." : `Use one of: ${names}.`,
      );
    } else if (isWithin(found.path, mountPointOf(appsRoot(config)))) {
      notes.refuse(
        `${path}.share`,
        volume.share,
        "Media is read from a share outside the apps dataset, which this program manages.",
        "Declare a volume of its own kind instead.",
      );
    } else if (found.name === undefined) {
      notes.warn(
        `${path}.share`,
        `Nothing is known about snapshots of ${found.path}.`,
        "Declare it under shares, with a snapshot chain or an exemption.",
      );
    }
  }
}
