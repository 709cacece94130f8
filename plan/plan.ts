import { type Config, ConfigError, type Problem } from "../config/index.ts";
import { findConflicts, findContradiction } from "./conflicts.ts";
import { type LaidOutDataset, layOutDatasets } from "./datasets.ts";
import { type LaidOutExport, layOutExports } from "./exports.ts";
import { appsRoot } from "./names.ts";
import { checkNas } from "./nas.ts";
import { layOutNodes } from "./nodes.ts";
import { Notes } from "./notes.ts";
import { type PlacedVolume, placeVolumes } from "./placement.ts";
import { noteRisks } from "./refusals.ts";
import { layOutShares } from "./shares.ts";
import { layOutSmb } from "./smb.ts";
import { layOutSnapshots, type SnapshotLayout } from "./snapshots.ts";
import { layOutStorageClasses } from "./storage-classes.ts";
import type { DatasetPlan, ExportPlan, StoragePlan, VolumePlan } from "./storage-plan.ts";
import { describeVolume } from "./volumes.ts";

/** A plan, and what forbids it. With problems it is only good for finding more of them. */
export interface PlanDraft {
  readonly plan: StoragePlan;
  readonly problems: readonly Problem[];
}

/**
 * Takes every decision of the design. Pure: the same configuration gives the same plan.
 * @throws ConfigError with every refusal
 */
export function planStorage(config: Config): StoragePlan {
  const { plan, problems } = draftPlan(config);
  if (problems.length > 0) throw new ConfigError(problems);
  return plan;
}

/** Plans without throwing, so that the refusals can be shown together with what parsing found. */
export function draftPlan(config: Config): PlanDraft {
  const notes = new Notes();
  checkNas(config, notes);
  const placed = placeVolumes(config, notes);
  const datasets = layOutDatasets(config, placed, notes);
  const exports = layOutExports(config, datasets, placed, notes);
  const smbShares = layOutSmb(config, datasets, placed, notes);
  const snapshots = layOutSnapshots(config, datasets, notes);
  const shares = layOutShares(config, placed, snapshots, notes);
  const nodes = layOutNodes(config, notes);
  const storageClasses = layOutStorageClasses(config, notes);
  checkExports(exports, notes);
  const volumes = placed.map((volume) => describeVolume(volume, config, { datasets, exports, smbShares, snapshots }));
  noteFindings(placed, volumes, notes);

  const { nas } = config;
  const plan: StoragePlan = {
    sandbox: config.sandbox,
    nas: {
      host: nas.host,
      endpoint: nas.endpoint,
      pool: nas.pool,
      appsDataset: appsRoot(config),
      username: nas.username,
      tls: nas.tls,
      readOnly: nas.readOnly,
      destroyProtection: nas.destroyProtection,
    },
    nfs: {
      protocols: nas.nfs.protocols,
      servers: nas.nfs.servers ?? null,
      bindAddresses: nas.nfs.bindAddresses,
      ...(nas.nfs.domain === undefined ? {} : { domain: nas.nfs.domain }),
      kerberos: exports.some((exported) => exported.security.some((flavour) => flavour !== "SYS")),
    },
    datasets: datasets.map((dataset) => publicDataset(dataset, snapshots)),
    exports: exports.map(publicExport),
    snapshotTasks: snapshots.tasks,
    smbShares,
    storageClasses,
    volumes,
    shares,
    nodes,
    cluster: config.kubernetes.context === undefined ? {} : { context: config.kubernetes.context },
    findings: notes.findings,
  };
  // A copy, so that nothing of the configuration is frozen or shared.
  return { plan: deepFreeze(structuredClone(plan)), problems: notes.problems };
}

function publicDataset(
  { origin: _origin, app: _app, ...dataset }: LaidOutDataset,
  snapshots: SnapshotLayout,
): DatasetPlan {
  return { ...dataset, ...snapshots.coverOf(dataset.name) };
}

function publicExport({ origin: _origin, ...exported }: LaidOutExport): ExportPlan {
  return exported;
}

function checkExports(exports: readonly LaidOutExport[], notes: Notes): void {
  for (const { first, second, path, rule } of findConflicts(exports)) {
    notes.refuse(
      second,
      path,
      `Two exports of one path do not admit the same client: ${first} exports it too. ${rule}`,
      "Remove one of the two, or give them separate clients.",
    );
  }
  for (const exported of exports) {
    const rule = findContradiction(exported);
    if (rule !== undefined && !notes.problems.some((known) => known.rule.startsWith("Networks of one export"))) {
      notes.refuse(exported.origin, exported.networks, rule, "Keep the wider one.");
    }
  }
}

function noteFindings(placed: readonly PlacedVolume[], volumes: readonly VolumePlan[], notes: Notes): void {
  for (const volume of placed) noteRisks(volume, notes);
  for (const app of new Set(placed.map((volume) => volume.app))) {
    if (app.verify !== undefined)
      notes.tell(`apps.${app.name}`, app.verify, "Once done, write kind: at one of its volumes, and this notice goes.");
  }
  const waiting = volumes.filter(({ protection }) => protection.copy === "sqlite-online-backup" && !protection.active);
  if (waiting.length > 0) {
    const names = waiting.map(({ app, volume }) => `${app}.${volume}`).join(", ");
    notes.warn(
      "backup.enabled",
      `The datasets for copies of node-local databases are there, but no job writes to them yet: ${names}.`,
      "Copy them yourself until backup.enabled can be switched on.",
    );
  }
}

function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null) {
    for (const inner of Object.values(value)) deepFreeze(inner);
    Object.freeze(value);
  }
  return value;
}
