import { spawn } from "node:child_process";
import { mkdtemp, open, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Engine } from "./engine.ts";
import { type EngineEvent, EventReader, RunReport } from "./events.ts";

const POLL_MS = 50;

export interface PulumiOptions {
  readonly engine: Engine;
  /** The folder with Pulumi.yaml. */
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** Standard input; the only way in which a secret value may reach the engine. */
  readonly input?: string;
  readonly signal?: AbortSignal;
  /** Told the number of the engine's process. */
  readonly onStart?: (pid: number) => void;
}

export interface PulumiResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface OperationResult extends PulumiResult {
  readonly report: RunReport;
  /** Milliseconds from start to exit. */
  readonly ms: number;
}

/** Runs `pulumi <args>` without a terminal and collects what it prints; never rejects because of its exit code. */
export function runPulumi(args: readonly string[], options: PulumiOptions): Promise<PulumiResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(options.engine.path, [...args, "--non-interactive", "--color", "never"], {
      cwd: options.cwd,
      env: options.env,
      stdio: ["pipe", "pipe", "pipe"],
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
    if (child.pid !== undefined) options.onStart?.(child.pid);
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      stdout += chunk;
    });
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
      stderr += chunk;
    });
    // An engine that ends without reading its input is judged by its exit code.
    child.stdin.on("error", () => {});
    child.stdin.end(options.input ?? "");
    child.on("error", reject);
    child.on("close", (code) => resolve({ code: code ?? 1, stdout, stderr }));
  });
}

/** Runs an operation (`preview`, `up`, `refresh`, `destroy`, `import`) and follows its events while it works. */
export async function runOperation(
  args: readonly string[],
  options: PulumiOptions & { readonly onEvent?: (event: EngineEvent) => void },
): Promise<OperationResult> {
  const started = performance.now();
  const folder = await mkdtemp(join(tmpdir(), "homelab-events-"));
  try {
    const file = join(folder, "events.jsonl");
    await writeFile(file, "");
    const report = new RunReport();
    const ended = new AbortController();
    const following = follow(file, ended.signal, (event) => {
      report.add(event);
      options.onEvent?.(event);
    });
    // The engine hides its event log behind its debugging flags.
    const env = { ...options.env, PULUMI_DEBUG_COMMANDS: "true" };
    const result = await runPulumi([...args, "--event-log", file, "--suppress-progress"], { ...options, env }).finally(
      () => ended.abort(),
    );
    await following;
    return { ...result, report, ms: performance.now() - started };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Reads a file as it grows until `ended`, and then what is left of it. */
async function follow(file: string, ended: AbortSignal, onEvent: (event: EngineEvent) => void): Promise<void> {
  const reader = new EventReader();
  const decoder = new TextDecoder();
  const handle = await open(file, "r");
  try {
    const buffer = Buffer.alloc(256 * 1024);
    for (let last = false; ; ) {
      const { bytesRead } = await handle.read(buffer, 0, buffer.length);
      if (bytesRead > 0) {
        for (const event of reader.push(decoder.decode(buffer.subarray(0, bytesRead), { stream: true })))
          onEvent(event);
      } else if (last) return;
      // The engine may write its last events between our read and its exit, so one more pass follows the end.
      else if (ended.aborted) last = true;
      else await sleep(POLL_MS);
    }
  } finally {
    await handle.close();
  }
}
