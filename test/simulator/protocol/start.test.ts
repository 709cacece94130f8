import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { type NasOptions, type SimulatedNas, startNas } from "../../../simulator/nas/start.ts";
import { type Answer, Raw } from "./harness.ts";

describe("startNas", () => {
  const running: SimulatedNas[] = [];
  afterEach(async () => {
    vi.unstubAllEnvs();
    for (const nas of running.splice(0)) await nas.stop();
  });

  const start = async (options: NasOptions = {}): Promise<SimulatedNas> => {
    const nas = await startNas({ penaltyMs: 0, scramIterations: 50_000, ...options });
    running.push(nas);
    return nas;
  };
  const connect = async (nas: SimulatedNas): Promise<Raw> => {
    const raw = await Raw.open(nas);
    await raw.call("auth.login", [nas.username, nas.password]);
    return raw;
  };

  it("starts a NAS of 26 with one pool of 10 TiB", async () => {
    const nas = await start();
    const raw = await connect(nas);
    expect(nas.version).toBe("26.0");
    const pools = (await raw.call("pool.query")).result;
    expect(pools.map(({ name }: Answer) => name)).toEqual(["tank"]);
    expect((await raw.call("nfs.bindip_choices")).result).toEqual({ "127.0.0.1": "127.0.0.1" });
  });

  it("has the pools, file systems, addresses and the release that it is told", async () => {
    const nas = await start({
      version: "25.10",
      pools: [{ name: "big", size: 2 ** 40 }],
      datasets: ["big/k8s-apps/linkding"],
      addresses: ["10.10.10.20"],
      serverVersion: "25.10.2",
    });
    const raw = await connect(nas);
    const rows = (await raw.call("pool.dataset.query", [[], { select: ["id"], order_by: ["id"] }])).result;
    expect(rows).toEqual([{ id: "big" }, { id: "big/k8s-apps" }, { id: "big/k8s-apps/linkding" }]);
    expect((await raw.call("nfs.bindip_choices")).result).toEqual({ "10.10.10.20": "10.10.10.20" });
    expect((await raw.call("system.version")).result).toContain("25.10.2");
  });

  it("lets an administrator change it behind the clients, who hear of it", async () => {
    const nas = await start({ datasets: ["tank/apps"] });
    const raw = await connect(nas);
    await raw.call("core.subscribe", ["sharing.nfs.query"]);
    const share = await nas.admin<{ id: number }>("sharing.nfs.create", {
      path: "/mnt/tank/apps",
      hosts: ["10.10.10.30"],
    });
    expect(await raw.event("sharing.nfs.query")).toMatchObject({ msg: "added", id: share.id });
    expect(nas.stats.calls.has("sharing.nfs.create")).toBe(false);
    await expect(nas.admin("sharing.nfs.get_instance", 99)).rejects.toMatchObject({
      issues: [[null, expect.any(String), 2]],
    });
  });

  it("keeps what it stores over a reboot", async () => {
    const nas = await start({ datasets: ["tank/apps"] });
    await nas.admin("pool.dataset.create", { name: "tank/apps/a" });
    await nas.reboot();
    const raw = await connect(nas);
    expect(
      (await raw.call("pool.dataset.query", [[["id", "=", "tank/apps/a"]], { count: false }])).result,
    ).toHaveLength(1);
  });

  it("writes a recording for the judge where the environment names a folder", async () => {
    const folder = mkdtempSync(join(tmpdir(), "homelab-record-"));
    vi.stubEnv("HOMELAB_RECORD", folder);
    const raw = await connect(await start({ version: "25.10" }));
    await raw.call("core.ping");
    const [file = ""] = readdirSync(folder);
    expect(file).toMatch(new RegExp(`^25\\.10-${process.pid}-\\d+\\.jsonl$`));
    const lines = readFileSync(join(folder, file), "utf8").trim().split("\n");
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      expect.objectContaining({ version: "25.10", method: "auth.login", result: true }),
      { version: "25.10", method: "core.ping", params: [], result: "pong" },
    ]);
    rmSync(folder, { recursive: true });
  });

  it("refuses fewer rounds of key derivation than TrueNAS does", async () => {
    await expect(startNas({ scramIterations: 1000 })).rejects.toThrow(
      "scramIterations is 1000; TrueNAS takes 50000 to 5000000",
    );
  });
});
