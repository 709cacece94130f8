import { randomUUID } from "node:crypto";
import { type Credential, sessionOf } from "./auth/credential.ts";
import type { LoginProgress } from "./auth/login.ts";
import type { ApiVersion, CallSession } from "./method.ts";
import { TooManyCalls } from "./rpc/errors.ts";

const running = 10;
const limit = 20;

/** How a connection puts what it has to say into messages. */
export interface Wire {
  /** A change of a collection. */
  event(event: Record<string, unknown>): unknown;
  /** The end of a subscription that the server cannot serve on. */
  unsubscribed(collection: string, error: unknown, version: ApiVersion): unknown;
}

/** What is fixed about a connection. */
export interface ConnectionFacts {
  readonly address: string;
  readonly port: number;
  /** Whether it came over TLS. */
  readonly secure: boolean;
  /** The API version that its address asked for. */
  readonly version: ApiVersion;
  readonly wire: Wire;
  send(message: unknown): void;
  /** Cuts it without a farewell. */
  cut(): void;
}

/** One client, from connect to disconnect. */
export class Connection {
  readonly id = randomUUID();
  readonly address: string;
  readonly port: number;
  readonly secure: boolean;
  readonly version: ApiVersion;
  readonly subscriptions = new Map<string, string>();
  /** Aborted when the client has gone. */
  readonly closed = new AbortController();
  readonly options = { legacy_jobs: true, private_methods: false, py_exceptions: false };
  credential: Credential | undefined;
  login: LoginProgress | undefined;
  readonly #facts: ConnectionFacts;
  readonly #queue: (() => void)[] = [];
  #calls = 0;

  constructor(facts: ConnectionFacts) {
    this.#facts = facts;
    this.address = facts.address;
    this.port = facts.port;
    this.secure = facts.secure;
    this.version = facts.version;
  }

  /** The caller, once logged in. */
  get session(): CallSession | undefined {
    return this.credential && sessionOf(this.credential);
  }

  send(message: unknown): void {
    if (!this.closed.signal.aborted) this.#facts.send(message);
  }

  cut(): void {
    this.#facts.cut();
  }

  /** Sends a change to the client if it subscribed to the collection, or to everything. */
  notify(event: Record<string, unknown> & { readonly collection: string }): void {
    const names = [...this.subscriptions.values()];
    if (names.includes(event.collection) || names.includes("*")) this.send(this.#facts.wire.event(event));
  }

  /** Ends the subscriptions of a collection and says why. */
  dropSubscriptions(collection: string, error: unknown): void {
    for (const [ident, name] of this.subscriptions) {
      if (name !== collection) continue;
      this.subscriptions.delete(ident);
      this.send(this.#facts.wire.unsubscribed(collection, error, this.version));
    }
  }

  /**
   * Runs a call among at most ten; ten more wait.
   *
   * @throws TooManyCalls for the twenty-first.
   */
  async admit<T>(body: () => Promise<T>): Promise<T> {
    if (this.#calls >= limit) throw new TooManyCalls(limit);
    this.#calls += 1;
    try {
      if (this.#calls > running) await new Promise<void>((resolve) => this.#queue.push(resolve));
      return await body();
    } finally {
      this.#calls -= 1;
      this.#queue.shift()?.();
    }
  }
}
