import type { Log } from './connection.js';
import { FunctionError } from './errors.js';

/** One request to a function: its input, its deadline, and the promise of its result. */
export class Task {
  readonly input: Uint8Array;
  /** Takes what the function writes to stderr for it. */
  readonly log: Log;
  readonly createdAt = performance.now();
  readonly result: Promise<Buffer>;
  /** Whether the deadline passed. */
  timedOut = false;
  /** Whether the result is known. */
  settled = false;
  readonly #signal: AbortSignal | undefined;
  readonly #timer: NodeJS.Timeout;
  readonly #onAbort: () => void;
  #settle: { resolve(output: Buffer): void; reject(error: unknown): void } | undefined;

  /**
   * @param timeoutMs time until the task rejects with `ERR_FUNCTION_TIMEOUT`
   * @param onAbandoned called after the task rejected by its deadline or by `signal`
   */
  constructor(
    input: Uint8Array,
    log: Log,
    timeoutMs: number,
    signal: AbortSignal | undefined,
    onAbandoned: (task: Task) => void,
  ) {
    this.input = input;
    this.log = log;
    this.#signal = signal;
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
    this.#signal?.removeEventListener('abort', this.#onAbort);
    return settle;
  }
}
