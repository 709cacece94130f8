/**
 * Time as the simulated NAS sees it. It flows with real time unless a start was given, and jumps where it is told to, so that
 * schedules, retention and expiry can be tested in milliseconds.
 */
export class Clock {
  private readonly frozen: boolean;
  private base: number;
  private readonly listeners: ((now: number) => void)[] = [];

  /** @param start milliseconds since 1970; the clock then stands still between calls of {@link advance}. Default: real time. */
  constructor(start?: number) {
    this.frozen = start !== undefined;
    this.base = start ?? 0;
  }

  /** Milliseconds since 1970, UTC. */
  now(): number {
    return this.frozen ? this.base : Date.now() + this.base;
  }

  date(): Date {
    return new Date(this.now());
  }

  /** Moves the clock forward by `ms` (0 or more) and lets everything that fell due meanwhile happen, in its order. */
  advance(ms: number): void {
    if (!(ms >= 0)) throw new RangeError(`Clock.advance: ${ms} ms; the clock only goes forward`);
    this.base += ms;
    for (const listener of this.listeners) listener(this.now());
  }

  /** Calls `listener` after each {@link advance}. */
  onAdvance(listener: (now: number) => void): void {
    this.listeners.push(listener);
  }
}

export const minute = 60_000;
export const hour = 60 * minute;
export const day = 24 * hour;
