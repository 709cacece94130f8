import { describe, expect, test } from "vitest";
import { configOf, startPlugin } from "../harness.ts";
import { onNas } from "./on-nas.ts";

describe.each(["25.10", "26.0"] as const)("Snapshot on TrueNAS %s", (version) => {
  const on = onNas(version);
  const rows = () => on.nas.admin<{ id: string }[]>("pool.snapshot.query", [["dataset", "^", on.name]]);
  const ids = async () => (await rows()).map(({ id }) => id).sort();
  /** A run in which the owner switched destroy protection off. */
  const unprotected = async (body: (run: Awaited<ReturnType<typeof startPlugin>>) => Promise<unknown>) => {
    const run = await startPlugin();
    await run.configure({ ...configOf(on.nas), destroyProtection: false });
    await body(run).finally(() => run.stop());
  };

  test("settles, held or not", async () => {
    await on.create("Dataset", { name: on.name });
    await on.create("Dataset", { name: `${on.name}/child` });
    const { id, state } = await on.settled("Snapshot", { dataset: on.name, name: "one", recursive: true, hold: true });
    expect(id).toBe(`${on.name}@one`);
    expect(state["created"]).toMatch(/^\d{4}-.*Z$/);
    expect(await ids()).toEqual([`${on.name}/child@one`, `${on.name}@one`]);
    await on.settled("Snapshot", { dataset: on.name, name: "two" });
  });

  test("a hold that somebody released comes back, and is released on request", async () => {
    await on.create("Dataset", { name: on.name });
    const { resource, inputs, id, state } = await on.create("Snapshot", { dataset: on.name, name: "one", hold: true });
    await on.nas.admin("pool.snapshot.release", id);
    const seen = await resource.read(id, state, inputs);
    expect(await resource.diff(seen.state, seen.inputs, inputs)).toEqual({ hold: "update" });
    expect(await resource.update(id, seen.state, inputs, inputs)).toMatchObject({ hold: true });
    expect(await resource.update(id, state, inputs, { ...inputs, hold: false })).toMatchObject({ hold: false });
  });

  test("one that exists is refused with the import command, in preview too", async () => {
    await on.create("Dataset", { name: on.name });
    await on.nas.admin("pool.snapshot.create", { dataset: on.name, name: "one" });
    const { inputs } = await on.plugin.resource("Snapshot").check({ dataset: on.name, name: "one" });
    const message = await on.failure(on.plugin.resource("Snapshot", "before").create(inputs, true));
    expect(message).toContain(`pulumi import truenas:index:Snapshot before ${on.name}@one`);
  });

  test("a name that a task would prune is refused", async () => {
    await on.create("Dataset", { name: on.name });
    await on.nas.admin("pool.snapshottask.create", { dataset: "tank", recursive: true });
    const given = { dataset: on.name, name: "auto-2026-01-01_00-00", onDelete: "retain" };
    expect(await on.failure(on.plugin.resource("Snapshot").create(given, true))).toContain(
      "would take it for one of its own and delete it",
    );
    const ours = await on.plugin
      .resource("Snapshot")
      .check({ dataset: on.name, name: "hs-before-x-20260101T000000Z-14d" });
    expect(Object.keys(ours.failures)).toEqual(["name"]);
  });

  test("removing it keeps it; destroying needs the word, no hold, and the protection off", async () => {
    await on.create("Dataset", { name: on.name });
    const kept = await on.create("Snapshot", { dataset: on.name, name: "kept" });
    await kept.resource.delete(kept.id, kept.state, kept.inputs);
    const { resource, inputs, id, state } = await on.create("Snapshot", {
      dataset: on.name,
      name: "going",
      hold: true,
      onDelete: "destroy",
    });
    await unprotected(async (run) => {
      expect(await on.failure(run.resource("Snapshot").delete(id, state, inputs))).toContain(`${id} is held`);
    });
    const released = await resource.update(id, state, inputs, { ...inputs, hold: false });
    expect(await on.failure(resource.delete(id, released, inputs))).toContain("nas.destroyProtection: false");
    expect(await ids()).toEqual([`${on.name}@going`, `${on.name}@kept`]);
    await unprotected((run) => run.resource("Snapshot").delete(id, released, inputs));
    expect(await ids()).toEqual([`${on.name}@kept`]);
    await resource.delete(id, released, inputs);
  });
});

test.each(["25.10", "26.0"] as const)("what goes along with a dataset of TrueNAS %s is told", async (version) => {
  const { startNas } = await import("../../../simulator/nas/start.ts");
  const nas = await startNas({ version, datasets: ["tank/apps/a"], scramIterations: 50_000 });
  const run = await startPlugin();
  await run.configure(configOf(nas));
  try {
    await nas.admin("pool.snapshot.create", { dataset: "tank/apps", name: "s", recursive: true });
    await nas.admin("sharing.nfs.create", { path: "/mnt/tank/apps/a", networks: ["10.0.0.0/24"] });
    await nas.admin("pool.snapshottask.create", { dataset: "tank/apps" });
    await nas.admin("pool.snapshottask.create", { dataset: "tank" });
    expect(await run.invoke("truenas:index:getDeletionConsequences", { dataset: "tank/apps" })).toEqual({
      children: ["tank/apps/a"],
      snapshots: ["tank/apps@s", "tank/apps/a@s"],
      clones: [],
      uses: [
        { kind: "NFS exports", names: ["/mnt/tank/apps/a"] },
        { kind: "snapshot tasks", names: ["tank/apps auto-%Y-%m-%d_%H-%M"] },
      ],
    });
    await expect(run.invoke("truenas:index:getDeletionConsequences", { dataset: "tank/none" })).rejects.toThrow(
      "the NAS has no dataset tank/none",
    );
  } finally {
    await run.stop();
    await nas.stop();
  }
});
