import { setTimeout as sleep } from "node:timers/promises";
import pRetry from "p-retry";
import { AnswerOverdue, Connection, ConnectionLost } from "./connection.ts";
import { encode } from "./ejson.ts";
import { CancelledError, TooManyCallsError, UnreachableError } from "./errors.ts";
import { RpcFault } from "./faults.ts";
import { type LoginAccount, login } from "./login.ts";
import type { Target, Timing } from "./settings.ts";
import { openTrusted, type Trust } from "./trust.ts";
import { type ApiVersionInfo, chooseVersion, fetchVersions } from "./versions.ts";
import type { WireLog } from "./wire-log.ts";

/** A connection that is logged in. */
export interface LiveConnection {
  readonly connection: Connection;
  readonly version: ApiVersionInfo;
}

/** What a session needs. */
export interface SessionParts {
  readonly target: Target;
  readonly trust: Trust;
  readonly account: LoginAccount;
  readonly timing: Timing;
  readonly closing: AbortSignal;
  readonly nextId: () => string;
  readonly log: (line: string) => void;
  readonly scrub: (text: string) => string;
  readonly wire: WireLog | undefined;
  readonly onNotification: (connection: Connection, method: string, params: Readonly<Record<string, unknown>>) => void;
}

/** The NAS allows 20 calls of auth.login_ex per window and address; a SCRAM login takes two, and others log in as well. */
const maxLogins = 7;
const maxRateLimited = 3;
const maxAttempts = 12;

const seconds = (ms: number): string => `${Math.round(ms / 100) / 10} s`;

/** Keeps one connection logged in, and makes a new one when it was lost. Nothing happens before the first `get`. */
export class Session {
  readonly #parts: SessionParts;
  #live: LiveConnection | undefined;
  #establishing: Promise<LiveConnection> | undefined;
  #failure: { readonly error: Error; readonly until: number } | undefined;
  #wasConnected = false;
  #logins: number[] = [];

  constructor(parts: SessionParts) {
    this.#parts = parts;
  }

  /** The connection; callers that come while it is made share it. A failure that waiting cannot mend stays. */
  get(): Promise<LiveConnection> {
    if (this.#live?.connection.open === true) return Promise.resolve(this.#live);
    if (this.#failure !== undefined && performance.now() < this.#failure.until) {
      return Promise.reject(this.#failure.error);
    }
    this.#establishing ??= this.#establish().finally(() => {
      this.#establishing = undefined;
    });
    return this.#establishing;
  }

  /** Stops using a connection on which the NAS ended the login. What runs on it may end. */
  discard(connection: Connection): void {
    if (this.#live?.connection !== connection) return;
    this.#live = undefined;
    connection.retire();
  }

  close(): void {
    this.#live?.connection.close("the client was closed");
    this.#live = undefined;
  }

  async #establish(): Promise<LiveConnection> {
    try {
      this.#live = await this.#patiently();
      this.#wasConnected = true;
      this.#failure = undefined;
      return this.#live;
    } catch (error) {
      const failure = error instanceof Error ? error : new Error(String(error));
      const passing = failure instanceof UnreachableError || failure instanceof TooManyCallsError;
      const until = passing ? performance.now() + this.#parts.timing.coolDown : Number.POSITIVE_INFINITY;
      this.#failure = { error: failure, until };
      throw failure;
    }
  }

  /** Waits where the NAS refuses logins for their rate; other failures of a login are never repeated. */
  #patiently(): Promise<LiveConnection> {
    const { timing, closing, log, target } = this.#parts;
    return pRetry(() => this.#persistently(), {
      retries: maxRateLimited,
      factor: 1,
      minTimeout: timing.rateLimited,
      signal: closing,
      shouldRetry: ({ error }) => error instanceof TooManyCallsError,
      onFailedAttempt: ({ error, retriesLeft }) => {
        if (!(error instanceof TooManyCallsError) || retriesLeft === 0) return;
        log(`${target.name} limits the rate of logins; trying again in ${seconds(timing.rateLimited)}`);
      },
    });
  }

  #persistently(): Promise<LiveConnection> {
    const { timing, closing, log, target } = this.#parts;
    return pRetry(() => this.#attempt(), {
      retries: maxAttempts,
      minTimeout: timing.retry,
      maxTimeout: timing.retryMax,
      maxRetryTime: this.#wasConnected ? timing.lostConnection : timing.firstConnection,
      signal: closing,
      shouldRetry: ({ error }) => error instanceof UnreachableError && error.passing,
      onFailedAttempt: ({ error }) => {
        if (error instanceof UnreachableError && error.passing)
          log(`${target.name} cannot be reached (${error.reason}); trying again`);
      },
    });
  }

  async #attempt(): Promise<LiveConnection> {
    const { target, trust, timing, closing, log, scrub, account, wire } = this.#parts;
    const versionSocket = await openTrusted(target, trust, timing.connect, closing);
    const offered = await fetchVersions(versionSocket, target, timing.connect, closing);
    const version = chooseVersion(target.name, offered);
    await this.#awaitLoginBudget();
    const tls = await openTrusted(target, trust, timing.connect, closing);
    const connection = await Connection.open(tls, target, timing, log, wire);
    const abort = (): void => connection.close("the client was closed");
    closing.addEventListener("abort", abort, { once: true });
    try {
      const call = (method: string, params: readonly unknown[]) => this.#call(connection, method, params);
      closing.throwIfAborted();
      this.#logins.push(performance.now());
      await login(call, account, version.login, scrub);
      // A job is then answered at its end, with its result, instead of at once with its number.
      await call("core.set_options", [{ legacy_jobs: false }]);
      closing.throwIfAborted();
    } catch (error) {
      connection.close("the login failed");
      throw this.#explain(error);
    } finally {
      closing.removeEventListener("abort", abort);
    }
    connection.onNotification = (method, params) => this.#parts.onNotification(connection, method, params);
    return { connection, version };
  }

  #call(connection: Connection, method: string, params: readonly unknown[]): Promise<unknown> {
    const id = this.#parts.nextId();
    const text = encode({ jsonrpc: "2.0", id, method, params });
    // A refused login is answered late on purpose.
    return connection.request({ id, text, timeoutMs: 3 * this.#parts.timing.connect });
  }

  #explain(error: unknown): unknown {
    const { target, closing, scrub } = this.#parts;
    if (closing.aborted) return new CancelledError(target.name, undefined, false);
    if (error instanceof ConnectionLost) return error.explain(target.name, scrub);
    if (error instanceof AnswerOverdue) return new UnreachableError(target.name, "it does not answer the login");
    if (error instanceof RpcFault) return new UnreachableError(target.name, scrub(error.reason));
    return error;
  }

  async #awaitLoginBudget(): Promise<void> {
    const { timing, closing, log, target } = this.#parts;
    const recent = () => this.#logins.filter((at) => performance.now() - at < timing.loginWindow);
    this.#logins = recent();
    const oldest = this.#logins.at(-maxLogins);
    if (oldest !== undefined) {
      const wait = oldest + timing.loginWindow - performance.now();
      log(`${target.name} lost the connection too often; waiting ${seconds(wait)} before the next login`);
      await sleep(wait, undefined, { signal: closing });
    }
  }
}
