import { availableParallelism, loadavg } from "node:os";
import { Command, Option } from "commander";
import { type BenchName, benchNames, full, measure, quick } from "./bench/measure.ts";
import { renderMeasurements } from "./bench/report.ts";
import { obtainEngine } from "./engine.ts";
import { runCommand } from "./failure.ts";
import { createTerminal } from "./terminal.ts";

interface Flags {
  readonly quick: boolean;
  readonly json: boolean;
  readonly check: boolean;
  readonly only?: BenchName[];
}

const program = new Command("npm run bench --")
  .description(
    "Measures the program with the TrueNAS provider against the same program with a provider that does nothing, in turn, on a simulated " +
      "NAS. Every number is a ratio or a count of this very run. The whole takes about half an hour.",
  )
  .option("--quick", "small sizes and few rounds, for a first look: some minutes", false)
  .addOption(new Option("--only <bench...>", "only these").choices(benchNames))
  .option("--json", "print the result as JSON, and nothing else", false)
  .option("--check", "end with exit code 1 when a goal is missed", false);

async function main(): Promise<number> {
  const flags = program.parse().opts<Flags>();
  const terminal = createTerminal(process.stderr);
  const engine = await obtainEngine({ note: (text) => terminal.line(`  ${text}`) });
  const load = loadavg()[0] ?? 0;
  const measurements = await measure(
    {
      engine,
      extent: flags.quick ? quick : full,
      status: (text) => terminal.status(`  ${text}`),
      found: (some) => {
        if (flags.json) for (const line of renderMeasurements(some)) terminal.line(line);
      },
    },
    new Set(flags.only ?? benchNames),
  );
  const machine = {
    processors: availableParallelism(),
    loadBefore: load,
    loadAfter: loadavg()[0] ?? 0,
    node: process.version,
    engine: engine.version,
  };
  if (flags.json) process.stdout.write(`${JSON.stringify({ machine, measurements }, null, 2)}\n`);
  else {
    const { processors, loadBefore, loadAfter } = machine;
    const lines = renderMeasurements(measurements);
    process.stdout.write(`${lines.join("\n")}\n`);
    terminal.line(`  ${processors} processors, load ${loadBefore.toFixed(1)} before and ${loadAfter.toFixed(1)} after`);
  }
  return flags.check && measurements.some(({ met }) => !met) ? 1 : 0;
}

await runCommand(main);
