import { describe, expect, test } from "vitest";
import { kinds } from "../../../config/apps.ts";
import { alternativesOf, matrix } from "../../../plan/placement-matrix.ts";
import { planOf, withVolume } from "./try-plan.ts";

const volumeOf = (parts: Record<string, unknown>) => planOf(parts).volumes[0];

test("the decision matrix covers every kind, each with its reason and a verdict on every other tier", () => {
  expect(Object.keys(matrix).sort()).toEqual([...kinds].sort());
  for (const kind of kinds) {
    const { tier, reason } = matrix[kind];
    expect(reason).toMatch(/\.$/);
    const tiers = [tier, ...alternativesOf(kind).map((alternative) => alternative.tier)].sort();
    expect(tiers).toEqual(["ceph", "longhorn", "node-local", "s3", "truenas-nfs", "truenas-smb"]);
    expect(alternativesOf(kind).every((alternative) => alternative.reason.endsWith("."))).toBe(true);
  }
});

test.each([
  ["media", "truenas-nfs", "ReadOnlyMany", false, "none"],
  ["database", "truenas-nfs", "ReadWriteOncePod", true, "database-dump"],
  ["sqlite", "node-local", "ReadWriteOnce", true, "sqlite-online-backup"],
  ["config", "truenas-nfs", "ReadWriteOnce", true, "none"],
  ["models", "truenas-nfs", "ReadWriteMany", false, "none"],
  ["cache", "node-local", "ReadWriteOnce", false, "none"],
  ["session", "node-local", "ReadWriteOnce", false, "none"],
  ["scratch", "node-local", "ReadWriteOnce", false, "none"],
  ["ci", "node-local", "ReadWriteOnce", false, "none"],
  ["backup", "s3", "ReadWriteOnce", true, "external"],
  ["archive", "s3", "ReadWriteOnce", true, "external"],
  ["control-plane", "ceph", "ReadWriteOnce", true, "external"],
  ["unverified", "node-local", "ReadWriteOnce", true, "sqlite-online-backup"],
] as const)("%s goes to %s, %s, critical: %s, copied by %s", (kind, tier, accessMode, critical, copy) => {
  expect(matrix[kind]).toMatchObject({ tier, accessMode, critical, copy });
});

describe("datasets are tuned for what they hold", () => {
  const propertiesOf = (volume: Record<string, unknown>) => {
    const dataset = planOf(withVolume(volume)).datasets.find(({ key }) => key === "app-data");
    return { ...dataset?.properties, mode: dataset?.owner?.mode };
  };

  test.each<[string, Record<string, unknown>, Record<string, unknown>]>([
    ["config", { kind: "config" }, { recordsize: "128K", compression: "LZ4", mode: "0770" }],
    ["models", { kind: "models" }, { recordsize: "1M", compression: "LZ4", mode: "0770" }],
    [
      "postgresql, whose server refuses a directory that its group may write",
      { kind: "database", engine: "postgresql" },
      { recordsize: "16K", sync: "STANDARD", mode: "0700" },
    ],
    ["mysql", { kind: "database", engine: "mysql" }, { recordsize: "16K", sync: "STANDARD", mode: "0770" }],
    ["mariadb", { kind: "database", engine: "mariadb" }, { recordsize: "16K", sync: "STANDARD" }],
    ["redis", { kind: "database", engine: "redis" }, { recordsize: "16K", sync: "STANDARD" }],
    [
      "SMB",
      { kind: "config", tier: "truenas-smb" },
      { shareType: "SMB", casesensitivity: "INSENSITIVE", mode: undefined },
    ],
    [
      "what the owner says",
      { kind: "config", recordsize: "64K", sync: "always", quota: "20Gi" },
      { recordsize: "64K", sync: "ALWAYS", quota: 20 * 2 ** 30, refquota: 10 * 2 ** 30 },
    ],
    [
      "disabled sync, with a reason",
      { kind: "config", syncDisabled: "is rebuilt at every start" },
      { sync: "DISABLED" },
    ],
  ])("%s", (_, volume, expected) => {
    expect(propertiesOf(volume)).toMatchObject(expected);
  });

  test("an SMB volume sets no ACL of its own, since the share type does", () => {
    const properties = propertiesOf({ kind: "config", tier: "truenas-smb" });
    expect(properties).not.toHaveProperty("acltype");
    expect(properties).not.toHaveProperty("aclmode");
  });
});

test("an SMB volume has a share instead of an export", () => {
  const plan = planOf(withVolume({ kind: "config", tier: "truenas-smb" }));
  expect(plan.exports.map(({ key }) => key)).toEqual(["apps"]);
  expect(plan.smbShares).toEqual([
    expect.objectContaining({
      key: "app-data",
      name: "app-data",
      path: "/mnt/tank/k8s-apps/app/data",
      browsable: false,
      volume: "app.data",
    }),
  ]);
  expect(plan.volumes[0]).toMatchObject({ smbShare: "app-data", storageClass: "smb", tier: "truenas-smb" });
});

test("shares for people have datasets of their own, in the common chain", () => {
  const plan = planOf({ smb: { docs: { size: "2Gi", share: "Documents", comment: "Scans" } } });
  expect(plan.datasets.map(({ name, purpose, chain }) => [name, purpose, chain])).toEqual([
    ["tank/k8s-apps", "apps-root", "apps"],
    ["tank/k8s-apps/smb", "group", "apps"],
    ["tank/k8s-apps/smb/docs", "smb", "apps"],
  ]);
  expect(plan.findings.filter(({ severity }) => severity === "warning").map(({ path }) => path)).toEqual([]);
  expect(plan.smbShares[0]).toMatchObject({ name: "Documents", comment: "Scans", browsable: true, readOnly: false });
});

test("a test app keeps everything on the node, unbacked, whatever the kind", () => {
  const volumes = {
    data: { kind: "config", size: "2Gi" },
    db: { kind: "database", engine: "mysql", size: "1Gi" },
    films: { kind: "media", share: "/mnt/tank/m" },
  };
  for (const parts of [
    { apps: { app: { environment: "test", ...volumes } } },
    { environment: "test", apps: { app: volumes } },
  ]) {
    const plan = planOf(parts);
    expect(plan.volumes.map((v) => [v.tier, v.storageClass, v.accessMode, v.critical, v.protection.copy])).toEqual(
      Array.from({ length: 3 }, () => ["node-local", "local-path", "ReadWriteOnce", false, "none"]),
    );
    expect(plan.datasets.map(({ purpose }) => purpose)).toEqual(["apps-root"]);
  }
});

test("node-local data is tied to the only Kubernetes node; with several, to the one named", () => {
  const nodes = { one: { address: "10.0.0.3" }, two: { address: "10.0.0.4" } };
  const sqlite = (node?: string) => withVolume({ kind: "sqlite", ...(node ? { node } : {}) });
  expect(volumeOf(sqlite())?.node).toBe("one");
  expect(volumeOf({ ...sqlite("two"), nodes })?.node).toBe("two");
  const open = planOf({ ...sqlite(), nodes });
  expect(open.volumes[0]?.node).toBeUndefined();
  expect(open.findings.map(({ path }) => path)).toContain("apps.app.data.node");
});

test("SQLite that chose Longhorn is not tied to a node, and is copied all the same", () => {
  expect(volumeOf(withVolume({ kind: "sqlite", tier: "longhorn" }))).toMatchObject({
    tier: "longhorn",
    storageClass: "longhorn",
    reason: expect.stringMatching(/^Chosen by the owner\. /),
    protection: { copy: "sqlite-online-backup", dataset: "tank/k8s-apps/app/backup" },
  });
});

test("risky choices stay visible as warnings, and reach the NAS", () => {
  const plan = planOf(
    withVolume({ kind: "config", noRootSquash: "the init container chowns", syncDisabled: "rebuilt at every start" }),
  );
  expect(plan.findings.filter(({ severity }) => severity === "warning").map(({ path }) => path)).toEqual([
    "apps.app.data.noRootSquash",
    "apps.app.data.syncDisabled",
  ]);
  expect(plan.exports.find(({ key }) => key === "app-data")?.maproot).toEqual({ user: "root", group: "root" });
});

test("what nobody verified is warned about and backed up", () => {
  const plan = planOf(withVolume({ kind: "unverified" }));
  expect(plan.findings.map(({ path }) => path)).toContain("apps.app.data");
  expect(plan.volumes[0]?.protection.dataset).toBe("tank/k8s-apps/app/backup");
});

describe("clients of exports", () => {
  const nas = { host: "10.0.0.2", pool: "tank" };

  test("are all addresses of the Kubernetes nodes by default", () => {
    const plan = planOf({
      nodes: {
        one: { address: "10.0.0.30", addresses: ["10.0.9.30", "fd00::30"] },
        two: { address: "10.0.0.4" },
        pve: { address: "10.0.0.11", roles: ["hypervisor"] },
      },
    });
    expect(plan.exports[0]?.networks).toEqual(["10.0.0.4/32", "10.0.0.30/32", "10.0.9.30/32", "fd00::30/128"]);
    expect(plan.findings.filter(({ path }) => path.includes("clients"))).toEqual([]);
  });

  test("wider networks are a warning that counts the strangers", () => {
    const { findings } = planOf({ nas: { ...nas, clients: ["10.0.0.0/24"] } });
    expect(findings).toContainEqual({
      severity: "warning",
      path: "nas.clients",
      text: "10.0.0.0/24 admits 255 addresses that are no Kubernetes nodes.",
      fix: "Remove clients, so that only the Kubernetes nodes are admitted.",
    });
    expect(planOf({ nas: { ...nas, clients: ["10.0.0.2/31"] } }).findings[0]?.text).toBe(
      "10.0.0.2/31 admits 1 address that is no Kubernetes node.",
    );
  });

  test("that leave out a node are a warning", () => {
    const { findings } = planOf({ nas: { ...nas, clients: ["10.0.0.9"] } });
    expect(findings.map(({ text }) => text)).toContain(
      "No address of one is admitted; pods there cannot mount the volume.",
    );
  });

  test("of one volume are its own", () => {
    const plan = planOf(withVolume({ kind: "config", clients: ["10.0.0.3"] }));
    expect(plan.exports.map(({ networks }) => networks)).toEqual([["10.0.0.3/32"], ["10.0.0.3/32"]]);
    expect(plan.findings.filter(({ severity }) => severity === "warning")).toEqual([]);
  });
});

test("Kerberos is asked for where it is wanted, on the NAS and on the mount", () => {
  const plan = planOf({
    apps: {
      a: { data: { kind: "config", size: "1Gi", security: ["KRB5P"] } },
      b: { data: { kind: "config", size: "1Gi" } },
    },
  });
  expect(plan.nfs.kerberos).toBe(true);
  expect(plan.exports.map(({ key, security }) => [key, security])).toEqual([
    ["apps", ["SYS"]],
    ["a-data", ["KRB5P"]],
    ["b-data", ["SYS"]],
  ]);
  expect(plan.volumes[0]?.nfs?.mountOptions).toContain("sec=krb5p");
  expect(plan.volumes[1]?.nfs?.mountOptions.some((option) => option.startsWith("sec="))).toBe(false);
  expect(planOf({}).nfs.kerberos).toBe(false);
});

test("a direct link is where its nodes reach the NAS", () => {
  const links = [
    { name: "lan", address: "10.0.0.2" },
    { name: "cable", address: "10.0.9.2", nodes: ["one"] },
  ];
  const nodes = { one: { address: "10.0.0.3", addresses: ["10.0.9.3"] }, two: { address: "10.0.0.4" } };
  const plan = planOf({ nas: { host: "10.0.0.2", pool: "tank", links }, nodes });
  expect(plan.nodes.map(({ name, nasAddress }) => [name, nasAddress])).toEqual([
    ["one", "10.0.9.2"],
    ["two", "10.0.0.2"],
  ]);
  expect(plan.findings.filter(({ path }) => path.startsWith("nas.links"))).toEqual([]);
  const bare = planOf({ nas: { host: "10.0.0.2", pool: "tank", links }, nodes: { one: { address: "10.0.0.3" } } });
  expect(bare.findings.filter(({ path }) => path.startsWith("nas.links")).map(({ text }) => text)).toEqual([
    "one has one address only; exports will not admit the one that it uses on cable.",
  ]);
});

test("media may be written to when the owner says so, and may be on a share that is not declared", () => {
  const plan = planOf({ apps: { a: { pods: { kind: "media", share: "/mnt/tank/pods", readOnly: false } } } });
  expect(plan.volumes[0]).toMatchObject({
    accessMode: "ReadWriteMany",
    readOnly: false,
    share: "/mnt/tank/pods",
    storageClass: "",
  });
  expect(plan.findings.map(({ severity, path }) => [severity, path])).toEqual([
    ["warning", "apps.a.pods.share"],
    ["notice", "kubernetes.storageClasses.nfs.default"],
    ["notice", "apps.a.pods"],
  ]);
});

test("a managed share gets an export; an existing one is left alone", () => {
  const share = { path: "/mnt/tank/media", snapshots: { daily: 2 } };
  const keys = (extra: object) =>
    planOf({ shares: { media: { ...share, ...extra } } }).exports.map(({ key, path, readOnly }) => [
      key,
      path,
      readOnly,
    ]);
  expect(keys({})).toEqual([["apps", "/mnt/tank/k8s-apps", false]]);
  expect(keys({ export: "managed" })).toEqual([
    ["apps", "/mnt/tank/k8s-apps", false],
    ["share-media", "/mnt/tank/media", true],
  ]);
});

test("the default class follows the configuration", () => {
  const plan = planOf({ kubernetes: { context: "k3s", storageClasses: { nfs: { name: "nas", default: false } } } });
  expect(plan.storageClasses.map(({ name, annotations }) => [name, annotations])).toEqual([
    ["nas", { "storageclass.kubernetes.io/is-default-class": "false" }],
  ]);
  expect(plan.cluster).toEqual({ context: "k3s" });
  expect(plan.findings).toEqual([]);
});
