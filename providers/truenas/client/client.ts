import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import pRetry from "p-retry";
import {
  CoalescedCollection,
  type Collection,
  type CollectionOptions,
  queryExtra,
  type ReadRows,
  type Row,
} from "./collection.ts";
import { AnswerOverdue, type Connection, ConnectionLost } from "./connection.ts";
import { encode } from "./ejson.ts";
import {
  CallFailedError,
  CancelledError,
  RequestTooLargeError,
  TimeoutError,
  TooManyCallsError,
  UncertainError,
} from "./errors.ts";
import { errno, RpcFault, rpcCode, toError } from "./faults.ts";
import { Freshness } from "./freshness.ts";
import { JobLocks, lockOf } from "./job-locks.ts";
import { JobProgress, jobCollection, type OnProgress } from "./jobs.ts";
import { Limiter } from "./limiter.ts";
import { type CallKind, isJob, kindOf } from "./methods.ts";
import { type Leave, Rails } from "./rails/rails.ts";
import { shortened } from "./scrub.ts";
import { Secrets } from "./secrets.ts";
import { Session } from "./session.ts";
import { type ClientSettings, defaultTiming, parseEndpoint, type Timing } from "./settings.ts";
import { trustOf } from "./trust.ts";
import type { ApiVersionInfo } from "./versions.ts";
import { openWireLog, type WireLog } from "./wire-log.ts";

export type { Collection, CollectionOptions, Row } from "./collection.ts";
export type { CallKind } from "./methods.ts";
export type { ClientSettings } from "./settings.ts";
export type { ApiVersionInfo } from "./versions.ts";

/** How one call is made. */
export interface CallOptions {
  /** Ends the call for the caller; the NAS may finish what it began. */
  readonly signal?: AbortSignal;
  /** For the answer, from the moment of sending. Default: two minutes, an hour for a job. */
  readonly timeoutMs?: number;
  /** Told how the job of this call goes on. Default: what `progress` of the settings gives. */
  readonly onProgress?: OnProgress;
  /**
   * Whether the NAS is changed. Default: by the name of the method; what is not known to be a read is a write. A caller can
   * make a read count as a write, never the other way round.
   */
  readonly kind?: CallKind;
}

/** The NAS runs 10 calls of a connection at a time, lets 10 more wait and refuses further ones. */
const maxInFlight = 10;
/** Bytes; the NAS closes the connection on more. */
const maxRequest = 65_536;
const maxRepetitions = 6;
const maxRepetitionTime = 120_000;

interface Call {
  readonly method: string;
  readonly params: readonly unknown[];
  readonly kind: CallKind;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly onProgress: OnProgress | undefined;
  /** Whether an attempt left that may have taken effect. */
  sent: boolean;
  jobId: number | undefined;
  loginRenewed: boolean;
}

/** Waits for `promise`, but not beyond the signal. */
function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}

/**
 * Speaks with one TrueNAS (JSON-RPC 2.0 over one WebSocket, TrueNAS middleware api/base/server/ws_handler/rpc.py).
 *
 * Reads are repeated after a lost connection. A change is repeated only when it provably never ran; otherwise it ends in
 * UncertainError.
 */
export class TrueNasClient {
  readonly #host: string;
  readonly #timing: Timing;
  readonly #log: (line: string) => void;
  readonly #secrets: Secrets;
  readonly #scrub: (text: string) => string;
  readonly #wire: WireLog | undefined;
  readonly #rails: Rails;
  readonly #progress: () => OnProgress | undefined;
  readonly #session: Session;
  readonly #slots = new Limiter(maxInFlight);
  readonly #jobs = new JobProgress();
  readonly #locks = new JobLocks();
  readonly #subscribed = new WeakMap<Connection, Promise<void>>();
  readonly #freshness: Freshness;
  readonly #collections = new Map<string, Collection>();
  readonly #closing = new AbortController();
  /** Unlike a counter alone it never meets the requests of other clients, whose jobs we see as well. */
  readonly #idPrefix = `hs-${randomBytes(6).toString("hex")}`;
  #lastId = 0;
  #warned = false;

  /** Contacts nobody yet. Throws SettingsError for settings that cannot be used. */
  constructor(settings: ClientSettings, timing: Partial<Timing> = {}) {
    const target = parseEndpoint(settings.endpoint);
    this.#host = target.name;
    this.#timing = { ...defaultTiming, ...timing };
    this.#secrets = new Secrets([settings.apiKey, settings.apiKey.slice(settings.apiKey.indexOf("-") + 1)]);
    this.#scrub = (text) => shortened(this.#secrets.scrub(text));
    this.#progress = settings.progress ?? (() => undefined);
    this.#log = (line) => {
      if (!this.#closing.signal.aborted) settings.log?.(this.#scrub(line));
    };
    this.#wire = settings.wireLog === undefined ? undefined : openWireLog(settings.wireLog, this.#secrets, this.#log);
    this.#rails = new Rails(target.name, settings, (method, params, signal) => this.call(method, params, { signal }));
    this.#freshness = new Freshness(this.#timing.listAge);
    this.#session = new Session({
      target,
      trust: trustOf(settings, target.name),
      account: { host: target.name, username: settings.username, apiKey: settings.apiKey },
      timing: this.#timing,
      closing: this.#closing.signal,
      nextId: () => this.#nextId(),
      log: this.#log,
      scrub: this.#scrub,
      wire: this.#wire,
      onNotification: (connection, method, params) => this.#notified(connection, method, params),
    });
  }

  /** Calls a method and returns its result; for a job, the result at its end. Throws the classes of errors.ts. */
  async call<T = unknown>(method: string, params: readonly unknown[] = [], options: CallOptions = {}): Promise<T> {
    const closing = this.#closing.signal;
    const kind = options.kind === "write" ? "write" : kindOf(method, params);
    const onProgress = options.onProgress ?? (isJob(method) && kind === "write" ? this.#progress() : undefined);
    const job = isJob(method) || onProgress !== undefined;
    this.#secrets.learn(method, params);
    const call: Call = {
      method,
      params,
      kind,
      timeoutMs: options.timeoutMs ?? (job ? this.#timing.job : this.#timing.call),
      signal: options.signal === undefined ? closing : AbortSignal.any([closing, options.signal]),
      onProgress,
      sent: false,
      jobId: undefined,
      loginRenewed: false,
    };
    this.#checkSize(call);
    try {
      const lock = isJob(method)
        ? lockOf(method, params, (await untilAborted(this.#live(), call.signal)).version.name)
        : undefined;
      return (await this.#locks.hold(lock, call.signal, () => this.#repeatedly(call))) as T;
    } catch (error) {
      throw this.#explain(call, error);
    }
  }

  /** The version that the NAS speaks; connects when that has not happened yet. */
  async version(): Promise<ApiVersionInfo> {
    const closing = this.#closing.signal;
    try {
      return (await untilAborted(this.#live(), closing)).version;
    } catch (error) {
      throw closing.aborted ? new CancelledError(this.#host, undefined, false) : error;
    }
  }

  /** The objects that a query method lists, for example `sharing.nfs.query`. One per method and options. */
  collection<T extends Row = Row>(method: string, options: CollectionOptions = {}): Collection<T> {
    const key = options.key ?? "id";
    const extra = queryExtra(method, options.extra);
    return this.derivedCollection(JSON.stringify([method, key, extra]), key, (keys) => {
      const filters = keys === undefined ? [] : [[key, "in", keys]];
      return this.list<T>(method, [filters, { extra }]);
    });
  }

  /** Calls a method that answers with a list of objects. Throws CallFailedError when it answers with anything else. */
  async list<T extends Row = Row>(
    method: string,
    params: readonly unknown[] = [],
    options: CallOptions = {},
  ): Promise<readonly T[]> {
    const answer = await this.call<unknown>(method, params, options);
    if (Array.isArray(answer) && answer.every((row) => typeof row === "object" && row !== null)) return answer as T[];
    const reason = "its answer is not a list of objects";
    throw new CallFailedError(this.#host, { method, errno: errno.EFAULT, errname: "EFAULT", reason, extra: null });
  }

  /**
   * Objects that no query method lists, read by calls that `read` makes: those with the given keys, or all. `name` tells
   * collections apart.
   */
  derivedCollection<T extends Row>(name: string, key: string, read: ReadRows<T>): Collection<T> {
    const known = this.#collections.get(name);
    if (known !== undefined) return known as Collection<T>;
    const made = new CoalescedCollection<T>(key, read, this.#freshness);
    this.#collections.set(name, made);
    return made;
  }

  /** Waits until what ran when a connection was lost has come to its end, as far as can be known. */
  async aftermath(signal: AbortSignal): Promise<void> {
    const either = AbortSignal.any([signal, this.#closing.signal]);
    try {
      await sleep(this.#timing.aftermath, undefined, { signal: either });
    } catch (error) {
      throw either.aborted ? new CancelledError(this.#host, undefined, false) : error;
    }
  }

  /** Ends the connection and every call that waits (CancelledError). Later calls fail the same way. */
  async close(): Promise<void> {
    this.#closing.abort(new CancelledError(this.#host, undefined, false));
    this.#session.close();
  }

  #nextId(): string {
    this.#lastId += 1;
    return `${this.#idPrefix}-${this.#lastId}`;
  }

  #notified(connection: Connection, method: string, params: Readonly<Record<string, unknown>>): void {
    // The NAS ended the subscription; the next job makes a new one.
    if (method === "notify_unsubscribed" && params["collection"] === jobCollection) this.#subscribed.delete(connection);
    try {
      this.#jobs.notify(method, params);
    } catch (error) {
      this.#log(`${this.#host}: progress of a job could not be shown (${String(error)})`);
    }
  }

  #checkSize(call: Call): void {
    const size = Buffer.byteLength(this.#encode(call, `${this.#idPrefix}-${Number.MAX_SAFE_INTEGER}`));
    if (size > maxRequest) throw new RequestTooLargeError(this.#host, call.method, size, maxRequest);
  }

  #encode(call: Call, id: string): string {
    return encode({ jsonrpc: "2.0", id, method: call.method, params: call.params });
  }

  async #live() {
    const live = await this.#session.get();
    if (live.version.readOnly && !this.#warned) {
      this.#warned = true;
      this.#log(
        `warning: TrueNAS at ${this.#host} speaks API ${live.version.full}, newer than this provider knows; ` +
          "it is read and not changed",
      );
    }
    return live;
  }

  #repeatedly(call: Call): Promise<unknown> {
    return pRetry(() => this.#attempt(call), {
      retries: maxRepetitions,
      minTimeout: this.#timing.retry,
      maxTimeout: this.#timing.retryMax,
      maxRetryTime: maxRepetitionTime,
      randomize: true,
      signal: call.signal,
      shouldRetry: ({ error }) => this.#mayRepeat(call, error),
    });
  }

  #mayRepeat(call: Call, error: Error): boolean {
    if (call.signal.aborted) return false;
    const lost = error instanceof ConnectionLost && (!error.sent || call.kind === "read");
    const refused = error instanceof RpcFault && error.code === rpcCode.tooManyCalls;
    const loggedOut = error instanceof RpcFault && error.errno === errno.ENOTAUTHENTICATED && !call.loginRenewed;
    if (loggedOut) call.loginRenewed = true;
    if (lost || refused || loggedOut) this.#log(`${this.#host}: ${call.method} again (${error.message})`);
    return lost || refused || loggedOut;
  }

  async #attempt(call: Call): Promise<unknown> {
    const { connection, version } = await untilAborted(this.#live(), call.signal);
    const leave = await this.#guard(call, version);
    let release: () => void;
    try {
      if (call.onProgress !== undefined) await untilAborted(this.#subscribe(connection), call.signal);
      release = await this.#slots.acquire(call.signal);
    } catch (error) {
      leave("failed");
      throw error;
    }
    try {
      return await this.#send(call, connection, (end) => {
        release();
        leave(end);
      });
    } catch (error) {
      if (error instanceof RpcFault && error.errno === errno.ENOTAUTHENTICATED) this.#session.discard(connection);
      throw error;
    }
  }

  /** Every request of a caller passes here before it leaves. Throws when it must not. */
  #guard(call: Call, version: ApiVersionInfo): Promise<Leave> {
    return this.#rails.enter(call, version.readOnly ? version.full : undefined);
  }

  /** The place is kept until the NAS has answered, also when the caller has gone: until then the call runs there. */
  async #send(call: Call, connection: Connection, leave: Leave): Promise<unknown> {
    const id = this.#nextId();
    if (call.onProgress !== undefined) this.#jobs.listen(id, call.onProgress);
    const left = connection.open;
    if (left) call.sent = true;
    if (left && call.kind === "write") this.#freshness.changed();
    const answer = connection.request({ id, text: this.#encode(call, id), timeoutMs: call.timeoutMs });
    const ended = (error?: unknown): void => {
      const answered = error === undefined || error instanceof RpcFault;
      leave(error === undefined ? "done" : answered || !left ? "failed" : "uncertain");
      if (call.kind !== "write" || !left) return;
      if (answered) this.#freshness.changed();
      else this.#freshness.uncertain();
    };
    answer.then(() => ended(), ended);
    try {
      return await untilAborted(answer, call.signal);
    } catch (error) {
      // The NAS has answered without running it.
      if (error instanceof RpcFault) call.sent = false;
      throw error;
    } finally {
      call.jobId = this.#jobs.stop(id) ?? call.jobId;
    }
  }

  /** Once per connection. Without it a job only shows no progress, so a refusal is no failure. */
  #subscribe(connection: Connection): Promise<void> {
    const known = this.#subscribed.get(connection);
    if (known !== undefined) return known;
    const subscribe = async (): Promise<void> => {
      const release = await this.#slots.acquire(this.#closing.signal);
      const id = this.#nextId();
      const text = encode({ jsonrpc: "2.0", id, method: "core.subscribe", params: [jobCollection] });
      try {
        await connection.request({ id, text, timeoutMs: this.#timing.call });
      } catch (error) {
        // What was lost is only this request: the call itself has not left yet.
        if (error instanceof ConnectionLost) throw new ConnectionLost(error.message, false);
        const reason = error instanceof RpcFault ? error.reason : "no answer";
        this.#log(`${this.#host}: the progress of jobs cannot be followed (${reason})`);
      } finally {
        release();
      }
    };
    const started = subscribe();
    this.#subscribed.set(connection, started);
    return started;
  }

  #explain(call: Call, error: unknown): unknown {
    const { method, kind } = call;
    const host = this.#host;
    if (call.signal.aborted) return new CancelledError(host, method, call.sent);
    if (error instanceof ConnectionLost) {
      if (kind === "write" && error.sent) return new UncertainError(host, method, this.#scrub(error.message));
      return error.explain(host, this.#scrub);
    }
    if (error instanceof AnswerOverdue) {
      if (kind === "read") return new TimeoutError(host, method, call.timeoutMs);
      return new UncertainError(host, method, `no answer came within ${call.timeoutMs / 1000} s`, true);
    }
    if (!(error instanceof RpcFault)) return error;
    if (error.code === rpcCode.tooManyCalls) return new TooManyCallsError(host, method, this.#scrub(error.reason));
    const job = isJob(method) || call.jobId !== undefined;
    return toError(error, { host, method, isJob: job, jobId: call.jobId }, this.#scrub);
  }
}
