import { setImmediate as turn, setTimeout as wait } from "node:timers/promises";
import { CallError, errno } from "./errors.ts";
import type { FaultEffect, Faults } from "./faults.ts";
import type { ApiVersion } from "./method.ts";
import { TooManyCalls } from "./rpc/errors.ts";

/** What a fault may lay hands on besides the call itself. */
export interface FaultHands {
  admin<T>(method: string, ...params: unknown[]): Promise<T>;
  reboot(): Promise<void>;
  revokeKeys(): void;
  /** Takes all space that a pool has left. */
  fill(pool: string): void;
}

/** Stands between a call that was admitted, or the job that it started, and its work. */
export type Around = (work: () => Promise<unknown>) => Promise<unknown>;

/** The call that a fault befalls. */
export interface StruckCall {
  readonly isJob: boolean;
  readonly version: ApiVersion;
  /** Aborted when the client has gone. */
  readonly gone: AbortSignal;
  run(around?: Around): Promise<unknown>;
  /** Cuts the connection. */
  cut(): void;
}

/** How a call goes. */
export interface Course {
  /** Rejects with {@link Unanswered} when nothing is to be sent. */
  body(): Promise<unknown>;
  /** What happens when the answer was sent. */
  afterwards?(): void;
}

/** The client hears nothing of this call. */
export class Unanswered extends Error {}

const untilGone = (gone: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (gone.aborted) resolve();
    gone.addEventListener("abort", () => resolve(), { once: true });
  });

/** Runs it whatever comes of it. */
const quietly = async (call: StruckCall): Promise<void> => {
  await call.run().catch(() => undefined);
};

/** Time for an answer to leave the machine before its connection is cut. */
const leavingMs = 5;

/** How a call goes that a fault befalls. */
export function courseOf(effect: FaultEffect, call: StruckCall, faults: Faults, hands: FaultHands): Course {
  const unheard = (body: () => Promise<void> | void): Course => ({
    body: async () => {
      await body();
      throw new Unanswered();
    },
  });
  const failing = (error: Error): Course => ({ body: () => Promise.reject(error) });
  const after = (body: () => Promise<void> | void): Course => ({
    body: async () => {
      await body();
      return call.run();
    },
  });
  switch (effect.kind) {
    case "cut":
      return cut(effect.when, call, unheard);
    case "slow":
      return effect.when === "after" ? answeredLate(effect.ms, call) : startedLate(() => wait(effect.ms), call);
    case "silent":
      return unheard(async () => {
        if (effect.ran) await quietly(call);
        await untilGone(call.gone);
      });
    case "fail": {
      const error = new CallError(effect.message ?? "Internal error", effect.errno ?? errno.EFAULT);
      return { body: () => call.run(() => Promise.reject(error)) };
    }
    case "stall":
      return startedLate(() => faults.calm, call);
    case "drop":
      return { body: async () => effect.answer ?? null };
    case "refuse":
      return failing(
        effect.because === "rate" ? new CallError("Rate Limit Exceeded", errno.EBUSY) : new TooManyCalls(20),
      );
    case "reboot":
      return unheard(async () => {
        if (effect.when === "during") await quietly(call);
        await hands.reboot();
      });
    case "fill":
      return after(() => hands.fill(effect.pool));
    case "change":
    case "delete":
      return after(() => meddle(effect, hands));
    case "revoke":
      return unheard(() => {
        hands.revokeKeys();
        call.cut();
      });
  }
}

function cut(
  when: "before" | "during" | "after",
  call: StruckCall,
  unheard: (body: () => Promise<void> | void) => Course,
): Course {
  if (when === "before") return unheard(() => call.cut());
  if (when === "after")
    return { body: () => call.run(), afterwards: () => void wait(leavingMs).then(() => call.cut()) };
  return unheard(async () => {
    const running = quietly(call);
    // A job goes on by itself, so its client is cut off while it works.
    await (call.isJob ? turn() : running);
    call.cut();
  });
}

function answeredLate(ms: number, call: StruckCall): Course {
  return { body: () => call.run().finally(() => wait(ms)) };
}

/** 26 drops a call whose client has gone; 25.10 does not, and jobs go on in both. */
function startedLate(until: () => Promise<unknown>, call: StruckCall): Course {
  const around: Around = async (work) => {
    await until();
    if (call.gone.aborted && call.version === "26.0" && !call.isJob) throw new Unanswered();
    return work();
  };
  return { body: () => call.run(around) };
}

const namespaces = { dataset: "pool.dataset", export: "sharing.nfs", "snapshot task": "pool.snapshottask" } as const;

interface Row {
  readonly id: string | number;
  readonly lifetime_value?: number;
}

/** What somebody at the user interface does. An object that is not there, or is in use, is left alone. */
async function meddle(effect: FaultEffect & { kind: "change" | "delete" }, hands: FaultHands): Promise<void> {
  const namespace = namespaces[effect.of];
  const rows = await hands.admin<Row[]>(`${namespace}.query`, effect.where ?? []);
  const last = rows.at(-1);
  if (!last) return;
  const changes: Readonly<Record<typeof effect.of, object>> = {
    dataset: { compression: "GZIP-9" },
    export: { enabled: false },
    "snapshot task": { lifetime_value: (last.lifetime_value ?? 0) + 1 },
  };
  const [verb, ...rest] = effect.kind === "change" ? ["update", changes[effect.of]] : ["delete"];
  await hands.admin(`${namespace}.${verb}`, last.id, ...rest).catch(() => undefined);
}
