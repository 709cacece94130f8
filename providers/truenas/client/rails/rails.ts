import { CallFailedError, DestroyProtectionError, ReadOnlyError } from "../errors.ts";
import { errno } from "../faults.ts";
import { Limiter } from "../limiter.ts";
import type { CallKind } from "../methods.ts";
import { isExpired, parseSafetySnapshot } from "../safety-snapshots.ts";
import { dangerOf, operationsOf, type TaskOperation } from "./destruction.ts";
import {
  type Coverage,
  classOf,
  coverageOf,
  coveredBy,
  covers,
  lifetimeOf,
  namespacesOf,
  stillCovers,
  type TaskClass,
  type TaskNamespace,
  type TaskRow,
} from "./tasks.ts";

/** What keeps a client from doing harm, whatever its callers ask for. */
export interface RailSettings {
  /** Nothing that could change the NAS is sent. Default: false. */
  readonly readOnly?: boolean;
  /** Nothing that takes away data, snapshots, encryption keys or the last backup task of a dataset is sent. Default: true. */
  readonly destroyProtection?: boolean;
}

/** A call on its way out. */
export interface Outgoing {
  readonly method: string;
  readonly params: readonly unknown[];
  readonly kind: CallKind;
  readonly signal: AbortSignal;
}

/** How a call ended; `uncertain`: it may still take effect although no answer came. */
export type End = "done" | "failed" | "uncertain";

/** To be told how the call ended. */
export type Leave = (end: End) => void;

type Read = <T>(method: string, params: readonly unknown[], signal: AbortSignal) => Promise<T>;

interface Task {
  readonly namespace: TaskNamespace;
  readonly coverage: Coverage;
  readonly row: TaskRow;
}

const none: Leave = () => undefined;
const protectedThing: Readonly<Record<TaskClass, string>> = {
  snapshots: "without periodic snapshots",
  copies: "without a copy elsewhere",
};

/** The two rails. Every call passes them immediately before it is sent. */
export class Rails {
  readonly #host: string;
  readonly #readOnly: boolean;
  readonly #destroyProtection: boolean;
  readonly #read: Read;
  /** Two tasks that stand in for each other must not be given up side by side. */
  readonly #oneAtATime = new Limiter(1);
  /** Tasks that a change without an answer may have taken away. */
  readonly #doubtful = new Set<string>();

  /** `read` makes a call that passes the rails as a read. */
  constructor(host: string, settings: RailSettings, read: Read) {
    this.#host = host;
    this.#readOnly = settings.readOnly ?? false;
    this.#destroyProtection = settings.destroyProtection ?? true;
    this.#read = read;
  }

  /**
   * Lets a call pass, or throws ReadOnlyError or DestroyProtectionError. The function that it gives must be called when the
   * call has ended. `unknownVersion` is that of a NAS which is newer than the client.
   */
  async enter(call: Outgoing, unknownVersion: string | undefined): Promise<Leave> {
    if (call.kind === "read") return none;
    if (this.#readOnly) throw new ReadOnlyError(this.#host, call.method);
    if (unknownVersion !== undefined) throw new ReadOnlyError(this.#host, call.method, unknownVersion);
    if (!this.#destroyProtection) return none;
    return await this.#protect(call);
  }

  async #protect({ method, params, signal }: Outgoing): Promise<Leave> {
    const operations = operationsOf(method, params);
    if (operations === undefined) throw this.#refusal(method, "what it would do cannot be told");
    const tasks: TaskOperation[] = [];
    const snapshots: string[] = [];
    for (const operation of operations) {
      const danger = dangerOf(operation);
      if (danger.kind === "refused") throw this.#refusal(operation.method, danger.reason);
      if (danger.kind === "task") tasks.push(danger.task);
      if (danger.kind === "prune") snapshots.push(danger.snapshot);
    }
    for (const snapshot of snapshots) await this.#checkExpired(method, snapshot, signal);
    return tasks.length === 0 ? none : await this.#checkTasks(tasks, signal);
  }

  async #checkTasks(operations: readonly TaskOperation[], signal: AbortSignal): Promise<Leave> {
    const release = await this.#oneAtATime.acquire(signal);
    try {
      for (const kind of ["snapshots", "copies"] as const) {
        const mine = operations.filter(({ namespace }) => classOf(namespace) === kind);
        if (mine.length > 0) await this.#checkClass(kind, mine, signal);
      }
    } catch (error) {
      release();
      throw error;
    }
    return (end) => {
      for (const { namespace, id } of operations) {
        if (end === "uncertain") this.#doubtful.add(keyOf(namespace, id));
        if (end === "done") this.#doubtful.delete(keyOf(namespace, id));
      }
      release();
    };
  }

  /** Compares what is kept safe before and after all of the operations. Asked anew: a list may be a minute old. */
  async #checkClass(kind: TaskClass, operations: readonly TaskOperation[], signal: AbortSignal): Promise<void> {
    const own = new Set(operations.map(({ namespace }) => namespace));
    const before = await this.#tasks(kind, own, signal);
    const datasets = await this.#datasets(signal);
    const after = new Map([...before].filter(([key]) => !this.#doubtful.has(key)));
    for (const operation of operations) {
      const key = keyOf(operation.namespace, operation.id);
      const task = after.get(key) ?? before.get(key);
      // What is not there is for the NAS to say.
      if (task === undefined) continue;
      this.#checkRetention(operation, task.row);
      if (operation.changes === undefined) after.delete(key);
      else {
        const row = { ...task.row, ...operation.changes };
        after.set(key, { ...task, row, coverage: coverageOf(task.namespace, row) });
      }
    }
    for (const { method, namespace, id } of operations) {
      const key = keyOf(namespace, id);
      const [was, is] = [before.get(key), after.get(key)];
      if (was === undefined) continue;
      const lost = coveredBy(was.coverage, datasets, namespace).filter(
        (name) =>
          !(is !== undefined && stillCovers(was.coverage, is.coverage, name)) &&
          ![...after].some(([other, { coverage }]) => other !== key && covers(coverage, name)),
      );
      if (lost.length === 0) continue;
      const shown = lost.length > 3 ? `${lost.slice(0, 3).join(", ")} and ${lost.length - 3} more` : lost.join(", ");
      throw this.#refusal(method, `it leaves ${shown} ${protectedThing[kind]}: no other enabled task covers that`);
    }
  }

  #checkRetention({ method, namespace, changes, fixesRemovalDates }: TaskOperation, row: TaskRow): void {
    if (namespace !== "pool.snapshottask" || fixesRemovalDates) return;
    if (changes !== undefined && lifetimeOf({ ...row, ...changes }) >= lifetimeOf(row)) return;
    throw this.#refusal(method, "without fixate_removal_date it shortens the life of snapshots that exist");
  }

  async #tasks(
    kind: TaskClass,
    needed: ReadonlySet<TaskNamespace>,
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, Task>> {
    const lists = await Promise.all(
      namespacesOf(kind).map(async (namespace) => {
        const rows = await this.#rows(namespace, !needed.has(namespace), signal);
        return rows.map((row): [string, Task] => [
          keyOf(namespace, row["id"]),
          { namespace, row, coverage: coverageOf(namespace, row) },
        ]);
      }),
    );
    return new Map(lists.flat());
  }

  /** What cannot be read because this NAS or this account has it not covers nothing. */
  async #rows(namespace: TaskNamespace, optional: boolean, signal: AbortSignal): Promise<readonly TaskRow[]> {
    try {
      return await this.#read<readonly TaskRow[]>(`${namespace}.query`, [], signal);
    } catch (error) {
      const absent =
        error instanceof CallFailedError && (error.errno === errno.ENOMETHOD || error.errno === errno.EACCES);
      if (optional && absent) return [];
      throw error;
    }
  }

  async #datasets(signal: AbortSignal): Promise<string[]> {
    const options = { extra: { flat: true, retrieve_children: false }, select: ["id"] };
    const rows = await this.#read<readonly TaskRow[]>("pool.dataset.query", [[], options], signal);
    return rows.map((row) => String(row["id"]));
  }

  /** The one deletion of a snapshot that passes: our own, over by its own date, and held by nobody. */
  async #checkExpired(method: string, id: string, signal: AbortSignal): Promise<void> {
    const name = parseSafetySnapshot(id.slice(id.indexOf("@") + 1));
    const [rows, info] = await Promise.all([
      this.#read<readonly TaskRow[]>("pool.snapshot.query", [[["id", "=", id]], { extra: { holds: true } }], signal),
      this.#read<TaskRow>("system.info", [], signal),
    ]);
    const row = rows[0];
    if (row === undefined) return;
    const created = createdAt(row);
    const now = info["datetime"] instanceof Date ? info["datetime"].getTime() : Number.NaN;
    const holds = Object.keys(fields(row["holds"]));
    if (name === undefined || !isExpired(name, created, now))
      throw this.#refusal(method, `it destroys the snapshot ${id}, which is to be kept longer`);
    if (holds.length > 0)
      throw this.#refusal(method, `it destroys the snapshot ${id}, which is held (${holds.join(", ")})`);
  }

  #refusal(method: string, reason: string): DestroyProtectionError {
    return new DestroyProtectionError(this.#host, method, reason);
  }
}

const keyOf = (namespace: TaskNamespace, id: unknown): string => `${namespace} ${String(id)}`;

const fields = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null ? { ...value } : {};

/** When the NAS made a snapshot, in milliseconds since 1970; NaN when it does not tell. */
export function createdAt(row: TaskRow): number {
  const creation = fields(fields(row["properties"])["creation"]);
  return Number(creation["rawvalue"] ?? Number.NaN) * 1000;
}
