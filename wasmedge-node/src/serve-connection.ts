import { FunctionError, type FunctionErrorCode } from './errors.js';
import { type Answer, FrameReader, requestHeader } from './frames.js';
import type { Instance } from './instance.js';
import { residentMemory } from './resident-memory.js';

/** What an instance may take. */
interface Limits {
  /** Longest time until it is ready, in ms. */
  readonly startTimeoutMs: number;
  /** Longest answer, in bytes. */
  readonly maxOutputBytes: number;
}

/** Who waits for the next thing an instance says. */
interface Listener<T> {
  resolve(value: T): void;
  reject(error: FunctionError): void;
}

/**
 * The protocol spoken with one instance: it says that it is ready, then gives one answer to each request.
 *
 * Whatever is not that ends the instance, and whoever waits learns why.
 */
export class Conversation {
  /** Settles when the instance is ready for its first request; rejects with a FunctionError if it never is. */
  readonly ready: Promise<void>;
  /** Settles when nothing is left of the instance. */
  readonly gone: Promise<void>;
  /** Requests asked so far. */
  requests = 0;
  readonly #instance: Instance;
  readonly #reader: FrameReader;
  #onReady: Listener<void> | undefined;
  #onAnswer: Listener<Answer> | undefined;
  readonly #notReady: NodeJS.Timeout;
  #ended = false;

  constructor(instance: Instance, { startTimeoutMs, maxOutputBytes }: Limits) {
    this.#instance = instance;
    this.#reader = new FrameReader(maxOutputBytes);
    this.ready = new Promise((resolve, reject) => {
      this.#onReady = { resolve, reject };
    });
    this.#notReady = setTimeout(
      () => this.#end('ERR_FUNCTION_UNAVAILABLE', `the function was not ready within ${startTimeoutMs} ms`),
      startTimeoutMs,
    );
    // Writing to an instance that has ended fails with EPIPE; how it ended is what `gone` tells.
    instance.input.on('error', () => {});
    instance.listen((chunk) => this.#take(chunk));
    this.gone = instance.gone.then(({ how, killed }) =>
      this.#end(killed ? 'ERR_FUNCTION_UNAVAILABLE' : 'ERR_FUNCTION_TRAPPED', `the function ended: ${how}`),
    );
  }

  /** Whether the instance can take no more requests. */
  get ended(): boolean {
    return this.#ended;
  }

  /**
   * Sends one request and waits for its answer. Only one at a time.
   *
   * @throws FunctionError `ERR_FUNCTION_TRAPPED` when the instance ends or breaks the protocol instead,
   *   `ERR_FUNCTION_UNAVAILABLE` when it is killed
   */
  ask(input: Uint8Array): Promise<Answer> {
    this.requests += 1;
    return new Promise((resolve, reject) => {
      this.#onAnswer = { resolve, reject };
      this.#instance.input.cork();
      this.#instance.input.write(requestHeader(input.length));
      this.#instance.input.write(input);
      this.#instance.input.uncork();
    });
  }

  /** Memory of the instance, in bytes; 0 where that is not known. */
  async memory(): Promise<number> {
    const { pid } = this.#instance;
    return pid === undefined ? 0 : residentMemory(pid);
  }

  /** Ends the instance at once. */
  kill(): void {
    this.#ended = true;
    clearTimeout(this.#notReady);
    this.#instance.kill();
  }

  #take(chunk: Buffer): void {
    if (this.#ended) return;
    try {
      const said = this.#reader.push(chunk);
      if (said === 'ready') {
        clearTimeout(this.#notReady);
        this.#onReady?.resolve();
        this.#onReady = undefined;
      } else if (said !== undefined) {
        this.#answered(said);
      }
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#end('ERR_FUNCTION_TRAPPED', `the function broke the protocol: ${reason}`, error);
    }
  }

  #answered(answer: Answer): void {
    const waiting = this.#onAnswer;
    this.#onAnswer = undefined;
    if (waiting === undefined) this.#end('ERR_FUNCTION_TRAPPED', 'the function answered without being asked');
    else waiting.resolve(answer);
  }

  #end(code: FunctionErrorCode, message: string, cause?: unknown): void {
    this.kill();
    // Most instances end with nobody waiting, and an error costs its stack.
    if (this.#onReady === undefined && this.#onAnswer === undefined) return;
    const error = new FunctionError(code, message, { cause });
    this.#onReady?.reject(error);
    this.#onAnswer?.reject(error);
    this.#onReady = undefined;
    this.#onAnswer = undefined;
  }
}
