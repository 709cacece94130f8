import type { StoragePlan } from "../../plan/storage-plan.ts";
import type { Engine } from "../engine.ts";
import { type EngineEvent, nameOf } from "../events.ts";
import { type OperationResult, runOperation } from "../pulumi.ts";
import { overlayStack } from "../sandbox.ts";
import { duration, type Terminal, wrap } from "../terminal.ts";
import type { Workspace } from "../workspace.ts";
import { readHoldings } from "./holdings.ts";
import { writeMarkers } from "./markers.ts";
import { describeChanges, messagesOf, type RehearsalResult, type StageResult } from "./result.ts";
import type { Site } from "./site.ts";

const MESSAGE_WIDTH = 110;

export interface RehearsalOptions {
  readonly engine: Engine;
  /** The folder with Pulumi.yaml. */
  readonly project: string;
  readonly projectName: string;
  readonly stack: string;
  /** The stack file as the owner wrote it. */
  readonly stackText: string;
  readonly plan: StoragePlan;
  readonly site: Site;
  readonly workspace: Workspace;
  readonly terminal: Terminal;
}

/** Previews and deploys a stack on the simulated homelab, and looks whether everything is as it should be. */
export async function rehearse(options: RehearsalOptions): Promise<RehearsalResult> {
  const started = performance.now();
  const { plan, site, terminal, engine } = options;
  const run = await prepare(options);
  const stages: StageResult[] = [];
  const shown = new Set<string>();
  const finish = (stage: StageResult) => {
    stages.push(stage);
    showStage(terminal, stage, shown);
    return stage.ok;
  };
  const created: Record<string, number> = {};
  let markers: RehearsalResult["markers"] = [];

  const preview = await run("preview", ["preview"], 0);
  if (finish(stageOf("preview", preview, true))) {
    const up = await run("up", ["up", "--yes", "--skip-preview"], preview.report.changed);
    for (const { op, type, real } of up.report.steps)
      if (real && op === "create") created[type] = (created[type] ?? 0) + 1;
    if (finish(stageOf("up", up, false))) {
      const second = await run("second preview", ["preview", "--diff"], 0);
      finish(mustBeEmpty(stageOf("second preview", second, true), second));
      const before = performance.now();
      markers = await writeMarkers(site.nas, plan);
      finish(markerStage(markers, performance.now() - before));
    }
  }
  return {
    ok: stages.length === 4 && stages.every(({ ok }) => ok),
    stack: options.stack,
    version: site.nas.version,
    engine: { version: engine.version, origin: engine.origin },
    stages,
    created,
    markers,
    holdings: await readHoldings(site.nas, plan.nas.pool),
    ms: performance.now() - started,
  };
}

type Run = (name: string, args: readonly string[], expected: number) => Promise<OperationResult>;

/** Creates the stack in the workspace; the result runs an operation on the real project with it. */
async function prepare(options: RehearsalOptions): Promise<Run> {
  const { workspace, site, engine, stack, terminal } = options;
  terminal.status("  preparing the stack");
  await workspace.prepare(options.projectName);
  const env = { ...workspace.environment(), ...site.environment };
  const { text } = overlayStack(options.stackText, site.overlay);
  await workspace.createStack(stack, text, site.secrets, { engine, env });
  return (name, args, expected) => {
    const started = performance.now();
    let finished = 0;
    let current = "starting the program";
    const show = () => {
      const count = expected > 0 ? `${finished} of ${expected}` : `${finished}`;
      terminal.status(`  ${name}: ${count}, ${current} (${duration(performance.now() - started)})`);
    };
    const onEvent = (event: EngineEvent) => {
      const step = event.resOutputsEvent?.metadata;
      if (step !== undefined && step.op !== "same") finished++;
      const urn = event.resourcePreEvent?.metadata.urn;
      if (urn !== undefined) current = nameOf(urn);
      show();
    };
    const tick = setInterval(show, 1000);
    return runOperation([...args, "--stack", stack, "--config-file", workspace.configFile(stack)], {
      engine,
      cwd: options.project,
      env,
      onEvent,
    }).finally(() => clearInterval(tick));
  };
}

function stageOf(name: StageResult["name"], result: OperationResult, planned: boolean): StageResult {
  const summary = result.code === 0 ? describeChanges(result.report.changes, planned) : "failed";
  return { name, ok: result.code === 0, ms: result.ms, summary, messages: messagesOf(result) };
}

function mustBeEmpty(stage: StageResult, { report }: OperationResult): StageResult {
  if (!stage.ok || report.changed === 0) return stage;
  const steps = report.steps.map(
    ({ op, type, name, paths }) => `${op} ${type} ${name}: ${paths.join(", ") || "whole object"}`,
  );
  return { ...stage, ok: false, messages: [...stage.messages, ...steps] };
}

function markerStage(markers: RehearsalResult["markers"], ms: number): StageResult {
  const failed = markers.filter(({ outcome }) => outcome === "failed");
  const written = markers.filter(({ outcome }) => outcome === "written").length;
  const readOnly = markers.filter(({ outcome }) => outcome === "read-only").length;
  const parts = [`${written} written as the apps' users`, `${readOnly} read-only as planned`];
  if (failed.length > 0) parts.push(`${failed.length} failed`);
  return {
    name: "markers",
    ok: failed.length === 0 && markers.length > 0,
    ms,
    summary: parts.join(", "),
    messages: failed.map(
      ({ volume, path, client, uid, detail }) => `${volume} (${path} from ${client} as ${uid}): ${detail}`,
    ),
  };
}

/** @param shown what was told already; every run of a program repeats its warnings. */
function showStage(terminal: Terminal, stage: StageResult, shown: Set<string>): void {
  const mark = stage.ok ? terminal.style("green", "✔") : terminal.style("red", "✘");
  const time = terminal.style("dim", duration(stage.ms));
  terminal.line(`  ${mark} ${stage.name.padEnd(15)} ${stage.summary.padEnd(48)} ${time}`);
  for (const message of stage.messages) {
    if (shown.has(message)) continue;
    shown.add(message);
    const style = stage.ok ? "yellow" : "red";
    for (const line of wrap(message, MESSAGE_WIDTH)) terminal.line(terminal.style(style, `      ${line}`));
  }
}
