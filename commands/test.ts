import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { obtainEngine } from "./engine.ts";
import { Failure, runCommand } from "./failure.ts";
import { PROJECT_FOLDER } from "./project.ts";
import { createTerminal } from "./terminal.ts";
import { judgeRecordings, type Verdict } from "./test/judge.ts";
import { type Counts, countTests } from "./test/report.ts";

const REFERENCE = join(PROJECT_FOLDER, "..", "shared");

/** What `npm test` runs; only the last of them needs an engine. */
const everyday = ["unit", "provider", "rehearsal"];

/**
 * Runs test projects (`--projects a,b`; default: unit, provider and rehearsal), then has every recorded request and answer judged
 * against the published API. Other arguments go to vitest. Ends with one line: `N passed, N failed`.
 */
async function main(): Promise<number> {
  const terminal = createTerminal();
  const strict = Boolean(process.env["CI"]);
  const scratch = await mkdtemp(join(tmpdir(), "homelab-test-"));
  const recordings = join(scratch, "recordings");
  const skipped: string[] = [];
  try {
    await mkdir(recordings);
    const { wanted, rest } = projectsOf(process.argv.slice(2));
    const engineless = wanted.filter((project) => project === "unit" || project === "provider");
    const engine = engineless.length === wanted.length || (await hasEngine(terminal, strict));
    if (!engine) skipped.push("SKIPPED: no engine");
    const projects = engine ? wanted : engineless;

    const report = join(scratch, "report.json");
    // Without any project vitest would run them all.
    const code = projects.length === 0 ? 0 : await runVitest(projects, report, recordings, rest);
    const counts = projects.length === 0 ? { passed: 0, failed: 0 } : await readCounts(report, code);

    const verdicts = existsSync(REFERENCE) ? await judgeRecordings(recordings, REFERENCE, PROJECT_FOLDER) : [];
    if (!existsSync(REFERENCE)) skipped.push("SKIPPED: no reference");
    for (const verdict of verdicts) showVerdict(verdict, (line) => terminal.line(line));

    for (const line of skipped) terminal.line(line);
    const passed = counts.passed + verdicts.filter(({ ok }) => ok).length;
    const failed = counts.failed + verdicts.filter(({ ok }) => !ok).length + (strict ? skipped.length : 0);
    terminal.line(`${passed} passed, ${failed} failed`);
    // A filter that fits no test proves nothing.
    return failed === 0 && code === 0 && passed > 0 ? 0 : 1;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

function projectsOf(args: readonly string[]): { wanted: readonly string[]; rest: readonly string[] } {
  const [flag, names, ...rest] = args;
  return flag === "--projects" && names !== undefined
    ? { wanted: names.split(","), rest }
    : { wanted: everyday, rest: args };
}

/** Without an engine the rest still runs, except in CI, where the rehearsals are the point. */
async function hasEngine(terminal: ReturnType<typeof createTerminal>, strict: boolean): Promise<boolean> {
  try {
    await obtainEngine({
      note: (text) => terminal.line(text),
      progress: (text) => terminal.status(`engine: ${text}`),
    });
    return true;
  } catch (error) {
    if (strict || !(error instanceof Failure)) throw error;
    terminal.line(error.message);
    return false;
  }
}

function runVitest(
  projects: readonly string[],
  report: string,
  recordings: string,
  extra: readonly string[],
): Promise<number> {
  const vitest = join(dirname(createRequire(import.meta.url).resolve("vitest/package.json")), "vitest.mjs");
  const args = [
    "run",
    ...projects.flatMap((project) => ["--project", project]),
    ...["--reporter=default", "--reporter=json", `--outputFile.json=${report}`],
    ...extra,
  ];
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [vitest, ...args], {
      cwd: PROJECT_FOLDER,
      env: { ...process.env, HOMELAB_RECORD: recordings },
      stdio: "inherit",
    });
    child.on("error", reject);
    child.on("close", (code) => resolve(code ?? 1));
  });
}

async function readCounts(report: string, code: number): Promise<Counts> {
  const text = await readFile(report, "utf8").catch(() => "{}");
  return countTests(JSON.parse(text), code);
}

function showVerdict({ version, requests, ok, output }: Verdict, print: (line: string) => void): void {
  print(`${ok ? "✔" : "✘"} ${requests} recorded calls judged against the API of TrueNAS ${version}`);
  if (!ok) for (const line of output.trimEnd().split("\n")) print(`    ${line}`);
}

await runCommand(main);
