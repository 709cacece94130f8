import type { Config } from "../config/index.ts";
import { reservedApps } from "../config/names.ts";
import { appsRoot, compareNames, mountPointOf } from "./names.ts";
import type { Notes } from "./notes.ts";
import type { PlacedVolume } from "./placement.ts";
import { backupPreset, containerProperties, nfsPreset, type Preset, smbPreset } from "./presets.ts";
import type { DatasetPlan, DatasetProperties } from "./storage-plan.ts";
import { checkUnique } from "./unique.ts";

/** A dataset, and the place in the configuration that asked for it. */
export interface LaidOutDataset extends Omit<DatasetPlan, "chain" | "exemption"> {
  readonly origin: string;
  /** The app whose data it holds; containers of groups and shares have none. */
  readonly app?: string;
}

/**
 * User and group that own the apps dataset, and as which every client of its export acts: `apps`, which TrueNAS brings along.
 * Directories of the dynamic class are made by root on a node, which root squash turns away; mapping everybody to one
 * ordinary user lets them be made without giving up the squash.
 */
export const dynamicOwner = { user: "apps", group: "apps", uid: 568, gid: 568, mode: "0755" } as const;

/** Lays out every file system below the apps dataset, parents first. */
export function layOutDatasets(config: Config, volumes: readonly PlacedVolume[], notes: Notes): LaidOutDataset[] {
  const root = appsRoot(config);
  const leaves = [
    ...volumes.flatMap((placed) => volumeDataset(root, placed)),
    ...backupDatasets(root, config, volumes),
    ...config.smb.map((share) =>
      leaf(
        `${root}/smb/${share.name}`,
        { key: `smb-${share.name}`, purpose: "smb", origin: `smb.${share.name}`, comments: `SMB share ${share.share}` },
        smbPreset,
        { refquota: share.size },
      ),
    ),
  ];
  const all = [rootDataset(root), ...containers(root, config, leaves), ...leaves];
  checkNames(all, config, notes);
  return all.sort((a, b) => compareNames(a.name, b.name));
}

function rootDataset(root: string): LaidOutDataset {
  return {
    key: "apps",
    name: root,
    path: mountPointOf(root),
    purpose: "apps-root",
    origin: "nas.appsDataset",
    comments: "homelab-storage: all apps",
    properties: containerProperties,
    owner: { uid: dynamicOwner.uid, gid: dynamicOwner.gid, mode: dynamicOwner.mode },
    reason: "Holds every app's dataset, and the directories of dynamically provisioned volumes below pvc.",
    onDelete: "retain",
  };
}

function volumeDataset(root: string, { app, config: volume, key, tier, path }: PlacedVolume): LaidOutDataset[] {
  if (volume.share !== undefined || (tier !== "truenas-nfs" && tier !== "truenas-smb")) return [];
  const preset = tier === "truenas-smb" ? smbPreset : nfsPreset(volume.kind, volume.engine);
  const name = volume.group === undefined ? `${root}/${app.name}/${volume.name}` : `${root}/${volume.group}/${key}`;
  const sync = volume.syncDisabled === undefined ? volume.sync : "disabled";
  return [
    leaf(
      name,
      { key, purpose: "volume", origin: path, comments: `${app.name}: ${volume.name} (${volume.kind})`, app: app.name },
      preset,
      {
        ...(volume.size === undefined ? {} : { refquota: volume.size }),
        ...(volume.quota === undefined ? {} : { quota: volume.quota }),
        ...(volume.recordsize === undefined ? {} : { recordsize: volume.recordsize }),
        ...(sync === undefined ? {} : { sync: sync.toUpperCase() as NonNullable<DatasetProperties["sync"]> }),
      },
      app.runAs,
    ),
  ];
}

/** One dataset per app that receives copies of its node-local data: twice its size, for the copy being made beside the last. */
function backupDatasets(root: string, config: Config, volumes: readonly PlacedVolume[]): LaidOutDataset[] {
  return config.apps.flatMap((app) => {
    const copied = volumes.filter((placed) => placed.app === app && placed.copy === "sqlite-online-backup");
    if (copied.length === 0) return [];
    const size = copied.reduce((sum, placed) => sum + (placed.config.size ?? 0), 0);
    return [
      leaf(
        backupDatasetOf(root, app),
        {
          key: backupKeyOf(app.name),
          purpose: "backup",
          origin: `apps.${app.name}`,
          comments: `${app.name}: copies of its databases`,
          app: app.name,
        },
        backupPreset,
        { refquota: 2 * size },
        app.runAs,
      ),
    ];
  });
}

/** Key of the dataset and export that hold an app's copies. */
export function backupKeyOf(app: string): string {
  return `${app}-backup`;
}

/** Full name of the dataset that holds an app's copies. */
export function backupDatasetOf(root: string, app: Config["apps"][number]): string {
  return app.backupGroup === undefined ? `${root}/${app.name}/backup` : `${root}/${app.backupGroup}/${app.name}`;
}

interface Identity {
  readonly key: string;
  readonly purpose: "volume" | "backup" | "smb";
  readonly origin: string;
  readonly comments: string;
  readonly app?: string;
}

function leaf(
  name: string,
  { comments, ...identity }: Identity,
  preset: Preset,
  sizes: Partial<DatasetProperties>,
  runAs?: { readonly uid: number; readonly gid: number },
): LaidOutDataset {
  const isSmb = preset.properties.shareType === "SMB";
  return {
    ...identity,
    name,
    path: mountPointOf(name),
    comments: `homelab-storage: ${comments}`,
    ...(identity.purpose === "volume" ? { volume: identity.origin.replace(/^apps\./, "") } : {}),
    properties: { ...preset.properties, ...sizes },
    // SMB users come and go with the NAS's own accounts, so its ACL decides and no numeric owner is set.
    ...(runAs === undefined || isSmb ? {} : { owner: { ...runAs, mode: preset.mode } }),
    reason: `Tuned for its data: ${preset.reason}.`,
    onDelete: "retain",
  };
}

/** The app and group datasets between the root and the leaves. Never exported, so that no app sees another's data. */
function containers(root: string, config: Config, leaves: readonly LaidOutDataset[]): LaidOutDataset[] {
  const apps = new Set(config.apps.map((app) => app.name));
  const names = new Map(leaves.map((dataset) => [dataset.name.slice(root.length + 1).split("/")[0] ?? "", dataset]));
  return [...names].map(([name, first]): LaidOutDataset => {
    const isApp = apps.has(name);
    return {
      key: name,
      name: `${root}/${name}`,
      path: mountPointOf(`${root}/${name}`),
      purpose: isApp ? "app" : "group",
      origin: first.origin,
      ...(isApp ? { app: name } : {}),
      comments: `homelab-storage: ${isApp ? `the app ${name}` : `the group ${name}`}`,
      properties: containerProperties,
      reason: isApp
        ? "Keeps everything of the app together; not exported."
        : "Keeps the datasets of several apps together; not exported.",
      onDelete: "retain",
    };
  });
}

const longestDataset = 200;

function checkNames(datasets: readonly LaidOutDataset[], config: Config, notes: Notes): void {
  const apps = new Set(config.apps.map((app) => app.name));
  for (const app of config.apps) checkReserved(app.name, `apps.${app.name}`, notes);
  for (const app of config.apps) {
    for (const [path, group] of groupsOf(app)) {
      checkReserved(group, path, notes);
      if (apps.has(group)) {
        notes.refuse(
          path,
          group,
          "A group is not named like an app, whose dataset it would share.",
          "Choose another name for the group.",
        );
      }
    }
  }
  checkUnique(
    datasets.map(({ name, origin }) => ({ id: name, origin })),
    "dataset",
    notes,
  );
  checkUnique(
    datasets.map(({ key, origin }) => ({ id: key, origin })),
    "logical name",
    notes,
  );
  for (const dataset of datasets.filter(({ name }) => name.length > longestDataset)) {
    notes.refuse(
      dataset.origin,
      dataset.name,
      `A dataset name has at most ${longestDataset} characters, so that snapshots can be named below it.`,
      "Shorten appsDataset or the names.",
    );
  }
}

function groupsOf(app: Config["apps"][number]): [string, string][] {
  const groups: [string, string][] = app.volumes.flatMap((volume): [string, string][] =>
    volume.group === undefined ? [] : [[`apps.${app.name}.${volume.name}.group`, volume.group]],
  );
  return app.backupGroup === undefined ? groups : [...groups, [`apps.${app.name}.backup.group`, app.backupGroup]];
}

function checkReserved(name: string, path: string, notes: Notes): void {
  const reason = reservedApps.get(name);
  if (reason !== undefined)
    notes.refuse(path, name, `The name ${name} is reserved: ${reason}.`, "Choose another name.");
}
