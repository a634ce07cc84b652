import type { Connection, Listener, Log } from './connection.js';
import { FunctionError } from './errors.js';
import { type Answer, STATUS } from './frames.js';
import { type Ending, type Instance, type InstanceSource, TRAPPED } from './instance.js';
import { residentMemory } from './process-memory.js';

/** What exit codes say; any other is a failure of the function. */
const EXIT = { ok: 0, badInput: 1 } as const;

/** Lines that are kept of a program that writes before it has its request. */
const MAX_EARLY_LINES = 20;

/** A filter: the input up to its end on stdin, the result on stdout, and the exit code says what that is worth. */
export class FilterConnection implements Connection {
  readonly ready: Promise<void>;
  readonly gone: Promise<void>;
  requests = 0;
  readonly #instance: Instance;
  readonly #maxOutputBytes: number;
  readonly #output: Buffer[] = [];
  #outputBytes = 0;
  readonly #usualLog: Log;
  #log: Log | undefined;
  readonly #earlyLines: string[] = [];
  /** How it ended before it was asked: a process runs ahead of its request, and may not wait for its input. */
  #earlyEnding: Ending | undefined;
  #lastLine: string | undefined;
  #onAnswer: Listener<Answer> | undefined;
  #ended = false;

  constructor(source: InstanceSource, instance: Instance, maxOutputBytes: number) {
    this.#instance = instance;
    this.#maxOutputBytes = maxOutputBytes;
    this.#usualLog = source.log;
    // What it does before it reads can be done before there is a request.
    this.ready = Promise.resolve();
    // A filter may end before it has read all of its input: how it ended is what `gone` tells.
    instance.input.on('error', () => {});
    instance.listen({ output: (chunk) => this.#take(chunk), line: (line) => this.#takeLine(line) });
    this.gone = instance.gone.then((ending) => {
      if (this.requests === 0 && !this.#ended && ending.exitCode === EXIT.ok) this.#earlyEnding = ending;
      else this.#end(ending);
    });
  }

  get ended(): boolean {
    return this.#ended;
  }

  ask(input: Uint8Array, log: Log): Promise<Answer> {
    this.requests += 1;
    this.#logTo(log);
    return new Promise((resolve, reject) => {
      this.#onAnswer = { resolve, reject };
      if (this.#earlyEnding === undefined) this.#instance.input.end(input);
      else this.#end(this.#earlyEnding);
    });
  }

  memory(): Promise<number> {
    return residentMemory(this.#instance.pid);
  }

  kill(): void {
    this.#ended = true;
    this.#instance.kill();
  }

  #take(chunk: Buffer): void {
    if (this.#ended) return;
    this.#outputBytes += chunk.length;
    if (this.#outputBytes <= this.#maxOutputBytes) {
      this.#output.push(Buffer.from(chunk));
      return;
    }
    this.#output.length = 0;
    this.kill();
    this.#fail('ERR_FUNCTION_TRAPPED', `the function wrote more than ${this.#maxOutputBytes} bytes`);
  }

  #takeLine(line: string): void {
    // That it got no input, which is because it was ended.
    if (this.#ended && this.requests === 0) return;
    this.#lastLine = line;
    if (this.#log !== undefined) this.#log(line);
    else if (this.#earlyLines.length < MAX_EARLY_LINES) this.#earlyLines.push(line);
  }

  #logTo(log: Log): void {
    this.#log = log;
    for (const line of this.#earlyLines.splice(0)) log(line);
  }

  #end({ how, exitCode, killed }: Ending): void {
    // Its end of the connection is still open if it did not read all.
    this.kill();
    this.#logTo(this.#log ?? this.#usualLog);
    if (exitCode === undefined || exitCode === TRAPPED) {
      const code = killed ? 'ERR_FUNCTION_UNAVAILABLE' : 'ERR_FUNCTION_TRAPPED';
      this.#fail(code, `the function ended: ${how}`);
    } else if (exitCode === EXIT.ok) {
      const payload = Buffer.concat(this.#output, this.#outputBytes);
      this.#settle()?.resolve({ status: STATUS.ok, payload });
    } else {
      const status = exitCode === EXIT.badInput ? STATUS.badInput : STATUS.failure;
      const reason = this.#lastLine ?? `the function ended with exit code ${exitCode} and did not say why`;
      this.#settle()?.resolve({ status, payload: Buffer.from(reason) });
    }
    this.#output.length = 0;
  }

  #fail(code: 'ERR_FUNCTION_UNAVAILABLE' | 'ERR_FUNCTION_TRAPPED', message: string): void {
    // Most instances that are killed have nobody waiting, and an error costs its stack.
    this.#settle()?.reject(new FunctionError(code, message));
  }

  #settle(): Listener<Answer> | undefined {
    const waiting = this.#onAnswer;
    this.#onAnswer = undefined;
    return waiting;
  }
}
