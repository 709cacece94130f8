import { expect, test } from "vitest";
import { ConfigError, type ParseOptions, parseConfig } from "../../../config/index.ts";
import { minimal } from "./stack-file.ts";

function problemsOf(raw: unknown, options?: ParseOptions) {
  try {
    parseConfig(raw, options);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

const withVolume = (volume: Record<string, unknown>) =>
  minimal({ apps: { app: { data: { kind: "config", size: "1Gi", ...volume } } } });

test("the smallest configuration gets every default", () => {
  expect(parseConfig(minimal())).toEqual({
    sandbox: false,
    nas: {
      host: "10.0.0.2",
      endpoint: "10.0.0.2",
      pool: "tank",
      appsDataset: "k8s-apps",
      username: "truenas_admin",
      tls: {},
      readOnly: false,
      destroyProtection: true,
      nfs: { bindAddresses: [], protocols: ["NFSV4"], security: ["SYS"] },
      links: [],
    },
    nodes: [{ name: "one", addresses: ["10.0.0.3"], roles: ["kubernetes"] }],
    apps: [],
    snapshots: { hourly: 24, daily: 7, weekly: 4, monthly: 12 },
    shares: [],
    smb: [],
    kubernetes: {
      storageClasses: {
        nfs: { name: "truenas-nfs", default: true },
        local: { name: "local-path", default: false },
        smb: { name: "smb", default: false },
      },
    },
  });
});

test.each([{}, null])("a known app needs nothing but its name (%j)", (written) => {
  expect(parseConfig(minimal({ apps: { linkding: written } })).apps).toEqual([
    {
      name: "linkding",
      environment: "production",
      runAs: { uid: 33, gid: 33 },
      volumes: [{ name: "data", kind: "sqlite", size: 5 * 2 ** 30, mount: "/etc/linkding/data" }],
    },
  ]);
});

test("what an owner writes wins over the catalogue, and false leaves a volume out", () => {
  const [app] = parseConfig(
    minimal({ apps: { ollama: { runAs: { uid: 5 }, models: { size: "2Ti", mount: "/models" }, cache: false } } }),
  ).apps;
  expect(app?.runAs).toEqual({ uid: 5, gid: 5 });
  expect(app?.volumes).toEqual([{ name: "models", kind: "models", size: 2 * 2 ** 40, mount: "/models" }]);
});

test("a volume whose share cannot be guessed exists only when it is named", () => {
  const volumes = (jellyfin: unknown) =>
    parseConfig(minimal({ apps: { jellyfin } })).apps[0]?.volumes.map(({ name }) => name);
  expect(volumes({})).toEqual(["cache", "config"]);
  expect(volumes({ media: { share: "/mnt/tank/media" } })).toEqual(["cache", "config", "media"]);
});

test("what an app still needs checking disappears once its kind is named", () => {
  expect(parseConfig(minimal({ apps: { karakeep: {} } })).apps[0]?.verify).toContain("*.db");
  expect(parseConfig(minimal({ apps: { karakeep: { data: { kind: "sqlite" } } } })).apps[0]?.verify).toBeUndefined();
});

test("counts that an app leaves out stay as in the common chain", () => {
  const raw = minimal({ snapshots: { daily: 9 }, apps: { linkding: { snapshots: { hourly: 48 } } } });
  expect(parseConfig(raw).apps[0]?.snapshots).toEqual({ retention: { hourly: 48, daily: 9, weekly: 4, monthly: 12 } });
});

test("networks are stored as TrueNAS stores them, sorted and without repetition", () => {
  const { nas } = parseConfig(
    minimal({ nas: { host: "n", pool: "p", clients: ["10.0.1.0/24", "10.0.0.7", "10.0.0.7/32"] } }),
  );
  expect(nas.clients).toEqual(["10.0.0.7/32", "10.0.1.0/24"]);
});

test("an IPv6 host becomes an endpoint in brackets", () => {
  expect(parseConfig(minimal({ nas: { host: "fd00::2", pool: "tank" } })).nas.endpoint).toBe("[fd00::2]");
});

test.each<[string, Record<string, unknown>, string, string]>([
  ["a missing section", { nodes: {} }, "nas", "This key is required."],
  ["a missing key", minimal({ nas: { host: "n" } }), "nas.pool", "This key is required."],
  ["a scheme in the host", minimal({ nas: { host: "https://nas", pool: "p" } }), "nas.host", "without scheme"],
  [
    "a path in the endpoint",
    minimal({ nas: { host: "n", pool: "p", endpoint: "nas/api" } }),
    "nas.endpoint",
    "without scheme or path",
  ],
  ["a number where text belongs", minimal({ nas: { host: "n", pool: 5 } }), "nas.pool", "A pool name"],
  [
    "an unknown protocol",
    minimal({ nas: { host: "n", pool: "p", nfs: { protocols: ["NFSV5"] } } }),
    "nas.nfs.protocols[0]",
    "one of: NFSV3, NFSV4",
  ],
  [
    "too many threads",
    minimal({ nas: { host: "n", pool: "p", nfs: { servers: 257 } } }),
    "nas.nfs.servers",
    "from 1 to 256",
  ],
  [
    "host bits",
    minimal({ nas: { host: "n", pool: "p", clients: ["10.0.0.1/24"] } }),
    "nas.clients[0]",
    "without host bits",
  ],
  ["no client at all", minimal({ nas: { host: "n", pool: "p", clients: [] } }), "nas.clients", "at least one entry"],
  [
    "a short fingerprint",
    minimal({ nas: { host: "n", pool: "p", tls: { fingerprint: "AB:CD" } } }),
    "nas.tls.fingerprint",
    "32 bytes",
  ],
  ["a list of nodes", minimal({ nodes: [] }), "nodes", "a map of"],
  ["a node without an address", minimal({ nodes: { one: {} } }), "nodes.one.address", "This key is required."],
  [
    "a node name with capitals",
    minimal({ nodes: { One: { address: "10.0.0.3" } } }),
    "nodes.One",
    "named as in Kubernetes",
  ],
  ["a decimal size", withVolume({ size: "500G" }), "apps.app.data.size", "binary unit"],
  ["a size below the least quota", withVolume({ size: "512Mi" }), "apps.app.data.size", "from 1Gi"],
  ["a numeric size", withVolume({ size: 5 }), "apps.app.data.size", "binary unit"],
  ["a relative mount", withVolume({ mount: "data" }), "apps.app.data.mount", "absolute"],
  ["a mount that climbs", withVolume({ mount: "/a/../b" }), "apps.app.data.mount", "absolute"],
  ["an unknown kind", withVolume({ kind: "files" }), "apps.app.data.kind", "one of: media, database"],
  ["no kind", minimal({ apps: { app: { data: { size: "1Gi" } } } }), "apps.app.data.kind", "states its kind"],
  ["an app with a capital", minimal({ apps: { App: {} } }), "apps.App", "lower-case"],
  [
    "a volume with an underscore",
    minimal({ apps: { app: { my_data: { kind: "config", size: "1Gi" } } } }),
    "apps.app.my_data",
    "lower-case",
  ],
  ["an app that is a text", minimal({ apps: { app: "linkding" } }), "apps.app", "a map of volumes"],
  ["apps as a list", minimal({ apps: ["linkding"] }), "apps", "a map of names"],
  ["an unknown app without volumes", minimal({ apps: { blog: {} } }), "apps.blog", "at least one volume"],
  [
    "root as the app's user",
    minimal({ apps: { linkding: { runAs: { uid: 0 } } } }),
    "apps.linkding.runAs.uid",
    "from 1 to",
  ],
  [
    "no root squash without a reason",
    withVolume({ noRootSquash: true }),
    "apps.app.data.noRootSquash",
    "stated reason",
  ],
  ["a reason that is none", withVolume({ noRootSquash: "yes" }), "apps.app.data.noRootSquash", "stated reason"],
  ["sync disabled without a reason", withVolume({ sync: "disabled" }), "apps.app.data.sync", "under syncDisabled"],
  ["sync disabled by a switch", withVolume({ syncDisabled: true }), "apps.app.data.syncDisabled", "stated reason"],
  ["negative snapshots", minimal({ snapshots: { hourly: -1 } }), "snapshots.hourly", "from 0 to 1000"],
  [
    "a share without a decision about snapshots",
    minimal({ shares: { media: { path: "/mnt/tank/media" } } }),
    "shares.media.snapshots",
    "required",
  ],
  [
    "a share that is no mount point",
    minimal({ shares: { media: { path: "/media", snapshots: {} } } }),
    "shares.media.path",
    "/mnt/<pool>/<dataset>",
  ],
  [
    "an exemption without a reason",
    minimal({ shares: { media: { path: "/mnt/tank/m", snapshots: { exempt: "no" } } } }),
    "shares.media.snapshots.exempt",
    "at least 10 characters",
  ],
  [
    "an exemption with counts",
    minimal({ apps: { linkding: { snapshots: { exempt: "can be made again", daily: 3 } } } }),
    "apps.linkding.snapshots",
    "no counts",
  ],
  ["an odd SMB name", minimal({ smb: { docs: { size: "1Gi", share: "a/b" } } }), "smb.docs.share", "An SMB share name"],
  ["a phase that is not built", minimal({ ceph: { enabled: true } }), "ceph.enabled", "not part of this version"],
  [
    "the other phases",
    minimal({ objectStorage: { enabled: true } }),
    "objectStorage.enabled",
    "not part of this version",
  ],
  ["backup switched on", minimal({ backup: { enabled: true } }), "backup.enabled", "not part of this version"],
  ["an unknown environment", minimal({ environment: "staging" }), "environment", "one of: production, test"],
  ["a sandbox that is a text", minimal({ sandbox: "yes" }), "sandbox", "true or false"],
])("refused: %s", (_, raw, path, rule) => {
  const problems = problemsOf(raw);
  expect(problems.map((found) => found.path)).toEqual([path]);
  expect(problems[0]?.rule).toContain(rule);
  expect(problems[0]?.fix).toMatch(/\S.{5,}\.$/);
});

test.each<[string, Record<string, unknown>, string, string]>([
  ["at the top", minimal({ snapshot: {} }), "snapshot", "Did you mean snapshots?"],
  ["in a section", minimal({ nas: { host: "n", pool: "p", enpoint: "n" } }), "nas.enpoint", "Did you mean endpoint?"],
  [
    "with other capitals",
    minimal({ nas: { host: "n", pool: "p", appsdataset: "k" } }),
    "nas.appsdataset",
    "Did you mean appsDataset?",
  ],
  [
    "in a node",
    minimal({ nodes: { one: { address: "10.0.0.3", role: ["kubernetes"] } } }),
    "nodes.one.role",
    "Did you mean roles?",
  ],
  ["in a volume", withVolume({ mout: "/data" }), "apps.app.data.mout", "Did you mean mount?"],
  [
    "as an app setting",
    minimal({ apps: { linkding: { runas: { uid: 5 } } } }),
    "apps.linkding.runas",
    "Did you mean runAs?",
  ],
  [
    "as an app setting that could be a volume",
    minimal({ apps: { linkding: { snapshot: { hourly: 5 } } } }),
    "apps.linkding.snapshot",
    "Did you mean snapshots?",
  ],
  ["as an app", minimal({ apps: { linkdng: {} } }), "apps.linkdng", "Did you mean linkding?"],
  [
    "as a volume of a known app",
    minimal({ apps: { linkding: { dat: { size: "5Gi" } } } }),
    "apps.linkding.dat.kind",
    "Did you mean the volume data?",
  ],
])("a typo is answered with the nearest word: %s", (_, raw, path, fix) => {
  const problems = problemsOf(raw);
  expect(problems.map((found) => found.path)).toEqual([path]);
  expect(problems[0]?.fix).toContain(fix);
});

test("a key that resembles nothing is answered with what there is", () => {
  const [found] = problemsOf(minimal({ nodes: { one: { address: "10.0.0.3", xyzzy: 1 } } }));
  expect(found?.fix).toBe("Remove it; known here: address, addresses, roles, linkSpeedGbps.");
});

test.each([
  ["replicateTo", "never replicated between backends"],
  ["mirror", "never replicated between backends"],
  ["reclaimPolicy", "always Retain"],
  ["allNetworks", "never open to every network"],
])("a key that is missing on purpose says why: %s", (key, rule) => {
  expect(problemsOf(withVolume({ [key]: "x" })).map((found) => found.rule)).toEqual([expect.stringContaining(rule)]);
  expect(problemsOf(minimal({ apps: { linkding: { [key]: "x" } } })).map((found) => found.rule)).toEqual([
    expect.stringContaining(rule),
  ]);
});

test("a file is reported whole: every section, every volume, several mistakes in one place", () => {
  const raw = {
    nas: { host: "a b", pool: "p", colour: "red" },
    nodes: { one: { address: "x", roles: [] }, two: { address: "10.0.0.4" } },
    apps: {
      a: { data: { kind: "files", size: "5G", mount: "x" } },
      b: { runAs: { uid: "root" }, data: { kind: "config", size: "1" } },
    },
    snapshots: { hourly: 1.5 },
    wrong: 1,
  };
  expect(
    problemsOf(raw)
      .map((found) => found.path)
      .sort(),
  ).toEqual([
    "apps.a.data.kind",
    "apps.a.data.mount",
    "apps.a.data.size",
    "apps.b.data.size",
    "apps.b.runAs.uid",
    "nas.colour",
    "nas.host",
    "nodes.one.address",
    "nodes.one.roles",
    "snapshots.hourly",
    "wrong",
  ]);
});

test("CA and fingerprint exclude each other", () => {
  const ca = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
  const fingerprint = Array.from({ length: 32 }, () => "ab").join(":");
  const tls = (value: unknown) => minimal({ nas: { host: "n", pool: "p", tls: value } });
  expect(parseConfig(tls({ ca })).nas.tls).toEqual({ ca });
  expect(parseConfig(tls({ fingerprint })).nas.tls).toEqual({ fingerprint: fingerprint.toUpperCase() });
  expect(problemsOf(tls({ ca, fingerprint }))).toEqual([
    {
      path: "nas.tls",
      value: expect.not.stringContaining("MIIB"),
      rule: "A certificate is trusted by its CA or by its fingerprint, not by both.",
      fix: "Keep the one that you check when the certificate is renewed, and remove the other.",
    },
  ]);
});

test("a sandbox only has loopback endpoints; a real stack may have one", () => {
  const nas = (endpoint?: string) => ({ host: "10.0.0.2", pool: "tank", ...(endpoint ? { endpoint } : {}) });
  expect(problemsOf(minimal({ sandbox: true, nas: nas() })).map((found) => found.path)).toEqual(["nas.endpoint"]);
  expect(problemsOf(minimal({ sandbox: true, nas: nas("10.0.0.2:443") })).map((found) => found.path)).toEqual([
    "nas.endpoint",
  ]);
  expect(problemsOf(minimal({ sandbox: true, nas: nas("127.0.0.1:4443") }))).toEqual([]);
  expect(problemsOf(minimal({ nas: nas("127.0.0.1:4443") }))).toEqual([]);
});

test.each([null, "text", []])("what is no map of keys is one clear problem among the missing keys (%j)", (raw) => {
  expect(problemsOf(raw).map((found) => found.path)).toEqual(["", "nas", "nodes"]);
});

test("the message is complete, and shows no stack", () => {
  const error = (() => {
    try {
      return parseConfig(minimal({ apps: { ollama: { models: { size: "500G" } } } }));
    } catch (thrown) {
      return thrown;
    }
  })();
  expect(error).toBeInstanceOf(ConfigError);
  expect((error as ConfigError).message).toBe(
    [
      "The configuration has 1 problem; nothing was contacted or changed.",
      "",
      '  homelab-storage:apps.ollama.models.size = "500G"',
      "    rule: A size is a whole number with a binary unit (Mi, Gi, Ti or Pi), from 1Gi to 8191Ti.",
      "    fix:  Write for example size: 500Gi.",
    ].join("\n"),
  );
});
