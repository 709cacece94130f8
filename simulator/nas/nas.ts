import { Accounts } from "./auth/accounts.ts";
import { type Credential, credentialData } from "./auth/credential.ts";
import { RateLimit } from "./auth/rate-limit.ts";
import { Tokens } from "./auth/tokens.ts";
import type { Certificate } from "./certificate.ts";
import type { Connection } from "./connection.ts";
import type { FaultHands } from "./fault-course.ts";
import type { Faults } from "./faults.ts";
import { type Job, Jobs, visibleTo } from "./jobs.ts";
import type { ApiVersion, Method } from "./method.ts";
import type { World } from "./world/world.ts";

/** What may be set about the machine; see NasOptions in start.ts. */
export interface NasSettings {
  readonly version: ApiVersion;
  readonly latency: number;
  readonly penaltyMs: number;
  readonly scramIterations: number;
}

/** What goes wrong, and what it may lay hands on. */
export interface Trouble {
  readonly faults: Faults;
  readonly hands: FaultHands;
}

/** Counts for tests. */
export class Stats {
  /** Successful logins. */
  logins = 0;
  /** Calls per method. */
  readonly calls = new Map<string, number>();
  /** The most calls that were under way at once, on all connections. */
  maxInFlight = 0;
  #inFlight = 0;

  begin(method: string): void {
    this.calls.set(method, (this.calls.get(method) ?? 0) + 1);
    this.#inFlight += 1;
    this.maxInFlight = Math.max(this.maxInFlight, this.#inFlight);
  }

  end(): void {
    this.#inFlight -= 1;
  }

  reset(): void {
    this.logins = 0;
    this.calls.clear();
    this.maxInFlight = this.#inFlight;
  }
}

/** The running middleware: everything that is neither stored state nor transport. */
export class Nas {
  readonly world: World;
  readonly settings: NasSettings;
  readonly certificate: Certificate;
  readonly methods: ReadonlyMap<string, readonly Method[]>;
  readonly accounts: Accounts;
  readonly tokens: Tokens;
  readonly rateLimit: RateLimit;
  readonly jobs: Jobs;
  readonly connections = new Set<Connection>();
  readonly stats = new Stats();
  readonly trouble: Trouble;
  /** Aborted when the machine goes down; a new one after. */
  power = new AbortController();

  constructor(
    world: World,
    settings: NasSettings,
    certificate: Certificate,
    methods: readonly Method[],
    trouble: Trouble,
  ) {
    this.world = world;
    this.trouble = trouble;
    this.settings = settings;
    this.certificate = certificate;
    this.methods = Map.groupBy(methods, (method) => method.name);
    this.accounts = new Accounts(world, settings.scramIterations);
    const now = (): number => world.clock.now();
    this.tokens = new Tokens(now);
    this.rateLimit = new RateLimit(now);
    this.jobs = new Jobs(
      () => new Date(world.clock.now()),
      (kind, job) => this.#announceJob(kind, job),
    );
  }

  /** The method as that version knows it; undefined when it does not. */
  method(name: string, version: ApiVersion): Method | undefined {
    return this.methods.get(name)?.findLast((method) => method.versions?.includes(version) ?? true);
  }

  login(connection: Connection, credential: Credential): void {
    connection.credential = credential;
    this.stats.logins += 1;
    this.emit("auth.sessions", "ADDED", connection.id, this.sessionRow(connection, credential));
  }

  logout(connection: Connection): void {
    const { credential } = connection;
    if (!credential) return;
    if (credential.token) this.tokens.destroy(credential.token);
    connection.credential = undefined;
    connection.subscriptions.clear();
    this.emit("auth.sessions", "REMOVED", connection.id);
  }

  /** The row of auth.sessions. */
  sessionRow(connection: Connection, credential: Credential, viewer?: Connection): Record<string, unknown> {
    return {
      id: connection.id,
      current: connection === viewer,
      internal: false,
      origin: `${connection.address}:${connection.port}`,
      credentials: credential.type,
      credentials_data: credentialData(credential),
      created_at: credential.loginAt,
      secure_transport: connection.secure,
    };
  }

  /** Tells the subscribers of a collection. */
  emit(collection: string, msg: "ADDED" | "CHANGED" | "REMOVED", id: unknown, fields?: unknown): void {
    const event = {
      msg: msg.toLowerCase(),
      collection,
      id,
      ...(msg !== "REMOVED" && fields !== undefined ? { fields } : {}),
    };
    for (const connection of this.connections) connection.notify(event);
  }

  /** The latency that each answer has. */
  async delay(): Promise<void> {
    const { latency } = this.settings;
    if (latency > 0) await new Promise((resolve) => setTimeout(resolve, latency));
  }

  /** Whether the connection may hear of this event: the method of that name tells who may read it. */
  maySubscribe(connection: Connection, name: string): boolean {
    const { session } = connection;
    if (!session) return false;
    if (session.fullAdmin) return true;
    const method = this.method(name.split(":")[0] ?? name, connection.version);
    return (
      method !== undefined && (!Array.isArray(method.access) || method.access.some((role) => session.roles.has(role)))
    );
  }

  /** Waits what a refused login costs, or a client that asks too often: a time between the bounds, in seconds at the default. */
  async penalty(least: number, most: number): Promise<void> {
    const { penaltyMs } = this.settings;
    await new Promise((resolve) => setTimeout(resolve, penaltyMs * (least + Math.random() * (most - least))));
  }

  /** Ends what is under way and forgets what lives in memory only. */
  forget(): void {
    this.power.abort();
    this.power = new AbortController();
    this.tokens.clear();
    this.jobs.reset();
  }

  #announceJob(kind: "ADDED" | "CHANGED", job: Job): void {
    if (!this.jobs.knows(job)) return;
    for (const connection of this.connections) {
      const { session } = connection;
      if (!session || !visibleTo(job, session)) continue;
      connection.notify({
        msg: kind.toLowerCase(),
        collection: "core.get_jobs",
        id: job.id,
        fields: job.row(session.fullAdmin),
      });
    }
  }
}
