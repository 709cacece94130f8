import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { type Engine, obtainEngine } from "../../commands/engine.ts";
import { PROJECT_FOLDER, PROJECT_NAME } from "../../commands/project.ts";
import { type OperationResult, runOperation, runPulumi } from "../../commands/pulumi.ts";
import { type Site, startSite } from "../../commands/rehearsal/site.ts";
import { overlayStack } from "../../commands/sandbox.ts";
import { readStackConfig } from "../../commands/stack-config.ts";
import { readStackFile } from "../../commands/stack-file.ts";
import { Workspace } from "../../commands/workspace.ts";
import type { StoragePlan } from "../../plan/storage-plan.ts";
import type { ApiVersion } from "../../simulator/nas/method.ts";
import type { NasOptions, SimulatedNas } from "../../simulator/nas/start.ts";

/** The keys of a stack file, by their full names. */
export type StackSettings = Record<string, unknown>;

export interface RehearsalSetup {
  readonly version?: ApiVersion;
  /** Whose file is the start. Default: the reference environment. */
  readonly stack?: string;
  /** Changes the configuration that the stack begins with. */
  readonly edit?: (config: StackSettings) => void;
  readonly nas?: NasOptions;
  /** Added to the environment of every operation, as it is at that moment. */
  readonly environment?: NodeJS.ProcessEnv;
  /** Told the number of every engine process that runs an operation. */
  readonly onStart?: (pid: number) => void;
}

/** What the engine keeps about a resource. */
export interface StateResource {
  readonly urn: string;
  readonly type: string;
  readonly custom: boolean;
  readonly id?: string;
  readonly parent?: string;
  readonly provider?: string;
  readonly inputs?: Record<string, unknown>;
  readonly outputs?: Record<string, unknown>;
}

interface Deployment {
  readonly deployment: { resources: StateResource[] };
}

/** The real project on a simulated homelab of its own, with an engine whose state is a temporary folder. */
export class Rehearsal {
  readonly engine: Engine;
  readonly site: Site;
  readonly workspace: Workspace;
  readonly plan: StoragePlan;
  readonly stack: string;
  readonly #env: NodeJS.ProcessEnv;
  readonly #setup: RehearsalSetup;

  private constructor(
    setup: RehearsalSetup,
    engine: Engine,
    site: Site,
    workspace: Workspace,
    plan: StoragePlan,
    stack: string,
  ) {
    this.#setup = setup;
    this.engine = engine;
    this.site = site;
    this.workspace = workspace;
    this.plan = plan;
    this.stack = stack;
    this.#env = {
      ...workspace.environment(),
      ...site.environment,
      // These tests are not about crashes: the state is written once, at the end.
      PULUMI_EXPERIMENTAL: "true",
      PULUMI_SKIP_CHECKPOINTS: "true",
    };
  }

  static async start(setup: RehearsalSetup = {}): Promise<Rehearsal> {
    const stack = setup.stack ?? "homelab";
    const text = edited(await readStackFile(PROJECT_FOLDER, stack), setup.edit);
    const engine = await obtainEngine();
    const { plan } = readStackConfig(text, PROJECT_NAME);
    const site = await startSite({
      engine,
      version: setup.version ?? "26.0",
      plan,
      nas: { scramIterations: 50_000, penaltyMs: 0, ...setup.nas },
    });
    const workspace = new Workspace(await mkdtemp(join(tmpdir(), "homelab-rehearsal-")));
    await workspace.prepare(PROJECT_NAME);
    const rehearsal = new Rehearsal(setup, engine, site, workspace, plan, stack);
    const options = { engine, env: rehearsal.#env };
    await workspace.createStack(stack, overlayStack(text, site.overlay).text, site.secrets, options);
    return rehearsal;
  }

  get nas(): SimulatedNas {
    return this.site.nas;
  }

  /** Changes the stack's configuration from now on; returns how to put it back. */
  async configure(edit: (config: StackSettings) => void): Promise<() => Promise<void>> {
    const file = this.workspace.configFile(this.stack);
    const before = await readFile(file, "utf8");
    await writeFile(file, edited(before, edit));
    return () => writeFile(file, before);
  }

  /** Stores another secret; the value never stands on a command line. */
  async setSecret(key: string, value: string): Promise<void> {
    const args = ["config", "set", "--secret", `${PROJECT_NAME}:${key}`, "--stack", this.stack];
    await runPulumi(args, { engine: this.engine, cwd: this.workspace.project, env: this.#env, input: value });
  }

  preview(...args: string[]): Promise<OperationResult> {
    return this.#operate(["preview", ...args]);
  }

  up(...args: string[]): Promise<OperationResult> {
    return this.#operate(["up", "--yes", "--skip-preview", ...args]);
  }

  refresh(...args: string[]): Promise<OperationResult> {
    return this.#operate(["refresh", "--yes", "--skip-preview", ...args]);
  }

  destroy(...args: string[]): Promise<OperationResult> {
    return this.#operate(["destroy", "--yes", "--skip-preview", ...args]);
  }

  /** Any operation of `pulumi`, with this stack and its configuration. */
  operate(...args: string[]): Promise<OperationResult> {
    return this.#operate(args);
  }

  /** Imports what a file lists, in the shape of `pulumi import --file`. */
  async import(list: object): Promise<OperationResult> {
    const file = join(this.workspace.directory, "import.json");
    await writeFile(file, JSON.stringify(list));
    const args = ["import", "--file", file, "--yes", "--skip-preview", "--protect=false", "--generate-code=false"];
    return this.#operate(args);
  }

  async exportState(): Promise<Deployment> {
    const { stdout } = await this.#state(["stack", "export"]);
    return JSON.parse(stdout) as Deployment;
  }

  async importState(state: Deployment): Promise<void> {
    const { code, stderr } = await this.#state(["stack", "import"], JSON.stringify(state));
    if (code !== 0) throw new Error(stderr);
  }

  async stop(): Promise<void> {
    await this.site.stop();
    await rm(this.workspace.directory, { recursive: true, force: true });
  }

  #operate(args: readonly string[]): Promise<OperationResult> {
    const config = ["--stack", this.stack, "--config-file", this.workspace.configFile(this.stack)];
    const { environment, onStart } = this.#setup;
    return runOperation([...args, ...config], {
      engine: this.engine,
      cwd: PROJECT_FOLDER,
      env: { ...this.#env, ...environment },
      ...(onStart === undefined ? {} : { onStart }),
    });
  }

  #state(args: readonly string[], input = "") {
    return runPulumi([...args, "--stack", this.stack], {
      engine: this.engine,
      cwd: this.workspace.project,
      env: this.#env,
      input,
    });
  }
}

function edited(text: string, edit: RehearsalSetup["edit"]): string {
  if (edit === undefined) return text;
  const file = parse(text) as { config: StackSettings };
  edit(file.config);
  return stringify(file);
}

/** A map inside the configuration, to change in place. */
export function section(config: StackSettings, key: string): Record<string, unknown> {
  return config[`${PROJECT_NAME}:${key}`] as Record<string, unknown>;
}

/** Steps as `<op> <kind> <name>`, sorted, without components and providers. */
export function steps({ report }: OperationResult): string[] {
  return report.steps
    .filter(({ real }) => real)
    .map(({ op, type, name }) => `${op} ${type.split(":").at(-1)} ${name}`)
    .sort();
}

/** An operation that must succeed; its own words are the message when it does not. */
export function succeeded(result: OperationResult): OperationResult {
  if (result.code === 0) return result;
  throw new Error(
    `pulumi ended with ${result.code}:\n${result.report.errors.join("\n") || result.stderr || result.stdout}`,
  );
}
