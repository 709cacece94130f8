/** A row of a task, as its query method gives it. */
export type TaskRow = Readonly<Record<string, unknown>>;

/** What a task keeps safe. Everything is named as datasets are: `tank/apps`, without `/mnt/`. */
export interface Coverage {
  /** False: it does not run by itself, so it covers nothing. */
  readonly active: boolean;
  readonly roots: readonly string[];
  readonly recursive: boolean;
  /** What is left out, with everything below it. */
  readonly exclude: readonly string[];
  /** Patterns of files that are left out; their reach cannot be told. */
  readonly patterns: readonly string[];
}

/** Copies on the NAS itself, and copies elsewhere: neither stands in for the other. */
export type TaskClass = "snapshots" | "copies";

const list = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);
const nameOf = (path: unknown): string =>
  String(path)
    .replace(/^\/mnt\//, "")
    .replace(/\/+$/, "");

/** Files under a path, sent elsewhere on a schedule. */
const ofPath = (row: TaskRow): Coverage => ({
  active: row["enabled"] === true && (row["direction"] === undefined || row["direction"] === "PUSH"),
  roots: [nameOf(row["path"])],
  recursive: true,
  exclude: [],
  patterns: [...list(row["exclude"]), ...list(row["include"])],
});

/** The kinds of backup tasks of the NAS, by the namespace of their methods (TrueNAS middleware plugins/). */
const kinds = {
  "pool.snapshottask": {
    class: "snapshots",
    coverage: (row: TaskRow): Coverage => ({
      active: row["enabled"] === true,
      roots: [String(row["dataset"])],
      recursive: row["recursive"] === true,
      exclude: list(row["exclude"]),
      patterns: [],
    }),
  },
  replication: {
    class: "copies",
    coverage: (row: TaskRow): Coverage => ({
      active: row["enabled"] === true && row["auto"] !== false,
      // What is pulled lies on another NAS, which only a replication from there covers.
      roots: list(row["source_datasets"]).map((name) => (row["direction"] === "PULL" ? `pulled:${name}` : name)),
      recursive: row["recursive"] === true,
      exclude: list(row["exclude"]),
      patterns: [],
    }),
  },
  cloudsync: { class: "copies", coverage: ofPath },
  cloud_backup: { class: "copies", coverage: ofPath },
  rsynctask: {
    class: "copies",
    coverage: (row: TaskRow) => ({ ...ofPath(row), recursive: row["recursive"] !== false }),
  },
} as const satisfies Record<string, { class: TaskClass; coverage: (row: TaskRow) => Coverage }>;

export type TaskNamespace = keyof typeof kinds;

export const isTaskNamespace = (name: string): name is TaskNamespace => Object.hasOwn(kinds, name);
export const classOf = (namespace: TaskNamespace): TaskClass => kinds[namespace].class;
export const coverageOf = (namespace: TaskNamespace, row: TaskRow): Coverage => kinds[namespace].coverage(row);

/** The kinds of a class. */
export const namespacesOf = (kind: TaskClass): TaskNamespace[] =>
  (Object.keys(kinds) as TaskNamespace[]).filter((namespace) => classOf(namespace) === kind);

const within = (name: string, root: string): boolean => name === root || name.startsWith(`${root}/`);

function reaches({ roots, recursive, exclude }: Coverage, name: string): boolean {
  const inside = roots.some((root) => (recursive ? within(name, root) : name === root));
  return inside && !exclude.some((left) => within(name, left));
}

/** What an active task keeps safe, of what exists: datasets, and of a task for files its directory. */
export function coveredBy(coverage: Coverage, datasets: readonly string[], namespace: TaskNamespace): string[] {
  if (!coverage.active) return [];
  const directories =
    namespace === "pool.snapshottask" ? [] : coverage.roots.filter((root) => !datasets.includes(root));
  const reached = datasets.filter((name) => reaches(coverage, name));
  return [...directories, ...reached];
}

/** Whether a task keeps all of something safe. */
export const covers = (coverage: Coverage, name: string): boolean =>
  coverage.active && coverage.patterns.length === 0 && reaches(coverage, name);

/** Whether a task keeps as much of something safe after a change as before. */
export function stillCovers(before: Coverage, after: Coverage, name: string): boolean {
  const sameFiles = after.patterns.every((pattern) => before.patterns.includes(pattern));
  return after.active && sameFiles && reaches(after, name);
}

const hours: Readonly<Record<string, number>> = { HOUR: 1, DAY: 24, WEEK: 168, MONTH: 720, YEAR: 8_760 };

/** How long a snapshot task keeps what it takes, in hours. */
export const lifetimeOf = (row: TaskRow): number =>
  Number(row["lifetime_value"] ?? 0) * (hours[String(row["lifetime_unit"])] ?? 0);
