import { formatSize } from "../config/index.ts";
import type { SnapshotTaskPlan, StoragePlan, VolumePlan } from "./storage-plan.ts";

/** The storage map: every volume with where it is, how it is protected and why; then chains, shares and findings. */
export function renderStorageMap(plan: StoragePlan): string {
  const sections = [
    `Storage of ${plan.nas.host}, pool ${plan.nas.pool}${plan.sandbox ? " (simulated)" : ""}`,
    volumesSection(plan),
    chainsSection(plan),
    sharesSection(plan),
    findingsSection(plan),
  ];
  return `${sections.filter((section) => section !== "").join("\n\n")}\n`;
}

function volumesSection(plan: StoragePlan): string {
  if (plan.volumes.length === 0) return "No volumes.";
  const rows = plan.volumes.map((volume) => [
    `${volume.app}/${volume.volume}`,
    volume.engine ?? volume.kind,
    volume.tier,
    volume.storageClass === "" ? "(static)" : volume.storageClass,
    shortMode[volume.accessMode],
    volume.size === undefined ? "-" : formatSize(volume.size),
    placeOf(volume),
    clientsOf(plan, volume),
    snapshotsOf(volume),
  ]);
  const lines = table(["VOLUME", "KIND", "TIER", "CLASS", "MODE", "SIZE", "WHERE", "CLIENTS", "SNAPSHOTS"], rows);
  const reasons = plan.volumes.map((volume) => `      why: ${volume.reason}`);
  return [lines[0], ...lines.slice(1).flatMap((line, index) => [line, reasons[index]])].join("\n");
}

const shortMode: Readonly<Record<VolumePlan["accessMode"], string>> = {
  ReadWriteOnce: "RWO",
  ReadWriteOncePod: "RWOP",
  ReadWriteMany: "RWX",
  ReadOnlyMany: "ROX",
};

function placeOf(volume: VolumePlan): string {
  if (volume.dataset !== undefined) return volume.dataset;
  if (volume.nfs !== undefined) return volume.nfs.path;
  return volume.node === undefined ? "any node" : `node ${volume.node}`;
}

function clientsOf(plan: StoragePlan, volume: VolumePlan): string {
  if (volume.share !== undefined && volume.export === undefined) return "(existing)";
  const exported = plan.exports.find(({ key }) => key === volume.export);
  if (exported === undefined) return "-";
  const [first, ...others] = exported.networks;
  return others.length === 0 ? (first ?? "-") : `${first} +${others.length}`;
}

function snapshotsOf({ protection }: VolumePlan): string {
  if (protection.chain === undefined) return "none";
  return protection.copy === "sqlite-online-backup" ? `${protection.chain} (of copies)` : protection.chain;
}

function chainsSection(plan: StoragePlan): string {
  const byChain = Map.groupBy(plan.snapshotTasks, (task) => `${task.chain}\n${task.dataset}`);
  const rows = [...byChain.values()].map((tasks) => [
    tasks[0]?.chain ?? "",
    tasks[0]?.dataset ?? "",
    tasks.map(keeps).join(", "),
  ]);
  if (rows.length === 0) return "";
  return table(["CHAIN", "DATASET", "KEEPS"], rows).join("\n");
}

function keeps({ period, lifetimeValue, lifetimeUnit }: SnapshotTaskPlan): string {
  return `${period} ${lifetimeValue} ${lifetimeUnit.toLowerCase()}${lifetimeValue === 1 ? "" : "s"}`;
}

function sharesSection(plan: StoragePlan): string {
  if (plan.shares.length === 0) return "";
  const rows = plan.shares.map((share) => [
    share.name,
    share.path,
    share.export,
    share.chain ?? `exempt: ${share.exemption}`,
    share.usedBy.join(", ") || "nobody",
  ]);
  return table(["SHARE", "PATH", "EXPORT", "SNAPSHOTS", "USED BY"], rows).join("\n");
}

function findingsSection(plan: StoragePlan): string {
  return plan.findings.map(({ severity, path, text, fix }) => `${severity}: ${path}: ${text}\n  ${fix}`).join("\n");
}

/** Left-aligned columns, as wide as their widest cell. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => (row[column] ?? "").length)));
  return all.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}
