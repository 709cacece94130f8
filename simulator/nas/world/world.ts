import { randomBytes, randomUUID } from "node:crypto";
import type { ApiVersion } from "../method.ts";
import { Clock } from "./clock.ts";
import { upwards } from "./dataset.ts";
import { Directory } from "./directory.ts";
import { Files } from "./files.ts";
import { SnapshotSchedule, type SnapshotTask } from "./retention.ts";
import {
  initialNfsConfig,
  initialServices,
  initialSmbConfig,
  type NfsConfig,
  type NfsShare,
  type Service,
  type SmbConfig,
  type SmbShare,
} from "./sharing.ts";
import { Storage } from "./storage.ts";

const TiB = 2 ** 40;

export interface WorldOptions {
  /** Default "26.0". */
  readonly version?: ApiVersion;
  /** Sizes in bytes. Default: one pool "tank" of 10 TiB. */
  readonly pools?: readonly { readonly name: string; readonly size: number }[];
  /** File systems that exist already; their ancestors are made. */
  readonly datasets?: readonly string[];
  /** The NAS's own addresses. Default ["127.0.0.1"]. */
  readonly addresses?: readonly string[];
  /** Default "truenas". */
  readonly hostname?: string;
  /** What system.version tells. Default: a release of `version`. */
  readonly serverVersion?: string;
  /** Milliseconds since 1970 at which the clock stands until it is advanced. Default: it runs with real time. */
  readonly start?: number;
}

/** Releases of the middleware that the simulator was written from. */
const releases: Readonly<Record<ApiVersion, string>> = { "25.10": "25.10.6", "26.0": "26.0.0-BETA.3" };

/** Everything the simulated NAS stores: plain state, without the rules and shapes of the API. */
export class World {
  readonly version: ApiVersion;
  readonly clock: Clock;
  readonly storage: Storage;
  readonly files: Files;
  readonly directory: Directory;
  readonly schedule: SnapshotSchedule;
  readonly addresses: readonly string[];
  readonly hostname: string;
  readonly serverVersion: string;
  readonly hostId: string = randomBytes(32).toString("hex");
  readonly services: Service[];
  readonly nfsShares: NfsShare[] = [];
  readonly smbShares: SmbShare[] = [];
  readonly snapshotTasks: SnapshotTask[] = [];
  /** Names that the NAS can resolve, with their addresses. Addresses resolve to themselves. */
  readonly names: Map<string, string>;
  nfsConfig: NfsConfig = initialNfsConfig;
  smbConfig: SmbConfig;
  /** Changes with every boot. */
  bootId: string = randomUUID();
  bootedAt: number;
  state: "BOOTING" | "READY" | "SHUTTING_DOWN" = "READY";

  constructor(options: WorldOptions = {}) {
    this.version = options.version ?? "26.0";
    this.clock = new Clock(options.start);
    this.storage = new Storage(this.clock);
    this.files = new Files(this.storage, this.clock);
    this.directory = new Directory();
    this.addresses = options.addresses ?? ["127.0.0.1"];
    this.hostname = options.hostname ?? "truenas";
    this.serverVersion = options.serverVersion ?? releases[this.version];
    this.services = initialServices(this.version);
    this.smbConfig = initialSmbConfig(this.hostname);
    this.names = new Map([
      ["localhost", "127.0.0.1"],
      [this.hostname, this.addresses[0] ?? "127.0.0.1"],
    ]);
    this.bootedAt = this.clock.now();
    const removalProperty = (): string => this.removalProperty;
    this.schedule = new SnapshotSchedule(this.storage, this.clock, () => this.snapshotTasks, removalProperty);
    for (const { name, size } of options.pools ?? [{ name: "tank", size: 10 * TiB }]) this.storage.addPool(name, size);
    for (const name of options.datasets ?? []) this.addDataset(name);
  }

  /** The user property in which a snapshot carries a removal date of its own. */
  get removalProperty(): string {
    return `org.truenas:destroy_at_${this.hostId.slice(0, 8)}`;
  }

  /** Makes a file system and the ancestors that are missing. The pool has to be there. */
  addDataset(name: string): void {
    for (const each of [...upwards(name)].reverse())
      if (!this.storage.datasets.has(each)) this.storage.create({ name: each });
  }

  service(name: string): Service | undefined {
    return this.services.find(({ service }) => service === name);
  }

  start(service: Service): boolean {
    if (service.startFailure !== undefined) return false;
    service.running = true;
    service.pids.splice(0, service.pids.length, 2000 + service.id);
    return true;
  }

  stop(service: Service): void {
    service.running = false;
    service.pids.length = 0;
  }

  /** The address of a host; undefined when it cannot be resolved. */
  resolve(host: string): string | undefined {
    return /^[\d.]+$|:/.test(host) ? host : this.names.get(host);
  }

  /** Starts anew, as after a reboot: another boot id, and the services that start on boot. */
  reboot(): void {
    this.bootId = randomUUID();
    this.bootedAt = this.clock.now();
    this.state = "READY";
    for (const service of this.services) {
      this.stop(service);
      if (service.enable) this.start(service);
    }
  }
}

/** The next free number of a table. */
export const nextId = (rows: readonly { readonly id: number }[]): number =>
  Math.max(0, ...rows.map(({ id }) => id)) + 1;
