import { describe, expect, it } from "vitest";
import type { ApiVersion } from "../../../simulator/nas/method.ts";
import { type Nas, nas, refusal } from "./harness.ts";

const versions: readonly ApiVersion[] = ["25.10", "26.0"];

async function shared(version: ApiVersion): Promise<Nas> {
  const on = nas({ version, datasets: ["big/a/b"] });
  await on.call("sharing.nfs.create", { path: "/mnt/big/a" });
  await on.call("sharing.nfs.create", { path: "/mnt/big/a/b", enabled: false });
  await on.call("sharing.nfs.create", { path: "/mnt/big" });
  await on.call("pool.snapshottask.create", { dataset: "big/a/b" });
  on.events.length = 0;
  return on;
}

const ids = async (on: Nas, method: string): Promise<unknown[]> =>
  (await on.call<{ id: unknown }[]>(method)).map(({ id }) => id);

describe.each(versions)("pool.dataset.delete of %s", (version) => {
  it("touches nothing when there are children", async () => {
    const on = await shared(version);
    expect(await refusal(on.call("pool.dataset.delete", "big/a"))).toEqual({
      message: "Failed to delete dataset: cannot destroy 'big/a': filesystem has children",
      errno: 39,
    });
    expect(on.events).toEqual([]);
    expect(await ids(on, "sharing.nfs.query")).toEqual([1, 2, 3]);
  });

  it("deletes enabled shares and tasks below, then the datasets", async () => {
    const on = await shared(version);
    expect(await on.call("pool.dataset.delete", "big/a", { recursive: true })).toBe(true);
    expect(on.events).toEqual([
      { collection: "sharing.nfs.query", msg: "REMOVED", id: 1 },
      { collection: "pool.snapshottask.query", msg: "REMOVED", id: 1 },
      { collection: "pool.dataset.query", msg: "REMOVED", id: "big/a/b" },
      { collection: "pool.dataset.query", msg: "REMOVED", id: "big/a" },
    ]);
    expect(await ids(on, "sharing.nfs.query")).toEqual([2, 3]);
    expect(await on.call("sharing.nfs.get_instance", 2)).toMatchObject({ enabled: false, locked: true });
    expect(await ids(on, "pool.dataset.query")).toEqual(["big"]);
    expect(on.world.files.exists("/mnt/big/a")).toBe(false);
  });

  it("knows no dataset of an unknown name", async () => {
    expect(await refusal(nas({ version }).call("pool.dataset.delete", "big/x"))).toEqual([
      [null, "PoolDataset big/x does not exist", 2],
    ]);
  });

  it("does not destroy a pool", async () => {
    expect(await refusal(nas({ version }).call("pool.dataset.delete", "big"))).toMatchObject({ errno: 14 });
  });
});

describe("snapshots of a dataset that is to go", () => {
  const withSnapshot = async (version: ApiVersion): Promise<Nas> => {
    const on = nas({ version, datasets: ["big/a"] });
    await on.call("sharing.nfs.create", { path: "/mnt/big/a" });
    await on.call("pool.snapshot.create", { dataset: "big/a", name: "one" });
    return on;
  };

  it("end it with a failed call in 25.10, after the shares went", async () => {
    const on = await withSnapshot("25.10");
    expect(await refusal(on.call("pool.dataset.delete", "big/a"))).toMatchObject({ errno: 14 });
    expect(await ids(on, "sharing.nfs.query")).toEqual([]);
    expect(on.world.storage.datasets.has("big/a")).toBe(true);
  });

  it("end it with a validation error 39 in 26, after the shares went", async () => {
    const on = await withSnapshot("26.0");
    expect(await refusal(on.call("pool.dataset.delete", "big/a"))).toMatchObject([
      [expect.any(String), expect.any(String), 39],
    ]);
    expect(await ids(on, "sharing.nfs.query")).toEqual([]);
    expect(on.world.storage.datasets.has("big/a")).toBe(true);
  });

  it("survive a hold in 25.10; 26 releases it", async () => {
    for (const [version, kept] of [
      ["25.10", true],
      ["26.0", false],
    ] as const) {
      const on = await withSnapshot(version);
      await on.call("pool.snapshot.hold", "big/a@one");
      const deletion = on.call("pool.dataset.delete", "big/a", { recursive: true });
      if (kept) expect(await refusal(deletion)).toMatchObject({ errno: 16 });
      else await deletion;
      expect(on.world.storage.datasets.has("big/a")).toBe(kept);
    }
  });
});

describe("a dataset that is busy", () => {
  it("is an error in 25.10 unless forced, and a silent failure in 26", async () => {
    const old = nas({ version: "25.10", datasets: ["big/a"] });
    const dataset = old.world.storage.datasets.get("big/a");
    if (dataset) dataset.busy = true;
    expect(await refusal(old.call("pool.dataset.delete", "big/a"))).toMatchObject({ errno: 16 });
    expect(await old.call("pool.dataset.delete", "big/a", { force: true })).toBe(true);
    expect(old.world.storage.datasets.has("big/a")).toBe(false);

    const on = nas({ datasets: ["big/a"] });
    const busy = on.world.storage.datasets.get("big/a");
    if (busy) busy.busy = true;
    expect(await on.call("pool.dataset.delete", "big/a", { force: true })).toBe(true);
    expect(on.world.storage.datasets.has("big/a")).toBe(true);
  });
});

describe("pool.dataset.rename", () => {
  it("wants force, moves children and leaves shares behind", async () => {
    const on = await shared("26.0");
    expect(await refusal(on.call("pool.dataset.rename", "big/a", { new_name: "big/c" }))).toMatchObject([
      ["pool.dataset.rename.force", expect.any(String), 22],
    ]);
    await on.call("pool.dataset.rename", "big/a", { new_name: "big/c", force: true });
    expect(await ids(on, "pool.dataset.query")).toEqual(["big", "big/c", "big/c/b"]);
    expect(await on.call("sharing.nfs.get_instance", 1)).toMatchObject({ path: "/mnt/big/a", locked: true });
  });
});
