import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Properties } from "../../../providers/base/values.ts";
import { type SimulatedNas, startNas } from "../../../simulator/nas/start.ts";
import { configOf, type Plugin, project, stack, startPlugin } from "../harness.ts";

interface DatasetRow {
  readonly id: string;
  readonly sync: { value: string; source: string };
  readonly user_properties: Record<string, { value: string }>;
}

describe.each(["25.10", "26.0"] as const)("on TrueNAS %s", (version) => {
  let nas: SimulatedNas;
  let plugin: Plugin;
  let made = 0;
  /** A fresh dataset name for each test, so that tests do not meet. */
  let name: string;

  beforeAll(async () => {
    nas = await startNas({ version, datasets: ["tank/apps"], scramIterations: 50_000 });
    plugin = await startPlugin();
    await plugin.configure(configOf(nas));
  });
  afterAll(async () => {
    await plugin.stop();
    await nas.stop();
  });
  beforeEach(() => {
    made += 1;
    name = `tank/apps/d${made}`;
    plugin.log.length = 0;
  });

  /** A run of its own, which has read nothing yet. */
  const nextRun = async <T>(body: (run: Plugin) => Promise<T>, config: Properties = {}): Promise<T> => {
    const run = await startPlugin();
    await run.configure({ ...configOf(nas), ...config });
    try {
      return await body(run);
    } finally {
      await run.stop();
    }
  };
  const create = async (type: string, given: Properties, logical = `r${made}`) => {
    const resource = plugin.resource(type, logical);
    const { inputs, failures } = await resource.check(given);
    expect(failures).toEqual({});
    const { id, state } = await resource.create(inputs);
    return { resource, inputs, id, state };
  };
  const row = async (id: string) => (await nas.admin<DatasetRow[]>("pool.dataset.query", [["id", "=", id]]))[0];
  const failure = (promise: Promise<unknown>) =>
    promise.then(
      () => "no failure",
      (error: { details?: string; message: string }) => error.details ?? error.message,
    );

  /** Nothing to do after a create; the same after an import that knows the id alone. */
  const settled = async (type: string, given: Properties, logical?: string) => {
    const { resource, inputs, id, state } = await create(type, given, logical);
    expect(await resource.diff(state, inputs, inputs)).toEqual({});
    const refreshed = await resource.read(id, state, inputs);
    expect(refreshed).toEqual({ id, state, inputs });
    const imported = await resource.read(id);
    expect(imported.id).toBe(id);
    const again = await resource.check(inputs, imported.inputs);
    expect(again.failures).toEqual({});
    expect(await resource.diff(imported.state, imported.inputs, again.inputs)).toEqual({});
    return { resource, inputs, id, state };
  };

  describe("every type settles: created, refreshed and imported without a difference", () => {
    test("Dataset", async () => {
      const { id, state } = await settled("Dataset", {
        name,
        comments: "a test",
        recordsize: "16K",
        compression: "LZ4",
        atime: "OFF",
        sync: "ALWAYS",
        quota: 2 ** 32,
        refquota: 2 ** 31,
        acltype: "POSIX",
        aclmode: "DISCARD",
        shareType: "GENERIC",
        userProperties: { "owner:note": "x" },
      });
      expect(id).toBe(name);
      expect(state).toMatchObject({ mountpoint: `/mnt/${name}`, pool: "tank", refquota: 2 ** 31, onDelete: "retain" });
    });

    test("Dataset for SMB", async () => {
      const { state } = await settled("Dataset", { name, shareType: "SMB", casesensitivity: "INSENSITIVE" });
      expect(state).toMatchObject({ casesensitivity: "INSENSITIVE", acltype: "NFSV4", aclmode: "RESTRICTED" });
    });

    test("NfsShare", async () => {
      await create("Dataset", { name });
      const share = {
        path: `/mnt/${name}`,
        comment: "photos",
        networks: ["10.0.0.0/24"],
        maprootUser: "root",
        maprootGroup: "root",
      };
      const { id } = await settled("NfsShare", share);
      const [wire] = await nas.admin<{ comment: string }[]>("sharing.nfs.query", [["id", "=", Number(id)]]);
      expect(wire?.comment).toBe(`photos [pulumi ${project}/${stack}/r${made}]`);
      expect((await plugin.resource("NfsShare").read(`/mnt/${name}`)).id).toBe(id);
    });

    test("SnapshotTask", async () => {
      await create("Dataset", { name });
      const schedule = { minute: "7", hour: "*/2" };
      await settled("SnapshotTask", { dataset: name, recursive: true, namingSchema: "hs-x-%Y-%m-%d_%H-%M", schedule });
    });

    test("NfsConfig", async () => {
      await settled("NfsConfig", { protocols: ["NFSV4"], servers: 6, bindAddresses: ["127.0.0.1"] });
      await settled("NfsConfig", { servers: "auto" });
    });

    test("Service", async () => {
      const { id } = await settled("Service", { name: "nfs", enabled: true, running: true });
      expect(id).toBe("nfs");
      await settled("Service", { name: "nfs", enabled: false, running: false });
    });

    test("FilesystemPermissions", async () => {
      await create("Dataset", { name });
      await settled("FilesystemPermissions", { path: `/mnt/${name}`, uid: 1000, gid: 999, mode: "0750" });
      const stat = await nas.admin<{ uid: number; gid: number; mode: number }>("filesystem.stat", `/mnt/${name}`);
      expect([stat.uid, stat.gid, stat.mode & 0o777]).toEqual([1000, 999, 0o750]);
    });

    test("DatasetOwnership", async () => {
      await create("Dataset", { name });
      await create("Dataset", { name: `${name}/b` });
      await settled("DatasetOwnership", { root: name, datasets: [name, `${name}/b`] });
    });
  });

  describe("Dataset", () => {
    test("an update sends only what differs, and drift comes back", async () => {
      const { resource, inputs, id, state } = await create("Dataset", { name, sync: "ALWAYS", atime: "OFF" });
      await nas.admin("pool.dataset.update", id, { sync: "STANDARD" });
      const seen = await resource.read(id, state, inputs);
      expect(await resource.diff(seen.state, seen.inputs, inputs)).toEqual({ sync: "update" });
      const changed = { ...inputs, atime: "ON" };
      const updated = await resource.update(id, seen.state, inputs, changed);
      expect(updated).toMatchObject({ sync: "ALWAYS", atime: "ON" });
    });

    test("removing a property inherits it again", async () => {
      const { resource, inputs, id, state } = await create("Dataset", { name, sync: "ALWAYS", refquota: 2 ** 30 });
      const { sync: _sync, refquota: _refquota, ...fewer } = inputs;
      expect(await resource.diff(state, inputs, fewer)).toEqual({ sync: "delete", refquota: "delete" });
      await resource.update(id, state, inputs, fewer);
      const now = await row(id);
      expect(now?.sync).toMatchObject({ value: "STANDARD", source: "DEFAULT" });
    });

    test("user properties of others stay", async () => {
      const { resource, inputs, id, state } = await create("Dataset", {
        name,
        userProperties: { "owner:a": "1", "owner:b": "2" },
      });
      await nas.admin("pool.dataset.update", id, { user_properties_update: [{ key: "other:z", value: "9" }] });
      const changed = { ...inputs, userProperties: { "owner:a": "5" } };
      const seen = await resource.read(id, state, inputs);
      expect(await resource.diff(seen.state, seen.inputs, changed)).toEqual({
        'userProperties["owner:a"]': "update",
        'userProperties["owner:b"]': "delete",
      });
      await resource.update(id, seen.state, inputs, changed);
      const properties = Object.entries((await row(id))?.user_properties ?? {}).map(([key, { value }]) => [key, value]);
      expect(Object.fromEntries(properties)).toMatchObject({ "owner:a": "5", "other:z": "9" });
      expect(properties.map(([key]) => key)).not.toContain("owner:b");
    });

    test("a missing pool is told in preview, with the pools there are", async () => {
      const message = await failure(plugin.resource("Dataset").create({ name: "pond/a", onDelete: "retain" }, true));
      expect(message).toContain("the NAS has no pool pond; its pools are tank");
    });

    test("a foreign dataset is refused in preview and in the real run, with the command to import it", async () => {
      await nas.admin("pool.dataset.create", { name });
      for (const preview of [true, false]) {
        const message = await nextRun((run) =>
          failure(run.resource("Dataset", "photos").create({ name, onDelete: "retain" }, preview)),
        );
        expect(message).toContain(`dataset ${name} exists already`);
        expect(message).toContain(`pulumi import truenas:index:Dataset photos ${name}`);
      }
    });

    test("bytes that were kept are taken back, and the preview says so", async () => {
      const { inputs, resource } = await create("Dataset", { name, sync: "ALWAYS" });
      const preview = await resource.create(inputs, true);
      expect(preview.id).toBe(name);
      expect(plugin.log.map(({ message }) => message)).toContain(`takes back dataset ${name}`);
      const { id, state } = await resource.create({ ...inputs, sync: "STANDARD" });
      expect([id, state["sync"]]).toEqual([name, "STANDARD"]);
    });

    test("an inherited mark is not the dataset's own", async () => {
      await create("Dataset", { name });
      await nas.admin("pool.dataset.create", { name: `${name}/child` });
      expect(await failure(plugin.resource("Dataset").create({ name: `${name}/child`, onDelete: "retain" }))).toContain(
        "exists already",
      );
    });

    test("delete keeps the data", async () => {
      const { resource, inputs, id, state } = await create("Dataset", { name });
      await resource.delete(id, state, inputs);
      expect((await row(id))?.id).toBe(name);
    });

    test("destroy refuses what still holds something, and destroys what is empty", async () => {
      const { resource, inputs, id, state } = await create("Dataset", { name, onDelete: "destroy" });
      await nas.admin("pool.dataset.create", { name: `${name}/child` });
      await nas.admin("pool.snapshot.create", { dataset: name, name: "s" });
      await nas.admin("sharing.nfs.create", { path: `/mnt/${name}`, networks: ["10.0.0.0/24"] });
      const message = await failure(resource.delete(id, state, inputs));
      expect(message).toContain("1 child datasets, 1 snapshots, 1 NFS exports");
      expect((await row(id))?.id).toBe(name);

      await nas.admin("pool.dataset.delete", `${name}/child`);
      await nas.admin("pool.snapshot.delete", `${name}@s`);
      const [share] = await nas.admin<{ id: number }[]>("sharing.nfs.query", [["path", "=", `/mnt/${name}`]]);
      await nas.admin("sharing.nfs.delete", share?.id);
      // What is empty is still protected, until the owner says otherwise for this run.
      expect(await failure(resource.delete(id, state, inputs))).toContain("nas.destroyProtection: false");
      expect((await row(id))?.id).toBe(name);
      await nextRun((run) => run.resource("Dataset").delete(id, state, inputs), { destroyProtection: false });
      expect(await row(id)).toBeUndefined();
      await resource.delete(id, state, inputs);
    });

    test("a refusal of the NAS names the property", async () => {
      const message = await failure(
        plugin.resource("Dataset", "deep").create({ name: `${name}/no/parent`, onDelete: "retain" }),
      );
      expect(message).toMatch(/^Dataset deep: the NAS refuses name: /);
    });
  });

  describe("NfsShare", () => {
    test("a foreign export of the same path is refused with the command to import it", async () => {
      await create("Dataset", { name });
      const { id } = await nas.admin<{ id: number }>("sharing.nfs.create", {
        path: `/mnt/${name}`,
        networks: ["10.0.0.0/24"],
      });
      const { inputs } = await plugin.resource("NfsShare").check({ path: `/mnt/${name}`, networks: ["10.1.0.0/24"] });
      const message = await failure(plugin.resource("NfsShare", "photos").create(inputs, true));
      expect(message).toContain(`NFS export ${id} of /mnt/${name} exists already`);
      expect(message).toContain(`pulumi import truenas:index:NfsShare photos ${id}`);
    });

    test("one that was made but not remembered is taken back", async () => {
      await create("Dataset", { name });
      const given = { path: `/mnt/${name}`, networks: ["10.0.0.0/24"] };
      const first = await create("NfsShare", given);
      const second = await create("NfsShare", given);
      expect(second.id).toBe(first.id);
    });

    test("every input can be changed in place, and only root squash needs no account", async () => {
      await create("Dataset", { name });
      const { resource, inputs, id, state } = await create("NfsShare", {
        path: `/mnt/${name}`,
        networks: ["10.0.0.0/24"],
        maprootUser: "root",
      });
      const { inputs: changed } = await resource.check({
        path: `/mnt/${name}`,
        comment: "new",
        networks: ["10.2.0.0/24"],
        hosts: ["10.9.0.1"],
        readOnly: true,
        mapallUser: "nobody",
        security: ["SYS"],
        enabled: false,
      });
      const updated = await resource.update(id, state, inputs, changed);
      expect(updated).toMatchObject(changed);
    });

    test("delete removes the export; gone already is fine", async () => {
      await create("Dataset", { name });
      const { resource, inputs, id, state } = await create("NfsShare", { path: `/mnt/${name}` });
      await resource.delete(id, state, inputs);
      await resource.delete(id, state, inputs);
      expect(await nas.admin("sharing.nfs.query", [["id", "=", Number(id)]])).toEqual([]);
      expect((await resource.read(id, state, inputs)).id).toBe("");
    });
  });

  describe("SnapshotTask", () => {
    const given = () => ({ dataset: name, namingSchema: "hs-y-%Y-%m-%d_%H-%M", lifetimeValue: 7, lifetimeUnit: "DAY" });

    test("is never doubled: the same task of ours is taken back", async () => {
      await create("Dataset", { name });
      const first = await create("SnapshotTask", given());
      const second = await create("SnapshotTask", given());
      expect(second.id).toBe(first.id);
      expect(await nas.admin("pool.snapshottask.query", [["dataset", "=", name]])).toHaveLength(1);
    });

    test("one with the same names that is not as ours is refused", async () => {
      await create("Dataset", { name });
      const { id } = await nas.admin<{ id: number }>("pool.snapshottask.create", {
        dataset: name,
        naming_schema: "hs-y-%Y-%m-%d_%H-%M",
      });
      const { inputs } = await plugin.resource("SnapshotTask").check(given());
      const message = await failure(plugin.resource("SnapshotTask", "daily").create(inputs, true));
      expect(message).toContain(`snapshot task ${id}`);
      expect(message).toContain(`pulumi import truenas:index:SnapshotTask daily ${id}`);
    });

    test("a shorter lifetime reaches back: the preview counts what goes", async () => {
      await create("Dataset", { name });
      const { resource, inputs, id, state } = await create("SnapshotTask", given());
      for (const day of ["21", "22", "23"]) {
        await nas.admin("pool.snapshot.create", { dataset: name, name: `hs-y-2020-11-${day}_00-00` });
      }
      await nas.admin("pool.snapshot.create", { dataset: name, name: "by-hand" });
      const longer = { ...inputs, lifetimeValue: 9 };
      await resource.update(id, state, inputs, longer, true);
      expect(plugin.log).toEqual([]);
      const shorter = { ...inputs, lifetimeValue: 2, lifetimeUnit: "DAY" };
      await resource.update(id, state, inputs, shorter, true);
      expect(plugin.log).toEqual([
        {
          severity: "warning",
          message: `keeping 2 DAY instead of 7 DAY deletes 3 existing snapshots of ${name} that are older`,
        },
      ]);
    });

    test("what a change or a removal no longer covers keeps its removal date", async () => {
      await create("Dataset", { name });
      await create("Dataset", { name: `${name}/child` });
      const { resource, inputs, id, state } = await create("SnapshotTask", { ...given(), recursive: true });
      await nas.admin("pool.snapshottask.run", Number(id));
      const snapshots = () => nas.admin<unknown[]>("pool.snapshot.query", [["dataset", "=", `${name}/child`]]);
      const narrower = { ...inputs, exclude: [`${name}/child`] };
      expect(await failure(resource.update(id, state, inputs, narrower))).toContain(
        `it leaves ${name}/child without periodic snapshots`,
      );
      const unprotected = { destroyProtection: false };
      await nextRun((run) => run.resource("SnapshotTask").update(id, state, inputs, narrower), unprotected);
      nas.world.clock.advance(6 * 86_400_000);
      expect(await snapshots()).toHaveLength(1);
      await nextRun((run) => run.resource("SnapshotTask").delete(id, state, narrower), unprotected);
      expect(await snapshots()).toHaveLength(1);
    });

    test("the last one that covers a dataset stays, with a warning; it is taken back when it returns", async () => {
      await create("Dataset", { name });
      const daily = await create("SnapshotTask", given(), "daily");
      const weekly = await create("SnapshotTask", { ...given(), namingSchema: "hs-w-%Y-%m-%d_%H-%M" }, "weekly");
      const left = async () =>
        (await nas.admin<{ id: number }[]>("pool.snapshottask.query", [["dataset", "=", name]])).map((task) => task.id);
      await daily.resource.delete(daily.id, daily.state, daily.inputs);
      expect(await left()).toEqual([Number(weekly.id)]);
      plugin.log.length = 0;
      await weekly.resource.delete(weekly.id, weekly.state, weekly.inputs);
      expect(await left()).toEqual([Number(weekly.id)]);
      expect(plugin.log.map(({ severity }) => severity)).toEqual(["warning"]);
      expect(plugin.log[0]?.message).toContain(`it leaves ${name} without periodic snapshots`);
      expect((await weekly.resource.create(weekly.inputs)).id).toBe(weekly.id);
    });
  });

  describe("DatasetOwnership", () => {
    test("a dataset that left is retired with its newest snapshot held, and comes back clean", async () => {
      await create("Dataset", { name });
      await create("Dataset", { name: `${name}/gone` });
      await nas.admin("pool.snapshot.create", { dataset: `${name}/gone`, name: "old" });
      await nas.admin("pool.snapshot.create", { dataset: `${name}/gone`, name: "new" });
      const { resource, inputs, id, state } = await create("DatasetOwnership", {
        root: name,
        datasets: [name, `${name}/gone`],
      });
      expect(state["retired"]).toEqual([]);

      const left = { ...inputs, datasets: [name] };
      const retired = await resource.update(id, state, inputs, left);
      expect(retired["retired"]).toEqual([
        { name: `${name}/gone`, since: expect.stringMatching(/^\d{4}-.*Z$/), heldSnapshot: "new" },
      ]);
      const held = (snapshot: string) =>
        nas
          .admin<{ holds: Record<string, unknown> }[]>(
            "pool.snapshot.query",
            [["id", "=", `${name}/gone@${snapshot}`]],
            { extra: { holds: true } },
          )
          .then(([found]) => Object.keys(found?.holds ?? {}));
      expect([await held("new"), await held("old")]).toEqual([["truenas"], []]);
      expect(await resource.diff(retired, left, left)).toEqual({});

      const back = await resource.update(id, retired, left, inputs);
      expect(back["retired"]).toEqual([]);
      expect(await held("new")).toEqual([]);
    });

    test("an imported dataset becomes ours", async () => {
      await create("Dataset", { name });
      await nas.admin("pool.dataset.create", { name: `${name}/foreign` });
      await create("DatasetOwnership", { root: name, datasets: [name, `${name}/foreign`] });
      const mark = (await row(`${name}/foreign`))?.user_properties["homelab-storage:owner"]?.value;
      expect(mark).toBe(`${project}/${stack}:${name}/foreign`);
    });

    test("leaving altogether marks everything and destroys nothing", async () => {
      await create("Dataset", { name });
      const { resource, inputs, id, state } = await create("DatasetOwnership", { root: name, datasets: [name] });
      await resource.delete(id, state, inputs);
      expect((await row(name))?.user_properties["homelab-storage:retired-at"]?.value).toMatch(
        new RegExp(`^${name} \\d{4}-`),
      );
    });
  });

  test("owners and modes of many paths cost a constant number of calls", async () => {
    const names = Array.from({ length: 12 }, (_, i) => `${name}x${i}`);
    for (const [i, dataset] of names.entries()) {
      await create("Dataset", { name: dataset });
      await create("FilesystemPermissions", { path: `/mnt/${dataset}`, uid: 1000 + i });
    }
    nas.stats.reset();
    const owners = await nextRun(async (run) => {
      const found = [];
      for (const dataset of names)
        found.push((await run.resource("FilesystemPermissions").read(`/mnt/${dataset}`)).state["uid"]);
      return found;
    });
    expect(owners).toEqual(names.map((_, i) => 1000 + i));
    expect(nas.stats.calls.get("core.bulk")).toBe(2);
    expect(nas.stats.calls.get("filesystem.stat") ?? 0).toBe(0);
    const gone = await nextRun((run) => run.resource("FilesystemPermissions").read("/mnt/tank/apps/nowhere"));
    expect(gone.id).toBe("");
  });

  test("an object that vanished is gone on refresh, and an error with the way out on update", async () => {
    const { resource, inputs, id, state } = await create("Dataset", { name });
    await nas.admin("pool.dataset.delete", name);
    const message = await failure(resource.update(id, state, inputs, { ...inputs, atime: "OFF" }));
    expect(message).toContain("no longer on the NAS");
    expect((await resource.read(id, state, inputs)).id).toBe("");
  });

  test("functions", async () => {
    expect(await plugin.invoke("truenas:index:getPool", { name: "tank" })).toMatchObject({
      name: "tank",
      healthy: true,
      path: "/mnt/tank",
    });
    expect(await failure(plugin.invoke("truenas:index:getPool", { name: "pond" }))).toBe(
      "the NAS has no pool pond; its pools are tank",
    );
    expect(await plugin.invoke("truenas:index:getDataset", { name: "tank/apps" })).toMatchObject({
      mountpoint: "/mnt/tank/apps",
      quota: 0,
    });
    expect(await plugin.invoke("truenas:index:getSystem", {})).toMatchObject({
      api: version,
      readOnly: false,
      hostname: "truenas",
    });
  });

  test("one login serves a whole run, however many resources read at once", async () => {
    nas.stats.reset();
    await nextRun((run) => Promise.all(Array.from({ length: 20 }, () => run.resource("Dataset").read("tank/apps"))));
    expect(nas.stats.logins).toBe(1);
    expect(nas.stats.calls.get("pool.dataset.query")).toBeLessThanOrEqual(2);
  });
});
