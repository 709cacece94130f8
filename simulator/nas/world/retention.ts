import type { Clock } from "./clock.ts";
import { day, hour, minute } from "./clock.ts";
import { Cron, type Schedule } from "./cron.ts";
import { type Dataset, isWithin, type Snapshot } from "./dataset.ts";
import { snapshotName, timeOfName } from "./naming.ts";
import type { Storage } from "./storage.ts";

export type LifetimeUnit = "HOUR" | "DAY" | "WEEK" | "MONTH" | "YEAR";

export interface SnapshotTask {
  readonly id: number;
  readonly dataset: string;
  readonly recursive: boolean;
  readonly lifetime_value: number;
  readonly lifetime_unit: LifetimeUnit;
  readonly enabled: boolean;
  readonly exclude: readonly string[];
  readonly naming_schema: string;
  readonly allow_empty: boolean;
  readonly schedule: Schedule;
}

export interface TaskState {
  readonly state: "PENDING" | "FINISHED" | "ERROR";
  readonly datetime?: Date;
  readonly last_snapshot?: string;
  readonly error?: string;
}

/** `time` later (or, with a sign of -1, earlier) by the lifetime; months and years follow the calendar. */
export function shift(
  time: number,
  task: Pick<SnapshotTask, "lifetime_value" | "lifetime_unit">,
  sign: 1 | -1,
): number {
  const value = sign * task.lifetime_value;
  switch (task.lifetime_unit) {
    case "HOUR":
      return time + value * hour;
    case "DAY":
      return time + value * day;
    case "WEEK":
      return time + value * 7 * day;
    default: {
      const date = new Date(time);
      const months = task.lifetime_unit === "MONTH" ? value : value * 12;
      const first = new Date(time).setUTCMonth(date.getUTCMonth() + months, 1);
      const lastDay = new Date(new Date(first).setUTCMonth(new Date(first).getUTCMonth() + 1, 0)).getUTCDate();
      return new Date(first).setUTCDate(Math.min(date.getUTCDate(), lastDay));
    }
  }
}

const ownsDataset = (task: SnapshotTask, dataset: string): boolean =>
  dataset === task.dataset ||
  (task.recursive && isWithin(dataset, task.dataset) && !task.exclude.some((excluded) => isWithin(dataset, excluded)));

/**
 * Takes and removes snapshots when they are due, as zettarepl does: a snapshot belongs to every enabled task whose dataset,
 * naming schema and schedule fit its name, whoever took it, and goes when none of them keeps it. The newest of a naming schema stays.
 */
export class SnapshotSchedule {
  readonly states = new Map<number, TaskState>();
  private readonly storage: Storage;
  private readonly clock: Clock;
  private readonly tasks: () => readonly SnapshotTask[];
  private readonly removalProperty: () => string;
  private readonly crons = new WeakMap<Schedule, Cron>();
  private done: number;

  constructor(storage: Storage, clock: Clock, tasks: () => readonly SnapshotTask[], removalProperty: () => string) {
    this.storage = storage;
    this.clock = clock;
    this.tasks = tasks;
    this.removalProperty = removalProperty;
    this.done = clock.now();
    clock.onAdvance((now) => this.catchUp(now));
  }

  /** Runs a task now, whatever its schedule; its retention follows. */
  run(task: SnapshotTask): void {
    this.take(task, this.clock.now());
    this.prune(this.clock.now());
  }

  /** The snapshots that a task counts as its own, as `dataset@name`. */
  owned(task: SnapshotTask): Set<string> {
    return new Set(
      [...this.storage.datasets.values()]
        .filter((dataset) => ownsDataset(task, dataset.name))
        .flatMap((dataset) => [...dataset.snapshots.values()].filter((snapshot) => this.owns(task, snapshot)))
        .map((snapshot) => `${snapshot.dataset}@${snapshot.name}`),
    );
  }

  /** Writes the removal date that a task gives to its snapshots onto them, so that they outlive a change of the task. */
  fixate(task: SnapshotTask, ids: Iterable<string>): void {
    for (const id of ids) {
      const snapshot = this.storage.snapshot(id);
      const taken = snapshot && timeOfName(task.naming_schema, snapshot.name);
      if (!snapshot || taken === undefined) continue;
      const removal = shift(taken, task, 1);
      const already = this.removalDate(snapshot);
      if (already !== undefined && already >= removal) continue;
      snapshot.userProperties.set(this.removalProperty(), new Date(removal).toISOString().slice(0, 19));
    }
  }

  /** When a snapshot will go, and who says so; null when it stays. */
  retention(
    snapshot: Snapshot,
  ):
    | { datetime: Date; source: "periodic_snapshot_task"; periodic_snapshot_task_id: number }
    | { datetime: Date; source: "property" }
    | null {
    const owners = this.tasks().filter(
      (task) => task.enabled && ownsDataset(task, snapshot.dataset) && this.owns(task, snapshot),
    );
    const dates = owners.map((task) => ({
      task,
      time: shift(timeOfName(task.naming_schema, snapshot.name) ?? 0, task, 1),
    }));
    const last = dates.sort((a, b) => b.time - a.time)[0];
    const fixed = this.removalDate(snapshot);
    if (last && (fixed === undefined || last.time >= fixed)) {
      return {
        datetime: new Date(last.time),
        source: "periodic_snapshot_task",
        periodic_snapshot_task_id: last.task.id,
      };
    }
    return fixed === undefined ? null : { datetime: new Date(fixed), source: "property" };
  }

  private owns(task: SnapshotTask, snapshot: Snapshot): boolean {
    const time = timeOfName(task.naming_schema, snapshot.name);
    return time !== undefined && this.cron(task).matches(time);
  }

  private cron(task: SnapshotTask): Cron {
    const known = this.crons.get(task.schedule);
    if (known) return known;
    const cron = new Cron(task.schedule);
    this.crons.set(task.schedule, cron);
    return cron;
  }

  private removalDate(snapshot: Snapshot): number | undefined {
    const text = snapshot.userProperties.get(this.removalProperty());
    return text === undefined ? undefined : Date.parse(`${text}Z`);
  }

  private catchUp(now: number): void {
    for (let at = Math.floor(this.done / minute) * minute + minute; at <= now; at += minute) {
      const due = this.tasks().filter((task) => task.enabled && this.cron(task).matches(at));
      for (const task of due) this.take(task, at);
      if (due.length > 0) this.prune(at);
    }
    this.done = now;
    this.prune(now);
  }

  private take(task: SnapshotTask, time: number): void {
    this.states.set(task.id, { ...this.takeAll(task, time), datetime: new Date(time) });
  }

  private takeAll(task: SnapshotTask, time: number): TaskState {
    const name = snapshotName(task.naming_schema, time);
    const datasets = this.storage.tree(task.dataset).filter((dataset) => ownsDataset(task, dataset.name));
    if (datasets.length === 0) return { state: "ERROR", error: `dataset ${task.dataset} does not exist` };
    if (!task.allow_empty && datasets.every(isUnchanged)) return { state: "FINISHED" };
    const txg = this.storage.nextTxg();
    for (const dataset of datasets) {
      if (!dataset.snapshots.has(name)) this.storage.takeSnapshot(dataset, name, txg, [], time);
    }
    return { state: "FINISHED", last_snapshot: `${task.dataset}@${name}` };
  }

  private prune(now: number): void {
    const tasks = this.tasks().filter((task) => task.enabled);
    const at = Math.floor(now / minute) * minute;
    for (const dataset of this.storage.datasets.values()) {
      if (dataset.snapshots.size > 0)
        this.pruneDataset(
          dataset,
          tasks.filter((task) => ownsDataset(task, dataset.name)),
          at,
        );
    }
  }

  private pruneDataset(dataset: Dataset, tasks: readonly SnapshotTask[], now: number): void {
    const newest = this.newestOfSchemas(dataset, tasks);
    for (const snapshot of [...dataset.snapshots.values()]) {
      const owners = tasks.filter((task) => this.owns(task, snapshot));
      const fixed = this.removalDate(snapshot);
      if (owners.length === 0 && fixed === undefined) continue;
      const kept = owners.some((task) => (timeOfName(task.naming_schema, snapshot.name) ?? 0) >= shift(now, task, -1));
      if (kept || (fixed !== undefined && now < fixed) || newest.has(snapshot.name)) continue;
      if (snapshot.holds.size === 0 && snapshot.clones.size === 0) dataset.snapshots.delete(snapshot.name);
    }
  }

  /** The newest snapshot of each schema, which is never removed for its age. */
  private newestOfSchemas(dataset: Dataset, tasks: readonly SnapshotTask[]): Set<string> {
    const newest = new Map<string, { readonly name: string; readonly time: number }>();
    for (const schema of new Set(tasks.map((task) => task.naming_schema))) {
      for (const { name } of dataset.snapshots.values()) {
        const time = timeOfName(schema, name);
        if (time !== undefined && time > (newest.get(schema)?.time ?? Number.NEGATIVE_INFINITY))
          newest.set(schema, { name, time });
      }
    }
    return new Set([...newest.values()].map(({ name }) => name));
  }
}

const isUnchanged = (dataset: Dataset): boolean => {
  const last = [...dataset.snapshots.values()].sort((a, b) => b.txg - a.txg)[0];
  return last !== undefined && last.version === dataset.version;
};
