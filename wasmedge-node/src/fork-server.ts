import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { createConnection, type OnReadOpts, type Socket } from 'node:net';
import { constants } from 'node:os';
import { join } from 'node:path';
import split from 'split2';
import { FunctionError } from './errors.js';
import { Forks } from './forks.js';
import { commandLine, type FunctionCommand, runtimeEnvironment } from './function-command.js';
import type { Ending, FunctionKind } from './instance.js';
import { LastLines } from './last-lines.js';

/** How the forks of a function are made and limited. */
export interface ForkOptions {
  readonly kind: FunctionKind;
  /**
   * Where the fork is made: when the function calls `accept()`, or before it starts, which it then does at once (`start`) or
   * when it has input (`input`). By default as its kind has it.
   */
  readonly forkAt?: 'accept' | 'start' | 'input';
  /** Called before each start of a parent, which there is none when it throws. */
  readonly verify: () => Promise<void>;
  /** Most CPU time of one fork, in seconds. */
  readonly cpuSeconds: number;
  /** Longest time that the parent, and then a fork, may take until it is ready, in ms. */
  readonly startTimeoutMs: number;
  /** Takes what the parent, and forks that have no request, write to stderr, line by line. */
  readonly log: (line: string) => void;
}

/** The memory file system of every Linux (shm_overview(7)): no full or read-only disk is in the way of a start. */
const MEMORY_FOLDER = '/dev/shm';
/** A descriptor of a file itself, whatever kind it is (open(2)); Node has no name for it. */
const O_PATH = 0o10000000;
/** A line that is longer is left out: a function could fill this process's memory with one. Forks' own are shorter. */
const SPLIT = { maxLength: 64 * 1024, skipOverflow: true };
const PAGE_BYTES = 64 * 1024;
/** What WasmEdge and its plug-ins may take in a fork, beside the function's own memory. */
const NATIVE_BYTES = 64 * 1024 ** 2;
const FORK_AT = { filter: 'input', serve: 'accept' } as const;
const { SIGKILL } = constants.signals;

/**
 * The parent of a function's forks: the WasmEdge CLI with the plug-in `wasm_function`, which loads all that the
 * function needs and then forks for each connection to its socket (see `fork-server/`). It ends, with all its forks,
 * when its stdin does, so also when this process is killed.
 */
export class ForkServer {
  /** Settles when the parent and all its forks are gone, with how it ended. */
  readonly gone: Promise<string>;
  /** What it says of its forks. */
  readonly forks = new Forks();
  readonly #child: ChildProcess;
  #socket: FileHandle | undefined;
  readonly #said = new LastLines();
  #onReady: () => void = () => {};

  /**
   * Starts a parent and waits until it takes connections. It makes its socket in a folder that nobody else may enter, and
   * that is there only until this process has the socket's descriptor.
   *
   * @throws FunctionError `ERR_FUNCTION_UNAVAILABLE`, with what the function said, when it does not get ready
   * @throws what `verify` throws
   */
  static async start(command: FunctionCommand, options: ForkOptions): Promise<ForkServer> {
    await options.verify();
    const folder = join(MEMORY_FOLDER, `wasm-function-${process.pid}-${randomUUID()}`);
    const socket = join(folder, 'socket');
    const server = new ForkServer(socket, command, options);
    try {
      await server.#ready(options.startTimeoutMs);
      await server.#hold(socket);
      return server;
    } catch (error) {
      server.kill();
      await server.gone;
      throw error;
    } finally {
      // What is not removed now the parent removes at its end.
      await rm(folder, { recursive: true, force: true }).catch(() => {});
    }
  }

  private constructor(socket: string, command: FunctionCommand, options: ForkOptions) {
    this.#child = spawn(command.wasmedge, commandLine(command, options.kind), {
      env: {
        ...runtimeEnvironment(command),
        WASM_FUNCTION_SOCKET: socket,
        WASM_FUNCTION_FORK_AT: options.forkAt ?? FORK_AT[options.kind],
        WASM_FUNCTION_CPU_SECONDS: String(options.cpuSeconds),
        WASM_FUNCTION_MEMORY_BYTES: String(command.memoryPages * PAGE_BYTES + NATIVE_BYTES),
      },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.gone = this.#end(command.wasmedge);
    // There are none where no process could be made.
    this.#child.stdout?.pipe(split(SPLIT)).on('data', (line: string) => this.#take(line));
    this.#child.stderr?.pipe(split(SPLIT)).on('data', (line: string) => {
      this.#said.push(line);
      options.log(line);
    });
    void this.gone.then((how) =>
      this.forks.allEnded({ how: `its parent ended: ${how}`, exitCode: undefined, killed: true }),
    );
  }

  /**
   * Connects to the parent, which answers with a fork; its greeting comes first. What is written may be ended before the
   * answer is there.
   */
  connect(onread: OnReadOpts): Socket {
    return createConnection({ onread, allowHalfOpen: true, path: `/proc/self/fd/${this.#socket?.fd}` });
  }

  /** Ends the parent at once, and all its forks with it. */
  kill(): void {
    this.#child.kill('SIGKILL');
  }

  /** Ends the parent and all its forks. */
  async close(): Promise<void> {
    this.#child.stdin?.end();
    await this.gone;
  }

  #take(line: string): void {
    const [, verb, pid, text = ''] = /^(said|ended) (\d+) (.*)$/.exec(line) ?? [];
    if (verb === 'said') this.forks.get(Number(pid))?.said(text);
    else if (verb === 'ended') this.forks.ended(Number(pid), endingOf(text));
    else if (line === 'ready') this.#onReady();
    else this.#said.push(line);
  }

  /** Keeps the socket, which needs its path no longer. */
  async #hold(socket: string): Promise<void> {
    try {
      this.#socket = await open(socket, O_PATH);
    } catch (cause) {
      throw notStarted(cause instanceof Error ? cause.message : String(cause), cause);
    }
    void this.gone.then(() => this.#socket?.close());
  }

  #ready(timeoutMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const fail = (how: string) => reject(notStarted(how));
      const timer = setTimeout(() => fail(`it was not ready within ${timeoutMs} ms`), timeoutMs);
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
      this.#child.on('error', (error) => resolve(`${executable} could not be run: ${error.message}`));
      this.#child.once('close', (code, signal) => {
        const how = signal === null ? `exit code ${code}` : `signal ${signal}`;
        resolve(this.#said.after(how));
      });
    });
  }
}

/** The words of `wasmedge-node/fork-server` for how a fork ended: `exit <code>` or `signal <number>`. */
function endingOf(how: string): Ending {
  const [word, number] = how.split(' ');
  const exitCode = word === 'exit' ? Number(number) : undefined;
  return { how, exitCode, killed: word === 'signal' && Number(number) === SIGKILL };
}

function notStarted(how: string, cause?: unknown): FunctionError {
  return new FunctionError('ERR_FUNCTION_UNAVAILABLE', `the function did not start: ${how}`, { cause });
}
