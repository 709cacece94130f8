import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it, onTestFinished } from "vitest";
import { TrueNasClient } from "../../../providers/truenas/client/client.ts";
import {
  DestroyProtectionError,
  NotFoundError,
  ReadOnlyError,
  UncertainError,
} from "../../../providers/truenas/client/errors.ts";
import { kindOf } from "../../../providers/truenas/client/methods.ts";
import { dangerOf } from "../../../providers/truenas/client/rails/destruction.ts";
import { safetySnapshotName } from "../../../providers/truenas/client/safety-snapshots.ts";
import type { ClientSettings } from "../../../providers/truenas/client/settings.ts";
import { type NasOptions, startNas } from "../../../simulator/nas/start.ts";
import { callError, type FakeRequest, silence } from "./fake-nas.ts";
import { fixture, rejection } from "./fixture.ts";

async function setUp(options: NasOptions = {}, overrides: Partial<ClientSettings> = {}) {
  const nas = await startNas({ scramIterations: 50_000, penaltyMs: 1, ...options });
  const { endpoint, username, apiKey, fingerprint } = nas;
  const client = new TrueNasClient({ endpoint, username, apiKey, fingerprint, ...overrides });
  onTestFinished(async () => {
    await client.close();
    await nas.stop();
  });
  const task = async (dataset: string, more: object = {}) =>
    (await nas.admin<{ id: number }>("pool.snapshottask.create", { dataset, ...more })).id;
  const tasks = async () =>
    (await nas.admin<{ id: number }[]>("pool.snapshottask.query")).map(({ id }) => id).sort((a, b) => a - b);
  return { nas, client, task, tasks };
}

const fixate = { fixate_removal_date: true };
const wayOut = "nas.destroyProtection: false";

describe("read-only", () => {
  const changes: [string, unknown[]][] = [
    ["pool.dataset.create", [{ name: "tank/a" }]],
    ["pool.dataset.update", ["tank", { comments: "x" }]],
    ["sharing.nfs.delete", [1]],
    ["filesystem.setperm", [{ path: "/mnt/tank/a", mode: "755" }]],
    ["core.bulk", ["pool.dataset.create", [[{ name: "tank/a" }]]]],
    ["core.bulk", ["core.bulk", [["pool.dataset.query", [[]]]]]],
    ["never.heard_of", []],
  ];

  it.each(changes)("%s never leaves, whatever its caller calls it", async (method, params) => {
    const { nas, client } = await setUp({}, { readOnly: true, destroyProtection: false });
    for (const options of [{}, { kind: "read" as const }]) {
      const error = await rejection(client.call(method, params, options), ReadOnlyError);
      expect(error.message).toContain("nas.readOnly: false");
    }
    expect(nas.stats.calls.get(method)).toBeUndefined();
  });

  it("reads, bulks of reads and collections work", async () => {
    const { client } = await setUp({ datasets: ["tank/a"] }, { readOnly: true });
    expect((await client.collection("pool.dataset.query").find("tank/a"))?.["id"]).toBe("tank/a");
    const bulk = await client.call<{ result: object }[]>("core.bulk", ["filesystem.stat", [["/mnt/tank/a"]]]);
    expect(bulk[0]?.result).toMatchObject({ uid: 0 });
  });

  it("a caller may make a read count as a change", async () => {
    const { client } = await setUp({}, { readOnly: true });
    await rejection(client.call("pool.query", [], { kind: "write" }), ReadOnlyError);
  });
});

describe("destroy protection", () => {
  it.each([
    ["pool.dataset.delete", ["tank/a"]],
    ["pool.dataset.delete", ["tank/none"]],
    ["pool.dataset.rename", ["tank/a", { new_name: "tank/b", force: true }]],
    ["pool.dataset.promote", ["tank/a"]],
    ["pool.dataset.change_key", ["tank/a", { generate_key: true }]],
    ["pool.export", [1, { destroy: true }]],
    ["pool.snapshot.delete", ["tank/a@s"]],
    ["pool.snapshot.rollback", ["tank/a@s"]],
    ["zfs.resource.destroy", [{ path: "tank/a" }]],
    ["zfs.snapshot.delete", ["tank/a@s"]],
    ["core.bulk", ["pool.dataset.delete", [["tank/a"]]]],
    ["core.bulk", ["core.bulk", [["pool.dataset.delete", [["tank/a"]]]]]],
    ["core.bulk", ["sharing.nfs.delete", "no list"]],
    ["keychaincredential.delete", [1, { cascade: true }]],
    ["iscsi.extent.delete", [1, true]],
    ["new.purge_everything", []],
    ["new.bulk_delete", []],
    ["new.reset", []],
  ])("%s is refused by default, with the way out", async (method, params) => {
    const { nas, client } = await setUp({ datasets: ["tank/a"] });
    await nas.admin("pool.snapshot.create", { dataset: "tank/a", name: "s" });
    const error = await rejection(client.call(method, params, { kind: "read" }), DestroyProtectionError);
    expect(error.message).toContain(wayOut);
    expect(error.message).not.toContain("undefined");
    expect(nas.stats.calls.get(method)).toBeUndefined();
  });

  it("an export may go, and so may everything when it is switched off", async () => {
    const { nas, client } = await setUp({ datasets: ["tank/a"] });
    const share = { path: "/mnt/tank/a", networks: ["10.0.0.0/24"] };
    const { id } = await nas.admin<{ id: number }>("sharing.nfs.create", share);
    await client.call("sharing.nfs.delete", [id]);
    const off = await setUp({ datasets: ["tank/a"] }, { destroyProtection: false });
    await off.client.call("pool.dataset.delete", ["tank/a"]);
    expect(await off.nas.admin("pool.dataset.query", [["id", "=", "tank/a"]])).toEqual([]);
  });

  const reference = new URL("../../../../shared/truenas-api/", import.meta.url);
  const present = existsSync(reference);
  if (!present) process.stdout.write("SKIPPED: no reference\n");
  it.runIf(present || process.env["CI"] !== undefined).each(["25.10", "26.0"])(
    "every method of TrueNAS %s that reads is open to a reader, and every deletion is decided by name",
    (version) => {
      const { methods } = JSON.parse(readFileSync(new URL(`truenas-api-${version}.json`, reference), "utf8")) as {
        methods: Record<string, { roles?: string[] }>;
      };
      const reads = Object.keys(methods).filter((method) => kindOf(method) === "read");
      // TrueNAS opens these to writers of their own kind only, though they change nothing.
      const narrow = /^(cloudsync\.list_|replication\.(list_|count_)|iscsi\.target\.validate_name$)/;
      const roles = (method: string) => methods[method]?.roles ?? [];
      expect(
        reads.filter(
          (method) => roles(method).length > 0 && !roles(method).includes("READONLY_ADMIN") && !narrow.test(method),
        ),
      ).toEqual([]);
      const unknown = Object.keys(methods).filter((method) => {
        const danger = kindOf(method) === "write" ? dangerOf({ method, params: [] }) : undefined;
        return danger?.kind === "refused" && danger.reason.startsWith("by its name");
      });
      // Virtual machines, containers and boot environments are none of ours: refused by their names alone.
      expect(unknown.filter((method) => !/^(vm|virt|container|boot|vmware)\./.test(method))).toEqual([
        "pool.ddt_prune",
      ]);
    },
  );
});

describe.each(["25.10", "26.0"] as const)("snapshot tasks of TrueNAS %s", (version) => {
  const datasets = ["tank/apps/a", "tank/apps/b"];

  it("one whose datasets others cover may go, the last one may not", async () => {
    const { client, task, tasks } = await setUp({ version, datasets });
    const daily = await task("tank/apps", { recursive: true, naming_schema: "d-%Y-%m-%d_%H-%M" });
    const weekly = await task("tank/apps", { recursive: true, naming_schema: "w-%Y-%m-%d_%H-%M" });
    await client.call("pool.snapshottask.delete", [daily, fixate]);
    expect(await tasks()).toEqual([weekly]);
    const error = await rejection(client.call("pool.snapshottask.delete", [weekly, fixate]), DestroyProtectionError);
    expect(error.reason).toBe(
      "it leaves tank/apps, tank/apps/a, tank/apps/b without periodic snapshots: no other enabled task covers that",
    );
    expect(await tasks()).toEqual([weekly]);
  });

  it("a disabled one covers nothing and may go", async () => {
    const { client, task, tasks } = await setUp({ version, datasets });
    const off = await task("tank/apps/a", { enabled: false });
    const on = await task("tank/apps/a", { naming_schema: "x-%Y-%m-%d_%H-%M" });
    await rejection(client.call("pool.snapshottask.delete", [on, fixate]), DestroyProtectionError);
    await client.call("pool.snapshottask.delete", [off, fixate]);
    expect(await tasks()).toEqual([on]);
  });

  it("one of a dataset that is gone may go", async () => {
    const { nas, client, task, tasks } = await setUp({ version, datasets });
    const id = await task("tank/apps/a", { enabled: false });
    await nas.admin("pool.dataset.delete", "tank/apps/a");
    nas.world.snapshotTasks.splice(0, 1, ...nas.world.snapshotTasks.map((each) => ({ ...each, enabled: true })));
    await client.call("pool.snapshottask.delete", [id, fixate]);
    expect(await tasks()).toEqual([]);
  });

  it.each([
    ["disabling", { enabled: false }],
    ["leaving children out", { recursive: false }],
    ["excluding one", { exclude: ["tank/apps/b"] }],
    ["moving it elsewhere", { dataset: "tank/apps/a", recursive: false }],
  ])("%s is the same as deleting what it covers", async (_what, change) => {
    const { client, task } = await setUp({ version, datasets });
    const id = await task("tank/apps", { recursive: true });
    const request = [id, { ...change, ...fixate }];
    const error = await rejection(client.call("pool.snapshottask.update", request), DestroyProtectionError);
    expect(error.reason).toContain("tank/apps/b");
    await task("tank", { recursive: true, naming_schema: "all-%Y-%m-%d_%H-%M" });
    await client.call("pool.snapshottask.update", request);
  });

  it("what widens it, or changes its time only, passes", async () => {
    const { client, task } = await setUp({ version, datasets });
    const id = await task("tank/apps", { recursive: true, exclude: ["tank/apps/b"] });
    await client.call("pool.snapshottask.update", [id, { exclude: [], ...fixate }]);
    await client.call("pool.snapshottask.update", [id, { schedule: { hour: "3" }, lifetime_value: 4 }]);
  });

  it("the life of snapshots that exist is never shortened", async () => {
    const { client, task } = await setUp({ version, datasets });
    const id = await task("tank/apps/a", { lifetime_value: 4 });
    await task("tank/apps/a", { naming_schema: "y-%Y-%m-%d_%H-%M" });
    for (const [method, params] of [
      ["pool.snapshottask.update", [id, { lifetime_value: 3, lifetime_unit: "DAY" }]],
      ["pool.snapshottask.delete", [id]],
    ] as const) {
      const error = await rejection(client.call(method, params), DestroyProtectionError);
      expect(error.reason).toContain("without fixate_removal_date it shortens the life of snapshots");
    }
    await client.call("pool.snapshottask.update", [id, { lifetime_value: 3, lifetime_unit: "DAY", ...fixate }]);
    await client.call("pool.snapshottask.delete", [id, fixate]);
  });

  it("two that stand in for each other do not go side by side, nor in one bulk", async () => {
    const { client, task, tasks } = await setUp({ version, datasets });
    const ids = [await task("tank/apps/a"), await task("tank/apps/a", { naming_schema: "x-%Y-%m-%d_%H-%M" })];
    const bulk = ["pool.snapshottask.delete", ids.map((id) => [id, fixate])];
    await rejection(client.call("core.bulk", bulk), DestroyProtectionError);
    expect(await tasks()).toEqual(ids);
    const both = await Promise.allSettled(ids.map((id) => client.call("pool.snapshottask.delete", [id, fixate])));
    expect(both.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
    expect(await tasks()).toEqual([ids[1]]);
  });

  it("one that is not there is for the NAS to say", async () => {
    const { client } = await setUp({ version });
    await rejection(client.call("pool.snapshottask.delete", [77, fixate]), NotFoundError);
  });
});

describe("tasks that copy elsewhere", () => {
  const push = { enabled: true, auto: true, direction: "PUSH", recursive: true, exclude: [] };
  const handlers = (rows: Record<string, object[]>) => ({
    "pool.dataset.query": () => ["tank", "tank/a", "tank/a/b"].map((id) => ({ id })),
    "pool.snapshottask.query": () => [{ id: 1, enabled: true, dataset: "tank", recursive: true, exclude: [] }],
    ...Object.fromEntries(
      ["replication", "cloudsync", "cloud_backup", "rsynctask"].flatMap((name) => [
        [
          `${name}.query`,
          (): object[] => {
            if (rows[name] === undefined) throw callError(13, "EACCES", "Not authorized");
            return rows[name];
          },
        ],
        [`${name}.delete`, (): unknown => true],
        [`${name}.update`, (): unknown => ({})],
      ]),
    ),
  });
  const protection = { destroyProtection: true };

  it("a replication is not made up for by snapshots, but by another copy", async () => {
    const replication = [{ id: 1, source_datasets: ["tank/a"], ...push }];
    const alone = await fixture({ handlers: handlers({ replication }) }, {}, protection);
    const error = await rejection(alone.client.call("replication.delete", [1]), DestroyProtectionError);
    expect(error.reason).toBe("it leaves tank/a, tank/a/b without a copy elsewhere: no other enabled task covers that");
    const cloudsync = [{ id: 1, enabled: true, direction: "PUSH", path: "/mnt/tank/a", exclude: [], include: [] }];
    const both = await fixture({ handlers: handlers({ replication, cloudsync }) }, {}, protection);
    await expect(both.client.call("replication.delete", [1])).resolves.toBe(true);
  });

  it("one that leaves files out, is off, pulls, or only runs by hand stands in for nothing", async () => {
    const replication = [{ id: 1, source_datasets: ["tank/a"], ...push }];
    const path = { path: "/mnt/tank", exclude: [], include: [] };
    for (const rows of [
      { cloudsync: [{ ...path, id: 1, enabled: true, direction: "PUSH", exclude: ["*.tmp"] }] },
      { cloudsync: [{ ...path, id: 1, enabled: false, direction: "PUSH" }] },
      { cloudsync: [{ ...path, id: 1, enabled: true, direction: "PULL" }] },
      { replication: [...replication, { id: 2, ...push, source_datasets: ["tank"], auto: false }] },
      { replication: [...replication, { id: 2, ...push, source_datasets: ["tank"], direction: "PULL" }] },
    ]) {
      const { client } = await fixture({ handlers: handlers({ replication, ...rows }) }, {}, protection);
      await rejection(client.call("replication.delete", [1]), DestroyProtectionError);
    }
  });

  it("a narrower pattern, another direction or a smaller path is refused; a wider one passes", async () => {
    const cloudsync = [
      { id: 3, enabled: true, direction: "PUSH", path: "/mnt/tank/a", exclude: ["*.tmp"], include: [] },
    ];
    const { client } = await fixture({ handlers: handlers({ cloudsync }) }, {}, protection);
    for (const change of [
      { exclude: ["*.tmp", "*"] },
      { direction: "PULL" },
      { path: "/mnt/tank/a/b" },
      { enabled: false },
    ])
      await rejection(client.call("cloudsync.update", [3, change]), DestroyProtectionError);
    await client.call("cloudsync.update", [3, { exclude: [], path: "/mnt/tank" }]);
  });

  it("a deletion without an answer counts as both done and not done", async () => {
    let calls = 0;
    const replication = [1, 2].map((id) => ({ id, source_datasets: ["tank/a"], ...push }));
    const { client } = await fixture(
      {
        handlers: {
          ...handlers({ replication }),
          "replication.delete": ({ socket }: FakeRequest) => {
            calls += 1;
            socket.terminate();
            return silence;
          },
        },
      },
      {},
      protection,
    );
    await rejection(client.call("replication.delete", [1]), UncertainError);
    await rejection(client.call("replication.delete", [2]), DestroyProtectionError);
    expect(calls).toBe(1);
  });
});

describe.each(["25.10", "26.0"] as const)("safety snapshots of TrueNAS %s", (version) => {
  const day = 86_400_000;

  it("may be pruned when they are over and nobody holds them, and not before", async () => {
    const { nas, client } = await setUp({ version, datasets: ["tank/a"] });
    const name = safetySnapshotName("permissions", new Date(nas.world.clock.now()));
    const id = `tank/a@${name}`;
    await nas.admin("pool.snapshot.create", { dataset: "tank/a", name });
    const prune = (...options: unknown[]) => client.call("pool.snapshot.delete", [id, ...options]);
    expect((await rejection(prune(), DestroyProtectionError)).reason).toContain("kept longer");
    nas.world.clock.advance(15 * day);
    for (const options of [{ recursive: true }, { defer: true }])
      await rejection(prune(options), DestroyProtectionError);
    await nas.admin("pool.snapshot.hold", id);
    expect((await rejection(prune(), DestroyProtectionError)).reason).toContain("is held (truenas)");
    await nas.admin("pool.snapshot.release", id);
    await prune();
    expect(await nas.admin("pool.snapshot.query", [["id", "=", id]])).toEqual([]);
  });

  it("one with an old date in its name that was made just now is kept", async () => {
    const { nas, client } = await setUp({ version, datasets: ["tank/a"] });
    const name = safetySnapshotName("permissions", new Date(nas.world.clock.now() - 300 * day));
    await nas.admin("pool.snapshot.create", { dataset: "tank/a", name });
    await rejection(client.call("pool.snapshot.delete", [`tank/a@${name}`]), DestroyProtectionError);
  });
});
