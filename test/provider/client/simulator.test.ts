import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, it, onTestFinished } from "vitest";
import { TrueNasClient } from "../../../providers/truenas/client/client.ts";
import {
  AuthenticationError,
  CallFailedError,
  NotFoundError,
  ReadOnlyError,
  UncertainError,
  UnsupportedVersionError,
  ValidationError,
} from "../../../providers/truenas/client/errors.ts";
import type { ClientSettings } from "../../../providers/truenas/client/settings.ts";
import type { ApiVersion } from "../../../simulator/nas/method.ts";
import { type NasOptions, type SimulatedNas, startNas } from "../../../simulator/nas/start.ts";
import { rejection, until } from "./fixture.ts";

const run = promisify(execFile);

async function setUp(options: NasOptions = {}, overrides: Partial<ClientSettings> = {}) {
  const nas = await startNas({ scramIterations: 50_000, penaltyMs: 1, ...options });
  const settings = { endpoint: nas.endpoint, username: nas.username, apiKey: nas.apiKey, fingerprint: nas.fingerprint };
  const lines: string[] = [];
  const client = new TrueNasClient({ ...settings, log: (line) => lines.push(line), ...overrides });
  onTestFinished(async () => {
    await client.close();
    await nas.stop();
  });
  return { nas, client, settings, lines };
}

const calls = (nas: SimulatedNas, method: string): number => nas.stats.calls.get(method) ?? 0;

describe.each<[ApiVersion]>([["25.10"], ["26.0"]])("against the simulated TrueNAS %s", (version) => {
  it("logs in once and keeps at most ten calls in flight", async () => {
    const { nas, client } = await setUp({ version, latency: 2 });
    expect((await client.version()).name).toBe(version);
    await Promise.all(Array.from({ length: 100 }, () => client.call("core.get_jobs")));
    expect([nas.stats.logins, calls(nas, "core.get_jobs")]).toEqual([1, 100]);
    expect(nas.stats.maxInFlight).toBeLessThanOrEqual(10);
  });

  it("reads any number of datasets with two queries", async () => {
    const names = Array.from({ length: 40 }, (_, i) => `tank/d${i}`);
    const { nas, client } = await setUp({ version, datasets: names });
    const datasets = client.collection("pool.dataset.query");
    for (const name of names) expect((await datasets.find(name))?.["id"]).toBe(name);
    expect(await datasets.find("tank/none")).toBeUndefined();
    expect(calls(nas, "pool.dataset.query")).toBe(2);
    await client.call("pool.dataset.create", [{ name: "tank/none" }]);
    expect((await datasets.find("tank/none"))?.["id"]).toBe("tank/none");
  });

  it("understands its refusals", async () => {
    const { nas, client } = await setUp({ version }, { destroyProtection: false });
    const invalid = await nas.expectInvalid(() =>
      rejection(client.call("pool.dataset.create", [{ name: "tank/a", nonsense: 1 }]), ValidationError),
    );
    expect(invalid.issues.map((issue) => [issue.lastPart, issue.errno])).toEqual([["nonsense", 22]]);
    await rejection(client.call("pool.dataset.get_instance", ["tank/none"]), NotFoundError);
    await rejection(client.call("pool.dataset.delete", ["tank/none"]), NotFoundError);
    await rejection(client.call("filesystem.stat", ["/mnt/tank/none"]), NotFoundError);
    const one = [[["id", "=", "tank/none"]], { get: true }];
    await rejection(client.call("pool.dataset.query", one), NotFoundError);
    await client.call("pool.dataset.create", [{ name: "tank/a" }]);
    await client.call("pool.dataset.create", [{ name: "tank/a/b" }]);
    expect((await rejection(client.call("pool.dataset.delete", ["tank/a"]), CallFailedError)).errno).toBe(39);
  });

  it("follows a job to its end", async () => {
    const { client } = await setUp({ version, datasets: ["tank/a"] });
    const steps: number[] = [];
    const setperm = client.call("filesystem.setperm", [{ path: "/mnt/tank/a", mode: "770", options: {} }], {
      onProgress: (percent) => steps.push(percent),
    });
    await expect(setperm).resolves.toBeNull();
    expect(steps.at(-1)).toBe(100);
    expect((await client.call<{ mode: number }>("filesystem.stat", ["/mnt/tank/a"])).mode & 0o777).toBe(0o770);
  });

  it("subscribes again after the NAS ended a subscription", async () => {
    const { nas, client } = await setUp({ version, datasets: ["tank/a"] });
    let steps = 0;
    const setperm = () =>
      client.call("filesystem.setperm", [{ path: "/mnt/tank/a", mode: "770" }], {
        onProgress: () => {
          steps += 1;
        },
      });
    await setperm();
    nas.dropSubscriptions("core.get_jobs", null);
    await client.call("core.get_jobs");
    steps = 0;
    await setperm();
    expect(steps).toBeGreaterThan(0);
    expect(calls(nas, "core.subscribe")).toBe(2);
  });

  it("reads on after the connection was cut and after a reboot", async () => {
    const { nas, client } = await setUp({ version });
    await client.call("core.get_jobs");
    nas.disconnectAll();
    await expect(client.call("core.get_jobs")).resolves.toEqual([]);
    await nas.reboot();
    await expect(client.call("core.get_jobs")).resolves.toEqual([]);
    expect(nas.stats.logins).toBe(3);
  });

  it("does not know whether a change happened when the connection is cut meanwhile", async () => {
    const { nas, client } = await setUp({ version, latency: 150 });
    const create = client.call("pool.dataset.create", [{ name: "tank/a" }]);
    await until(() => calls(nas, "pool.dataset.create") === 1);
    nas.disconnectAll();
    await rejection(create, UncertainError);
    await client.collection("pool.dataset.query").find("tank/a");
    expect(calls(nas, "pool.dataset.create")).toBe(1);
  });

  it("is refused with a wrong key", async () => {
    const { client } = await setUp({ version }, { apiKey: `1-${"x".repeat(64)}` });
    expect((await rejection(client.version(), AuthenticationError)).failure).toBe("refused");
  });

  it("trusts its certificate by name as well", async () => {
    const { nas, settings } = await setUp({ version });
    const { endpoint, username, apiKey } = settings;
    const client = new TrueNasClient({ endpoint, username, apiKey, ca: nas.certificate });
    await expect(client.call("core.get_jobs")).resolves.toEqual([]);
    await client.close();
  });

  it("lets the process end without being closed", async () => {
    const { settings } = await setUp({ version });
    const client = new URL("../../../providers/truenas/client/client.ts", import.meta.url).href;
    const program =
      `import { TrueNasClient } from ${JSON.stringify(client)};\n` +
      "const client = new TrueNasClient(JSON.parse(process.env.SETTINGS));\n" +
      'console.log(JSON.stringify(await client.call("core.get_jobs")));\n';
    const env = { ...process.env, SETTINGS: JSON.stringify(settings) };
    const { stdout } = await run(process.execPath, ["--input-type=module", "-e", program], { env, timeout: 20_000 });
    expect(stdout).toBe("[]\n");
  });
});

describe("against other versions", () => {
  it("refuses one that is too old", async () => {
    const { client } = await setUp({ version: "25.10", serverVersion: "25.04.2" });
    await rejection(client.version(), UnsupportedVersionError);
  });

  it("only reads one that is too new", async () => {
    const { nas, client, lines } = await setUp({ serverVersion: "27.0.0" });
    expect(await client.version()).toMatchObject({ name: "27.0", readOnly: true });
    await expect(client.collection("pool.dataset.query").find("tank")).resolves.toMatchObject({ id: "tank" });
    await rejection(client.call("pool.dataset.create", [{ name: "tank/a" }]), ReadOnlyError);
    expect(calls(nas, "pool.dataset.create")).toBe(0);
    expect(lines).toHaveLength(1);
  });
});
