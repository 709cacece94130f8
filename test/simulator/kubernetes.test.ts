import { beforeEach, describe, expect, test } from "vitest";
import type { Provider } from "../../providers/base/provider.ts";
import { type Properties, unknown } from "../../providers/base/values.ts";
import { Cluster } from "../../simulator/kubernetes/cluster.ts";
import { renderKubeconfig } from "../../simulator/kubernetes/kubeconfig.ts";
import { kubernetesProvider } from "../../simulator/kubernetes/provider.ts";

const address = "127.0.0.1:6443";
const type = "kubernetes:storage.k8s.io/v1:StorageClass";
const identity = { urn: `urn:pulumi:s::p::${type}::nfs`, type, name: "nfs" };
const signal = new AbortController().signal;

const wanted: Properties = {
  apiVersion: "storage.k8s.io/v1",
  kind: "StorageClass",
  metadata: { name: "truenas-nfs", annotations: { "storageclass.kubernetes.io/is-default-class": "true" } },
  provisioner: "nfs.csi.k8s.io",
  parameters: { server: "10.10.10.20", share: "/mnt/big/k8s-apps" },
  mountOptions: ["nfsvers=4.1", "hard"],
};

let cluster: Cluster;
let provider: Provider;
beforeEach(() => {
  cluster = new Cluster(() => new Date("2026-01-02T03:04:05.678Z"));
  provider = kubernetesProvider(cluster, address);
  provider.configure({ kubeconfig: renderKubeconfig(address, "token") }, undefined);
});

const create = (inputs: Properties, preview = false) => provider.create({ ...identity, inputs, preview, signal });
const update = (inputs: Properties) =>
  provider.update({ ...identity, id: "truenas-nfs", state: {}, oldInputs: wanted, inputs, preview: false, signal });
const diff = (inputs: Properties, ignoreChanges: string[] = []) =>
  provider.diff({ ...identity, id: "truenas-nfs", state: {}, oldInputs: wanted, inputs, ignoreChanges });
const read = (inputs: Properties) => provider.read({ ...identity, id: "truenas-nfs", state: {}, inputs, signal });

describe("objects", () => {
  test("the API server fills in what was left out", async () => {
    const { id, state } = await create(wanted);
    expect(id).toBe("truenas-nfs");
    expect(state).toEqual({
      ...wanted,
      metadata: {
        ...(wanted["metadata"] as Properties),
        uid: expect.stringMatching(/^[0-9a-f-]{36}$/),
        resourceVersion: "1",
        creationTimestamp: "2026-01-02T03:04:05Z",
      },
      reclaimPolicy: "Delete",
      volumeBindingMode: "Immediate",
    });
  });

  test("a preview checks and creates nothing", async () => {
    const { id, state } = await create(wanted, true);
    expect(id).toBe("");
    expect(state["reclaimPolicy"]).toBe("Delete");
    expect(state["metadata"]).toMatchObject({ uid: unknown, resourceVersion: unknown });
    expect(cluster.list()).toEqual([]);
    await expect(create({ ...wanted, reclaimPolicy: "Keep" }, true)).rejects.toThrow(
      'StorageClass.storage.k8s.io "truenas-nfs" is invalid: reclaimPolicy: Unsupported value: "Keep": supported values: "Delete", "Retain"',
    );
    await expect(create({ ...wanted, parameters: unknown }, true)).resolves.toEqual({
      id: "",
      state: { ...wanted, parameters: unknown },
    });
  });

  test("an existing object is never taken over", async () => {
    await create(wanted);
    await expect(create(wanted)).rejects.toThrow('storageclasses.storage.k8s.io "truenas-nfs" already exists');
    await expect(create(wanted, true)).rejects.toThrow("already exists");
  });

  test("unknown fields, wrong types and names are refused", async () => {
    await expect(create({ ...wanted, mountOption: ["hard"] })).rejects.toThrow('unknown field "mountOption"');
    await expect(create({ ...wanted, mountOptions: "hard" })).rejects.toThrow("mountOptions: ");
    await expect(create({ ...wanted, metadata: { name: "Not_DNS" } })).rejects.toThrow("metadata.name: Invalid value");
    await expect(create({ ...wanted, kind: "Volume" })).rejects.toThrow('no matches for kind "Volume"');
  });

  test("immutable fields cannot be updated, others can", async () => {
    await create(wanted);
    await expect(update({ ...wanted, reclaimPolicy: "Retain" })).rejects.toThrow(
      "reclaimPolicy: Forbidden: updates to reclaimPolicy are forbidden.",
    );
    await expect(update({ ...wanted, parameters: {}, volumeBindingMode: "WaitForFirstConsumer" })).rejects.toThrow(
      "[parameters: Forbidden: updates to parameters are forbidden., volumeBindingMode: Invalid value: field is immutable]",
    );
    const state = await update({ ...wanted, allowVolumeExpansion: true, mountOptions: ["soft"] });
    expect(state).toMatchObject({
      allowVolumeExpansion: true,
      mountOptions: ["soft"],
      metadata: { resourceVersion: "2" },
    });
  });

  test("a deleted object is gone, and deleting it again is no error", async () => {
    const { id, state } = await create(wanted);
    const request = { ...identity, id, state, oldInputs: wanted, signal };
    await provider.delete(request);
    await provider.delete(request);
    expect(await read(wanted)).toBeUndefined();
  });

  test("a namespace carries its name as a label and becomes active", async () => {
    const token = "kubernetes:core/v1:Namespace";
    const inputs = { apiVersion: "v1", kind: "Namespace", metadata: { name: "ollama" } };
    const { state } = await provider.create({ ...identity, type: token, inputs, preview: false, signal });
    expect(state).toMatchObject({
      metadata: { labels: { "kubernetes.io/metadata.name": "ollama" } },
      status: { phase: "Active" },
    });
  });
});

describe("the provider", () => {
  test("names what differs, and replaces where Kubernetes has no way to change", () => {
    expect(diff(wanted).paths).toEqual(new Map());
    const changed = { ...wanted, mountOptions: ["nfsvers=4.2", "hard"], parameters: { server: "10.10.10.21" } };
    const { paths, deleteBeforeReplace } = diff(changed);
    expect(Object.fromEntries(paths)).toEqual({
      "mountOptions[0]": { kind: "update", inputDiff: true },
      "parameters.server": { kind: "update", inputDiff: true, replace: true },
      "parameters.share": { kind: "delete", inputDiff: true, replace: true },
    });
    expect(deleteBeforeReplace).toBe(true);
    expect([...diff(changed, ["parameters"]).paths.keys()]).toEqual(["mountOptions[0]"]);
    expect(diff({ ...wanted, metadata: { name: "other" } })).toMatchObject({ deleteBeforeReplace: false });
  });

  test("an import reads everything, a refresh only what the owner wrote", async () => {
    await create({ ...wanted, reclaimPolicy: "Retain" });
    const imported = await read({});
    expect(imported?.inputs).toEqual({ ...wanted, reclaimPolicy: "Retain", volumeBindingMode: "Immediate" });
    const refreshed = await read(wanted);
    expect(refreshed?.inputs).toEqual(wanted);
    expect(refreshed?.state["reclaimPolicy"]).toBe("Retain");
  });

  test("an object without a name gets one and keeps it", () => {
    const { metadata: _, ...unnamed } = wanted;
    const first = provider.check({ ...identity, inputs: unnamed, oldInputs: {} }).inputs;
    expect(first["metadata"]).toEqual({
      name: expect.stringMatching(/^nfs-[0-9a-f]{8}$/),
      annotations: { "pulumi.com/autonamed": "true" },
    });
    expect(provider.check({ ...identity, inputs: unnamed, oldInputs: first }).inputs).toEqual(first);
    expect(provider.check({ ...identity, inputs: wanted, oldInputs: {} }).inputs).toEqual(wanted);
  });

  test("only its own cluster is reached", async () => {
    provider.configure({ kubeconfig: renderKubeconfig("10.10.10.30:6443", "token") }, undefined);
    await expect(create(wanted)).rejects.toThrow(
      "unreachable: the kubeconfig names 10.10.10.30:6443, the simulated cluster is 127.0.0.1:6443",
    );
  });

  test("a kubeconfig is checked, and a setting that does not exist is refused", () => {
    expect(
      provider.checkConfig({ kubeconfig: renderKubeconfig(address, "t", "lab"), context: "lab" }).failures,
    ).toEqual([]);
    expect(provider.checkConfig({ kubeconfig: unknown }).failures).toEqual([]);
    expect(provider.checkConfig({ kubeconfig: "nonsense", server: "x" }).failures).toEqual([
      { property: "server", reason: "the Kubernetes provider has no such setting" },
      { property: "kubeconfig", reason: "it is not a kubeconfig with a current cluster" },
    ]);
  });

  test("another cluster replaces what is in it, another address of the same cluster does not", () => {
    const before = { kubeconfig: renderKubeconfig(address, "t") };
    const moved = { kubeconfig: renderKubeconfig("127.0.0.1:7443", "t") };
    const configDiff = (oldInputs: Properties, inputs: Properties) =>
      [
        ...provider
          .diffConfig({ ...identity, id: "p", state: {}, oldInputs, inputs, ignoreChanges: [] })
          .paths.values(),
      ].some(({ replace }) => replace === true);
    expect(configDiff(before, moved)).toBe(true);
    expect(configDiff({ ...before, clusterIdentifier: "a" }, { ...moved, clusterIdentifier: "a" })).toBe(false);
    expect(configDiff({ ...before, clusterIdentifier: "a" }, { ...before, clusterIdentifier: "b" })).toBe(true);
  });
});
