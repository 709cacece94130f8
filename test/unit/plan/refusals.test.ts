import { describe, expect, test } from "vitest";
import { tryPlan, withVolume } from "./try-plan.ts";

type Parts = Record<string, unknown>;

const config = { kind: "config" };
const nas = { host: "10.0.0.2", pool: "tank" };
const two = { one: { address: "10.0.0.3" }, two: { address: "10.0.0.4" } };
const media = { path: "/mnt/tank/media", snapshots: { exempt: "can be ripped again" } };
const share = (volume: Parts) => ({
  shares: { media },
  apps: { app: { films: { kind: "media", share: "media", ...volume } } },
});

/** Each rule: what it refuses, where it says so, words of rule and fix, and the neighbour that it lets pass. */
const rules: [string, Parts, string, string, string, Parts][] = [
  [
    "SQLite on NFS",
    withVolume({ kind: "sqlite", tier: "truenas-nfs" }),
    "apps.app.data.tier",
    "corrupted",
    "sqlite goes to node-local",
    withVolume({ kind: "sqlite" }),
  ],
  [
    "SQLite on SMB",
    withVolume({ kind: "sqlite", tier: "truenas-smb" }),
    "apps.app.data.tier",
    "corrupted",
    "Allowed besides: longhorn",
    withVolume({ kind: "sqlite", tier: "longhorn" }),
  ],
  [
    "what might be SQLite on NFS",
    withVolume({ kind: "unverified", tier: "truenas-nfs" }),
    "apps.app.data.tier",
    "might be SQLite",
    "goes to node-local",
    withVolume({ kind: "unverified" }),
  ],
  [
    "application data on Longhorn",
    withVolume({ ...config, tier: "longhorn" }),
    "apps.app.data.tier",
    "never goes on Longhorn",
    "config goes to truenas-nfs",
    withVolume(config),
  ],
  [
    "a database on Longhorn",
    withVolume({ kind: "database", engine: "redis", tier: "longhorn" }),
    "apps.app.data.tier",
    "never goes on Longhorn",
    "Allowed besides: node-local",
    withVolume({ kind: "database", engine: "redis", tier: "node-local" }),
  ],
  [
    "application data on Ceph",
    withVolume({ ...config, tier: "ceph" }),
    "apps.app.data.tier",
    "never goes on Ceph",
    "config goes to truenas-nfs",
    withVolume(config),
  ],
  [
    "SQLite on Ceph",
    withVolume({ kind: "sqlite", tier: "ceph" }),
    "apps.app.data.tier",
    "never goes on Ceph",
    "node-local",
    withVolume({ kind: "sqlite" }),
  ],
  [
    "a cache on the NAS",
    withVolume({ kind: "cache", tier: "truenas-nfs" }),
    "apps.app.data.tier",
    "snapshot and replicate",
    "cache goes to node-local",
    withVolume({ kind: "cache" }),
  ],
  [
    "plain files on a node",
    withVolume({ ...config, tier: "node-local" }),
    "apps.app.data.tier",
    "kind sqlite",
    "Allowed besides: truenas-smb",
    withVolume({ ...config, tier: "truenas-smb" }),
  ],
  [
    "backups before object storage",
    withVolume({ kind: "backup" }),
    "apps.app.data.kind",
    "objectStorage.enabled: true",
    "until then",
    withVolume(config),
  ],
  [
    "an archive before object storage",
    withVolume({ kind: "archive" }),
    "apps.app.data.kind",
    "objectStorage.enabled: true",
    "until then",
    withVolume(config),
  ],
  [
    "control plane disks before Ceph",
    withVolume({ kind: "control-plane" }),
    "apps.app.data.kind",
    "ceph.enabled: true",
    "until then",
    withVolume(config),
  ],
  [
    "critical SQLite without copies",
    withVolume({ kind: "sqlite", backup: false }),
    "apps.app.data.backup",
    "has a backup chain",
    "Remove backup: false",
    withVolume({ kind: "sqlite", backup: false, critical: false }),
  ],
  [
    "a critical cache",
    withVolume({ kind: "cache", critical: true }),
    "apps.app.data.critical",
    "has a backup chain",
    "for what can be rebuilt",
    withVolume({ kind: "cache", critical: false }),
  ],
  [
    "a critical local database without dumps",
    withVolume({ kind: "database", engine: "redis", tier: "node-local", backup: false }),
    "apps.app.data.backup",
    "has a backup chain",
    "Remove backup: false",
    withVolume({ kind: "database", engine: "redis", backup: false }),
  ],
  [
    "critical data of a test app",
    withVolume({ ...config, critical: true }, { environment: "test" }),
    "apps.app.data.critical",
    "has a backup chain",
    "environment: test",
    withVolume(config, { environment: "test" }),
  ],
  [
    "a backup of a cache",
    withVolume({ kind: "cache", backup: true }),
    "apps.app.data.backup",
    "no copies besides snapshots",
    "name the kind",
    withVolume({ kind: "sqlite", backup: true }),
  ],
  [
    "a backup of a test app",
    withVolume({ kind: "sqlite", backup: true }, { environment: "test" }),
    "apps.app.data.backup",
    "no backups",
    "Remove backup",
    withVolume({ kind: "sqlite" }, { environment: "test" }),
  ],
  [
    "a test app on the NAS",
    withVolume({ ...config, tier: "truenas-nfs" }, { environment: "test" }),
    "apps.app.data.tier",
    "keeps all its volumes on the node",
    "environment: test",
    withVolume({ ...config, tier: "node-local" }, { environment: "test" }),
  ],
  [
    "a database without an engine",
    withVolume({ kind: "database" }),
    "apps.app.data.engine",
    "names its engine",
    "postgresql, mysql",
    withVolume({ kind: "database", engine: "mysql" }),
  ],
  [
    "an engine of something else",
    withVolume({ ...config, engine: "redis" }),
    "apps.app.data.engine",
    "Only the kind database",
    "kind: database",
    withVolume({ kind: "database", engine: "redis" }),
  ],
  [
    "no size",
    { apps: { app: { data: config } } },
    "apps.app.data.size",
    "has a size",
    "size: 10Gi",
    withVolume(config),
  ],
  [
    "a quota below the size",
    withVolume({ ...config, quota: "5Gi" }),
    "apps.app.data.quota",
    "not below the size",
    "Raise quota",
    withVolume({ ...config, quota: "10Gi" }),
  ],
  [
    "two opinions about sync",
    withVolume({ ...config, sync: "always", syncDisabled: "it is only a trial" }),
    "apps.app.data.sync",
    "disabled or it is not",
    "Keep one",
    withVolume({ ...config, sync: "always" }),
  ],
  [
    "media without a share",
    { apps: { app: { films: { kind: "media" } } } },
    "apps.app.films.share",
    "a share that exists",
    "entry of shares",
    share({}),
  ],
  [
    "media on an unknown share",
    share({ share: "films" }),
    "apps.app.films.share",
    "entry of shares, or a path",
    "Use one of: media",
    share({}),
  ],
  [
    "media inside the apps dataset",
    share({ share: "/mnt/tank/k8s-apps/x" }),
    "apps.app.films.share",
    "outside the apps dataset",
    "volume of its own kind",
    share({ share: "/mnt/tank/k8s-apps2/x" }),
  ],
  [
    "a size for an existing share",
    share({ size: "1Gi" }),
    "apps.app.films.size",
    "used as it is",
    "Remove size",
    share({}),
  ],
  [
    "clients for an existing share",
    share({ clients: ["10.0.0.3/32"] }),
    "apps.app.films.clients",
    "used as it is",
    "Remove clients",
    share({}),
  ],
  [
    "a share for something else",
    withVolume({ ...config, share: "media" }),
    "apps.app.data.share",
    "Only the kind media",
    "kind: media",
    withVolume(config),
  ],
  [
    "NAS settings of node-local data",
    withVolume({ kind: "sqlite", recordsize: "16K" }),
    "apps.app.data.recordsize",
    "a dataset on the NAS",
    "goes to node-local",
    withVolume({ ...config, recordsize: "16K" }),
  ],
  [
    "no root squash on a node",
    withVolume({ kind: "sqlite", noRootSquash: "an init container chowns" }),
    "apps.app.data.noRootSquash",
    "a dataset on the NAS",
    "goes to node-local",
    withVolume({ ...config, noRootSquash: "an init container chowns" }),
  ],
  [
    "a node for data on the NAS",
    withVolume({ ...config, node: "one" }),
    "apps.app.data.node",
    "Only node-local data",
    "goes to truenas-nfs",
    withVolume({ kind: "sqlite", node: "one" }),
  ],
  [
    "an unknown node",
    withVolume({ kind: "sqlite", node: "three" }),
    "apps.app.data.node",
    "a node of the node list",
    "Use one of: one",
    withVolume({ kind: "sqlite", node: "one" }),
  ],
  [
    "a hypervisor as the node",
    {
      ...withVolume({ kind: "sqlite", node: "pve" }),
      nodes: { one: { address: "10.0.0.3" }, pve: { address: "10.0.0.9", roles: ["hypervisor"] } },
    },
    "apps.app.data.node",
    "role kubernetes",
    "Use one of: one",
    {
      ...withVolume({ kind: "sqlite", node: "pve" }),
      nodes: { pve: { address: "10.0.0.9", roles: ["hypervisor", "kubernetes"] } },
    },
  ],
  [
    "exports open to everybody",
    { nas: { ...nas, clients: ["0.0.0.0/0"] } },
    "nas.clients",
    "never open to every network",
    "only the Kubernetes nodes",
    { nas: { ...nas, clients: ["10.0.0.0/8"] } },
  ],
  [
    "exports wider than any private network",
    { nas: { ...nas, clients: ["8.0.0.0/6"] } },
    "nas.clients",
    "nothing wider",
    "only the Kubernetes nodes",
    { nas: { ...nas, clients: ["10.0.0.0/8"] } },
  ],
  [
    "one volume open to everybody",
    withVolume({ ...config, clients: ["::/0"] }),
    "apps.app.data.clients",
    "never open to every network",
    "only the Kubernetes nodes",
    withVolume({ ...config, clients: ["10.0.0.3"] }),
  ],
  [
    "overlapping clients",
    { nas: { ...nas, clients: ["10.0.0.0/24", "10.0.0.3"] } },
    "nas.clients",
    "do not overlap",
    "Keep the wider",
    { nas: { ...nas, clients: ["10.0.0.0/24", "10.0.1.3"] } },
  ],
  [
    "no client at all",
    { nodes: { pve: { address: "10.0.0.9", roles: ["hypervisor"] } } },
    "nodes",
    "there is none",
    "role kubernetes",
    { nodes: { pve: { address: "10.0.0.9", roles: ["hypervisor"] } }, nas: { ...nas, clients: ["10.0.0.0/24"] } },
  ],
  [
    "two default classes",
    { kubernetes: { storageClasses: { local: { default: true } } } },
    "kubernetes.storageClasses",
    "At most one class",
    "default: false",
    { kubernetes: { storageClasses: { local: { default: true }, nfs: { default: false } } } },
  ],
  [
    "two classes of one name",
    { kubernetes: { storageClasses: { smb: { name: "local-path" } } } },
    "kubernetes.storageClasses.smb.name",
    "its own name",
    "another name",
    { kubernetes: { storageClasses: { smb: { name: "windows" } } } },
  ],
  [
    "a reserved app name",
    { apps: { pvc: { data: { ...config, size: "1Gi" } } } },
    "apps.pvc",
    "reserved",
    "another name",
    { apps: { pvcs: { data: { ...config, size: "1Gi" } } } },
  ],
  [
    "a reserved group",
    withVolume({ ...config, group: "smb" }),
    "apps.app.data.group",
    "reserved",
    "another name",
    withVolume({ ...config, group: "files" }),
  ],
  [
    "a reserved group for copies",
    withVolume({ kind: "sqlite" }, { backup: { group: "pvc" } }),
    "apps.app.backup.group",
    "reserved",
    "another name",
    withVolume({ kind: "sqlite" }, { backup: { group: "backups" } }),
  ],
  [
    "a group named like an app",
    withVolume({ ...config, group: "app" }),
    "apps.app.data.group",
    "not named like an app",
    "another name",
    withVolume({ ...config, group: "files" }),
  ],
  [
    "names that run together",
    { apps: { a: { "b-c": { ...config, size: "1Gi" } }, "a-b": { c: { ...config, size: "1Gi" } } } },
    "apps.a-b.c",
    "stands for one thing; apps.a.b-c",
    "Change one",
    { apps: { a: { "b-c": { ...config, size: "1Gi" } }, "a-d": { c: { ...config, size: "1Gi" } } } },
  ],
  [
    "a dataset name without end",
    { nas: { ...nas, appsDataset: "x".repeat(190) }, ...withVolume(config) },
    "apps.app.data",
    "at most 200 characters",
    "Shorten",
    { nas: { ...nas, appsDataset: "x".repeat(180) }, ...withVolume(config) },
  ],
  ["the boot pool", { nas: { ...nas, pool: "boot-pool" } }, "nas.pool", "boot pool", "data pool", { nas }],
  [
    "a dataset that TrueNAS keeps",
    { nas: { ...nas, appsDataset: "ix-apps/x" } },
    "nas.appsDataset",
    "reserves the dataset name ix-apps",
    "another name",
    { nas: { ...nas, appsDataset: "my-apps/x" } },
  ],
  [
    "NFSv3 alone",
    { nas: { ...nas, nfs: { protocols: ["NFSV3"] } } },
    "nas.nfs.protocols",
    "NFS 4.1",
    "Add NFSV4",
    { nas: { ...nas, nfs: { protocols: ["NFSV3", "NFSV4"] } } },
  ],
  [
    "a chain that keeps nothing",
    { snapshots: { hourly: 0, daily: 0, weekly: 0, monthly: 0 } },
    "snapshots",
    "at least one snapshot",
    "above 0",
    { snapshots: { hourly: 0, daily: 1, weekly: 0, monthly: 0 } },
  ],
  [
    "a share's chain that keeps nothing",
    { shares: { media: { ...media, snapshots: { hourly: 0, daily: 0, weekly: 0, monthly: 0 } } } },
    "shares.media.snapshots",
    "at least one snapshot",
    "exempt",
    { shares: { media } },
  ],
  [
    "a chain name twice",
    {
      shares: { m: { ...media, snapshots: { daily: 2 } } },
      apps: { "share-m": { snapshots: { daily: 2 }, data: { ...config, size: "1Gi" } } },
    },
    "shares.m.snapshots",
    "snapshot chain stands for one thing",
    "Change one",
    {
      shares: { n: { ...media, snapshots: { daily: 2 } } },
      apps: { "share-m": { snapshots: { daily: 2 }, data: { ...config, size: "1Gi" } } },
    },
  ],
  [
    "an export that would be taken for another",
    { shares: { media: { ...media, export: "managed" } }, apps: { share: { media: { ...config, size: "1Gi" } } } },
    "shares.media",
    "stands for one thing; apps.share.media",
    "Change one",
    { shares: { media }, apps: { share: { media: { ...config, size: "1Gi" } } } },
  ],
  [
    "node-local volumes whose names run together",
    { apps: { a: { "b-c": { kind: "cache", size: "1Gi" } }, "a-b": { c: { kind: "cache", size: "1Gi" } } } },
    "apps.a-b.c",
    "stands for one thing; apps.a.b-c",
    "Change one",
    { apps: { a: { "b-c": { kind: "cache", size: "1Gi" } }, "a-b": { d: { kind: "cache", size: "1Gi" } } } },
  ],
  [
    "a share inside the apps dataset",
    { shares: { media: { ...media, path: "/mnt/tank/k8s-apps/media" } } },
    "shares.media.path",
    "outside the apps dataset",
    "volume of an app",
    { shares: { media } },
  ],
  [
    "a chain above the apps dataset",
    { nas: { ...nas, appsDataset: "data/apps" }, shares: { all: { path: "/mnt/tank/data", snapshots: { daily: 2 } } } },
    "shares.all.path",
    "has one already",
    "exempt",
    {
      nas: { ...nas, appsDataset: "data/apps" },
      shares: { all: { path: "/mnt/tank/data", snapshots: { exempt: "only holds other datasets" } } },
    },
  ],
  [
    "a share inside another's chain",
    {
      shares: {
        a: { path: "/mnt/tank/a", snapshots: { daily: 2 } },
        b: { path: "/mnt/tank/a/b", snapshots: { daily: 2 } },
      },
    },
    "shares.b.path",
    "overlap",
    "Exempt one",
    {
      shares: {
        a: { path: "/mnt/tank/a", snapshots: { daily: 2 } },
        b: { path: "/mnt/tank/ab", snapshots: { daily: 2 } },
      },
    },
  ],
  [
    "clients of an export made by hand",
    { shares: { media: { ...media, clients: ["10.0.0.0/24"] } } },
    "shares.media.clients",
    "made by hand",
    "export: managed",
    { shares: { media: { ...media, export: "managed", clients: ["10.0.0.0/24"] } } },
  ],
  [
    "two exports of one path",
    { shares: { a: { ...media, export: "managed" }, b: { ...media, export: "managed" } } },
    "shares.b",
    "do not admit the same client",
    "separate clients",
    {
      shares: {
        a: { ...media, export: "managed", clients: ["10.0.0.3"] },
        b: { ...media, export: "managed", clients: ["10.0.0.4"] },
      },
    },
  ],
  [
    "SMB names that differ in case alone",
    { smb: { a: { size: "1Gi", share: "Docs" }, b: { size: "1Gi", share: "docs" } } },
    "smb.b.share",
    "without regard to case",
    "Change one",
    { smb: { a: { size: "1Gi", share: "Docs" }, b: { size: "1Gi", share: "docs2" } } },
  ],
  [
    "an address twice",
    { nodes: { one: { address: "10.0.0.3" }, two: { address: "10.0.0.3" } } },
    "nodes.two",
    "stands for one thing; nodes.one",
    "Change one",
    { nodes: two },
  ],
  [
    "a node at the NAS's address",
    { nodes: { one: { address: "10.0.0.2" } } },
    "nodes.one",
    "address of the NAS",
    "Correct",
    { nodes: two },
  ],
  [
    "a link to an unknown node",
    { nas: { ...nas, links: [{ name: "l", address: "10.0.1.2", nodes: ["x"] }] } },
    "nas.links[0].nodes",
    "a node of the node list",
    "Use one of: one",
    { nas: { ...nas, links: [{ name: "l", address: "10.0.1.2", nodes: ["one"] }] } },
  ],
  [
    "two direct links to one node",
    {
      nas: {
        ...nas,
        links: [
          { name: "a", address: "10.0.1.2", nodes: ["one"] },
          { name: "b", address: "10.0.2.2", nodes: ["one"] },
        ],
      },
    },
    "nas.links[1].nodes",
    "one direct link",
    "Keep one",
    { nas: { ...nas, links: [{ name: "a", address: "10.0.1.2", nodes: ["one"] }] } },
  ],
  [
    "NFS that does not listen on a link",
    { nas: { ...nas, nfs: { bindAddresses: ["10.0.0.2"] }, links: [{ name: "a", address: "10.0.1.2" }] } },
    "nas.nfs.bindAddresses",
    "must listen on 10.0.1.2",
    "Add it",
    { nas: { ...nas, nfs: { bindAddresses: ["10.0.0.2", "10.0.1.2"] }, links: [{ name: "a", address: "10.0.1.2" }] } },
  ],
];

describe("refused, with the rule and the way out", () => {
  test.each(rules)("%s", (_, parts, path, rule, fix) => {
    const { problems } = tryPlan(parts);
    expect(problems.map((found) => found.path)).toEqual([path]);
    expect(problems[0]?.rule).toContain(rule);
    expect(problems[0]?.fix).toContain(fix);
  });
});

describe("not refused: the neighbour of", () => {
  test.each(rules)("%s", (_name, _parts, _path, _rule, _fix, neighbour) => {
    expect(tryPlan(neighbour).problems).toEqual([]);
  });
});

test("an id mapping domain needs NFSv4, as everything does", () => {
  const { problems } = tryPlan({ nas: { ...nas, nfs: { protocols: ["NFSV3"], domain: "home.arpa" } } });
  expect(problems.map((found) => found.path)).toEqual(["nas.nfs.protocols", "nas.nfs.domain"]);
});

test("every refusal of a file is shown at once, after its mistakes", () => {
  const { problems } = tryPlan({
    nas: { ...nas, clients: ["0.0.0.0/0"] },
    apps: {
      a: { data: { kind: "sqlite", size: "1Gi", tier: "truenas-nfs" }, more: { kind: "config", size: "1G" } },
      b: { data: { kind: "database", size: "1Gi" } },
    },
  });
  expect(problems.map((found) => found.path)).toEqual([
    "apps.a.more.size",
    "apps.a.data.tier",
    "apps.b.data.engine",
    "nas.clients",
  ]);
});

test("a mistake is told once: what only follows from it is not", () => {
  const { problems } = tryPlan({
    nas: { host: "a b" },
    nodes: { one: { address: "x" } },
    apps: { a: { data: { kind: "confg" } } },
  });
  expect(problems.map((found) => found.path).sort()).toEqual([
    "apps.a.data.kind",
    "nas.host",
    "nas.pool",
    "nodes.one.address",
  ]);
});
