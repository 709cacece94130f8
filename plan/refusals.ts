import type { Notes } from "./notes.ts";
import type { PlacedVolume } from "./placement.ts";
import { matrix } from "./placement-matrix.ts";

const onNas = new Set(["truenas-nfs", "truenas-smb"]);

/** Keys that a volume of its kind needs, and keys that mean nothing for it. */
export function checkShape(placed: PlacedVolume, notes: Notes): void {
  const { config: volume, path, tier } = placed;
  const existing = volume.kind === "media" && tier === "truenas-nfs";
  if (volume.kind === "database" && volume.engine === undefined) {
    notes.refuse(
      `${path}.engine`,
      undefined,
      "A database names its engine, which decides about record size and dumps.",
      "Write one of engine: postgresql, mysql, mariadb, redis.",
    );
  }
  if (volume.kind !== "database" && volume.engine !== undefined) {
    notes.refuse(
      `${path}.engine`,
      volume.engine,
      "Only the kind database has an engine.",
      "Remove engine, or write kind: database.",
    );
  }
  if (volume.size === undefined && !existing && placed.app.environment !== "test") {
    notes.refuse(
      `${path}.size`,
      undefined,
      "A volume has a size, which on the NAS is also its limit.",
      "Write for example size: 10Gi.",
    );
  }
  if (existing && volume.share === undefined) {
    notes.refuse(
      `${path}.share`,
      undefined,
      "Media is read from a share that exists on the NAS.",
      "Write share: with the name of an entry of shares, or with its path.",
    );
  }
  for (const key of existing
    ? (["size", "quota", "group", "clients", "security", "recordsize", "sync", "syncDisabled", "noRootSquash"] as const)
    : []) {
    if (volume[key] !== undefined) {
      notes.refuse(
        `${path}.${key}`,
        volume[key],
        "An existing share is used as it is; nothing about it is configured per volume.",
        `Remove ${key}.`,
      );
    }
  }
  if (volume.kind !== "media" && volume.share !== undefined) {
    notes.refuse(
      `${path}.share`,
      volume.share,
      "Only the kind media reads an existing share.",
      "Remove share, or write kind: media.",
    );
  }
  if (!onNas.has(tier)) checkNasKeys(placed, notes);
  if (volume.sync !== undefined && volume.syncDisabled !== undefined) {
    notes.refuse(`${path}.sync`, volume.sync, "Sync is disabled or it is not.", "Keep one of sync and syncDisabled.");
  }
  if (volume.quota !== undefined && volume.size !== undefined && volume.quota < volume.size) {
    notes.refuse(
      `${path}.quota`,
      volume.quota,
      "The quota includes snapshots, so it is not below the size.",
      "Raise quota, or remove it.",
    );
  }
}

function checkNasKeys({ config: volume, path, tier, app }: PlacedVolume, notes: Notes): void {
  // A catalogue default such as the group means nothing on a node; what the owner wrote for the NAS would be ignored silently.
  for (const key of ["quota", "clients", "security", "recordsize", "sync", "syncDisabled", "noRootSquash"] as const) {
    if (volume[key] !== undefined && app.environment !== "test") {
      notes.refuse(
        `${path}.${key}`,
        volume[key],
        "It concerns a dataset on the NAS.",
        `Remove ${key}; this volume goes to ${tier}.`,
      );
    }
  }
}

/** Critical data has a copy that survives its disk. */
export function checkProtection({ app, config: volume, path, tier, critical, copy }: PlacedVolume, notes: Notes): void {
  const copyless = matrix[volume.kind].copy === "none";
  if (volume.backup === true && (copyless || app.environment === "test")) {
    const why =
      app.environment === "test"
        ? "A test app has no backups."
        : `The kind ${volume.kind} has no copies besides snapshots.`;
    notes.refuse(`${path}.backup`, true, why, "Remove backup, or name the kind that the data really is.");
  }
  if (!critical || (tier !== "node-local" && tier !== "longhorn") || copy !== "none") return;
  const [key, fix] =
    app.environment === "test"
      ? (["critical", "Remove critical, or environment: test."] as const)
      : volume.backup === false
        ? (["backup", "Remove backup: false, or write critical: false if it may be lost."] as const)
        : ([
            "critical",
            `Remove critical: ${volume.kind} is for what can be rebuilt. What cannot is config, sqlite or database.`,
          ] as const);
  notes.refuse(
    `${path}.${key}`,
    key !== "backup",
    "Critical data on a node has a backup chain: a node's disk is one disk.",
    fix,
  );
}

/** Things that are allowed with a stated reason, and are shown wherever the plan is. */
export function noteRisks({ config: volume, path, tier, readOnly, app }: PlacedVolume, notes: Notes): void {
  if (volume.kind === "unverified") {
    notes.warn(
      path,
      "Nobody has verified what this app stores; it is kept and backed up as if it were SQLite.",
      "Look at its files, then name the kind.",
    );
  }
  if (!onNas.has(tier)) return;
  if (volume.noRootSquash !== undefined) {
    notes.warn(
      `${path}.noRootSquash`,
      `Root on a client is root on this export: ${volume.noRootSquash}.`,
      "Remove it as soon as the reason is gone.",
    );
  }
  if (volume.syncDisabled !== undefined) {
    notes.warn(
      `${path}.syncDisabled`,
      `Writes are answered before they are safe: ${volume.syncDisabled}.`,
      "Remove it as soon as the reason is gone.",
    );
  }
  if (volume.kind === "media" && !readOnly) {
    notes.tell(
      path,
      `${app.name} may write to an existing share, with the permissions that it has there.`,
      "Remove readOnly: false if reading is enough.",
    );
  }
}
