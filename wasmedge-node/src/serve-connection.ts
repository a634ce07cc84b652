import type { Connection, Listener, Log } from './connection.js';
import { FunctionError, type FunctionErrorCode } from './errors.js';
import { type Answer, FrameReader, requestHeader } from './frames.js';
import type { Instance, InstanceSource } from './instance.js';
import { residentMemory } from './process-memory.js';

/**
 * A function that serves: it says that it is ready, then gives one answer to each request, in frames. Kills the instance on
 * a protocol violation and rejects the pending request.
 */
export class ServeConnection implements Connection {
  readonly ready: Promise<void>;
  readonly gone: Promise<void>;
  requests = 0;
  readonly #instance: Instance;
  readonly #reader: FrameReader;
  #onReady: Listener<void> | undefined;
  #onAnswer: Listener<Answer> | undefined;
  readonly #notReady: NodeJS.Timeout;
  readonly #usualLog: Log;
  #log: Log;
  #ended = false;

  constructor(source: InstanceSource, instance: Instance, maxOutputBytes: number) {
    const { startTimeoutMs } = source;
    this.#instance = instance;
    this.#usualLog = source.log;
    this.#log = source.log;
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
    instance.listen({ output: (chunk) => this.#take(chunk), line: (line) => this.#log(line) });
    this.gone = instance.gone.then(({ how, killed }) =>
      this.#end(killed ? 'ERR_FUNCTION_UNAVAILABLE' : 'ERR_FUNCTION_TRAPPED', `the function ended: ${how}`),
    );
  }

  get ended(): boolean {
    return this.#ended;
  }

  ask(input: Uint8Array, log: Log): Promise<Answer> {
    this.requests += 1;
    this.#log = log;
    return new Promise((resolve, reject) => {
      this.#onAnswer = { resolve, reject };
      this.#instance.input.cork();
      this.#instance.input.write(requestHeader(input.length));
      this.#instance.input.write(input);
      this.#instance.input.uncork();
    });
  }

  memory(): Promise<number> {
    return residentMemory(this.#instance.pid);
  }

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
    this.#log = this.#usualLog;
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
