import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { keyOf } from "../../simulator/kubernetes/cluster.ts";
import type { NasOptions, SimulatedNas } from "../../simulator/nas/start.ts";
import type { Engine } from "../engine.ts";
import { Failure } from "../failure.ts";
import { PROJECT_FOLDER, PROJECT_NAME } from "../project.ts";
import { type OperationResult, runOperation, runPulumi } from "../pulumi.ts";
import { type Site, startSite } from "../rehearsal/site.ts";
import { overlayStack } from "../sandbox.ts";
import { readStackConfig } from "../stack-config.ts";
import { Workspace } from "../workspace.ts";
import { cpuTimes } from "./cpu.ts";
import type { PluginProcess } from "./plugin.ts";
import { benchStack } from "./stack-file.ts";

const STACK = "bench";

/** An operation with what it cost. */
export interface BenchResult extends OperationResult {
  /** Milliseconds of processor time of engine, program and provider; undefined where the system does not tell. */
  readonly cpuMs: number | undefined;
}

/** The real program with a stack of so many apps, on a simulated homelab of its own. */
export class Lab {
  /** Resources after the last `up`, components and providers included. */
  resources = 0;
  /** File systems that the stack makes. */
  readonly datasets: number;
  readonly #engine: Engine;
  readonly #site: Site;
  readonly #workspace: Workspace;
  readonly #env: NodeJS.ProcessEnv;

  private constructor(engine: Engine, site: Site, workspace: Workspace, datasets: number) {
    this.datasets = datasets;
    this.#engine = engine;
    this.#site = site;
    this.#workspace = workspace;
    this.#env = {
      ...workspace.environment(),
      ...site.environment,
      // Otherwise the engine writes the whole state after every step, which costs more than all else and hides it.
      PULUMI_EXPERIMENTAL: "true",
      PULUMI_SKIP_CHECKPOINTS: "true",
    };
  }

  static async start(engine: Engine, apps: number, nas: NasOptions = {}): Promise<Lab> {
    const text = benchStack(apps);
    const { plan } = readStackConfig(text, PROJECT_NAME);
    const site = await startSite({ engine, version: "26.0", plan, nas: { record: () => undefined, ...nas } });
    const workspace = new Workspace(await mkdtemp(join(tmpdir(), "homelab-bench-")));
    await workspace.prepare(PROJECT_NAME);
    const lab = new Lab(engine, site, workspace, plan.datasets.length);
    await workspace.createStack(STACK, overlayStack(text, site.overlay).text, site.secrets, { engine, env: lab.#env });
    return lab;
  }

  get nas(): SimulatedNas {
    return this.#site.nas;
  }

  /** Every resource must be as it was. */
  async preview(plugin?: PluginProcess): Promise<BenchResult> {
    const result = await this.#operate(["preview"], plugin);
    if (result.report.changed > 0)
      throw new Failure(`a preview of ${result.report.changed} changes is not what is measured`);
    return result;
  }

  async up(plugin?: PluginProcess): Promise<BenchResult> {
    const result = await this.#operate(["up", "--yes", "--skip-preview"], plugin);
    this.resources = Object.values(result.report.changes).reduce((sum, count) => sum + count, 0);
    return result;
  }

  refresh(plugin?: PluginProcess): Promise<BenchResult> {
    return this.#operate(["refresh", "--yes", "--skip-preview"], plugin);
  }

  /** Back to a stack without resources and an empty cluster; what stands on the NAS stays there. */
  async forget(): Promise<void> {
    const { cluster } = this.#site.kubernetes;
    for (const object of cluster.list()) cluster.delete(keyOf(object));
    const { stdout } = await this.#state(["stack", "export"], "");
    const state = JSON.parse(stdout) as { deployment: { resources?: unknown[] } };
    state.deployment.resources = [];
    const { code, stderr } = await this.#state(["stack", "import", "--force"], JSON.stringify(state));
    if (code !== 0) throw new Failure(stderr);
  }

  async stop(): Promise<void> {
    await this.#site.stop();
    await rm(this.#workspace.directory, { recursive: true, force: true });
  }

  /** With the plugin that is given, or else with the one that the engine starts by itself, as an owner's runs do. */
  async #operate(args: readonly string[], plugin: PluginProcess | undefined): Promise<BenchResult> {
    const attached = [this.#env["PULUMI_DEBUG_PROVIDERS"], plugin && `truenas:${plugin.port}`];
    const before = await cpuOf(plugin);
    const result = await runOperation([...args, "--stack", STACK, "--config-file", this.#workspace.configFile(STACK)], {
      engine: this.#engine,
      cwd: PROJECT_FOLDER,
      env: { ...this.#env, PULUMI_DEBUG_PROVIDERS: attached.filter(Boolean).join(",") },
    });
    const after = await cpuOf(plugin);
    const cpuMs = before === undefined || after === undefined ? undefined : after - before;
    if (result.code === 0) return { ...result, cpuMs };
    throw new Failure(
      `pulumi ${args[0]} failed:\n${result.report.errors.join("\n") || result.stderr || result.stdout}`,
    );
  }

  #state(args: readonly string[], input: string) {
    return runPulumi([...args, "--stack", STACK], {
      engine: this.#engine,
      cwd: this.#workspace.project,
      env: this.#env,
      input,
    });
  }
}

/** The engine and what it starts are children of this process that have ended; an attached plugin goes on. */
async function cpuOf(plugin: PluginProcess | undefined): Promise<number | undefined> {
  const [self, attached] = await Promise.all([cpuTimes("self"), plugin && cpuTimes(plugin.pid)]);
  return self && self.ended + (attached?.own ?? 0);
}
