import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { PROJECT_FOLDER } from "../../commands/project.ts";
import type { OperationResult } from "../../commands/pulumi.ts";
import { readHoldings } from "../../commands/rehearsal/holdings.ts";
import { writeMarkers } from "../../commands/rehearsal/markers.ts";
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

  test("every run logs in once", () => {
    expect(logins).toEqual([1, 1, 1]);
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
    expect(held[2]?.snapshotTasks.map(({ dataset, schema }) => `${dataset} ${schema}`)).toEqual(planned.sort());
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

  test("destroy keeps every dataset and its bytes", async () => {
    const before = await readHoldings(rehearsal.nas, pool());
    succeeded(await rehearsal.destroy());
    const after = await readHoldings(rehearsal.nas, pool());
    expect(after.datasets.map(({ name }) => name)).toEqual(before.datasets.map(({ name }) => name));
    expect(after.exports).toEqual(held[0]?.exports);
    expect(after.snapshotTasks).toEqual([]);
    expect((await rehearsal.exportState()).deployment.resources ?? []).toEqual([]);
    const bytes = rehearsal.plan.volumes.flatMap(({ nfs, readOnly }) =>
      nfs && !readOnly ? [`${nfs.path}/.rehearsal`] : [],
    );
    expect(bytes.filter((path) => !rehearsal.nas.world.files.exists(path))).toEqual([]);
  });
});

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
