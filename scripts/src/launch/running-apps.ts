import type { Guard } from './guard.js';
import type { Output } from './output.js';
import type { Ports } from './ports.js';
import { appProcess, appUrl, type Context, sidecarProcess, untilReached } from './processes.js';
import { ReplaceableProcess } from './replaceable-process.js';
import { type ProcessDescription, SupervisedProcess } from './supervised-process.js';

/** An app that serves, and its sidecar. */
export interface RunningApp extends Ports {
  /** `http://127.0.0.1:<appPort>`, or with the address that the app listens on; missing where it has no port. */
  url: string | undefined;
  /** `http://127.0.0.1:<daprHTTPPort>` */
  daprUrl: string;
  /** Process ids of the moment: they change when a process is started again, and are missing in between. */
  readonly pid: number | undefined;
  readonly daprPid: number | undefined;
}

/** An app's process, unless it is started elsewhere, and its sidecar's. */
interface Started {
  readonly running: RunningApp;
  readonly app: SupervisedProcess | ReplaceableProcess | undefined;
  readonly sidecar: SupervisedProcess;
}

/** What runs of a launch, in the order in which it was added. */
export class RunningApps {
  readonly #output: Output;
  readonly #guard: Guard;
  readonly #areReplaceable: boolean;
  readonly #started = new Map<string, Started>();
  readonly #processes = new Set<SupervisedProcess>();
  readonly #stopping = new AbortController();
  #collector: SupervisedProcess | undefined;
  #fail: (error: unknown) => void = () => {};
  /** Rejects when a process that kept ending is given up. */
  readonly failed: Promise<never>;

  /** @param areReplaceable whether `replace` can be asked for; then an app that ends for good ends nothing else */
  constructor(output: Output, guard: Guard, areReplaceable: boolean) {
    this.#output = output;
    this.#guard = guard;
    this.#areReplaceable = areReplaceable;
    this.failed = new Promise((_, reject) => {
      this.#fail = reject;
    });
    this.failed.catch(() => {});
  }

  /** By app id. */
  get apps(): ReadonlyMap<string, RunningApp> {
    return new Map([...this.#started].map(([id, { running }]) => [id, running]));
  }

  /** Starts what apps and sidecars send their spans to, and waits until it serves. Without it they go on. */
  async startCollector(description: ProcessDescription): Promise<void> {
    const collector = this.#start(description);
    this.#collector = collector;
    await collector.ready;
    collector.done.catch(({ message }: Error) => this.#output.line(collector.name, `[launcher] ${message}`));
  }

  /**
   * Starts an app and its sidecar.
   *
   * @param sidecarContext what its sidecar is started with
   * @returns what resolves when both serve
   */
  async add(context: Context, sidecarContext: Context): Promise<{ ready: Promise<unknown> }> {
    const { app, ports } = context;
    const description = appProcess(context);
    const isReplaceable = this.#areReplaceable && description !== undefined && ports.appPort !== undefined;
    const process = isReplaceable
      ? await ReplaceableProcess.behindFront(
          context,
          (each) => this.#start(each),
          (text) => this.#output.line(app.appID, `[launcher] ${text}`),
        )
      : description && this.#start(description);
    if (this.#stopping.signal.aborted) {
      await process?.stop();
      return { ready: Promise.resolve() };
    }
    const sidecar = this.#start(sidecarProcess(sidecarContext, { mayWait: isReplaceable }));
    const running = {
      ...ports,
      url: appUrl(context),
      daprUrl: `http://127.0.0.1:${ports.daprHTTPPort}`,
      get pid() {
        return process?.group;
      },
      get daprPid() {
        return sidecar.group;
      },
    };
    this.#started.set(app.appID, { running, app: process, sidecar });
    sidecar.done.catch(this.#fail);
    if (process instanceof SupervisedProcess) process.done.catch(this.#fail);
    const both = Promise.all([process?.ready, sidecar.ready]);
    const ready =
      process instanceof ReplaceableProcess
        ? both.then(async () => {
            if (process.serves) await untilReached(context, this.#stopping.signal);
          })
        : both;
    ready.catch(() => {});
    return { ready };
  }

  /**
   * Replaces an app's process by another while it serves.
   *
   * @returns whether the other one serves
   */
  async replace(id: string): Promise<boolean> {
    const process = this.#started.get(id)?.app;
    return process instanceof ReplaceableProcess && process.replace();
  }

  /** Stops an app, and then its sidecar. */
  async remove(id: string): Promise<void> {
    const started = this.#started.get(id);
    this.#started.delete(id);
    await started?.app?.stop();
    await started?.sidecar.stop();
  }

  /** Stops all. Callers come before what they call in the file, so requests under way can still be answered. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    for (const { app } of this.#started.values()) await app?.stop();
    await Promise.all([...this.#started.values()].map(({ sidecar }) => sidecar.stop()));
    await this.#collector?.stop();
  }

  /** Ends all processes, now. */
  kill(): void {
    for (const each of this.#processes) each.kill();
  }

  /** Resolves when all processes have ended. */
  async ended(): Promise<void> {
    await Promise.allSettled([...this.#processes].map(({ done }) => done));
  }

  #start(description: ProcessDescription): SupervisedProcess {
    const { name, logFile } = description;
    if (logFile !== undefined) this.#output.line(name, `[launcher] ${name} writes to ${logFile.path}`);
    const process = new SupervisedProcess(description, this.#output, () => this.#watch());
    this.#processes.add(process);
    const remove = () => this.#processes.delete(process);
    process.done.then(remove, remove);
    this.#watch();
    return process;
  }

  #watch(): void {
    this.#guard.watch([...this.#processes].flatMap(({ group }) => group ?? []));
  }
}
