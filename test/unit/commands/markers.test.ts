import { expect, test } from "vitest";
import { writeMarkers } from "../../../commands/rehearsal/markers.ts";
import type { StoragePlan, VolumePlan } from "../../../plan/storage-plan.ts";
import type { SimulatedNas } from "../../../simulator/nas/start.ts";

const volume = (name: string, more: Partial<VolumePlan> = {}) => ({
  app: "app",
  volume: name,
  readOnly: false,
  runAs: { uid: 1000, gid: 1001 },
  nfs: { server: "10.10.10.20", path: `/mnt/big/${name}`, mountOptions: [] },
  ...more,
});

const plan = (...volumes: object[]) =>
  ({
    volumes,
    exports: [],
    nodes: [
      { name: "pve1", addresses: ["10.10.10.11"], roles: ["hypervisor"] },
      { name: "kube1", addresses: ["10.10.10.31"], roles: ["kubernetes"] },
      { name: "kube2", addresses: ["10.10.10.32", "10.10.20.32"], roles: ["kubernetes"] },
    ],
  }) as unknown as StoragePlan;

/** An NFS server that refuses with these errors, by path, and otherwise keeps what it is given. */
function server(refusals: Record<string, string>, garble = false) {
  const files = new Map<string, string>();
  const writes: object[] = [];
  const nfs = {
    write: async (access: { export: string; data: string }) => {
      writes.push(access);
      const code = refusals[access.export];
      if (code !== undefined) throw Object.assign(new Error(`${code} it was`), { code });
      files.set(access.export, garble ? "something else" : access.data);
    },
    read: async (access: { export: string }) => new TextEncoder().encode(files.get(access.export)),
  };
  return { nas: { nfs } as unknown as Pick<SimulatedNas, "nfs">, writes };
}

test("each volume is written as its app's user, from its own node or the first of the cluster", async () => {
  const { nas, writes } = server({});
  const local = volume("local");
  const { nfs: _, ...nodeLocal } = local;
  const results = await writeMarkers(nas, plan(volume("a"), volume("b", { node: "kube2" }), nodeLocal));
  expect(results).toEqual([
    { volume: "app.a", path: "/mnt/big/a", client: "10.10.10.31", uid: 1000, outcome: "written" },
    { volume: "app.b", path: "/mnt/big/b", client: "10.10.10.32", uid: 1000, outcome: "written" },
  ]);
  expect(writes[0]).toEqual({
    client: "10.10.10.31",
    uid: 1000,
    gid: 1001,
    export: "/mnt/big/a",
    file: ".rehearsal",
    data: "app.a 1000:1001",
  });
});

test("a read-only volume has to refuse, and for that reason only", async () => {
  const { nas } = server({ "/mnt/big/media": "EROFS", "/mnt/big/closed": "EACCES" });
  const media = ["media", "closed", "open"].map((name) => volume(name, { readOnly: true }));
  const results = await writeMarkers(nas, plan(...media));
  expect(results.map(({ outcome, detail }) => [outcome, detail])).toEqual([
    ["read-only", undefined],
    ["failed", "EACCES it was"],
    ["failed", "a read-only volume accepted a write"],
  ]);
});

test("a refused write and bytes that come back different are failures", async () => {
  const refused = await writeMarkers(server({ "/mnt/big/a": "EROFS" }).nas, plan(volume("a")));
  expect(refused[0]).toMatchObject({ outcome: "failed", detail: "EROFS it was" });
  const garbled = await writeMarkers(server({}, true).nas, plan(volume("a")));
  expect(garbled[0]).toMatchObject({ outcome: "failed", detail: 'the marker reads back as "something else"' });
});

test("exports that no volume uses are written by their owner, or by root where everybody is mapped", async () => {
  const { nas, writes } = server({});
  const exports = [
    { key: "app-backup", path: "/mnt/big/app/backup", owner: { uid: 33, gid: 34, mode: "0770" }, readOnly: false },
    {
      key: "apps",
      path: "/mnt/big",
      owner: { uid: 568, gid: 568, mode: "0755" },
      mapall: { user: "apps", group: "apps" },
      readOnly: false,
    },
    { key: "app-a", path: "/mnt/big/a", volume: "app.a", readOnly: false },
  ];
  const results = await writeMarkers(nas, { ...plan(volume("a")), exports } as unknown as StoragePlan);
  expect(results.map(({ volume: name, outcome }) => [name, outcome])).toEqual([
    ["app.a", "written"],
    ["app-backup", "written"],
    ["apps", "written"],
  ]);
  expect(writes.map((write) => [(write as { uid: number }).uid, (write as { gid: number }).gid])).toEqual([
    [1000, 1001],
    [33, 34],
    [0, 0],
  ]);
});
