import { randomBytes } from "node:crypto";
import type { Accounts } from "./auth/accounts.ts";
import type { Fault, Faults } from "./faults.ts";
import { startMachine } from "./machine.ts";
import type { ApiVersion } from "./method.ts";
import { methods } from "./methods/index.ts";
import { NfsClient } from "./nfs-client.ts";
import { fileRecorder, type WireRecord } from "./recorder.ts";
import { World } from "./world/world.ts";

export type { Fault, FaultEffect, FaultPoint } from "./faults.ts";
export type { WireRecord } from "./recorder.ts";
export { fillerOf } from "./world/storage.ts";

const tebibyte = 2 ** 40;

/** How the simulated NAS is set up. */
export interface NasOptions {
  /** API that it speaks. Default "26.0". */
  readonly version?: ApiVersion;
  /** Port for HTTPS. Default 0: any that is free. */
  readonly port?: number;
  /** Port for plain HTTP as well, which burns every API key that is sent over it. Default: none. */
  readonly insecurePort?: number;
  /** Milliseconds added to each answer. Default 0. */
  readonly latency?: number;
  /** Default: one pool "tank" of 10 TiB. Sizes in bytes. */
  readonly pools?: readonly { readonly name: string; readonly size: number }[];
  /** File systems that exist already; their ancestors are made. */
  readonly datasets?: readonly string[];
  /** Its own addresses, which nfs.bindip_choices offers. Default ["127.0.0.1"]. */
  readonly addresses?: readonly string[];
  /** Default "truenas". */
  readonly hostname?: string;
  /** Names and addresses of its certificate besides 127.0.0.1 and localhost. */
  readonly certificateNames?: readonly string[];
  /** What it says it runs, to play an unknown or too old NAS: "25.04.2", "27.0.0". Default: the release of `version`. */
  readonly serverVersion?: string;
  /** Gets every call. Default: appended to `$HOMELAB_RECORD/<version>-<pid>-<n>.jsonl` when that variable is set. */
  readonly record?: (entry: WireRecord) => void;
  /** Rounds of SCRAM's key derivation, at least 50000. Default 500000. */
  readonly scramIterations?: number;
  /** Milliseconds that a refused login costs; a client that asks too often waits up to ten times as long. Default 1000. */
  readonly penaltyMs?: number;
  /** Milliseconds after which a silent connection is cut. Default as the version has it: 25.10 one minute, 26.0 an hour. */
  readonly idleMs?: number;
  /** Milliseconds that a reboot takes. Default 100. */
  readonly bootMs?: number;
  /** What goes wrong from the start. Default: nothing. */
  readonly faults?: readonly Fault[];
}

/** A simulated NAS that answers on the loopback address. */
export interface SimulatedNas {
  /** For example "127.0.0.1:43121". */
  readonly endpoint: string;
  /** The same for plain HTTP, where `insecurePort` was given. */
  readonly insecureEndpoint: string | undefined;
  /** PEM, self-signed. */
  readonly certificate: string;
  /** SHA-256 of the certificate, "AB:CD:...". */
  readonly fingerprint: string;
  readonly version: ApiVersion;
  /** The full administrator. */
  readonly username: string;
  readonly apiKey: string;
  readonly password: string;
  readonly world: World;
  /** Who else may log in. */
  readonly accounts: Accounts;
  /** What goes wrong from now on (`set`, `clear`), and what did (`log`). */
  readonly faults: Pick<Faults, "set" | "clear" | "log">;
  readonly stats: { logins: number; readonly calls: Map<string, number>; maxInFlight: number; reset(): void };
  /**
   * What an administrator would do in the user interface: the same checks and effects, events included; neither recorded nor
   * counted. Jobs are followed to their end. Throws ValidationErrors, CallError or MatchNotFound of errors.ts.
   */
  admin<T>(method: string, ...params: unknown[]): Promise<T>;
  /** Requests that the schemas refuse while `body` runs are recorded as broken on purpose. */
  expectInvalid<T>(body: () => Promise<T>): Promise<T>;
  /** A client of its NFS exports, as a pod on a node is one. */
  readonly nfs: NfsClient;
  /** Ends every client's subscriptions to a collection with an error. */
  dropSubscriptions(collection: string, error: unknown): void;
  /** New boot id; jobs, tokens and sessions are lost, clients cut and refused for a moment. */
  reboot(): Promise<void>;
  /** Cuts every client. */
  disconnectAll(): void;
  stop(): Promise<void>;
}

const minute = 60_000;
const leastIterations = 50_000;

/** Starts a simulated NAS (TrueNAS 25.10 or 26) on the loopback address. */
export async function startNas(options: NasOptions = {}): Promise<SimulatedNas> {
  const version = options.version ?? "26.0";
  const scramIterations = options.scramIterations ?? 500_000;
  if (scramIterations < leastIterations) {
    throw new RangeError(
      `startNas: scramIterations is ${scramIterations}; TrueNAS takes ${leastIterations} to 5000000`,
    );
  }
  const world = new World({
    version,
    ...(options.serverVersion === undefined ? {} : { serverVersion: options.serverVersion }),
    pools: options.pools ?? [{ name: "tank", size: 10 * tebibyte }],
    datasets: options.datasets ?? [],
    addresses: options.addresses ?? ["127.0.0.1"],
    hostname: options.hostname ?? "truenas",
  });
  const machine = await startMachine({
    world,
    methods,
    settings: { version, latency: options.latency ?? 0, penaltyMs: options.penaltyMs ?? 1000, scramIterations },
    port: options.port ?? 0,
    insecurePort: options.insecurePort,
    certificateNames: options.certificateNames ?? [],
    idleMs: options.idleMs ?? (version === "26.0" ? 60 * minute : minute),
    bootMs: options.bootMs ?? 100,
    record: options.record ?? fileRecorder(version),
    ...(options.faults === undefined ? {} : { faults: options.faults }),
  });
  const username = "truenas_admin";
  const password = randomBytes(12).toString("base64url");
  machine.accounts.setPassword(username, { password });
  return {
    ...machine,
    version,
    username,
    apiKey: machine.accounts.addKey(username, "homelab-storage"),
    password,
    world,
    nfs: new NfsClient(world),
  };
}
