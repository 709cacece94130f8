import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { foreseeDeletions } from "./consequences.ts";
import { type Engine, obtainEngine } from "./engine.ts";
import { Failure } from "./failure.ts";
import { type LanguageHost, startLanguageHost } from "./language-host.ts";
import { PROJECT_FOLDER, PROJECT_NAME } from "./project.ts";
import { runPulumi } from "./pulumi.ts";
import { readStackConfig } from "./stack-config.ts";
import { parseStackText, readStackFile, stacksOf } from "./stack-file.ts";
import { lockMessage, staleLocks } from "./stale-lock.ts";
import { createTerminal, type Terminal } from "./terminal.ts";

export type Operation = "preview" | "up" | "refresh" | "destroy" | "import";

/** The command line of an operation, taken apart: our own flags, and what goes to Pulumi as it is. */
export interface Invocation {
  readonly stack: string | undefined;
  readonly downloadEngine: boolean;
  readonly rest: readonly string[];
}

export function parseInvocation(argv: readonly string[]): Invocation {
  let stack: string | undefined;
  let downloadEngine = false;
  const rest: string[] = [];
  for (let index = 0; index < argv.length; index++) {
    const arg = argv[index] ?? "";
    if (arg === "--stack" || arg === "-s") stack = argv[++index];
    else if (arg.startsWith("--stack=")) stack = arg.slice("--stack=".length);
    else if (arg === "--download-engine") downloadEngine = true;
    else rest.push(arg);
  }
  return { stack, downloadEngine, rest };
}

/** What has to be in place outside the repository before Pulumi can work; each missing thing as one line with its remedy. */
export function missingPrerequisites(env: NodeJS.ProcessEnv, stackText: string, interactive: boolean): string[] {
  const missing: string[] = [];
  const home = env["PULUMI_HOME"] ?? join(env["HOME"] ?? homedir(), ".pulumi");
  if (!env["PULUMI_BACKEND_URL"] && !env["PULUMI_ACCESS_TOKEN"] && !existsSync(join(home, "credentials.json")))
    missing.push(
      "a place for the state: set PULUMI_BACKEND_URL (for example file:///home/you/homelab-state, backed up and outside the NAS), or log in with `pulumi login`",
    );
  const settings = (parseStackText(stackText) ?? {}) as Record<string, unknown>;
  const encryptsByPassphrase = "encryptionsalt" in settings || settings["secretsprovider"] === "passphrase";
  const hasPassphrase =
    env["PULUMI_CONFIG_PASSPHRASE"] !== undefined || env["PULUMI_CONFIG_PASSPHRASE_FILE"] !== undefined;
  if (encryptsByPassphrase && !hasPassphrase && !interactive)
    missing.push(
      "the passphrase of the stack's secrets: set PULUMI_CONFIG_PASSPHRASE_FILE (a file that only you can read) or PULUMI_CONFIG_PASSPHRASE",
    );
  return missing;
}

/** Runs an operation of Pulumi on a real environment, with the user's own backend, home, passphrase and terminal. */
export async function runReal(operation: Operation, argv: readonly string[]): Promise<number> {
  const { stack, downloadEngine, rest } = parseInvocation(argv);
  if (stack === undefined) {
    const known = await stacksOf(PROJECT_FOLDER);
    throw new Failure(
      `which stack? Run \`npm run ${operation} -- --stack <name>\`; these exist: ${known.join(", ") || "none"}`,
    );
  }
  const text = await readStackFile(PROJECT_FOLDER, stack);
  refuseSandbox(stack, text);
  const missing = missingPrerequisites(process.env, text, process.stdin.isTTY === true);
  if (missing.length > 0)
    throw new Failure([`npm run ${operation} needs:`, ...missing.map((line) => `  - ${line}`)].join("\n"));

  const terminal = createTerminal(process.stderr);
  const engine = await obtainEngine({
    download: downloadEngine,
    note: (note) => terminal.line(note),
    progress: (progress) => terminal.status(`engine: ${progress}`),
  });
  return withEnvironment(engine, async (env) => {
    await requireStack(engine, env, stack);
    const locks = operation === "preview" ? [] : await staleLocks(stack, env);
    if (locks.length > 0)
      throw new Failure(lockMessage(locks, stack, engine.path, `npm run ${operation} -- --stack ${stack}`));
    announce(operation, terminal);
    if (operation === "preview" || operation === "up" || operation === "destroy") {
      const nas = () => readStackConfig(text, PROJECT_NAME).plan.nas;
      const apiKey = `${PROJECT_NAME}:truenasApiKey`;
      const options = { engine, cwd: PROJECT_FOLDER, env, operation, stack, nas, apiKey };
      for (const line of await foreseeDeletions(options)) terminal.line(`warning: ${line}`);
    }
    return inherit(engine, [operation, "--stack", stack, ...extra(operation, rest), ...rest], env);
  });
}

/** Simulated plugins and real systems never meet: a sandbox stack has no real environment to drive. */
function refuseSandbox(stack: string, text: string): void {
  const { config } = (parseStackText(text) ?? {}) as { config?: Record<string, unknown> };
  if (config?.[`${PROJECT_NAME}:sandbox`] !== true) return;
  throw new Failure(`stack "${stack}" is a sandbox; rehearse it with \`npm start -- --stack ${stack}\``);
}

async function withEnvironment<T>(engine: Engine, body: (env: NodeJS.ProcessEnv) => Promise<T>): Promise<T> {
  const host: LanguageHost | undefined = engine.hasLanguageHost ? undefined : await startLanguageHost();
  try {
    return await body({
      ...process.env,
      PATH: [dirname(process.execPath), process.env["PATH"] ?? ""].join(delimiter),
      ...(host === undefined ? {} : { PULUMI_DEBUG_LANGUAGES: `nodejs:${host.port}` }),
    });
  } finally {
    await host?.stop();
  }
}

async function requireStack(engine: Engine, env: NodeJS.ProcessEnv, stack: string): Promise<void> {
  const listed = await runPulumi(["stack", "ls", "--json"], { engine, cwd: PROJECT_FOLDER, env });
  if (listed.code !== 0) throw new Failure(`Pulumi cannot read its backend: ${listed.stderr.trim()}`);
  const names = (JSON.parse(listed.stdout) as { name: string }[]).map(({ name }) => name);
  if (names.some((name) => name === stack || name.endsWith(`/${stack}`))) return;
  throw new Failure(
    [
      `Pulumi's backend has no stack "${stack}" yet. Create it once, and store its secrets:`,
      `  ${engine.path} stack init ${stack}`,
      `  ${engine.path} config set --secret ${PROJECT_NAME}:truenasApiKey --stack ${stack}`,
      `  ${engine.path} config set --secret ${PROJECT_NAME}:kubeconfig --stack ${stack} < kubeconfig.yaml`,
    ].join("\n"),
  );
}

/** Arguments that an operation always needs here: the program describes what is imported, and decides about protection. */
const always: Partial<Record<Operation, readonly string[]>> = {
  destroy: ["--exclude-protected"],
  import: ["--generate-code=false", "--protect=false"],
};

function extra(operation: Operation, rest: readonly string[]): string[] {
  const named = (argument: string) => rest.some((given) => given.split("=")[0] === argument.split("=")[0]);
  return (always[operation] ?? []).filter((argument) => !named(argument));
}

function announce(operation: Operation, terminal: Terminal): void {
  if (operation !== "destroy") return;
  terminal.line(
    "Datasets and their bytes stay on the NAS, with the daily snapshot task of each chain; protected resources are left out and listed by Pulumi.",
  );
}

/** The user talks with Pulumi itself: its display, its questions, its exit code. */
function inherit(engine: Engine, args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  // Ctrl-C reaches Pulumi too, which ends in its own time; leaving before it would tear down its language host.
  const wait = () => {};
  process.on("SIGINT", wait);
  return new Promise<number>((resolve, reject) => {
    const child = spawn(engine.path, args, { cwd: PROJECT_FOLDER, env, stdio: "inherit" });
    child.on("error", reject);
    child.on("close", (code) => resolve(code ?? 1));
  }).finally(() => process.off("SIGINT", wait));
}
