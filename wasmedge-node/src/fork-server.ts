import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { constants } from 'node:os';
import type { Readable, Writable } from 'node:stream';
import split from 'split2';
import { FunctionError } from './errors.js';
import { commandLine, type FunctionCommand, runtimeEnvironment } from './function-command.js';
import type { Ending } from './instance.js';

/** How the forks of a function are made and limited. */
export interface ForkOptions {
  /** Where the fork is made: when the function calls `accept()`, or before the program starts. */
  readonly forkAt: 'accept' | 'start';
  /** Most CPU time of one fork, in seconds. */
  readonly cpuSeconds: number;
  /** Longest time that the parent may take until it is ready, in ms. */
  readonly startTimeoutMs: number;
  /** Takes what the parent and its forks write to stderr, line by line. */
  readonly log: (line: string) => void;
}

/** Length of a name in Linux's abstract namespace that is the same whether or not Node fills it up with zero bytes. */
const ABSTRACT_NAME_BYTES = 107;
const LINES_KEPT = 20;
/** A line that is longer is left out: a guest could fill this process's memory with one. */
const SPLIT = { maxLength: 16 * 1024, skipOverflow: true };
const PAGE_BYTES = 64 * 1024;
/** What WasmEdge and its plug-ins may take in a fork, beside the guest's own memory. */
const NATIVE_BYTES = 64 * 1024 ** 2;
const KILLED = `signal ${constants.signals.SIGKILL}`;

/**
 * The parent of a function's forks: the WasmEdge CLI with the plug-in `wasm_function`, which loads all that the
 * function needs and then forks for each connection to its socket (see `fork-server/`). It ends, with all its forks,
 * when its stdin does, so also when this process is killed.
 */
export class ForkServer {
  /** Address of the Unix socket, in Linux's abstract namespace; each connection of this process to it is a fork. */
  readonly socket: string;
  /** Settles when the parent and all its forks are gone, with how it ended. */
  readonly gone: Promise<string>;
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #forks = new Map<number, (ending: Ending) => void>();
  /** Forks that ended before anybody asked. */
  readonly #endedEarly = new Map<number, Ending>();
  readonly #said: string[] = [];
  /** How forks ended that were left when the parent ended. */
  #ending: Ending | undefined;
  #onReady: () => void = () => {};

  /**
   * Starts a parent and waits until it takes connections.
   *
   * @throws FunctionError `ERR_FUNCTION_UNAVAILABLE`, with what the function said, when it does not get ready
   */
  static async start(command: FunctionCommand, options: ForkOptions): Promise<ForkServer> {
    const name = `wasm-function-${randomUUID()}`.padEnd(ABSTRACT_NAME_BYTES, '.');
    const server = new ForkServer(name, command, options);
    await server.#ready(options.startTimeoutMs);
    return server;
  }

  private constructor(name: string, command: FunctionCommand, options: ForkOptions) {
    this.socket = `\0${name}`;
    this.#child = spawn(command.wasmedge, commandLine(command), {
      env: {
        ...runtimeEnvironment(command),
        WASM_FUNCTION_SOCKET: name,
        WASM_FUNCTION_FORK_AT: options.forkAt,
        WASM_FUNCTION_CPU_SECONDS: String(options.cpuSeconds),
        WASM_FUNCTION_MEMORY_BYTES: String(command.memoryPages * PAGE_BYTES + NATIVE_BYTES),
      },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.#child.stdout.pipe(split(SPLIT)).on('data', (line: string) => this.#take(line));
    this.#child.stderr.pipe(split(SPLIT)).on('data', (line: string) => {
      this.#remember(line);
      options.log(line);
    });
    this.gone = this.#end(command.wasmedge);
    void this.gone.then((how) => {
      this.#ending = { how: `its parent ended: ${how}`, killed: true };
      for (const ended of this.#forks.values()) ended(this.#ending);
    });
  }

  /** Settles when the fork `pid` is gone. Ask once for each fork. */
  async ended(pid: number): Promise<Ending> {
    const early = this.#endedEarly.get(pid);
    this.#endedEarly.delete(pid);
    if (early !== undefined) return early;
    if (this.#ending !== undefined) return this.#ending;
    try {
      return await new Promise<Ending>((resolve) => this.#forks.set(pid, resolve));
    } finally {
      this.#forks.delete(pid);
    }
  }

  /** Ends the parent and all its forks. */
  async close(): Promise<void> {
    this.#child.stdin.end();
    await this.gone;
  }

  #take(line: string): void {
    const [, pid, how] = /^ended (\d+) (.+)$/.exec(line) ?? [];
    if (how !== undefined) this.#forkEnded(Number(pid), how);
    else if (line === 'ready') this.#onReady();
    else this.#remember(line);
  }

  #forkEnded(pid: number, how: string): void {
    // What the fork wrote to stderr before it ended is in the other pipe, to be read in this turn of the event loop.
    setImmediate(() => {
      const killed = how === KILLED;
      const said = killed || how === 'exit 0' ? [] : this.#said.splice(0);
      const ending = { how: [how, ...said].join(': '), killed };
      const ended = this.#forks.get(pid);
      if (ended === undefined) this.#endedEarly.set(pid, ending);
      else ended(ending);
    });
  }

  #remember(line: string): void {
    this.#said.push(line);
    if (this.#said.length > LINES_KEPT) this.#said.shift();
  }

  #ready(timeoutMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const fail = (how: string) =>
        reject(new FunctionError('ERR_FUNCTION_UNAVAILABLE', `the function did not start: ${how}`));
      const timer = setTimeout(() => {
        this.#child.kill('SIGKILL');
        fail(`it was not ready within ${timeoutMs} ms`);
      }, timeoutMs);
      this.#onReady = () => {
        clearTimeout(timer);
        resolve();
      };
      void this.gone.then((how) => {
        clearTimeout(timer);
        fail(how);
      });
    });
  }

  #end(executable: string): Promise<string> {
    return new Promise((resolve) => {
      this.#child.once('error', (error) => resolve(`${executable} could not be run: ${error.message}`));
      this.#child.once('close', (code, signal) => {
        const how = signal === null ? `exit code ${code}` : `signal ${signal}`;
        resolve([how, ...this.#said].join(': '));
      });
    });
  }
}
