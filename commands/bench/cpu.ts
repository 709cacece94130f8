import { readFile } from "node:fs/promises";

/** Clock ticks of /proc; USER_HZ is 100 on every platform that Node.js runs on. */
const TICK_MS = 10;

interface CpuTimes {
  /** Milliseconds of the process itself. */
  readonly own: number;
  /** Milliseconds of its descendants that have ended. */
  readonly ended: number;
}

/** User and system time of a process as Linux counts it; undefined elsewhere. */
export async function cpuTimes(pid: number | "self"): Promise<CpuTimes | undefined> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8");
    // The second field, the name, may hold spaces; the fields after it are counted from 3 (see proc(5)).
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const ticks = (field: number) => Number(fields[field - 3]) * TICK_MS;
    return { own: ticks(14) + ticks(15), ended: ticks(16) + ticks(17) };
  } catch {
    return undefined;
  }
}
