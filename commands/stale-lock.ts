import { readdir, readFile } from "node:fs/promises";
import { homedir, hostname } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { PROJECT_NAME } from "./project.ts";

/** A run that the engine believes to be under way. */
export interface StackLock {
  readonly pid: number;
  readonly hostname: string;
  /** ISO 8601. */
  readonly timestamp: string;
}

/** The folder of a backend that is one: PULUMI_BACKEND_URL, or what `pulumi login` remembers. */
async function backendFolder(env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const home = env["HOME"] ?? homedir();
  const credentials = join(env["PULUMI_HOME"] ?? join(home, ".pulumi"), "credentials.json");
  const remembered = async (): Promise<unknown> =>
    (JSON.parse(await readFile(credentials, "utf8").catch(() => "{}")) as { current?: unknown }).current;
  const url = env["PULUMI_BACKEND_URL"] || (await remembered());
  if (typeof url !== "string" || !url.startsWith("file://")) return undefined;
  if (url.startsWith("file://~")) return join(home, url.slice("file://~".length));
  return fileURLToPath(url.replace(/\?.*$/, ""));
}

/** The locks of a stack whose process, on this very machine, is no more. Empty where the state is no folder. */
export async function staleLocks(stack: string, env: NodeJS.ProcessEnv): Promise<StackLock[]> {
  const folder = await backendFolder(env);
  if (folder === undefined) return [];
  const locks = join(folder, ".pulumi", "locks", "organization", PROJECT_NAME, stack);
  const names = (await readdir(locks).catch(() => [])).filter((name) => name.endsWith(".json"));
  const found = await Promise.all(names.map(async (name) => readLock(join(locks, name))));
  return found.filter(
    (lock) => lock !== undefined && lock.hostname === hostname() && !isAlive(lock.pid),
  ) as StackLock[];
}

/** Undefined for a lock that has just been released, or that cannot be read: the engine will say what it thinks of it. */
async function readLock(file: string): Promise<StackLock | undefined> {
  try {
    const lock = JSON.parse(await readFile(file, "utf8")) as Partial<StackLock>;
    if (typeof lock.pid !== "number" || typeof lock.hostname !== "string") return undefined;
    return { pid: lock.pid, hostname: lock.hostname, timestamp: String(lock.timestamp ?? "") };
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** What an owner reads when a run that was killed left its lock. `again` is the command that was given. */
export function lockMessage(locks: readonly StackLock[], stack: string, engine: string, again: string): string {
  const runs = locks.map(({ pid, timestamp }) => `process ${pid}, started ${timestamp}`).join("; ");
  return [
    `an earlier run of stack "${stack}" was killed and left its lock (${runs}; it is no longer running on this machine).`,
    "Nothing was started. If no other run is under way anywhere, remove the lock and run the command again:",
    `  ${engine} cancel --yes --stack ${stack}`,
    `  ${again}`,
    "The next up looks at the NAS first and goes on where the killed run stopped.",
  ].join("\n");
}
