import { setTimeout as delay, setInterval as each } from 'node:timers/promises';
import { execa } from 'execa';
import { LaunchError } from './errors.js';
import { type LogFile, linesOf } from './log-file.js';
import type { Output } from './output.js';

/** How often in a row a process is started again without having become ready, or stable, in between. */
const MAX_RESTARTS = 5;
const FIRST_RESTART_MS = 100;
/** Longest wait for killed processes to be gone: only then is their memory free. */
const MAX_KILL_WAIT_MS = 2000;

/** How a process is started, and how it is known to serve. */
export interface ProcessDescription {
  name: string;
  command: string;
  arguments: string[];
  cwd: string;
  env: NodeJS.ProcessEnv;
  /** What it writes goes there, too, or there alone. */
  logFile: LogFile | undefined;
  /** Whether it has done its work when it ends with exit code 0. */
  mayFinish: boolean;
  /** How long it has to run, ms, after which its earlier ends no longer count; 0 where `untilReady` proves that it serves. */
  stableAfterMs: number;
  /** Resolves once the process serves; rejects when it took too long, or when `signal` aborts. */
  untilReady(signal: AbortSignal): Promise<void>;
}

/**
 * A process in a group of its own that is started again, with back-off, when it ends without having been asked to.
 * The first start has to succeed; from then on it is given up after six ends in a row without being ready, and stable,
 * in between.
 */
export class SupervisedProcess {
  readonly name: string;
  /** Resolves when the process serves for the first time. */
  readonly ready: Promise<void>;
  /** Resolves when the process was stopped; rejects with a LaunchError when it is given up. */
  readonly done: Promise<void>;
  readonly #description: ProcessDescription;
  readonly #output: Output;
  readonly #onGroup: () => void;
  readonly #stopping = new AbortController();
  #group: number | undefined;

  /** @param onGroup called when `group` changes */
  constructor(description: ProcessDescription, output: Output, onGroup: () => void) {
    this.name = description.name;
    this.#description = description;
    this.#output = output;
    this.#onGroup = onGroup;
    const { promise, resolve, reject } = promiseParts();
    this.ready = promise;
    this.done = this.#keepRunning(resolve);
    this.done.catch(reject);
    this.ready.catch(() => {});
  }

  /** The process group, which has the process's id, while there is one. */
  get group(): number | undefined {
    return this.#group;
  }

  /** Asks the process, which has to end its own children, to end. Resolves when it has, however long that takes. */
  async stop(by: 'SIGTERM' | 'SIGINT' = 'SIGTERM'): Promise<void> {
    this.#stopping.abort();
    if (this.#group !== undefined) signal(this.#group, by);
    await this.done.catch(() => {});
  }

  /** Ends the process and all it started, now. */
  kill(): void {
    this.#stopping.abort();
    this.#killGroup();
  }

  async #keepRunning(onReady: () => void): Promise<void> {
    const { stableAfterMs } = this.#description;
    let wasReady = false;
    let ends = 0;
    while (!this.#stopping.signal.aborted) {
      const startedAt = performance.now();
      const life = new AbortController();
      const ended = this.#start().finally(() => life.abort());
      try {
        await this.#description.untilReady(life.signal);
        if (wasReady) this.#say(`is back after ${Math.round(performance.now() - startedAt)} ms`);
        wasReady = true;
        if (stableAfterMs === 0) ends = 0;
        onReady();
      } catch (error) {
        if (!life.signal.aborted) {
          this.#killGroup();
          await ended;
          if (!wasReady) throw error;
          this.#say('did not become ready and was ended');
        }
      }
      const how = await ended;
      if (stableAfterMs > 0 && performance.now() - startedAt >= stableAfterMs) ends = 0;
      if (this.#stopping.signal.aborted) return;
      if (this.#description.mayFinish && how === exitCodeOf(0)) {
        this.#say('has finished');
        return onReady();
      }
      if (!wasReady || ++ends > MAX_RESTARTS) {
        const tooSoon = stableAfterMs > 0 ? `within ${stableAfterMs / 1000} s` : 'before it was ready';
        const when = wasReady ? `${ends} times in a row ${tooSoon}` : 'before it was ready';
        throw new LaunchError(
          'ERR_LAUNCH_PROCESS_ENDED',
          `${this.name} ended ${when} (${how}); ${linesOf(this.name, this.#description.logFile)} say why`,
        );
      }
      const backOffMs = FIRST_RESTART_MS * 2 ** (ends - 1);
      this.#say(`ended (${how}): starting it again in ${backOffMs} ms`);
      await delay(backOffMs, undefined, { signal: this.#stopping.signal }).catch(() => {});
    }
  }

  /** Resolves when the process has ended, with how it did. */
  async #start(): Promise<string> {
    const { command, arguments: args, cwd, env, logFile } = this.#description;
    const child = execa(command, args, {
      cwd,
      env,
      extendEnv: false,
      stdin: 'ignore',
      all: true,
      buffer: false,
      reject: false,
      // A group of its own: Ctrl-C reaches the launcher alone, which then ends everything in order.
      detached: true,
      cleanup: false,
    });
    this.#setGroup(child.pid);
    // Children that the process leaves behind in its group are killed.
    child.once('exit', () => this.#killGroup());
    await Promise.all([child, this.#output.copy(this.name, child.all, logFile)]);
    // Not before a restart: init may take seconds to reap what is killed already.
    if (this.#stopping.signal.aborted) await this.#groupGone();
    this.#setGroup(undefined);
    const { exitCode, signal: killedBy, originalMessage } = await child;
    if (killedBy !== undefined) return killedBy;
    return exitCode === undefined ? `could not be started: ${originalMessage}` : exitCodeOf(exitCode);
  }

  #setGroup(group: number | undefined): void {
    this.#group = group;
    this.#onGroup();
  }

  #killGroup(): void {
    if (this.#group !== undefined) signal(-this.#group, 'SIGKILL');
  }

  async #groupGone(): Promise<void> {
    const group = this.#group;
    if (group === undefined) return;
    try {
      for await (const _ of each(5, undefined, { signal: AbortSignal.timeout(MAX_KILL_WAIT_MS) }))
        if (!signal(-group, 0)) return;
    } catch {
      this.#say('has ended, but what it started has not yet');
    }
  }

  #say(text: string): void {
    this.#output.line(this.name, `[launcher] ${this.name} ${text}`);
  }
}

function exitCodeOf(code: number): string {
  return `exit code ${code}`;
}

/** Signals a process, or the group of a negative id; 0 only asks. Returns whether there was one. */
function signal(id: number, name: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(id, name);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
    return false;
  }
}

/** Promise.withResolvers, which Node 20 lacks. */
export function promiseParts() {
  let resolve = (): void => {};
  let reject = (_error: unknown): void => {};
  const promise = new Promise<void>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
}
