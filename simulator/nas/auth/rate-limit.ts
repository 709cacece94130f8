const maxCalls = 20;
const periodMs = 60_000;
const maxEntries = 100;

/** Limits calls of clients that are not logged in: 20 in 60 s per method and address (TrueNAS middleware utils/rate_limit/cache.py). */
export class RateLimit {
  readonly #now: () => number;
  readonly #entries = new Map<string, { calls: number; since: number }>();

  /** @param now milliseconds of a clock that only goes forward. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Counts a call and tells whether it is one too many. When 100 pairs are known, everyone is. */
  exceeded(method: string, address: string): boolean {
    const key = `${method}_##_${address}`;
    const now = this.#now();
    const entry = this.#entries.get(key) ?? { calls: 0, since: now };
    this.#entries.set(key, entry);
    if (now - entry.since >= periodMs) {
      entry.calls = 0;
      entry.since = now;
    }
    entry.calls += 1;
    return this.#entries.size >= maxEntries || entry.calls > maxCalls;
  }
}
