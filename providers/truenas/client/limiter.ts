/** Lets at most `size` holders in at a time, first come first served. */
export class Limiter {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(size: number) {
    this.#free = size;
  }

  /**
   * Waits for a place and returns the function that gives it back; calling that twice does no harm. Rejects with the
   * signal's reason when it aborts first.
   */
  acquire(signal: AbortSignal): Promise<() => void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) {
        reject(signal.reason);
        return;
      }
      const enter = (): void => {
        signal.removeEventListener("abort", leave);
        this.#free -= 1;
        resolve(this.#releaser());
      };
      const leave = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(enter), 1);
        reject(signal.reason);
      };
      if (this.#free > 0) {
        enter();
        return;
      }
      signal.addEventListener("abort", leave, { once: true });
      this.#waiting.push(enter);
    });
  }

  #releaser(): () => void {
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.#free += 1;
      this.#waiting.shift()?.();
    };
  }
}
