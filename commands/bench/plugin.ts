import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline/promises";
import { promisify } from "node:util";
import { Failure } from "../failure.ts";
import { PROJECT_FOLDER } from "../project.ts";

/** A provider plugin that runs as a process of ours, for the engine to attach to. */
export interface PluginProcess {
  readonly port: number;
  readonly pid: number;
  /** The most memory that it has held so far, in bytes; undefined where the system does not tell. */
  peakMemory(): Promise<number | undefined>;
  stop(): Promise<void>;
}

/** The plugins, by their command lines. */
export const plugins = {
  /** The script that the engine starts. */
  truenas: [join(PROJECT_FOLDER, "providers/truenas/pulumi-resource-truenas")],
  noop: [process.execPath, join(PROJECT_FOLDER, "commands/bench/noop-plugin.ts")],
  /** Makes a state in which the real provider finds no difference. */
  seed: [process.execPath, join(PROJECT_FOLDER, "commands/bench/noop-plugin.ts"), "--complete"],
} as const;

export async function startPlugin(name: keyof typeof plugins): Promise<PluginProcess> {
  const [command, ...args] = plugins[name];
  const child = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout });
  const ended = once(child, "exit");
  const [first] = (await Promise.race([once(lines, "line"), ended])) as unknown[];
  const port = Number(first);
  if (child.exitCode !== null || !Number.isInteger(port) || port <= 0)
    throw new Failure(`the plugin ${name} did not start`);
  const pid = child.pid ?? 0;
  return {
    port,
    pid,
    peakMemory: () => peakMemory(pid),
    stop: async () => {
      child.kill("SIGINT");
      await ended;
    },
  };
}

async function peakMemory(pid: number): Promise<number | undefined> {
  try {
    const status = await readFile(`/proc/${pid}/status`, "utf8");
    const kibibytes = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1];
    if (kibibytes !== undefined) return Number(kibibytes) * 1024;
  } catch {
    // No Linux: what it holds now, which after a run of ours is close to the most.
  }
  try {
    const { stdout } = await promisify(execFile)("ps", ["-o", "rss=", "-p", String(pid)]);
    return Number(stdout.trim()) * 1024 || undefined;
  } catch {
    return undefined;
  }
}
