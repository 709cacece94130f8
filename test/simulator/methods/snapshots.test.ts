import { describe, expect, it } from "vitest";
import type { ApiVersion } from "../../../simulator/nas/method.ts";
import { day, hour, minute } from "../../../simulator/nas/world/clock.ts";
import { attributes, type Nas, nas, refusal } from "./harness.ts";

const schema = "hs-hourly-%Y-%m-%d_%H-%M";
const hourly = { dataset: "big/a", naming_schema: schema, lifetime_value: 3, lifetime_unit: "HOUR" };
const names = (on: Nas, dataset = "big/a"): string[] => [
  ...(on.world.storage.datasets.get(dataset)?.snapshots.keys() ?? []),
];
const at = (hours: number, date = "2026-08-03"): string => `hs-hourly-${date}_${String(hours).padStart(2, "0")}-00`;

describe("pool.snapshottask.create", () => {
  it("has the server's defaults", async () => {
    const on = nas({ datasets: ["big/a"] });
    const row = await on.call("pool.snapshottask.create", { dataset: "big/a", schedule: { hour: "3" } });
    expect(row).toEqual({
      id: 1,
      dataset: "big/a",
      recursive: false,
      lifetime_value: 2,
      lifetime_unit: "WEEK",
      enabled: true,
      exclude: [],
      naming_schema: "auto-%Y-%m-%d_%H-%M",
      allow_empty: true,
      schedule: { minute: "00", hour: "3", dom: "*", month: "*", dow: "*", begin: "00:00", end: "23:59" },
      vmware_sync: false,
      state: { state: "PENDING" },
    });
    expect(on.events).toEqual([{ collection: "pool.snapshottask.query", msg: "ADDED", id: 1, fields: row }]);
    expect(await on.call("pool.snapshottask.create", { dataset: "big/a", schedule: { hour: "3" } })).toMatchObject({
      id: 2,
    });
  });

  it.each([
    [{ dataset: "big/none" }, "periodic_snapshot_create.dataset"],
    [{ exclude: ["big/a/b"] }, "periodic_snapshot_create.exclude"],
    [{ recursive: true, exclude: ["big/b"] }, "periodic_snapshot_create.exclude.0"],
    [{ naming_schema: "daily-%Y-%m-%d" }, "data.naming_schema"],
    [{ naming_schema: "%Y%m%d%H%M/x" }, "data.naming_schema"],
    [{ naming_schema: "%s-%Y" }, "data.naming_schema"],
    [{ schedule: { minute: "60" } }, "data.schedule.minute"],
    [{ schedule: { begin: "25:00" } }, "data.schedule.begin"],
    [{ lifetime_unit: "MINUTE" }, "data.lifetime_unit"],
  ])("refuses %j", async (data, attribute) => {
    const on = nas({ datasets: ["big/a/b", "big/b"] });
    expect(await attributes(on.call("pool.snapshottask.create", { dataset: "big/a", ...data }))).toEqual([attribute]);
  });
});

describe("the schedule", () => {
  it("takes snapshots at its minutes and keeps them for their lifetime", async () => {
    const on = nas({ datasets: ["big/a"] });
    await on.call("pool.snapshottask.create", hourly);
    on.world.clock.advance(54 * minute);
    expect(names(on)).toEqual([]);
    on.world.clock.advance(minute);
    expect(names(on)).toEqual([at(10)]);
    on.world.clock.advance(5 * hour);
    expect(names(on)).toEqual([at(12), at(13), at(14), at(15)]);
    expect(await on.call("pool.snapshottask.get_instance", 1)).toMatchObject({
      state: { state: "FINISHED", datetime: new Date("2026-08-03T15:00:00Z"), last_snapshot: `big/a@${at(15)}` },
    });
  });

  it("keeps the newest of a naming schema, however old", async () => {
    const on = nas({ datasets: ["big/a"] });
    await on.call("pool.snapshottask.create", { ...hourly, schedule: { hour: "10", dom: "3" } });
    on.world.clock.advance(20 * day);
    expect(names(on)).toEqual([at(10)]);
  });

  it("honours hours of the day, days of the week and disabled tasks", async () => {
    const on = nas({ datasets: ["big/a", "big/b"] });
    const year = { lifetime_value: 1, lifetime_unit: "YEAR" };
    await on.call("pool.snapshottask.create", {
      ...hourly,
      ...year,
      schedule: { minute: "*/30", begin: "09:00", end: "10:30", dow: "mon-tue" },
    });
    await on.call("pool.snapshottask.create", { ...hourly, dataset: "big/b", enabled: false });
    on.world.clock.advance(4 * day);
    expect(names(on)).toEqual(
      ["03_09-30", "03_10-00", "03_10-30", "04_09-00", "04_09-30", "04_10-00", "04_10-30"].map(
        (rest) => `hs-hourly-2026-08-${rest}`,
      ),
    );
    expect(names(on, "big/b")).toEqual([]);
  });

  it("follows the calendar for months", async () => {
    const on = nas({ datasets: ["big/a"] });
    const monthly = {
      dataset: "big/a",
      naming_schema: schema,
      lifetime_value: 2,
      lifetime_unit: "MONTH",
      schedule: { hour: "0", dom: "1" },
    };
    await on.call("pool.snapshottask.create", monthly);
    on.world.clock.advance(150 * day);
    expect(names(on)).toEqual(["2026-11-01", "2026-12-01"].map((date) => at(0, date)));
  });

  it("goes down the tree, but not where it is told not to", async () => {
    const on = nas({ datasets: ["big/a/b/c", "big/a/d"] });
    await on.call("pool.snapshottask.create", { ...hourly, recursive: true, exclude: ["big/a/b"] });
    await on.call("pool.snapshottask.run", 1);
    const taken = ["big/a", "big/a/b", "big/a/b/c", "big/a/d"].map((dataset) => names(on, dataset).length);
    expect(taken).toEqual([1, 0, 0, 1]);
  });

  it("skips what has not changed where empty snapshots are not wanted", async () => {
    const on = nas({ datasets: ["big/a"] });
    await on.call("pool.snapshottask.create", { ...hourly, allow_empty: false });
    on.world.clock.advance(hour);
    on.world.clock.advance(hour);
    expect(names(on)).toEqual([at(10)]);
    on.world.files.write("/mnt/big/a/file", "x");
    on.world.clock.advance(hour);
    expect(names(on)).toEqual([at(10), at(12)]);
  });

  it("prunes hand-made snapshots whose name fits, and no others", async () => {
    const on = nas({ datasets: ["big/a"] });
    await on.call("pool.snapshottask.create", hourly);
    for (const name of [at(1, "2026-08-01"), "hs-hourly-2026-08-01_01-17", "manual"]) {
      await on.call("pool.snapshot.create", { dataset: "big/a", name });
    }
    on.world.clock.advance(hour);
    expect(names(on)).toEqual(["hs-hourly-2026-08-01_01-17", "manual", at(10)]);
  });

  it("leaves held snapshots alone", async () => {
    const on = nas({ datasets: ["big/a"] });
    await on.call("pool.snapshottask.create", hourly);
    on.world.clock.advance(hour);
    await on.call("pool.snapshot.hold", `big/a@${at(10)}`);
    on.world.clock.advance(day);
    expect(names(on)[0]).toBe(at(10));
    await on.call("pool.snapshot.release", `big/a@${at(10)}`);
    on.world.clock.advance(hour);
    expect(names(on)).not.toContain(at(10));
  });

  it("runs on request only when enabled", async () => {
    const on = nas({ datasets: ["big/a"] });
    await on.call("pool.snapshottask.create", { ...hourly, enabled: false });
    expect(await refusal(on.call("pool.snapshottask.run", 1))).toEqual({ message: "Task is not enabled", errno: 14 });
  });
});

describe("a removal date that is fixed", () => {
  const withThree = async (): Promise<Nas> => {
    const on = nas({ datasets: ["big/a"] });
    await on.call("pool.snapshottask.create", hourly);
    on.world.clock.advance(3 * hour);
    expect(names(on)).toEqual([at(10), at(11), at(12)]);
    return on;
  };

  it("lets snapshots of a deleted task go when their time has come", async () => {
    const on = await withThree();
    expect(await on.call("pool.snapshottask.delete_will_change_retention_for", 1)).toEqual({
      "big/a": [at(10), at(11), at(12)],
    });
    await on.call("pool.snapshottask.delete", 1, { fixate_removal_date: true });
    on.world.clock.advance(2 * hour);
    expect(names(on)).toEqual([at(12)]);
    on.world.clock.advance(hour);
    expect(names(on)).toEqual([]);
  });

  it("is missing otherwise: they stay for ever", async () => {
    const on = await withThree();
    await on.call("pool.snapshottask.delete", 1);
    on.world.clock.advance(30 * day);
    expect(names(on)).toEqual([at(10), at(11), at(12)]);
  });

  it("covers snapshots that the changed task no longer owns", async () => {
    const on = await withThree();
    const change = { naming_schema: "other-%Y-%m-%d_%H-%M" };
    expect(await on.call("pool.snapshottask.update_will_change_retention_for", 1, change)).toEqual({
      "big/a": [at(10), at(11), at(12)],
    });
    await on.call("pool.snapshottask.update", 1, { ...change, fixate_removal_date: true });
    on.world.clock.advance(2 * hour);
    expect(names(on)).toEqual([at(12), "other-2026-08-03_13-00", "other-2026-08-03_14-00"]);
  });

  it("does not cover a shorter lifetime, which the server does not count as a change of retention", async () => {
    const on = await withThree();
    const change = { lifetime_value: 1 };
    expect(await on.call("pool.snapshottask.update_will_change_retention_for", 1, change)).toEqual({});
    await on.call("pool.snapshottask.update", 1, { ...change, fixate_removal_date: true });
    on.world.clock.advance(0);
    expect(names(on)).toEqual([at(12)]);
  });

  it("shows in the retention of a snapshot", async () => {
    const on = await withThree();
    const query = { extra: { retention: true } };
    const [first] = await on.call<object[]>("pool.snapshot.query", [], query);
    expect(first).toMatchObject({
      retention: {
        source: "periodic_snapshot_task",
        periodic_snapshot_task_id: 1,
        datetime: new Date("2026-08-03T13:00:00Z"),
      },
    });
    await on.call("pool.snapshottask.delete", 1, { fixate_removal_date: true });
    const [again] = await on.call<object[]>("pool.snapshot.query", [], query);
    expect(again).toMatchObject({ retention: { source: "property", datetime: new Date("2026-08-03T13:00:00Z") } });
  });
});

describe("pool.snapshot", () => {
  const versions: readonly ApiVersion[] = ["25.10", "26.0"];

  it.each(versions)("of %s refuses a name that is taken", async (version) => {
    const on = nas({ version, datasets: ["big/a"] });
    const row = await on.call("pool.snapshot.create", { dataset: "big/a", name: "one" });
    expect(row).toMatchObject({
      id: "big/a@one",
      dataset: "big/a",
      snapshot_name: "one",
      pool: "big",
      createtxg: expect.stringMatching(/^\d+$/),
    });
    const again = await refusal(on.call("pool.snapshot.create", { dataset: "big/a", name: "one" }));
    expect(version === "26.0" ? again : [again]).toMatchObject(
      version === "26.0" ? [[expect.any(String), expect.any(String), 17]] : [{ errno: 17 }],
    );
  });

  it("takes a name or a schema, not both and not neither", async () => {
    const on = nas({ datasets: ["big/a"] });
    expect(await on.call("pool.snapshot.create", { dataset: "big/a", naming_schema: "x-%Y%m%d%H%M" })).toMatchObject({
      snapshot_name: "x-202608030905",
    });
    await expect(on.call("pool.snapshot.create", { dataset: "big/a" })).rejects.toThrow();
    await expect(
      on.call("pool.snapshot.create", { dataset: "big/a", name: "a", naming_schema: "x-%Y%m%d%H%M" }),
    ).rejects.toThrow();
  });

  it("keeps what it saw", async () => {
    const on = nas({ datasets: ["big/a"] });
    on.world.files.write("/mnt/big/a/file", "old");
    await on.call("pool.snapshot.create", { dataset: "big/a", name: "one" });
    on.world.files.write("/mnt/big/a/file", "new");
    const kept = on.world.storage.snapshot("big/a@one")?.root?.children.get("file");
    expect(kept?.kind === "FILE" && new TextDecoder().decode(kept.data)).toBe("old");
  });

  it("is not deleted while it is held; holds are read on request", async () => {
    const on = nas({ version: "25.10", datasets: ["big/a"] });
    await on.call("pool.snapshot.create", { dataset: "big/a", name: "one" });
    await on.call("pool.snapshot.hold", "big/a@one");
    expect(await refusal(on.call("pool.snapshot.delete", "big/a@one"))).toMatchObject({ errno: 16 });
    const [plain] = await on.call<object[]>("pool.snapshot.query");
    const [held] = await on.call<object[]>("pool.snapshot.query", [], { extra: { holds: true } });
    expect(plain).not.toHaveProperty("holds");
    expect(held).toMatchObject({ holds: { truenas: 1785747900 } });
    await on.call("pool.snapshot.release", "big/a@one");
    expect(await on.call("pool.snapshot.delete", "big/a@one")).toBe(true);
    expect(await refusal(on.call("pool.snapshot.delete", "big/a@one"))).toEqual([
      [null, "PoolSnapshot big/a@one does not exist", 2],
    ]);
  });

  it("a rollback brings back what it saw, and wants newer snapshots out of the way", async () => {
    const on = nas({ datasets: ["big/a", "big/a/child"] });
    on.world.files.write("/mnt/big/a/file", "old");
    await on.call("pool.snapshot.create", { dataset: "big/a", name: "one" });
    await on.call("filesystem.setperm", { path: "/mnt/big/a", mode: "700" });
    on.world.files.write("/mnt/big/a/file", "new");
    on.world.files.write("/mnt/big/a/more", "x");
    on.world.files.write("/mnt/big/a/child/kept", "y");
    await on.call("pool.snapshot.create", { dataset: "big/a", name: "two" });
    expect(await refusal(on.call("pool.snapshot.rollback", "big/a@one"))).toMatchObject({ errno: 14 });
    await on.call("pool.snapshot.hold", "big/a@two");
    expect(await refusal(on.call("pool.snapshot.rollback", "big/a@one", { recursive: true }))).toMatchObject({
      errno: 14,
    });
    await on.call("pool.snapshot.release", "big/a@two");
    expect(await on.call("pool.snapshot.rollback", "big/a@one", { recursive: true })).toBeNull();
    const file = on.world.files.get("/mnt/big/a/file").node;
    expect(file.kind === "FILE" && new TextDecoder().decode(file.data)).toBe("old");
    expect(on.world.files.exists("/mnt/big/a/more")).toBe(false);
    expect(on.world.files.exists("/mnt/big/a/child/kept")).toBe(true);
    expect(await on.call("filesystem.stat", "/mnt/big/a")).toMatchObject({ mode: 0o040755 });
    expect((await on.call<object[]>("pool.snapshot.query")).map((row) => Reflect.get(row, "id"))).toEqual([
      "big/a@one",
    ]);
    expect(on.events.filter(({ msg }) => msg === "REMOVED").map(({ id }) => id)).toEqual(["big/a@two"]);
  });
});
