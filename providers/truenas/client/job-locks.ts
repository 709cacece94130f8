import { Limiter } from "./limiter.ts";
import { isJob } from "./methods.ts";

/**
 * The NAS lets one job of a lock run and five wait. One more is dropped without a word: its caller gets the result of
 * another job (TrueNAS middleware job.py). So few of ours are under way at once, and others have room beside us.
 */
const maxJobs = 3;

const permissions = new Set(["filesystem.setperm", "filesystem.setacl", "filesystem.chown"]);

/** What jobs are queued by; undefined for a call that is no job. `version` is the name of the API version, "26.0". */
export function lockOf(method: string, params: readonly unknown[], version: string): string | undefined {
  if (!isJob(method)) return undefined;
  const [first, second] = params;
  if (method === "core.bulk") return `bulk:${String(first)}`;
  if (method === "service.control") return `service:${String(second)}`;
  // One lock for all paths, and since 26 one for each.
  if (permissions.has(method)) return Number.parseInt(version, 10) < 26 ? "permissions" : `${method}:${pathOf(first)}`;
  return method;
}

const pathOf = (request: unknown): string =>
  typeof request === "object" && request !== null && "path" in request ? String(request.path) : "";

/** Lets only so many jobs of one lock be under way. */
export class JobLocks {
  readonly #limiters = new Map<string, Limiter>();

  /** Waits for its turn. Rejects with the signal's reason when that aborts first. */
  async hold<T>(lock: string | undefined, signal: AbortSignal, body: () => Promise<T>): Promise<T> {
    if (lock === undefined) return body();
    const limiter = this.#limiters.get(lock) ?? new Limiter(maxJobs);
    this.#limiters.set(lock, limiter);
    const release = await limiter.acquire(signal);
    try {
      return await body();
    } finally {
      release();
    }
  }
}
