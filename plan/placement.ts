import type { AppConfig, Config, VolumeConfig } from "../config/index.ts";
import type { Notes } from "./notes.ts";
import { alternativesOf, matrix } from "./placement-matrix.ts";
import { checkProtection, checkShape } from "./refusals.ts";
import type { AccessMode, Alternative, ProtectionPlan, Tier } from "./storage-plan.ts";
import { checkUnique } from "./unique.ts";

/** A volume with its decisions, before datasets and exports are laid out. */
export interface PlacedVolume {
  readonly app: AppConfig;
  readonly config: VolumeConfig;
  /** Where it stands in the configuration. */
  readonly path: string;
  readonly key: string;
  readonly tier: Tier;
  readonly accessMode: AccessMode;
  readonly readOnly: boolean;
  readonly critical: boolean;
  readonly copy: ProtectionPlan["copy"];
  readonly node?: string;
  readonly reason: string;
  readonly alternatives: readonly Alternative[];
}

/** Decides for every volume where it goes and how it is protected. */
export function placeVolumes(config: Config, notes: Notes): PlacedVolume[] {
  const volumes = config.apps.flatMap((app) =>
    app.volumes.flatMap((volume) => {
      const placed = placeVolume(app, volume, config, notes);
      return placed === undefined ? [] : [placed];
    }),
  );
  checkUnique(
    volumes.map(({ key, path }) => ({ id: key, origin: path })),
    "logical name",
    notes,
  );
  return volumes;
}

function placeVolume(app: AppConfig, volume: VolumeConfig, config: Config, notes: Notes): PlacedVolume | undefined {
  const path = `apps.${app.name}.${volume.name}`;
  const tier = chooseTier(app, volume, path, notes);
  if (tier === undefined) return undefined;
  const row = matrix[volume.kind];
  const test = app.environment === "test";
  const readOnly = volume.readOnly ?? (test ? false : row.readOnly);
  const placed: PlacedVolume = {
    app,
    config: volume,
    path,
    key: `${app.name}-${volume.name}`,
    tier,
    accessMode: accessModeOf(volume, tier, test, readOnly),
    readOnly,
    critical: volume.critical ?? (test ? false : row.critical),
    copy: test || volume.backup === false ? "none" : copyOf(volume, tier),
    reason: test ? "A test app keeps everything on the node, without backups." : reasonOf(volume, tier),
    alternatives: test ? [] : alternativesOf(volume.kind).filter((alternative) => alternative.tier !== tier),
    ...nodeOf(volume, tier, config, path, notes),
  };
  checkShape(placed, notes);
  checkProtection(placed, notes);
  return placed;
}

/** The tier of the kind, unless the owner chose another one that is allowed. */
function chooseTier(app: AppConfig, volume: VolumeConfig, path: string, notes: Notes): Tier | undefined {
  const { tier } = matrix[volume.kind];
  if (app.environment === "test" && (volume.tier === undefined || volume.tier === "node-local")) return "node-local";
  const wanted = app.environment === "test" ? "node-local" : tier;
  const chosen = volume.tier ?? tier;
  if (chosen !== wanted) {
    const verdict = alternativesOf(volume.kind).find((alternative) => alternative.tier === chosen);
    if (app.environment === "test") {
      notes.refuse(
        `${path}.tier`,
        chosen,
        "A test app keeps all its volumes on the node.",
        "Remove tier, or environment: test.",
      );
      return undefined;
    }
    if (verdict?.allowed !== true) {
      const others = alternativesOf(volume.kind).filter((alternative) => alternative.allowed);
      const choice = others.length === 0 ? "" : ` Allowed besides: ${others.map((other) => other.tier).join(", ")}.`;
      notes.refuse(
        `${path}.tier`,
        chosen,
        verdict?.reason ?? "",
        `Remove tier; ${volume.kind} goes to ${tier}.${choice}`,
      );
      return undefined;
    }
  }
  return phaseOf(chosen, volume, path, notes) ? chosen : undefined;
}

/** Whether the systems behind a tier are part of this version. */
function phaseOf(tier: Tier, volume: VolumeConfig, path: string, notes: Notes): boolean {
  const phase = tier === "s3" ? "objectStorage" : tier === "ceph" ? "ceph" : undefined;
  if (phase === undefined) return true;
  notes.refuse(
    `${path}.kind`,
    volume.kind,
    `The kind ${volume.kind} goes to ${tier}, which needs ${phase}.enabled: true; this version cannot switch it on yet.`,
    "Remove the volume until then.",
  );
  return false;
}

function accessModeOf(volume: VolumeConfig, tier: Tier, test: boolean, readOnly: boolean): AccessMode {
  if (tier === "node-local" || tier === "longhorn")
    return test || volume.kind !== "database" ? "ReadWriteOnce" : "ReadWriteOncePod";
  if (volume.kind === "media") return readOnly ? "ReadOnlyMany" : "ReadWriteMany";
  return matrix[volume.kind].accessMode;
}

function copyOf(volume: VolumeConfig, tier: Tier): ProtectionPlan["copy"] {
  return tier === "node-local" || tier === "longhorn" || volume.kind === "database" ? matrix[volume.kind].copy : "none";
}

function reasonOf(volume: VolumeConfig, tier: Tier): string {
  const row = matrix[volume.kind];
  if (tier === row.tier) return row.reason;
  const verdict = row.alternatives.find((alternative) => alternative.tier === tier);
  return `Chosen by the owner. ${verdict?.reason ?? ""}`.trim();
}

/** The node of node-local data: the one named, else the only Kubernetes node, else left to the scheduler. */
function nodeOf(volume: VolumeConfig, tier: Tier, config: Config, path: string, notes: Notes): { node?: string } {
  const cluster = config.nodes.filter((node) => node.roles.includes("kubernetes")).map((node) => node.name);
  if (tier !== "node-local") {
    if (volume.node !== undefined) {
      notes.refuse(
        `${path}.node`,
        volume.node,
        "Only node-local data is tied to a node.",
        `Remove node; this volume goes to ${tier}.`,
      );
    }
    return {};
  }
  if (volume.node !== undefined && !cluster.includes(volume.node)) {
    const known = config.nodes.some((node) => node.name === volume.node);
    notes.refuse(
      `${path}.node`,
      volume.node,
      known ? "A volume is held by a node with the role kubernetes." : "A volume is held by a node of the node list.",
      cluster.length > 0 ? `Use one of: ${cluster.join(", ")}.` : "Give a node the role kubernetes.",
    );
    return {};
  }
  const only = cluster.length === 1 ? cluster[0] : undefined;
  const node = volume.node ?? only;
  if (node === undefined && matrix[volume.kind].critical && cluster.length > 1) {
    notes.tell(
      `${path}.node`,
      "Several nodes could hold this volume; the app stays on the one that the scheduler takes first.",
      `Name it with node: ${cluster[0]}.`,
    );
  }
  return node === undefined ? {} : { node };
}
