/** A job for a signal that aborts when the job is asked for again, or is to end. */
type Job = (signal: AbortSignal, askedAt: number) => Promise<void>;

/** Does a job whenever it is asked for, never twice at a time: who asks while it is done has it broken off and done again. */
export class Lane {
  readonly #job: Job;
  readonly #onError: (error: unknown) => void;
  #askedAt: number | undefined;
  #running: Promise<void> | undefined;
  #current = new AbortController();
  #isClosed = false;

  /** @param onError takes what the job throws, unless it was broken off */
  constructor(job: Job, onError: (error: unknown) => void) {
    this.#job = job;
    this.#onError = onError;
  }

  /** @param at when that became due, as `performance.now()` has it */
  ask(at: number = performance.now()): void {
    if (this.#isClosed) return;
    this.#askedAt ??= at;
    this.#current.abort();
    this.#running ??= this.#run();
  }

  /** Resolves when nothing is asked for that is not done. */
  async idle(): Promise<void> {
    await this.#running;
  }

  /** Breaks the job off, and resolves when it has ended. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#askedAt = undefined;
    this.#current.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#askedAt !== undefined) {
      const askedAt = this.#askedAt;
      this.#askedAt = undefined;
      this.#current = new AbortController();
      const { signal } = this.#current;
      try {
        await this.#job(signal, askedAt);
      } catch (error) {
        if (!signal.aborted) this.#onError(error);
      }
    }
    this.#running = undefined;
  }
}
