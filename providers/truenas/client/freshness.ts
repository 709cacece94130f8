/** When a read began, seen from this process's own writes. */
export interface ReadMark {
  readonly generation: number;
  readonly at: number;
}

/**
 * Decides whether something that was read may be used again: never when this process changed anything since, whatever it
 * was (deleting a dataset also deletes its shares), and not for longer than `maxAge` milliseconds.
 */
export class Freshness {
  readonly #maxAge: number;
  #generation = 0;
  #uncertainUntil = Number.NEGATIVE_INFINITY;

  constructor(maxAge: number) {
    this.#maxAge = maxAge;
  }

  /** Whether this process has changed nothing so far. */
  get untouched(): boolean {
    return this.#generation === 0;
  }

  /** To be taken before the read is sent. */
  mark(): ReadMark {
    return { generation: this.#generation, at: performance.now() };
  }

  /** A change was sent, or its answer came. A read that began between the two may show either state. */
  changed(): void {
    this.#generation += 1;
  }

  /** A change was sent whose answer will not come: it may still take effect at any moment. */
  uncertain(): void {
    this.changed();
    this.#uncertainUntil = performance.now() + this.#maxAge;
  }

  /** Whether nothing was changed since `mark`. A read that is under way may then be shared. */
  isCurrent(mark: ReadMark): boolean {
    return mark.generation === this.#generation;
  }

  /** Whether what was read at `mark` may be used again. */
  isFresh(mark: ReadMark): boolean {
    const now = performance.now();
    return this.isCurrent(mark) && now - mark.at < this.#maxAge && now >= this.#uncertainUntil;
  }
}
