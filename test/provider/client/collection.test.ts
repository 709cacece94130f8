import { beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { CoalescedCollection, type Row } from "../../../providers/truenas/client/collection.ts";
import { CallFailedError, CancelledError, UncertainError } from "../../../providers/truenas/client/errors.ts";
import { Freshness } from "../../../providers/truenas/client/freshness.ts";
import { callError, silence } from "./fake-nas.ts";
import { deferred, fixture, rejection } from "./fixture.ts";

interface Query {
  readonly keys: readonly unknown[] | "all";
}

const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);

describe("CoalescedCollection", () => {
  let rows: Row[];
  let queries: Query[];
  let freshness: Freshness;
  let gate: Promise<void>;
  let collection: CoalescedCollection<Row>;

  beforeEach(() => {
    rows = numbers(1000).map((id) => ({ id, name: `n${id}` }));
    queries = [];
    freshness = new Freshness(60_000);
    gate = Promise.resolve();
    collection = new CoalescedCollection<Row>(
      "id",
      async (keys) => {
        const wanted: readonly unknown[] | undefined = keys;
        queries.push({ keys: wanted ?? "all" });
        const state = rows;
        await gate;
        return wanted === undefined ? state : state.filter((row) => wanted.includes(row["id"]));
      },
      freshness,
    );
  });

  it("merges lookups that arrive together into one query, each key once", async () => {
    const found = await Promise.all([
      collection.find(3),
      collection.find(5000),
      collection.find(3),
      collection.find(4),
    ]);
    expect(found).toEqual([{ id: 3, name: "n3" }, undefined, { id: 3, name: "n3" }, { id: 4, name: "n4" }]);
    expect(queries).toEqual([{ keys: [3, 5000, 4] }]);
  });

  it("merges lookups that arrive while a batch is under way", async () => {
    const slow = deferred();
    gate = slow.promise;
    const first = collection.find(1);
    await vi.waitFor(() => expect(queries).toHaveLength(1));
    freshness.changed();
    const later = [collection.find(2), collection.find(3)];
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(queries).toHaveLength(1);
    slow.resolve();
    await Promise.all([first, ...later]);
    expect(queries).toEqual([{ keys: [1] }, { keys: [2, 3] }]);
  });

  it.each([10, 100, 1000])("reads %i objects, eight at a time, with two queries", async (count) => {
    const ids = numbers(count);
    const next = async (): Promise<void> => {
      for (let id = ids.shift(); id !== undefined; id = ids.shift()) {
        expect((await collection.find(id))?.["name"]).toBe(`n${id}`);
      }
    };
    await Promise.all(numbers(8).map(next));
    expect(queries).toEqual([{ keys: numbers(8) }, { keys: "all" }]);
  });

  it("asks for everything when many keys come together", async () => {
    await Promise.all(numbers(51).map((id) => collection.find(id)));
    expect(queries).toEqual([{ keys: "all" }]);
  });

  it("shares one list between callers and serves lookups from it", async () => {
    const lists = await Promise.all([collection.all(), collection.all(), collection.all()]);
    expect(lists.map((list) => list.length)).toEqual([1000, 1000, 1000]);
    await collection.all();
    expect(await collection.find(7)).toEqual({ id: 7, name: "n7" });
    expect(await collection.find(-1)).toBeUndefined();
    expect(queries).toEqual([{ keys: "all" }]);
  });

  it("never answers with what is older than the last change", async () => {
    await collection.all();
    rows = [{ id: 1, name: "changed" }];
    expect((await collection.find(1))?.["name"]).toBe("n1");
    freshness.changed();
    expect((await collection.find(1))?.["name"]).toBe("changed");
    expect(await collection.all()).toEqual(rows);
    expect(queries).toEqual([{ keys: "all" }, { keys: [1] }, { keys: "all" }]);
  });

  it("does not share a list that began before a change", async () => {
    const slow = deferred();
    gate = slow.promise;
    const before = collection.all();
    freshness.changed();
    rows = [];
    gate = Promise.resolve();
    expect(await collection.all()).toEqual([]);
    slow.resolve();
    expect(await before).toHaveLength(1000);
    expect(await collection.all()).toEqual([]);
  });

  it("looks up one by one while every lookup follows a change", async () => {
    for (const id of [1, 2, 3]) {
      freshness.changed();
      await collection.find(id);
    }
    expect(queries).toEqual([{ keys: [1] }, { keys: [2] }, { keys: [3] }]);
  });

  it("in a process that changes things, reads everything only when there was no change for long", async () => {
    freshness.changed();
    for (const id of numbers(20)) expect((await collection.find(id))?.["name"]).toBe(`n${id}`);
    expect(queries).toEqual([...numbers(10).map((id) => ({ keys: [id] })), { keys: "all" }]);
    freshness.changed();
    await collection.find(1);
    await collection.find(2);
    expect(queries.slice(11)).toEqual([{ keys: [1] }, { keys: [2] }]);
  });

  it("reads again after a minute", async () => {
    vi.useFakeTimers({ toFake: ["performance"] });
    onTestFinished(() => void vi.useRealTimers());
    await collection.all();
    vi.advanceTimersByTime(59_999);
    await collection.all();
    expect(queries).toHaveLength(1);
    vi.advanceTimersByTime(1);
    await collection.all();
    expect(queries).toHaveLength(2);
  });

  it("takes the first of several objects with one key", async () => {
    rows = [
      { id: 1, name: "first" },
      { id: 1, name: "second" },
    ];
    expect((await collection.find(1))?.["name"]).toBe("first");
    expect(await collection.all()).toHaveLength(2);
  });

  it("tells a failure to everyone who waits and works afterwards", async () => {
    let failures = 2;
    const failing = new CoalescedCollection<Row>(
      "id",
      async () => {
        failures -= 1;
        if (failures >= 0) throw new Error("out of order");
        return rows;
      },
      freshness,
    );
    const outcomes = await Promise.allSettled([failing.find(1), failing.find(2), failing.all(), failing.all()]);
    expect(outcomes.map((outcome) => outcome.status)).toEqual(Array(4).fill("rejected"));
    expect(await failing.find(2)).toEqual({ id: 2, name: "n2" });
  });
});

describe("collections of a client", () => {
  it("are one per method and options, and leave the subtrees of datasets out", async () => {
    const { client, nas } = await fixture({
      handlers: { "pool.dataset.query": () => [{ id: "tank/a" }], "user.query": () => [{ id: 1, username: "root" }] },
    });
    const datasets = client.collection("pool.dataset.query", { extra: { properties: ["quota"] } });
    expect(client.collection("pool.dataset.query", { extra: { properties: ["quota"] } })).toBe(datasets);
    expect(client.collection("pool.dataset.query")).not.toBe(datasets);
    expect(await datasets.find("tank/a")).toEqual({ id: "tank/a" });
    expect(await client.collection("user.query", { key: "username" }).find("root")).toEqual({
      id: 1,
      username: "root",
    });
    expect(nas.requests.slice(-2).map((request) => request.params)).toEqual([
      [[["id", "in", ["tank/a"]]], { extra: { properties: ["quota"], retrieve_children: false, flat: true } }],
      [[["username", "in", ["root"]]], { extra: {} }],
    ]);
  });

  it("notice every change of the client, also a failed one and one to another kind", async () => {
    const { client, nas } = await fixture({
      handlers: {
        "sharing.nfs.query": () => [],
        "pool.dataset.delete": () => true,
        "pool.dataset.update": () => {
          throw callError(14, "EFAULT", "half done");
        },
        "pool.query": () => [],
      },
    });
    const shares = client.collection("sharing.nfs.query");
    await shares.all();
    await client.call("pool.query");
    await shares.all();
    expect(nas.count("sharing.nfs.query")).toBe(1);
    await client.call("pool.dataset.delete", ["tank/a"]);
    await shares.all();
    expect(nas.count("sharing.nfs.query")).toBe(2);
    await rejection(client.call("pool.dataset.update"), CallFailedError);
    await shares.all();
    expect(nas.count("sharing.nfs.query")).toBe(3);
  });

  it("do not trust what was read while a change was running", async () => {
    const gate = deferred();
    const { client, nas } = await fixture({
      handlers: { "sharing.nfs.query": () => [], "a.create": () => gate.promise.then(() => 1) },
    });
    const shares = client.collection("sharing.nfs.query");
    const write = client.call("a.create");
    await vi.waitFor(() => expect(nas.count("a.create")).toBe(1));
    await shares.all();
    gate.resolve();
    await write;
    await shares.all();
    expect(nas.count("sharing.nfs.query")).toBe(2);
  });

  it("trust nothing for a while after a change of unknown outcome", async () => {
    const { client, nas } = await fixture({ handlers: { "sharing.nfs.query": () => [], "a.create": () => silence } });
    await rejection(client.call("a.create", [], { timeoutMs: 20 }), UncertainError);
    const shares = client.collection("sharing.nfs.query");
    await shares.all();
    await shares.all();
    expect(nas.count("sharing.nfs.query")).toBe(2);
  });

  it("end with the client", async () => {
    const { client } = await fixture({ handlers: { "a.query": () => silence } });
    const found = client.collection("a.query").find(1);
    await client.close();
    await rejection(found, CancelledError);
  });
});
