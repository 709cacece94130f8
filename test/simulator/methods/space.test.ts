import { describe, expect, it } from "vitest";
import { GiB, nas, refusal, TiB } from "./harness.ts";

type Row = Readonly<Record<string, { readonly parsed: unknown }>>;

describe("space", () => {
  it("adds up from bytes, snapshots and quotas", async () => {
    const { call, world } = nas({ datasets: ["big/a/b"] });
    const number = async (id: string, name: string): Promise<unknown> =>
      (await call<Row>("pool.dataset.get_instance", id))[name]?.parsed;
    world.files.write("/mnt/big/a/b/file", { size: 5 * GiB });
    await call("pool.snapshot.create", { dataset: "big/a/b", name: "one" });
    expect(await number("big/a/b", "usedbysnapshots")).toBe(0);
    world.files.write("/mnt/big/a/b/file", { size: 2 * GiB });
    expect(await number("big/a/b", "usedbysnapshots")).toBe(5 * GiB);
    expect(await number("big/a/b", "usedbydataset")).toBe(2 * GiB + 98_304);
    expect(await number("big/a", "usedbychildren")).toBe(7 * GiB + 98_304);
    const [pool] = await call<{ size: number; allocated: number; free: number }[]>("pool.query");
    expect(pool).toMatchObject({
      size: 10 * TiB,
      allocated: 7 * GiB + 3 * 98_304,
      free: 10 * TiB - 7 * GiB - 3 * 98_304,
    });
    await call("pool.dataset.update", "big/a/b", { refquota: 4 * GiB });
    expect(await number("big/a/b", "available")).toBe(2 * GiB - 98_304);
    await call("pool.dataset.update", "big/a", { quota: 8 * GiB });
    expect(await number("big/a/b", "available")).toBe(GiB - 2 * 98_304);
    await call("pool.snapshot.delete", "big/a/b@one");
    expect(await number("big/a/b", "usedbysnapshots")).toBe(0);
  });

  it("counts reservations of children", async () => {
    const { call } = nas({ datasets: ["big/a"] });
    const before = await call<Row>("pool.dataset.get_instance", "big");
    await call("pool.dataset.update", "big/a", { reservation: 100 * GiB });
    const after = await call<Row>("pool.dataset.get_instance", "big");
    expect(Number(before["available"]?.parsed) - Number(after["available"]?.parsed)).toBe(100 * GiB - 98_304);
  });
});

describe("pool.dataset.set_quota", () => {
  it("sets quotas of the dataset and of users, by name or number", async () => {
    const { call } = nas({ datasets: ["big/a"] });
    const set = (quota_type: string, id: string, quota_value: number | null): object => ({
      quota_type,
      id,
      quota_value,
    });
    await call("pool.dataset.set_quota", "big/a", [
      set("DATASET", "REFQUOTA", 2 * GiB),
      set("USER", "apps", GiB),
      set("USEROBJ", "568", 10),
    ]);
    expect((await call<Row>("pool.dataset.get_instance", "big/a"))["refquota"]?.parsed).toBe(2 * GiB);
    const rows = await call("pool.dataset.get_quota", "big/a", "USER", [["id", "=", 568]]);
    expect(rows).toEqual([
      { quota_type: "USER", id: 568, name: "apps", quota: GiB, used_bytes: 0, obj_quota: 10, obj_used: 0 },
    ]);
    expect(await refusal(call("pool.dataset.set_quota", "big/a", [set("USER", "root", GiB)]))).toEqual([
      ["quotas.0.id", "Setting user quota on uid [0] is not permitted", 22],
    ]);
  });
});
