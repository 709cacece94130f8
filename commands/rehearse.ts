import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Command, Option } from "commander";
import type { ApiVersion } from "../simulator/nas/method.ts";
import { withLock } from "./engine/lock.ts";
import { type Engine, obtainEngine } from "./engine.ts";
import { Failure, runCommand } from "./failure.ts";
import { PROJECT_FOLDER, PROJECT_NAME } from "./project.ts";
import { rehearse } from "./rehearsal/rehearsal.ts";
import { type Site, startSite } from "./rehearsal/site.ts";
import { showSummary } from "./rehearsal/summary.ts";
import { readStackConfig } from "./stack-config.ts";
import { readStackFile } from "./stack-file.ts";
import { createTerminal, silentTerminal, type Terminal } from "./terminal.ts";
import { REHEARSAL_FOLDER, Workspace } from "./workspace.ts";

interface Flags {
  readonly stack: string;
  readonly version: ApiVersion;
  readonly keep: boolean;
  readonly json: boolean;
  readonly downloadEngine: boolean;
}

const program = new Command("npm start --")
  .description("Previews and deploys a stack on a simulated homelab; nothing real is contacted.")
  .option("--stack <name>", "stack to rehearse", "homelab")
  .addOption(new Option("--version <api>", "TrueNAS to simulate").choices(["25.10", "26.0"]).default("26.0"))
  .option("--keep", "leave the simulated homelab running afterwards", false)
  .option("--json", "print the result as JSON, and nothing else", false)
  .option("--download-engine", "get a missing Pulumi engine by official download instead of building it", false);

async function main(): Promise<number> {
  const flags = program.parse().opts<Flags>();
  const terminal = flags.json ? silentTerminal : createTerminal();
  const stackText = await readStackFile(PROJECT_FOLDER, flags.stack);
  const { plan, context } = readStackConfig(stackText, PROJECT_NAME);
  terminal.line(terminal.style("bold", `Rehearsal of ${flags.stack} on a simulated TrueNAS ${flags.version}`));
  const engine = await findEngine(flags, terminal);
  const workspace = new Workspace(join(PROJECT_FOLDER, REHEARSAL_FOLDER));

  return withLock(join(workspace.directory, "lock"), { onBusy: refuseSecond }, async () => {
    const site = await startSite({
      engine,
      version: flags.version,
      plan,
      ...(context === undefined ? {} : { context }),
    });
    try {
      const result = await rehearse({
        engine,
        project: PROJECT_FOLDER,
        projectName: PROJECT_NAME,
        stack: flags.stack,
        stackText,
        plan,
        site,
        workspace,
        terminal,
      });
      if (flags.json) process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
      else showSummary(terminal, result);
      if (flags.keep) await keepRunning(flags, engine, site, workspace, terminal);
      return result.ok ? 0 : 1;
    } finally {
      await site.stop();
    }
  });
}

async function findEngine(flags: Flags, terminal: Terminal): Promise<Engine> {
  const engine = await obtainEngine({
    download: flags.downloadEngine,
    note: (text) => terminal.line(`  ${text}`),
    progress: (text) => terminal.status(`  engine: ${text}`),
  });
  terminal.line(`  engine: Pulumi ${engine.version}, ${engine.origin}`);
  return engine;
}

function refuseSecond(pid: number): never {
  throw new Failure(`another rehearsal is running here (process ${pid}); end that one first`);
}

/** Leaves everything up until Ctrl-C, and says how to look at it. */
async function keepRunning(
  flags: Flags,
  engine: Engine,
  site: Site,
  workspace: Workspace,
  terminal: Terminal,
): Promise<void> {
  const variables = { ...workspace.environment({ PATH: process.env["PATH"] }), ...site.environment };
  const file = join(workspace.directory, "env.sh");
  const quoted = Object.entries(variables).map(
    ([name, value]) => `export ${name}='${String(value).replaceAll("'", "'\\''")}'`,
  );
  await writeFile(file, `${quoted.join("\n")}\n`);
  const access = join(workspace.directory, "nas.json");
  const { endpoint, fingerprint, certificate, username, apiKey } = site.nas;
  const facts = { endpoint, fingerprint, certificate, username, apiKey };
  await writeFile(access, `${JSON.stringify(facts, null, 2)}\n`, { mode: 0o600 });
  const config = `${REHEARSAL_FOLDER}/project/Pulumi.${flags.stack}.yaml`;
  terminal.line();
  terminal.line(terminal.style("bold", "The simulated homelab keeps running; Ctrl-C ends it."));
  terminal.line(
    `  NAS     wss://${endpoint}/api/current, user ${username}; key and certificate in ${REHEARSAL_FOLDER}/nas.json`,
  );
  terminal.line("  Pulumi  in another shell:");
  terminal.line(`            . ${REHEARSAL_FOLDER}/env.sh`);
  terminal.line(`            ${engine.path} stack --stack ${flags.stack}`);
  terminal.line(`            ${engine.path} preview --stack ${flags.stack} --config-file ${config}`);
  await new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve());
  });
  // They describe systems that are about to be gone.
  for (const stale of [file, access]) await rm(stale, { force: true });
}

await runCommand(main);
