import fc from "fast-check";

type Parts = Record<string, unknown>;

// Few names, so that groups, apps and chains meet; some of them chosen to be confused with each other.
const appName = fc.constantFrom("a", "b", "a-b", "hourly", "linkding", "ollama", "postgresql", "jellyfin");
const volumeName = fc.constantFrom("data", "c", "b-c", "files");
const group = fc.constantFrom("g", "databases");
const size = fc.integer({ min: 1, max: 900 }).map((count) => `${count}Gi`);
const retention = fc.record(
  {
    hourly: fc.integer({ min: 0, max: 48 }),
    daily: fc.integer({ min: 0, max: 30 }),
    weekly: fc.integer({ min: 1, max: 8 }),
    monthly: fc.integer({ min: 0, max: 24 }),
  },
  { requiredKeys: ["weekly"] },
);
const ownSnapshots = fc.oneof(retention, fc.constant({ exempt: "it can be made again" }));
const clients = fc.subarray(["10.0.0.3/32", "10.0.1.0/24", "10.2.0.0/16", "fd00::/64"], { minLength: 1 });

function optional<T>(name: string, value: fc.Arbitrary<T>): fc.Arbitrary<Parts> {
  return fc.option(value, { nil: undefined }).map((chosen) => (chosen === undefined ? {} : { [name]: chosen }));
}

function merged(...parts: fc.Arbitrary<Parts>[]): fc.Arbitrary<Parts> {
  return fc.tuple(...parts).map((all) => Object.assign({}, ...all) as Parts);
}

const onNas = merged(
  fc.constantFrom<Parts>(
    { kind: "config" },
    { kind: "config", tier: "truenas-smb" },
    { kind: "models" },
    { kind: "database", engine: "postgresql" },
    { kind: "database", engine: "redis" },
  ),
  size.map((value) => ({ size: value })),
  optional("group", group),
  optional("clients", clients),
  optional("recordsize", fc.constantFrom("16K", "1M")),
);
const onNode = merged(
  fc.constantFrom<Parts>(
    { kind: "sqlite" },
    { kind: "sqlite", tier: "longhorn" },
    { kind: "unverified" },
    { kind: "cache" },
    { kind: "scratch" },
  ),
  size.map((value) => ({ size: value })),
);
const media = fc.constantFrom("media", "music").map((share): Parts => ({ kind: "media", share }));
const volume = fc.oneof(
  { weight: 4, arbitrary: onNas },
  { weight: 3, arbitrary: onNode },
  { weight: 1, arbitrary: media },
);

const app = merged(
  fc.dictionary(volumeName, volume, { minKeys: 1, maxKeys: 4 }),
  optional("snapshots", ownSnapshots),
  optional("environment", fc.constantFrom("production", "test")),
  optional("runAs", fc.record({ uid: fc.integer({ min: 1, max: 70000 }) })),
  optional(
    "backup",
    group.map((name) => ({ group: name })),
  ),
);

/** Configurations like those that owners write, most of them free of mistakes. */
export const configuration: fc.Arbitrary<Parts> = fc.record({
  nas: merged(
    fc.constant({ host: "10.0.0.2", pool: "tank" }),
    optional("clients", clients),
    optional("appsDataset", fc.constantFrom("k8s-apps", "deep/er/apps")),
  ),
  nodes: fc.constantFrom<Parts>(
    { one: { address: "10.0.0.3" } },
    { one: { address: "10.0.0.3", addresses: ["10.9.0.3"] }, two: { address: "10.0.1.4" } },
  ),
  apps: fc.dictionary(appName, app, { maxKeys: 5 }),
  shares: merged(
    ownSnapshots.map((snapshots) => ({ media: { path: "/mnt/tank/media", snapshots } })),
    fc.tuple(ownSnapshots, fc.constantFrom("existing", "managed")).map(([snapshots, made]) => ({
      music: { path: "/mnt/tank/music", snapshots, export: made },
    })),
  ),
  smb: fc.dictionary(fc.constantFrom("docs", "photos"), fc.record({ size }), { maxKeys: 2 }),
  snapshots: retention,
});

/** The same configuration with the keys of every map in another order. */
export function reordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reordered);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, inner]) => [key, reordered(inner)]),
  );
}
