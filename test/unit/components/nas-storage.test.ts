import { expect, test } from "vitest";
import { NasStorage, type NasStorageArgs } from "../../../components/truenas/nas-storage.ts";
import type { DatasetPlan } from "../../../plan/storage-plan.ts";
import { Provider } from "../../../providers/truenas/index.ts";
import { promiseOf, recordResources } from "./recorder.ts";

const dataset = (name: string, key: string, owner?: DatasetPlan["owner"]): DatasetPlan => ({
  key,
  name,
  path: `/mnt/${name}`,
  purpose: "volume",
  comments: `about ${key}`,
  properties: { shareType: "GENERIC", acltype: "POSIX", aclmode: "DISCARD", refquota: 2 ** 30 },
  reason: "a test",
  onDelete: "retain",
  ...(owner ? { owner } : {}),
});

const args: NasStorageArgs = {
  appsDataset: "big/apps",
  nfs: { protocols: ["NFSV4"], servers: null, bindAddresses: ["10.0.0.1"], kerberos: false },
  datasets: [
    dataset("big/apps", "apps"),
    dataset("big/apps/photos", "photos", { uid: 1000, gid: 100, mode: "0770" }),
    dataset("big/desk", "desk"),
  ],
  exports: [
    {
      key: "photos",
      dataset: "big/apps/photos",
      path: "/mnt/big/apps/photos",
      comment: "photos",
      networks: ["10.0.0.30/32"],
      hosts: [],
      readOnly: false,
      mapall: { user: "apps", group: "apps" },
      security: ["SYS"],
      reason: "a test",
    },
  ],
  smbShares: [],
  snapshotTasks: [
    {
      key: "apps-daily",
      chain: "apps",
      period: "daily",
      dataset: "big/apps",
      recursive: true,
      exclude: ["big/apps/photos"],
      namingSchema: "hs-apps-daily-%Y-%m-%d_%H-%M",
      lifetimeValue: 7,
      lifetimeUnit: "DAY",
      schedule: { minute: "5", hour: "0", dom: "*", month: "*", dow: "*" },
      allowEmpty: true,
    },
  ],
};

async function build(more: Partial<NasStorageArgs> = {}) {
  const registered = await recordResources();
  const provider = new Provider("truenas", { host: "10.0.0.1", username: "api", apiKey: "1-k" });
  const storage = new NasStorage("nas", { ...args, ...more }, { providers: [provider] });
  await Promise.all([promiseOf(storage.urn), promiseOf(storage.retired)]);
  const shares = [...storage.exports.values(), ...storage.smbShares.values()];
  await Promise.all(shares.map((share) => promiseOf(share.urn)));
  return { registered, storage };
}

test("makes exactly the children of the plan, named after it", async () => {
  const { registered } = await build();
  expect(registered.map(({ type, name }) => `${type} ${name}`).sort()).toEqual([
    "homelab:truenas:NasStorage nas",
    "pulumi:providers:truenas truenas",
    "truenas:index:Dataset nas-dataset-apps",
    "truenas:index:Dataset nas-dataset-desk",
    "truenas:index:Dataset nas-dataset-photos",
    "truenas:index:DatasetOwnership nas-ownership",
    "truenas:index:FilesystemPermissions nas-permissions-photos",
    "truenas:index:NfsConfig nas-nfs",
    "truenas:index:NfsShare nas-export-photos",
    "truenas:index:Service nas-service-nfs",
    "truenas:index:SnapshotTask nas-snapshots-apps-daily",
  ]);
});

test("hands every value of the plan on, and adds none", async () => {
  const { registered } = await build();
  const inputsOf = (name: string) => registered.find((resource) => resource.name === name)?.inputs;
  expect(inputsOf("nas-dataset-photos")).toEqual({
    name: "big/apps/photos",
    comments: "about photos",
    shareType: "GENERIC",
    acltype: "POSIX",
    aclmode: "DISCARD",
    refquota: 2 ** 30,
    onDelete: "retain",
  });
  expect(inputsOf("nas-permissions-photos")).toEqual({
    path: "/mnt/big/apps/photos",
    uid: 1000,
    gid: 100,
    mode: "0770",
  });
  expect(inputsOf("nas-export-photos")).toEqual({
    path: "/mnt/big/apps/photos",
    comment: "photos",
    networks: ["10.0.0.30/32"],
    hosts: [],
    readOnly: false,
    mapallUser: "apps",
    mapallGroup: "apps",
    security: ["SYS"],
  });
  expect(inputsOf("nas-snapshots-apps-daily")).toEqual({
    dataset: "big/apps",
    recursive: true,
    exclude: ["big/apps/photos"],
    namingSchema: "hs-apps-daily-%Y-%m-%d_%H-%M",
    lifetimeValue: 7,
    lifetimeUnit: "DAY",
    schedule: { minute: "5", hour: "0", dom: "*", month: "*", dow: "*" },
    allowEmpty: true,
  });
  expect(inputsOf("nas-nfs")).toEqual({ protocols: ["NFSV4"], servers: "auto", bindAddresses: ["10.0.0.1"] });
  expect(inputsOf("nas-service-nfs")).toEqual({ name: "nfs", enabled: true, running: true });
});

test("the list of ownership holds what lies below the apps dataset, not what lies elsewhere", async () => {
  const { registered } = await build();
  const ownership = registered.find(({ name }) => name === "nas-ownership");
  expect(ownership?.inputs).toEqual({ root: "big/apps", datasets: ["big/apps", "big/apps/photos"] });
});

test("the API key is a secret wherever it goes", async () => {
  const { registered } = await build();
  expect(registered.find(({ name }) => name === "truenas")?.inputs["apiKey"]).toEqual({ secret: "1-k" });
});

test("SMB shares come with the SMB server, and without them nothing is said of it", async () => {
  const desk = {
    key: "desk",
    name: "Desk",
    dataset: "big/desk",
    path: "/mnt/big/desk",
    comment: "letters",
    readOnly: true,
    browsable: false,
    reason: "a test",
  };
  const { registered } = await build({ smbShares: [desk] });
  const smb = registered.filter(({ name }) => name.includes("share") || name.includes("cifs"));
  expect(Object.fromEntries(smb.map(({ type, name, inputs }) => [`${type} ${name}`, inputs]))).toEqual({
    "truenas:index:SmbShare nas-share-desk": {
      name: "Desk",
      path: "/mnt/big/desk",
      comment: "letters",
      readOnly: true,
      browsable: false,
    },
    "truenas:index:Service nas-service-cifs": { name: "cifs", enabled: true, running: true },
  });
  const without = await build();
  expect(without.registered.filter(({ name }) => name.includes("cifs"))).toEqual([]);
  expect(without.storage.smbShares.size).toBe(0);
});
