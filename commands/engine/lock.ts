import { mkdir, open, readFile, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

export interface LockOptions {
  /** Called each time the lock is found taken; throw here to give up instead of waiting. */
  readonly onBusy?: (pid: number) => void;
  readonly pollMs?: number;
}

/**
 * Holds a lock file while `body` runs. The file names its owner's process, so that a lock left by a process that died is taken
 * over instead of blocking for ever.
 */
export async function withLock<T>(path: string, options: LockOptions, body: () => Promise<T>): Promise<T> {
  await mkdir(dirname(path), { recursive: true });
  while (!(await tryTake(path))) {
    const owner = await ownerOf(path);
    if (owner !== undefined && !isAlive(owner)) {
      await rm(path, { force: true });
      continue;
    }
    if (owner !== undefined) options.onBusy?.(owner);
    await sleep(options.pollMs ?? 500);
  }
  try {
    return await body();
  } finally {
    await rm(path, { force: true });
  }
}

async function tryTake(path: string): Promise<boolean> {
  try {
    const file = await open(path, "wx");
    await file.writeFile(`${process.pid}\n`);
    await file.close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/** Undefined while the owner has not written its id yet, or has just released the lock. */
async function ownerOf(path: string): Promise<number | undefined> {
  const text = await readFile(path, "utf8").catch(() => "");
  const pid = Number.parseInt(text, 10);
  return Number.isNaN(pid) ? undefined : pid;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
