import type { Engine } from "../engine.ts";
import { type BenchResult, Lab } from "./lab.ts";
import { growthExponent, median, type Point } from "./numbers.ts";
import { type PluginProcess, startPlugin } from "./plugin.ts";

/** One number that has a goal. */
export interface Measurement {
  /** Which of the benches it belongs to. */
  readonly bench: BenchName;
  readonly what: string;
  /** Undefined where this system does not tell it. */
  readonly value: number | undefined;
  /** What the number counts: `x no-op`, `calls`, `logins`, `MB`. */
  readonly unit: string;
  readonly goal: { readonly atMost: number };
  readonly met: boolean;
  /** What it was computed from. */
  readonly detail: Readonly<Record<string, number | string>>;
}

/** How much is measured. Sizes are numbers of apps; each has four resources: two datasets, an owner, an export. */
export interface Extent {
  /** With a goal of their own; and what only the growth is computed from. */
  readonly preview: readonly { readonly apps: number; readonly rounds: number }[];
  readonly previewGrowth: readonly { readonly apps: number; readonly rounds: number }[];
  readonly refresh: readonly number[];
  readonly up: { readonly apps: number; readonly rounds: number; readonly latency: number };
  readonly upGrowth: readonly { readonly apps: number; readonly rounds: number }[];
  readonly memory: number;
}

export const full: Extent = {
  preview: [
    { apps: 100, rounds: 5 },
    { apps: 300, rounds: 3 },
    { apps: 1000, rounds: 3 },
  ],
  // As many as a configuration can hold: 9,000 resources.
  previewGrowth: [{ apps: 2250, rounds: 1 }],
  refresh: [5, 50, 500],
  up: { apps: 100, rounds: 3, latency: 20 },
  upGrowth: [
    { apps: 25, rounds: 3 },
    { apps: 75, rounds: 3 },
    { apps: 250, rounds: 3 },
  ],
  memory: 1000,
};

export const quick: Extent = {
  preview: [{ apps: 50, rounds: 3 }],
  previewGrowth: [{ apps: 150, rounds: 1 }],
  refresh: [5, 50],
  up: { apps: 25, rounds: 1, latency: 20 },
  upGrowth: [
    { apps: 10, rounds: 1 },
    { apps: 50, rounds: 1 },
  ],
  memory: 50,
};

export type BenchName = "preview" | "refresh" | "up" | "growth" | "memory";
export const benchNames: readonly BenchName[] = ["preview", "refresh", "up", "growth", "memory"];

interface Setting {
  readonly engine: Engine;
  readonly extent: Extent;
  /** Told what is going on. */
  readonly status: (text: string) => void;
  /** Told each result as soon as it is there. */
  readonly found: (measurements: readonly Measurement[]) => void;
}

/** The NAS works on this many calls of a connection at a time. */
const callsAtATime = 10;
const ratioGoal = 1.3;
const upGoal = 1.5;
const growthGoal = 0.05;
const memoryGoal = 300;

function measurement(
  bench: BenchName,
  what: string,
  value: number | undefined,
  unit: string,
  atMost: number,
  detail: Measurement["detail"],
): Measurement {
  return { bench, what, value, unit, goal: { atMost }, met: value === undefined || value <= atMost, detail };
}

/** The two sides of a comparison, measured in turn so that a change of the machine's load meets both. */
interface Pair {
  readonly apps: number;
  readonly resources: number;
  readonly real: readonly BenchResult[];
  readonly noop: readonly BenchResult[];
}

const seconds = (results: readonly BenchResult[]) => median(results.map(({ ms }) => ms)) / 1000;

function cpuSeconds(results: readonly BenchResult[]): number | undefined {
  const known = results.flatMap(({ cpuMs }) => (cpuMs === undefined ? [] : [cpuMs]));
  return known.length === results.length ? median(known) / 1000 : undefined;
}

function pairDetail({ apps, resources, real, noop }: Pair): Record<string, number | string> {
  const [cpu, noopCpu] = [cpuSeconds(real), cpuSeconds(noop)];
  return {
    apps,
    resources,
    rounds: real.length,
    seconds: seconds(real),
    noopSeconds: seconds(noop),
    ...(cpu === undefined || noopCpu === undefined ? {} : { cpuSeconds: cpu, noopCpuSeconds: noopCpu }),
  };
}

const points = (pairs: readonly Pair[], side: "real" | "noop"): Point[] =>
  pairs.map((pair) => ({ size: pair.resources, cost: seconds(pair[side]) }));

/** How much faster the cost grows with the number of resources than the no-op provider's own. */
function growth(what: string, pairs: readonly Pair[]): Measurement {
  const [real, noop] = [growthExponent(points(pairs, "real")), growthExponent(points(pairs, "noop"))];
  const sizes = pairs.map(({ resources }) => resources).join(", ");
  return measurement("growth", `growth of ${what}`, real - noop, "over no-op's exponent", growthGoal, {
    resources: sizes,
    exponent: real,
    noopExponent: noop,
  });
}

/** Runs every bench that is asked for, the short ones first. */
export async function measure(setting: Setting, names: ReadonlySet<BenchName>): Promise<Measurement[]> {
  const all: Measurement[] = [];
  const benches: [boolean, (setting: Setting) => Promise<readonly Measurement[]>][] = [
    [names.has("refresh"), refreshes],
    [names.has("up"), ups],
    [names.has("growth"), async () => [await upGrowth(setting)]],
    [names.has("memory"), async () => [await memory(setting)]],
    [names.has("preview") || names.has("growth"), () => previews(setting, names)],
  ];
  for (const [wanted, bench] of benches) {
    if (!wanted) continue;
    const measured = await bench(setting);
    setting.found(measured);
    all.push(...measured);
  }
  return all;
}

async function withPlugin<T>(
  name: Parameters<typeof startPlugin>[0],
  body: (plugin: PluginProcess) => Promise<T>,
): Promise<T> {
  const plugin = await startPlugin(name);
  try {
    return await body(plugin);
  } finally {
    await plugin.stop();
  }
}

async function withLab<T>(lab: Promise<Lab>, body: (lab: Lab) => Promise<T>): Promise<T> {
  const opened = await lab;
  try {
    return await body(opened);
  } finally {
    await opened.stop();
  }
}

async function previews({ engine, extent, status }: Setting, names: ReadonlySet<BenchName>): Promise<Measurement[]> {
  const further = names.has("growth") ? extent.previewGrowth : [];
  const pairs: Pair[] = [];
  for (const { apps, rounds } of [...extent.preview, ...further]) {
    const pair = await withLab(Lab.start(engine, apps), async (lab) => {
      status(`preview of ${apps} apps: making the state`);
      await withPlugin("seed", (seed) => lab.up(seed));
      return withPlugin("noop", async (plugin) => {
        const [real, noop]: [BenchResult[], BenchResult[]] = [[], []];
        for (let round = 1; round <= rounds; round++) {
          status(`preview of ${apps} apps: round ${round} of ${rounds}`);
          noop.push(await lab.preview(plugin));
          real.push(await lab.preview());
        }
        const asked = lab.nas.stats.logins;
        if (asked > 0) throw new Error(`a preview without changes logged in ${asked} times; it should ask nobody`);
        return { apps, resources: lab.resources, real, noop };
      });
    });
    pairs.push(pair);
  }
  const ratios = names.has("preview")
    ? pairs
        .slice(0, extent.preview.length)
        .map((pair) =>
          measurement(
            "preview",
            `preview without changes, ${pair.apps} apps`,
            seconds(pair.real) / seconds(pair.noop),
            "x no-op",
            ratioGoal,
            pairDetail(pair),
          ),
        )
    : [];
  // The smallest one is mostly the start of the engine, which does not grow.
  const growing = pairs.length > 2 ? pairs.slice(1) : pairs;
  return names.has("growth") ? [...ratios, growth("preview", growing)] : ratios;
}

const total = (calls: ReadonlyMap<string, number>) => [...calls.values()].reduce((sum, count) => sum + count, 0);

async function refreshes({ engine, extent, status }: Setting): Promise<Measurement[]> {
  const found: { datasets: number; calls: number; logins: number }[] = [];
  for (const apps of extent.refresh) {
    await withLab(Lab.start(engine, apps), async (lab) => {
      status(`refresh of ${apps} apps: making them`);
      await lab.up();
      lab.nas.stats.reset();
      status(`refresh of ${apps} apps`);
      await lab.refresh();
      const { calls, logins } = lab.nas.stats;
      found.push({ datasets: lab.datasets, calls: total(calls), logins });
    });
  }
  const [first] = found;
  const least = first?.calls ?? 0;
  return [
    ...found.map(({ datasets, calls, logins }) =>
      measurement("refresh", `refresh of ${datasets} datasets`, calls, "calls", least, { datasets, logins }),
    ),
    measurement("refresh", "logins of a refresh", Math.max(...found.map(({ logins }) => logins)), "logins", 1, {}),
  ];
}

/** Each round is a NAS of its own: on a used one the datasets would be there already. */
async function upPair(
  { engine, status }: Setting,
  { apps, rounds, latency }: { apps: number; rounds: number; latency: number },
): Promise<Pair & { readonly calls: number; readonly logins: number }> {
  const [real, noop]: [BenchResult[], BenchResult[]] = [[], []];
  let facts = { resources: 0, calls: 0, logins: 0 };
  await withPlugin("noop", async (plugin) => {
    for (let round = 1; round <= rounds; round++) {
      status(`up of ${apps} apps: round ${round} of ${rounds}`);
      await withLab(Lab.start(engine, apps, { latency }), async (lab) => {
        noop.push(await lab.up(plugin));
        await lab.forget();
        lab.nas.stats.reset();
        real.push(await lab.up());
        const { calls, logins } = lab.nas.stats;
        facts = { resources: lab.resources, calls: total(calls), logins };
      });
    }
  });
  return { apps, ...facts, real, noop };
}

async function ups(setting: Setting): Promise<Measurement[]> {
  const { apps, latency } = setting.extent.up;
  const pair = await upPair(setting, setting.extent.up);
  const floor = seconds(pair.noop) + (pair.calls * latency) / callsAtATime / 1000;
  return [
    measurement(
      "up",
      `up of ${apps} apps at ${latency} ms latency`,
      seconds(pair.real) / floor,
      "x no-op with calls",
      upGoal,
      { ...pairDetail(pair), calls: pair.calls, floorSeconds: floor },
    ),
    measurement("up", "logins of an up", pair.logins, "logins", 1, {}),
  ];
}

async function upGrowth(setting: Setting): Promise<Measurement> {
  const pairs: Pair[] = [];
  for (const size of setting.extent.upGrowth) pairs.push(await upPair(setting, { ...size, latency: 0 }));
  return growth("up", pairs);
}

async function memory({ engine, extent, status }: Setting): Promise<Measurement> {
  const apps = extent.memory;
  return withLab(Lab.start(engine, apps), (lab) =>
    withPlugin("truenas", async (plugin) => {
      status(`memory at ${apps} apps: up`);
      await lab.up(plugin);
      const afterUp = await plugin.peakMemory();
      status(`memory at ${apps} apps: refresh`);
      await lab.refresh(plugin);
      const peak = await plugin.peakMemory();
      const megabytes = (bytes: number | undefined) => (bytes === undefined ? undefined : bytes / 1e6);
      return measurement("memory", `memory of the provider, ${apps} apps`, megabytes(peak), "MB", memoryGoal, {
        resources: lab.resources,
        megabytesAfterUp: megabytes(afterUp) ?? "unknown",
      });
    }),
  );
}
