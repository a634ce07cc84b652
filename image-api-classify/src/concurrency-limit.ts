import PQueue from 'p-queue';

/** Lets so many work at once; others wait in line, which those who go away leave. */
export class ConcurrencyLimit {
  readonly #queue: PQueue;

  constructor(atOnce: number) {
    this.#queue = new PQueue({ concurrency: atOnce });
  }

  /**
   * Does `work` when there is room. Work that has begun cannot be broken off: whose signal aborts then is not kept waiting,
   * but its room is free only when the work is done.
   *
   * @throws the signal's reason when it aborts before the work is done
   */
  run<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const waiting = new AbortController();
      let begun = false;
      const goAway = () => {
        if (!begun) waiting.abort(signal.reason);
        reject(signal.reason);
      };
      signal.addEventListener('abort', goAway, { once: true });
      const begin = () => {
        begun = true;
        return work();
      };
      this.#queue
        .add(begin, { signal: waiting.signal })
        .then(resolve, reject)
        .finally(() => signal.removeEventListener('abort', goAway));
    });
  }
}
