import { setTimeout as wait } from "node:timers/promises";
import type { Accounts } from "./auth/accounts.ts";
import type { Account } from "./auth/credential.ts";
import { makeCertificate } from "./certificate.ts";
import { Connection } from "./connection.ts";
import { dispatch } from "./dispatch.ts";
import { CallError, errno } from "./errors.ts";
import { type Fault, Faults } from "./faults.ts";
import type { Method } from "./method.ts";
import { authMethods } from "./methods/auth.ts";
import { coreMethods } from "./methods/core.ts";
import { Nas, type NasSettings, type Stats } from "./nas.ts";
import { Recorder, type WireRecord } from "./recorder.ts";
import { jsonRpcWire } from "./rpc/json-rpc.ts";
import { NasServer } from "./server.ts";
import { apiNames } from "./versions.ts";
import { fillerOf } from "./world/storage.ts";
import type { World } from "./world/world.ts";

/** What a machine is built from. */
export interface MachineParts {
  readonly world: World;
  readonly methods: readonly Method[];
  readonly settings: NasSettings;
  readonly port: number;
  /** Port for http and ws; undefined: none. */
  readonly insecurePort: number | undefined;
  readonly certificateNames: readonly string[];
  readonly idleMs: number;
  /** How long the machine is away when it reboots. */
  readonly bootMs: number;
  readonly record: ((entry: WireRecord) => void) | undefined;
  /** What goes wrong from the start. Default: nothing. */
  readonly faults?: readonly Fault[];
}

/** A middleware that answers on a port. */
export interface Machine {
  readonly endpoint: string;
  readonly insecureEndpoint: string | undefined;
  readonly certificate: string;
  readonly fingerprint: string;
  readonly accounts: Accounts;
  readonly stats: Stats;
  readonly faults: Faults;
  admin<T>(method: string, ...params: unknown[]): Promise<T>;
  expectInvalid<T>(body: () => Promise<T>): Promise<T>;
  dropSubscriptions(collection: string, error: unknown): void;
  reboot(): Promise<void>;
  disconnectAll(): void;
  stop(): Promise<void>;
}

/** Who acts when the simulation itself does. */
const operator: Account = {
  username: "root",
  uid: 0,
  gid: 0,
  fullName: "root",
  home: "/root",
  shell: "/usr/bin/zsh",
  groups: [0],
  password: null,
  locked: false,
  roles: ["FULL_ADMIN"],
};

/** A caller inside the machine, in place of somebody at its user interface. */
function operatorConnection(nas: Nas): Connection {
  const { version } = nas.settings;
  const facts = {
    address: "127.0.0.1",
    port: 0,
    secure: true,
    version,
    wire: jsonRpcWire,
    send: () => {},
    cut: () => {},
  };
  const connection = new Connection(facts);
  connection.credential = {
    type: "LOGIN_PASSWORD",
    account: operator,
    loginId: "operator",
    loginAt: new Date(nas.world.clock.now()),
  };
  connection.options.legacy_jobs = false;
  return connection;
}

export async function startMachine(parts: MachineParts): Promise<Machine> {
  const certificate = await makeCertificate(parts.certificateNames);
  const faults = new Faults(parts.faults);
  const admin = async <T>(name: string, ...params: unknown[]): Promise<T> => {
    const method = nas.method(name, parts.settings.version);
    if (!method) throw new CallError(`Method '${name}' not found`, errno.ENOMETHOD);
    const result = await dispatch(nas, operatorConnection(nas), method, params, null, { counted: false });
    return structuredClone(result ?? null) as T;
  };
  const reboot = async (): Promise<void> => {
    nas.emit("system.reboot", "ADDED", null, { reason: "Reboot" });
    nas.emit("system.state", "CHANGED", null, { state: "SHUTTING_DOWN" });
    // The farewell needs a turn to leave before the sockets go.
    await wait(5);
    parts.world.state = "SHUTTING_DOWN";
    server.goDown();
    nas.forget();
    parts.world.reboot();
    await wait(parts.bootMs);
    server.goUp();
  };
  const revokeKeys = (): void => {
    for (const { id } of parts.world.directory.apiKeys) nas.accounts.revoke(id, "Revoked");
  };
  const hands = { admin, reboot, revokeKeys, fill: (pool: string) => fillPool(parts.world, pool) };
  // The core's methods come last: a method of the same name yields to them.
  const methods = [...parts.methods, ...authMethods, ...coreMethods];
  const nas = new Nas(parts.world, parts.settings, certificate, methods, { faults, hands });
  const recorder = new Recorder(parts.record);
  const server = new NasServer(
    nas,
    recorder,
    apiNames(parts.settings.version, parts.world.serverVersion),
    parts.idleMs,
  );
  const port = await server.listen(parts.port, true);
  const insecure = parts.insecurePort === undefined ? undefined : await server.listen(parts.insecurePort, false);
  return {
    endpoint: `127.0.0.1:${port}`,
    insecureEndpoint: insecure === undefined ? undefined : `127.0.0.1:${insecure}`,
    certificate: certificate.text,
    fingerprint: certificate.fingerprint,
    accounts: nas.accounts,
    stats: nas.stats,
    faults,
    admin,
    expectInvalid: (body) => recorder.expectInvalid(body),
    dropSubscriptions(collection, error) {
      for (const connection of nas.connections) connection.dropSubscriptions(collection, error);
    },
    reboot,
    disconnectAll: () => server.disconnectAll(),
    async stop() {
      faults.clear();
      await server.close();
      nas.forget();
    },
  };
}

function fillPool(world: World, pool: string): void {
  const root = world.storage.datasets.get(pool);
  if (root) world.files.write(fillerOf(pool), { size: Math.max(0, world.storage.freeInPool(root)) });
}
