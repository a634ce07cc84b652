const FIRST_DELAY_MS = 50;
const MAX_DELAY_MS = 5000;

/** When to try again what has failed: after 50 ms, then after twice as long each time, at most 5 s. */
export class BackOff {
  /** How often it has failed since it last went well; what fails while it waits counts as one. */
  failures = 0;
  #timer: NodeJS.Timeout | undefined;

  /** Whether it is to be tried again, later. */
  get pending(): boolean {
    return this.#timer !== undefined;
  }

  /** Calls `again` after the delay, once for all that fail until then. */
  failed(again: () => void): void {
    if (this.#timer !== undefined) return;
    this.failures += 1;
    const delay = Math.min(FIRST_DELAY_MS * 2 ** (this.failures - 1), MAX_DELAY_MS);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      again();
    }, delay);
  }

  /** It went well. */
  succeeded(): void {
    this.failures = 0;
  }

  /** It is not to be tried again. */
  stop(): void {
    clearTimeout(this.#timer);
  }
}
