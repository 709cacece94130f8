import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { PROJECT_FOLDER } from "../../commands/project.ts";
import type { OperationResult } from "../../commands/pulumi.ts";
import { readHoldings } from "../../commands/rehearsal/holdings.ts";
import { writeMarkers } from "../../commands/rehearsal/markers.ts";
import { metadataOf } from "../../simulator/kubernetes/cluster.ts";
import type { ApiVersion } from "../../simulator/nas/method.ts";
import { Rehearsal, type StateResource, steps, succeeded } from "./harness.ts";

// One environment per version is taken through its whole life, because every run of the engine costs seconds: the tests of a
// block build on each other, in their order.
describe.each<ApiVersion>(["25.10", "26.0"])("the reference environment on TrueNAS %s", (version) => {
  let rehearsal: Rehearsal;
  let preview: OperationResult;
  let up: OperationResult;
  let second: OperationResult;
  let held: Awaited<ReturnType<typeof readHoldings>>[];
  let logins: number[];
  const pool = () => rehearsal.plan.nas.pool;

  beforeAll(async () => {
    rehearsal = await Rehearsal.start({ version });
    const { nas } = rehearsal;
    held = [await readHoldings(nas, pool())];
    logins = [];
    const counted = async (operation: Promise<OperationResult>) => {
      const result = succeeded(await operation);
      logins.push(nas.stats.logins);
      nas.stats.reset();
      held.push(await readHoldings(nas, pool()));
      return result;
    };
    preview = await counted(rehearsal.preview());
    up = await counted(rehearsal.up());
    second = await counted(rehearsal.preview());
  });
  afterAll(() => rehearsal?.stop());

  test("a preview changes nothing, and up makes what it showed", () => {
    expect(held[1]).toEqual(held[0]);
    expect(steps(preview).length).toBeGreaterThan(20);
    expect(steps(up)).toEqual(steps(preview));
  });

  test("the second preview is empty", () => {
    expect(steps(second)).toEqual([]);
    expect(second.report.changes).toEqual({ same: expect.any(Number) });
    expect(held[3]).toEqual(held[2]);
  });

  test("a run logs in once, and not at all when it has nothing to look at or change", () => {
    expect(logins).toEqual([1, 1, 0]);
  });

  test("nothing is said at error or debug level, and no secret at all", () => {
    const said = [preview, up, second].flatMap(({ report, stdout, stderr }) => [
      ...report.messages.map(({ text }) => text),
      stdout,
      stderr,
    ]);
    expect([preview, up, second].flatMap(({ report }) => report.errors)).toEqual([]);
    for (const text of said) expect(text).not.toContain(rehearsal.nas.apiKey);
  });

  test("the NAS holds the datasets of the plan, with their limits", () => {
    const planned = rehearsal.plan.datasets.map(({ name, properties }) => ({
      name,
      limit: properties.refquota ?? properties.quota ?? 0,
    }));
    const before = new Set(held[0]?.datasets.map(({ name }) => name));
    const made = held[2]?.datasets.filter(({ name }) => !before.has(name)).map(({ name, limit }) => ({ name, limit }));
    expect(made).toEqual(planned.sort((a, b) => (a.name < b.name ? -1 : 1)));
  });

  test("it exports what pods use, to the nodes of the cluster only", () => {
    const planned = rehearsal.plan.exports.map(({ path, networks, readOnly }) => ({
      path,
      clients: [...networks],
      readOnly,
    }));
    const before = new Set(held[0]?.exports.map(({ path }) => path));
    expect(held[2]?.exports.filter(({ path }) => !before.has(path))).toEqual(
      planned.sort((a, b) => (a.path < b.path ? -1 : 1)),
    );
  });

  test("it takes the snapshots of the plan", () => {
    const planned = rehearsal.plan.snapshotTasks.map(({ dataset, namingSchema }) => `${dataset} ${namingSchema}`);
    const made = held[2]?.snapshotTasks.map(({ dataset, schema }) => `${dataset} ${schema}`);
    expect(made?.sort()).toEqual(planned.sort());
  });

  test("the cluster has the storage class of the plan, mount options at its top level", () => {
    const [planned] = rehearsal.plan.storageClasses;
    const [made] = rehearsal.site.kubernetes.cluster.list();
    expect(made).toMatchObject({
      kind: "StorageClass",
      metadata: { name: planned?.name, annotations: { "storageclass.kubernetes.io/is-default-class": "true" } },
      provisioner: planned?.provisioner,
      parameters: planned?.parameters,
      mountOptions: planned?.mountOptions,
      reclaimPolicy: "Retain",
      volumeBindingMode: "Immediate",
    });
    expect(rehearsal.site.kubernetes.cluster.list()).toHaveLength(rehearsal.plan.storageClasses.length);
  });

  test("every app writes to its volumes as its own user, and only reads what it may only read", async () => {
    const markers = await writeMarkers(rehearsal.nas, rehearsal.plan);
    const expected = rehearsal.plan.volumes
      .filter(({ nfs }) => nfs !== undefined)
      .map((volume) => ({
        volume: `${volume.app}.${volume.volume}`,
        outcome: volume.readOnly ? "read-only" : "written",
      }));
    for (const { key, volume } of rehearsal.plan.exports) {
      if (volume === undefined) expected.push({ volume: key, outcome: "written" });
    }
    expect(markers.map(({ volume, outcome }) => ({ volume, outcome }))).toEqual(expected);
    expect(expected.length).toBeGreaterThan(3);
  });

  test("no secret stands in the state or in the stack file", async () => {
    const state = JSON.stringify(await rehearsal.exportState());
    const file = await readFile(rehearsal.workspace.configFile("homelab"), "utf8");
    for (const text of [state, file]) {
      expect(text).not.toContain(rehearsal.nas.apiKey);
      expect(text).not.toContain("current-context");
    }
    expect(await readFile(join(PROJECT_FOLDER, "Pulumi.homelab.yaml"), "utf8")).not.toMatch(/encryptionsalt|secure:/);
  });

  test("a refresh finds what somebody changed, property by property, and up puts it back", async () => {
    const before = await readHoldings(rehearsal.nas, pool());
    await injectDrift(rehearsal);
    const found = succeeded(await rehearsal.refresh());
    const drifted = {
      "NfsConfig nas-nfs": ["servers"],
      "NfsShare nas-export-ollama-models": ["networks", "readOnly"],
      "Service nas-service-nfs": ["enabled", "running"],
      "SnapshotTask nas-snapshots-apps-daily": ["enabled", "lifetimeValue"],
      "StorageClass cluster-class-truenas-nfs": ["mountOptions[1]"],
      "Dataset nas-dataset-ollama-models": ["comments", "recordsize", "refquota"],
      "FilesystemPermissions nas-permissions-ollama-models": ["mode", "uid"],
    };
    expect(changedPaths(found)).toEqual(drifted);
    const repaired = succeeded(await rehearsal.up());
    expect(changedPaths(repaired)).toEqual(drifted);
    expect(await readHoldings(rehearsal.nas, pool())).toEqual(before);
    const after = succeeded(await rehearsal.preview("--refresh"));
    expect(changedPaths(after)).toEqual({});
  });

  test("state that was lost is taken up again by import, for every type, and a preview is then empty", async () => {
    const state = await rehearsal.exportState();
    const isLeaf = ({ type }: StateResource) => type.startsWith("truenas:") || type.startsWith("kubernetes:");
    const lost = state.deployment.resources.filter(isLeaf);
    await rehearsal.importState({
      ...state,
      deployment: { ...state.deployment, resources: state.deployment.resources.filter((each) => !isLeaf(each)) },
    });
    succeeded(await rehearsal.import(importList(lost)));
    const types = new Set(lost.map(({ type }) => type));
    expect([...types].sort()).toEqual([
      "kubernetes:storage.k8s.io/v1:StorageClass",
      "truenas:index:Dataset",
      "truenas:index:DatasetOwnership",
      "truenas:index:FilesystemPermissions",
      "truenas:index:NfsConfig",
      "truenas:index:NfsShare",
      "truenas:index:Service",
      "truenas:index:SnapshotTask",
    ]);
    const after = succeeded(await rehearsal.preview());
    expect(after.report.steps.map(({ op, name, paths }) => ({ op, name, paths }))).toEqual([]);
  });

  test("destroy keeps every dataset and its bytes, and the daily snapshots of each chain", async () => {
    // An import does not know what depends on what; the next up does.
    succeeded(await rehearsal.up());
    const before = await readHoldings(rehearsal.nas, pool());
    succeeded(await rehearsal.destroy());
    const after = await readHoldings(rehearsal.nas, pool());
    expect(after.datasets.map(({ name }) => name)).toEqual(before.datasets.map(({ name }) => name));
    expect(after.exports).toEqual(held[0]?.exports);
    expect(after.snapshotTasks).toEqual(before.snapshotTasks.filter(({ schema }) => schema.includes("-daily-")));
    expect((await rehearsal.exportState()).deployment.resources ?? []).toEqual([]);
    const bytes = rehearsal.plan.volumes.flatMap(({ nfs, readOnly }) =>
      nfs && !readOnly ? [`${nfs.path}/.rehearsal`] : [],
    );
    expect(bytes.filter((path) => !rehearsal.nas.world.files.exists(path))).toEqual([]);
  });
});

/** What a person at the NAS, or at the cluster, might do. */
async function injectDrift({ nas, plan, site }: Rehearsal): Promise<void> {
  const dataset = plan.datasets.find(({ key }) => key === "ollama-models");
  const [share] = await nas.admin<{ id: number }[]>("sharing.nfs.query", [["path", "=", dataset?.path]]);
  const daily = plan.snapshotTasks.find(({ key }) => key === "apps-daily");
  const [task] = await nas.admin<{ id: number }[]>("pool.snapshottask.query", [
    ["naming_schema", "=", daily?.namingSchema],
  ]);
  const settings = { comments: "changed by hand", recordsize: "64K", refquota: 2 ** 40 };
  await nas.admin("pool.dataset.update", dataset?.name, settings);
  await nas.admin("filesystem.chown", { path: dataset?.path, uid: 4711 });
  await nas.admin("filesystem.setperm", { path: dataset?.path, mode: "755" });
  await nas.admin("sharing.nfs.update", share?.id, { ro: true, networks: ["10.10.10.0/24"] });
  await nas.admin("pool.snapshottask.update", task?.id, { lifetime_value: 3, enabled: false });
  await nas.admin("nfs.update", { servers: 7 });
  await nas.admin("service.update", "nfs", { enable: false });
  await nas.admin("service.control", "STOP", "nfs");
  const { cluster } = site.kubernetes;
  const [storageClass = {}] = cluster.list();
  const { uid: _uid, resourceVersion: _version, creationTimestamp: _time, ...metadata } = metadataOf(storageClass);
  const [first, , ...rest] = storageClass["mountOptions"] as string[];
  cluster.update({ ...storageClass, metadata, mountOptions: [first ?? "", "soft", ...rest] });
}

/** `<kind> <name>` to the property paths that differ; the stack itself and components have none. */
function changedPaths({ report }: OperationResult): Record<string, readonly string[]> {
  const changed = report.steps.filter(({ paths }) => paths.length > 0);
  return Object.fromEntries(changed.map(({ type, name, paths }) => [`${type.split(":").at(-1)} ${name}`, paths]));
}

/** The list for `pulumi import --file`: ids and names of what was lost, under their parents and providers. */
function importList(lost: readonly StateResource[]) {
  const nameTable: Record<string, string> = {};
  const alias = (urn: string) => {
    const name = urn.split("::").slice(3).join("::");
    const key = `${name}-${urn.split("::")[2]?.split(":").at(-1)}`;
    nameTable[key] = urn;
    return key;
  };
  const resources = lost.map((each) => ({
    type: each.type,
    name: each.urn.split("::").slice(3).join("::"),
    id: each.id,
    ...(each.parent === undefined ? {} : { parent: alias(each.parent) }),
    // A provider reference is its URN and id.
    ...(each.provider === undefined
      ? {}
      : { provider: alias(each.provider.slice(0, each.provider.lastIndexOf("::"))) }),
  }));
  return { nameTable, resources };
}
