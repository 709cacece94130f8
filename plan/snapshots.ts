import type { Config, Retention } from "../config/index.ts";
import type { LaidOutDataset } from "./datasets.ts";
import { appsRoot, datasetAt, isWithin } from "./names.ts";
import type { Notes } from "./notes.ts";
import type { CronSchedule, Period, SnapshotTaskPlan } from "./storage-plan.ts";
import { checkUnique } from "./unique.ts";

/** Chain of everything below the apps dataset that no app chain takes. */
export const commonChain = "apps";

const everyField = { minute: "0", hour: "*", dom: "*", month: "*", dow: "*" } as const;

const periods: readonly { period: Period; unit: SnapshotTaskPlan["lifetimeUnit"]; schedule: CronSchedule }[] = [
  { period: "hourly", unit: "HOUR", schedule: everyField },
  { period: "daily", unit: "DAY", schedule: { ...everyField, hour: "0" } },
  { period: "weekly", unit: "WEEK", schedule: { ...everyField, hour: "0", dow: "sun" } },
  { period: "monthly", unit: "MONTH", schedule: { ...everyField, hour: "0", dom: "1" } },
];

/** Roots that one chain snapshots recursively, or that an exemption leaves out. */
interface Chain {
  readonly name: string;
  readonly origin: string;
  readonly roots: readonly { readonly dataset: string; readonly key: string }[];
  readonly policy: { readonly retention: Retention } | { readonly exempt: string };
}

export interface SnapshotLayout {
  readonly tasks: readonly SnapshotTaskPlan[];
  /** What covers a dataset. */
  coverOf(dataset: string): { readonly chain?: string; readonly exemption?: string };
}

/** The chains of the design, and which of them covers which dataset: always exactly one, or a named exemption. */
export function layOutSnapshots(config: Config, datasets: readonly LaidOutDataset[], notes: Notes): SnapshotLayout {
  const root = appsRoot(config);
  const own = appChains(config, datasets, notes);
  const shares = config.shares.map(
    (share): Chain => ({
      name: `share-${share.name}`,
      origin: `shares.${share.name}.snapshots`,
      roots: [{ dataset: datasetAt(share.path), key: share.name }],
      policy: share.snapshots,
    }),
  );
  const common: Chain = {
    name: commonChain,
    origin: "snapshots",
    roots: [{ dataset: root, key: commonChain }],
    policy: { retention: config.snapshots },
  };
  const excluded = datasets
    .filter((dataset) => own.some((chain) => chain.roots.some((top) => isWithin(dataset.name, top.dataset))))
    .map((dataset) => dataset.name);
  for (const chain of [common, ...own, ...shares]) checkRetention(chain, notes);
  const chains = [common, ...own, ...shares];
  const tasks = chains.map((chain) => tasksOf(chain, chain === common ? excluded : []));
  checkUnique(
    chains.map(({ name, origin }) => ({ id: name, origin })),
    "snapshot chain",
    notes,
  );
  checkUnique(
    tasks.flatMap((list, index) => list.map(({ key }) => ({ id: key, origin: chains[index]?.origin ?? "snapshots" }))),
    "logical name",
    notes,
  );
  return {
    tasks: tasks.flat(),
    coverOf: (dataset) => {
      const chain = [...own, ...shares, common].find(({ roots }) =>
        roots.some((top) => isWithin(dataset, top.dataset)),
      );
      if (chain === undefined) return {};
      return "exempt" in chain.policy ? { exemption: chain.policy.exempt } : { chain: chain.name };
    },
  };
}

/** Chains of apps that ask for another retention than the common one. */
function appChains(config: Config, datasets: readonly LaidOutDataset[], notes: Notes): Chain[] {
  return config.apps.flatMap((app): Chain[] => {
    if (app.snapshots === undefined) return [];
    const origin = `apps.${app.name}.snapshots`;
    const mine = datasets.filter((dataset) => dataset.app === app.name);
    if (mine.length === 0) {
      notes.warn(origin, `Nothing of ${app.name} is on the NAS, so there is nothing to snapshot.`, "Remove snapshots.");
      return [];
    }
    if ("retention" in app.snapshots && sameRetention(app.snapshots.retention, config.snapshots)) return [];
    const tops = mine.filter(
      (dataset) => !mine.some((other) => other !== dataset && isWithin(dataset.name, other.name)),
    );
    return [
      { name: app.name, origin, roots: tops.map(({ name, key }) => ({ dataset: name, key })), policy: app.snapshots },
    ];
  });
}

function tasksOf(chain: Chain, exclude: readonly string[]): SnapshotTaskPlan[] {
  const { policy } = chain;
  if ("exempt" in policy) return [];
  return chain.roots.flatMap(({ dataset, key }) =>
    periods
      .filter(({ period }) => policy.retention[period] > 0)
      .map(
        ({ period, unit, schedule }): SnapshotTaskPlan => ({
          key: chain.roots.length === 1 ? `${chain.name}-${period}` : `${chain.name}-${key}-${period}`,
          chain: chain.name,
          period,
          dataset,
          recursive: true,
          exclude,
          // The period stands between the chain and the date, so that no schema reads another's names.
          namingSchema: `hs-${chain.name}-${period}-%Y-%m-%d_%H-%M`,
          lifetimeValue: policy.retention[period],
          lifetimeUnit: unit,
          schedule,
          allowEmpty: true,
        }),
      ),
  );
}

/** TrueNAS raises an alert above this number of snapshots of one dataset. */
const alertAbove = 512;

function checkRetention({ origin, policy }: Chain, notes: Notes): void {
  if ("exempt" in policy) return;
  const { hourly, daily, weekly, monthly } = policy.retention;
  const total = hourly + daily + weekly + monthly;
  if (total === 0) {
    notes.refuse(
      origin,
      policy.retention,
      "A chain keeps at least one snapshot.",
      "Keep one of the counts above 0, or state the reason: exempt: ... (for an app or a share).",
    );
  }
  if (total > alertAbove) {
    notes.warn(
      origin,
      `${total} snapshots are kept of each dataset; TrueNAS raises an alert above ${alertAbove}.`,
      "Keep fewer hourly ones.",
    );
  }
}

function sameRetention(a: Retention, b: Retention): boolean {
  return a.hourly === b.hourly && a.daily === b.daily && a.weekly === b.weekly && a.monthly === b.monthly;
}
