import type { Config } from "../config/index.ts";
import { checkedClients, defaultClients } from "./clients.ts";
import { dynamicOwner, type LaidOutDataset } from "./datasets.ts";
import { datasetAt } from "./names.ts";
import type { Notes } from "./notes.ts";
import type { PlacedVolume } from "./placement.ts";
import type { ExportPlan, NfsSecurity } from "./storage-plan.ts";
import { checkUnique } from "./unique.ts";

/** An export, and the place in the configuration that asked for it. */
export interface LaidOutExport extends ExportPlan {
  readonly origin: string;
}

/**
 * One export per dataset that pods use. A child dataset is invisible through its parent's export, so the export of the apps
 * dataset shows dynamically provisioned directories and nothing else.
 */
export function layOutExports(
  config: Config,
  datasets: readonly LaidOutDataset[],
  volumes: readonly PlacedVolume[],
  notes: Notes,
): LaidOutExport[] {
  const networks = defaultClients(config, notes);
  const byKey = new Map(volumes.map((placed) => [placed.key, placed]));
  const security = config.nas.nfs.security;
  const exports = datasets.flatMap((dataset): LaidOutExport[] => {
    if (dataset.purpose === "apps-root") return [dynamicExport(dataset, networks, security)];
    if (dataset.purpose === "backup") return [backupExport(dataset, networks, security)];
    const placed = dataset.purpose === "volume" ? byKey.get(dataset.key) : undefined;
    if (placed === undefined || placed.tier !== "truenas-nfs") return [];
    return [volumeExport(dataset, placed, config, networks, notes)];
  });
  const shares = config.shares
    .filter((share) => share.export === "managed")
    .map((share): LaidOutExport => {
      const path = `shares.${share.name}`;
      return {
        ...base(`share-${share.name}`, datasetAt(share.path), `share ${share.name}`, path),
        path: share.path,
        networks:
          share.clients === undefined ? networks : checkedClients(share.clients, `${path}.clients`, config, notes),
        readOnly: share.readOnly,
        security,
        reason: "An existing dataset whose export this program was asked to make.",
      };
    });
  const all = [...exports, ...shares];
  checkUnique(
    all.map(({ key, origin }) => ({ id: key, origin })),
    "logical name",
    notes,
  );
  return all;
}

function base(key: string, dataset: string, comment: string, origin: string) {
  return { key, dataset, comment: `homelab-storage: ${comment}`, hosts: [], origin };
}

function dynamicExport(
  dataset: LaidOutDataset,
  networks: readonly string[],
  security: readonly NfsSecurity[],
): LaidOutExport {
  return {
    ...base(dataset.key, dataset.name, "dynamic volumes", dataset.origin),
    path: dataset.path,
    networks,
    readOnly: false,
    mapall: { user: dynamicOwner.user, group: dynamicOwner.group },
    security,
    ...(dataset.owner === undefined ? {} : { owner: dataset.owner }),
    reason:
      "For dynamically provisioned volumes only. Everybody acts as one ordinary user, because the driver makes directories as root, which would be squashed.",
  };
}

function backupExport(
  dataset: LaidOutDataset,
  networks: readonly string[],
  security: readonly NfsSecurity[],
): LaidOutExport {
  return {
    ...base(dataset.key, dataset.name, `${dataset.app} copies`, dataset.origin),
    path: dataset.path,
    networks,
    readOnly: false,
    security,
    ...(dataset.owner === undefined ? {} : { owner: dataset.owner }),
    reason: "Jobs in the cluster write copies of the app's node-local databases here, as the app's own user.",
  };
}

function volumeExport(
  dataset: LaidOutDataset,
  { config: volume, path, readOnly, app }: PlacedVolume,
  config: Config,
  networks: readonly string[],
  notes: Notes,
): LaidOutExport {
  return {
    ...base(dataset.key, dataset.name, `${app.name}/${volume.name}`, path),
    path: dataset.path,
    networks:
      volume.clients === undefined ? networks : checkedClients(volume.clients, `${path}.clients`, config, notes),
    readOnly,
    ...(volume.noRootSquash === undefined ? {} : { maproot: { user: "root", group: "root" } }),
    security: volume.security ?? config.nas.nfs.security,
    ...(dataset.owner === undefined ? {} : { owner: dataset.owner }),
    volume: `${app.name}.${volume.name}`,
    reason:
      volume.noRootSquash === undefined
        ? "Root on a client is squashed; the app's own user owns the data."
        : `Root on a client stays root, for a stated reason: ${volume.noRootSquash}.`,
  };
}
