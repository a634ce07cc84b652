import type { Log } from './connection.js';
import { FunctionError } from './errors.js';

/** What may be said of one request to a function. */
export interface RunOptions {
  /** Frees the request's place when it aborts; if the request was in work its instance is killed. */
  readonly signal?: AbortSignal;
  /** Takes what the function writes to stderr for it, line by line; the source's log if it is not given. */
  readonly log?: Log;
  /** Called when an instance has taken it. */
  readonly onStart?: () => void;
}

/** One request to a function: its input, its deadline, and the promise of its result. */
export class Task {
  readonly input: Uint8Array;
  readonly options: RunOptions;
  readonly createdAt = performance.now();
  readonly result: Promise<Buffer>;
  /** Whether the deadline passed. */
  timedOut = false;
  /** Whether the result is known. */
  settled = false;
  readonly #timer: NodeJS.Timeout;
  readonly #onAbort: () => void;
  #settle: { resolve(output: Buffer): void; reject(error: unknown): void } | undefined;

  /**
   * @param timeoutMs time until the task rejects with `ERR_FUNCTION_TIMEOUT`
   * @param onAbandoned called after the task rejected by its deadline or by the signal
   */
  constructor(input: Uint8Array, options: RunOptions, timeoutMs: number, onAbandoned: (task: Task) => void) {
    this.input = input;
    this.options = options;
    const { signal } = options;
    this.result = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    this.#timer = setTimeout(() => {
      this.timedOut = true;
      this.reject(
        new FunctionError('ERR_FUNCTION_TIMEOUT', `the function gave no answer within ${timeoutMs} ms`),
      );
      onAbandoned(this);
    }, timeoutMs);
    this.#onAbort = () => {
      this.reject(signal?.reason);
      onAbandoned(this);
    };
    signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  /** Gives the result; does nothing once the result is known. */
  resolve(output: Buffer): void {
    this.#take()?.resolve(output);
  }

  /** Gives the reason why there is no result; does nothing once the result is known. */
  reject(error: unknown): void {
    this.#take()?.reject(error);
  }

  #take() {
    const settle = this.#settle;
    this.#settle = undefined;
    this.settled = true;
    clearTimeout(this.#timer);
    this.options.signal?.removeEventListener('abort', this.#onAbort);
    return settle;
  }
}
