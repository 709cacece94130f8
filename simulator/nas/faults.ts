import type { Connection } from "./connection.ts";

/** Which call a fault waits for. */
export interface FaultPoint {
  /** A method; `*` stands for any letters. `GET /api/versions` is the list of versions. Default: every call. */
  readonly method?: string;
  /** The how manieth of these calls, counted from when the fault was set. Default 1. */
  readonly call?: number;
  /** How many calls in a row are hit from there on. Default 1. */
  readonly times?: number;
  /** Only calls of the how manieth connection since the NAS was started. Default: any. */
  readonly connection?: number;
}

/** Objects that somebody else changes or deletes; of those that fit `where` (query-filters), the last one listed. */
interface Target {
  readonly of: "dataset" | "export" | "snapshot task";
  readonly where?: readonly unknown[];
}

/** What goes wrong. */
export type FaultEffect =
  /**
   * The connection is cut: before the call runs; during it, so that it takes effect and its answer is lost (a job has only just
   * begun then); or after its answer.
   */
  | { readonly kind: "cut"; readonly when: "before" | "during" | "after" }
  /** `before`: the call runs that many milliseconds later (26 drops it when its client has gone, 25.10 does not). `after`: its answer comes later. */
  | { readonly kind: "slow"; readonly ms: number; readonly when: "before" | "after" }
  /** No answer ever comes, whether the call took effect or not. The connection stays open. */
  | { readonly kind: "silent"; readonly ran: boolean }
  /** The call, or the job that it starts, fails without having done anything. Default: errno EFAULT. */
  | { readonly kind: "fail"; readonly errno?: number; readonly message?: string }
  /** The call, or its job, begins and does not go on until the faults are cleared. */
  | { readonly kind: "stall" }
  /** The queue of the job's lock is full: the job is dropped, and the caller gets the result of another one (TrueNAS middleware job.py). */
  | { readonly kind: "drop"; readonly answer?: unknown }
  /** EBUSY as for a client that calls too often before it is logged in, or code -32000 as for more than 20 calls at once. */
  | { readonly kind: "refuse"; readonly because: "rate" | "concurrency" }
  /** The NAS reboots before the call runs, or when it has run and is not answered yet. */
  | { readonly kind: "reboot"; readonly when: "before" | "during" }
  /** A file takes all space that the pool has left; the call runs after that. */
  | { readonly kind: "fill"; readonly pool: string }
  /** Somebody changes an object, or deletes it, just before the call runs. */
  | ({ readonly kind: "change" } & Target)
  | ({ readonly kind: "delete" } & Target)
  /** Every API key is revoked, and the connection is cut, so that its client has to log in again. */
  | { readonly kind: "revoke" };

/** One thing that goes wrong at one point. */
export interface Fault {
  readonly on: FaultPoint;
  readonly do: FaultEffect;
}

/** A fault that happened. */
export interface FaultRecord {
  readonly fault: Fault;
  readonly method: string;
  /** The how manieth call that fits the fault's point. */
  readonly call: number;
}

interface Armed {
  readonly fault: Fault;
  readonly pattern: RegExp;
  seen: number;
}

const patternOf = (method = "*"): RegExp =>
  new RegExp(`^${method.replace(/[.+?^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*")}$`);

/** The faults that are set, and those that happened. */
export class Faults {
  readonly log: FaultRecord[] = [];
  readonly #numbers = new WeakMap<Connection, number>();
  #connections = 0;
  #armed: Armed[] = [];
  #calm = Promise.withResolvers<void>();

  constructor(faults: readonly Fault[] = []) {
    this.set(faults);
  }

  /** Replaces the faults that are set; counting starts anew. */
  set(faults: readonly Fault[]): void {
    this.clear();
    this.#armed = faults.map((fault) => ({ fault, pattern: patternOf(fault.on.method), seen: 0 }));
  }

  /** Sets no faults, and lets stalled jobs go on. What faults did to the world stays. */
  clear(): void {
    this.#armed = [];
    this.#calm.resolve();
    this.#calm = Promise.withResolvers<void>();
  }

  /** Resolves when the faults are cleared or replaced. */
  get calm(): Promise<void> {
    return this.#calm.promise;
  }

  /** Numbers a connection, in the order of their coming. */
  meet(connection: Connection): void {
    this.#connections += 1;
    this.#numbers.set(connection, this.#connections);
  }

  /** Counts a call and tells what happens to it. When several faults wait for it, the first one does. */
  strike(method: string, connection?: Connection): FaultEffect | undefined {
    const number = connection && this.#numbers.get(connection);
    let hit: FaultEffect | undefined;
    for (const armed of this.#armed) {
      const { call = 1, times = 1, connection: only } = armed.fault.on;
      if (!armed.pattern.test(method) || (only !== undefined && only !== number)) continue;
      armed.seen += 1;
      if (hit !== undefined || armed.seen < call || armed.seen >= call + times) continue;
      hit = armed.fault.do;
      this.log.push({ fault: armed.fault, method, call: armed.seen });
    }
    return hit;
  }
}
