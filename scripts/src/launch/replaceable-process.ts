import { LaunchError } from './errors.js';
import { Front } from './front.js';
import { anyFreePort } from './ports.js';
import { appProcess, type Context, listenHost } from './processes.js';
import type { ProcessDescription, SupervisedProcess } from './supervised-process.js';

/** Callers leave a process that is replaced within this time; see docs/settings.md. */
const DRAIN_MS = '1000';

/** An app's process behind a front, so that another can take its place while it serves. When it ends for good, what calls it waits for the next one. */
export class ReplaceableProcess {
  /** Resolves when the first process serves, or has ended instead. */
  readonly ready: Promise<void>;
  readonly #context: Context;
  readonly #front: Front;
  readonly #start: (description: ProcessDescription) => SupervisedProcess;
  readonly #say: (text: string) => void;
  #current: SupervisedProcess | undefined;
  #next: SupervisedProcess | undefined;
  #replacing: Promise<boolean>;
  #isStopped = false;
  /** Those that end when they have answered what they had in work. */
  readonly #leaving = new Set<Promise<void>>();

  private constructor(
    context: Context,
    front: Front,
    start: (description: ProcessDescription) => SupervisedProcess,
    say: (text: string) => void,
  ) {
    this.#context = context;
    this.#front = front;
    this.#start = start;
    this.#say = say;
    this.#replacing = this.#replace();
    this.ready = this.#replacing.then(() => {});
  }

  /**
   * Listens where the app would, and starts its process elsewhere.
   *
   * @param start starts a process
   * @param say tells what happens to it
   */
  static async behindFront(
    context: Context,
    start: (description: ProcessDescription) => SupervisedProcess,
    say: (text: string) => void,
  ): Promise<ReplaceableProcess> {
    const { appPort } = context.ports;
    if (appPort === undefined) throw new TypeError(`${context.app.appID} has no port`);
    return new ReplaceableProcess(context, await Front.listen(appPort, listenHost(context)), start, say);
  }

  /** The process group of the process that serves, while there is one. */
  get group(): number | undefined {
    return this.#current?.group;
  }

  /** Whether there is a process that serves. */
  get serves(): boolean {
    return this.#current !== undefined;
  }

  /**
   * Starts another process, which takes over when it serves; the one before ends when it has answered what it had in work.
   * If the other one does not come to serve, the one before stays.
   *
   * @returns whether the other one serves
   */
  replace(): Promise<boolean> {
    this.#replacing = this.#replacing.then(() => this.#replace());
    return this.#replacing;
  }

  /** Asks the process to end, and resolves when it has, however long that takes. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#next?.kill();
    await this.#replacing;
    await Promise.all([this.#current?.stop('SIGINT'), ...this.#leaving]);
    await this.#front.close();
  }

  async #replace(): Promise<boolean> {
    if (this.#isStopped) return false;
    const { app, ports } = this.#context;
    const port = await anyFreePort();
    const description = appProcess({
      ...this.#context,
      app: { ...app, appChannelAddress: undefined, env: { ...app.env, HOST: '127.0.0.1', DRAIN_MS } },
      ports: { ...ports, appPort: port },
    });
    if (description === undefined) return false;
    const next = this.#start(description);
    this.#next = next;
    try {
      await next.ready;
    } catch (error) {
      if (!(error instanceof LaunchError)) throw error;
      if (!this.#isStopped)
        this.#say(`${error.message}; ${this.serves ? 'the one before serves on' : 'it waits for a change'}`);
      return false;
    } finally {
      this.#next = undefined;
    }
    const before = this.#current;
    this.#current = next;
    this.#front.to(port);
    next.done.catch((error: LaunchError) => {
      if (this.#current !== next) return;
      this.#current = undefined;
      this.#front.to(undefined);
      this.#say(`${error.message}; it waits for a change`);
    });
    if (before !== undefined) this.#leave(before);
    return true;
  }

  #leave(before: SupervisedProcess): void {
    const left = before.stop().finally(() => this.#leaving.delete(left));
    this.#leaving.add(left);
  }
}
