import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Properties } from "../../../providers/base/values.ts";
import { type SimulatedNas, startNas } from "../../../simulator/nas/start.ts";
import { configOf, type Plugin, startPlugin } from "../harness.ts";

interface Row extends Properties {
  readonly id: number;
}

interface Numbered {
  readonly type: string;
  readonly namespace: string;
  readonly ours: Properties;
  /** What somebody makes by hand after ours was removed; it gets the same number. */
  readonly theirs: Properties;
}

// The NAS numbers by the highest number that is there (SQLite without AUTOINCREMENT), so a number comes again.
const cases: readonly Numbered[] = [
  {
    type: "NfsShare",
    namespace: "sharing.nfs",
    ours: { path: "/mnt/tank/a" },
    theirs: { path: "/mnt/tank/b", networks: ["10.1.0.0/16"] },
  },
  {
    type: "SmbShare",
    namespace: "sharing.smb",
    ours: { name: "ours", path: "/mnt/tank/a" },
    theirs: { name: "theirs", path: "/mnt/tank/b" },
  },
  {
    type: "SnapshotTask",
    namespace: "pool.snapshottask",
    ours: { dataset: "tank/a", namingSchema: "hs-a-%Y-%m-%d_%H-%M" },
    theirs: { dataset: "tank/b" },
  },
];

describe.each(cases)("a $type whose number was given away", ({ type, namespace, ours, theirs }) => {
  let nas: SimulatedNas;
  let plugin: Plugin;
  beforeAll(async () => {
    nas = await startNas({ scramIterations: 50_000, datasets: ["tank/a", "tank/b"] });
    plugin = await startPlugin();
    await plugin.configure(configOf(nas));
  });
  afterAll(async () => {
    await plugin.stop();
    await nas.stop();
  });

  const rows = () => nas.admin<Row[]>(`${namespace}.query`);
  /** A program's object, removed by hand, and another one by hand that now has its number. */
  const usurped = async () => {
    for (const row of await rows()) await nas.admin(`${namespace}.delete`, row.id);
    const resource = plugin.resource(type);
    const { inputs } = await resource.check(ours);
    const { id, state } = await resource.create(inputs);
    await nas.admin(`${namespace}.delete`, Number(id));
    const theirRow = await nas.admin<Row>(`${namespace}.create`, theirs);
    expect(String(theirRow.id)).toBe(id);
    const run = await startPlugin();
    await run.configure(configOf(nas));
    return { resource: run.resource(type), id, state, inputs, theirRow, run };
  };

  test("is gone for a refresh", async () => {
    const { resource, id, state, inputs, run } = await usurped();
    expect((await resource.read(id, state, inputs)).id).toBe("");
    expect(run.log.map(({ message }) => message).join()).toContain(
      "is gone, and the NAS has given its number to another",
    );
    await run.stop();
  });

  test("is not written over by an update", async () => {
    const { resource, id, state, inputs, theirRow, run } = await usurped();
    await expect(resource.update(id, state, inputs, { ...inputs, enabled: false })).rejects.toThrow(
      /somebody removed it/,
    );
    expect(await rows()).toEqual([theirRow]);
    await run.stop();
  });

  test("is not deleted in its place", async () => {
    const { resource, id, state, inputs, theirRow, run } = await usurped();
    await resource.delete(id, state, inputs);
    expect(await rows()).toEqual([theirRow]);
    await run.stop();
  });

  test("is imported by that number all the same", async () => {
    const { resource, id, run } = await usurped();
    expect((await resource.read(id)).inputs).toMatchObject(theirs);
    await run.stop();
  });
});
