import { bytes, duration, type Terminal, table } from "../terminal.ts";
import type { Holdings } from "./holdings.ts";
import type { RehearsalResult } from "./result.ts";

/** What a rehearsal came to, for people. */
export function showSummary(terminal: Terminal, result: RehearsalResult): void {
  const heading = (text: string) => {
    terminal.line();
    terminal.line(terminal.style("bold", text));
  };
  if (Object.keys(result.created).length > 0) {
    heading("What was created");
    for (const line of table(createdRows(result.created))) terminal.line(line);
  }
  if (result.holdings !== undefined) {
    heading(`What the NAS holds (simulated TrueNAS ${result.version})`);
    for (const line of holdingLines(result.holdings)) terminal.line(line);
  }
  heading(verdict(result));
}

function createdRows(created: Readonly<Record<string, number>>): string[][] {
  return Object.entries(created)
    .map(([type, count]) => [String(count).padStart(4), type.split(":").at(-1) ?? type])
    .sort(([, a = ""], [, b = ""]) => a.localeCompare(b));
}

function holdingLines({ datasets, exports, snapshotTasks }: Holdings): string[] {
  const exported = new Map(exports.map((entry) => [entry.path, entry]));
  const rows = datasets.map(({ name, limit, used }) => {
    const entry = exported.get(`/mnt/${name}`);
    const access =
      entry === undefined ? "" : `${entry.readOnly ? "read-only" : "read-write"} for ${entry.clients.join(", ")}`;
    return [name, limit === 0 ? "-" : bytes(limit), bytes(used), access];
  });
  const tasks = snapshotTasks.map(({ dataset, schema, keeps }) => [dataset, schema, `kept ${keeps}`]);
  return [
    ...table([["dataset", "limit", "used", "NFS export"], ...rows]),
    "",
    ...table([["snapshots of", "named", ""], ...tasks]),
  ];
}

function verdict(result: RehearsalResult): string {
  const time = duration(result.ms);
  if (result.ok) return `The rehearsal of ${result.stack} passed in ${time}.`;
  const failed = result.stages.filter(({ ok }) => !ok).map(({ name }) => name);
  return `The rehearsal of ${result.stack} FAILED (${failed.join(", ")}) after ${time}.`;
}
