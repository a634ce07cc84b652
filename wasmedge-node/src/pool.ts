import type { Connection } from './connection.js';
import { FunctionError, type FunctionErrorCode } from './errors.js';
import { STATUS } from './frames.js';
import type { InstanceSource } from './instance.js';
import { type PoolHistograms, type PoolStatistics, poolHistograms, recordSince } from './statistics.js';
import { type RunOptions, Task } from './task.js';
import { WarmInstances } from './warm-instances.js';

/** What a function says of an input that it has no result for. */
const CODES: ReadonlyMap<number, FunctionErrorCode> = new Map([
  [STATUS.badInput, 'ERR_FUNCTION_INPUT'],
  [STATUS.emptyInput, 'ERR_FUNCTION_INPUT_EMPTY'],
  [STATUS.inputTooLarge, 'ERR_FUNCTION_INPUT_TOO_LARGE'],
  [STATUS.unsupportedFormat, 'ERR_FUNCTION_INPUT_FORMAT'],
]);

/** How a pool runs its function. */
export interface PoolOptions {
  /** What its instances are. */
  readonly source: InstanceSource;
  /** Requests in work at once; as many instances are kept ready beside them. */
  readonly instances: number;
  /** Requests that an instance answers before a new one takes its place; 1: each in a fresh sandbox, as for every filter. */
  readonly requestsPerInstance: number;
  /** Memory that an instance may have and be used again, in bytes: memory that a function has taken it never gives back. */
  readonly retireAboveBytes: number;
  /** Requests that may wait for an instance. */
  readonly queueLimit: number;
  /** Longest time of a request, waiting and running together, in ms. */
  readonly timeoutMs: number;
  /** Longest answer taken, in bytes. */
  readonly maxOutputBytes: number;
}

/** Requests to one function: each waits for an instance, is in work, and has its result. */
export class FunctionPool {
  /** Times of requests so far. */
  readonly histograms: PoolHistograms = poolHistograms();
  readonly #options: PoolOptions;
  readonly #warm: WarmInstances;
  readonly #running = new Map<Connection, Task>();
  /** In order of arrival; a Set, so that a caller who goes away leaves it at once. */
  readonly #waiting = new Set<Task>();
  readonly #counters = { retired: 0, trapped: 0, timedOut: 0, killed: 0, refused: 0 };
  #closing: (() => void) | undefined;
  #closed: Promise<void> | undefined;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#warm = new WarmInstances({
      source: options.source,
      maxOutputBytes: options.maxOutputBytes,
      onChange: () => {
        this.#dispatch();
        this.#closeWhenIdle();
      },
      onFailure: (error) => this.#failWaiting(error),
    });
    this.#refill();
  }

  /**
   * Waits for the first instance to be ready.
   *
   * @throws FunctionError `ERR_FUNCTION_TRAPPED` or `ERR_FUNCTION_UNAVAILABLE`, with what the function said, when it
   *   does not start
   */
  async ready(): Promise<void> {
    if (this.#warm.ready === 0 && this.#running.size === 0) await this.#warm.first();
  }

  /** Whether requests can be served: the last instance that was started became ready, and the pool is open. */
  get healthy(): boolean {
    return this.#closed === undefined && this.#warm.healthy && this.#warm.ready + this.#running.size > 0;
  }

  /** What the pool has done and does. */
  get statistics(): PoolStatistics {
    return {
      ...this.#counters,
      started: this.#warm.started,
      waiting: this.#waiting.size,
      running: this.#running.size,
      ready: this.#warm.ready,
    };
  }

  /**
   * Runs the function on `input`.
   *
   * @throws FunctionError with the codes of `FunctionErrorCode`
   * @throws the signal's reason when the signal aborts
   */
  async run(input: Uint8Array, options: RunOptions = {}): Promise<Buffer> {
    options.signal?.throwIfAborted();
    if (this.#closed !== undefined)
      throw new FunctionError(
        'ERR_FUNCTION_CLOSED',
        'the function takes no more requests: it is being closed',
      );
    const task = new Task(input, options, this.#options.timeoutMs, (task) => this.#abandon(task));
    this.#waiting.add(task);
    this.#dispatch();
    // An instance that is not ready yet has its place all the same.
    const { instances, queueLimit } = this.#options;
    if (this.#waiting.size + this.#running.size > instances + queueLimit) {
      this.#waiting.delete(task);
      this.#counters.refused += 1;
      task.reject(
        new FunctionError('ERR_FUNCTION_BUSY', `${queueLimit} requests wait for the function already`),
      );
    }
    return task.result;
  }

  /** Takes no more requests, answers those that it has, then ends all instances. */
  close(): Promise<void> {
    this.#closed ??= new Promise<void>((resolve) => {
      this.#closing = resolve;
      this.#closeWhenIdle();
    }).then(() => this.#warm.close());
    return this.#closed;
  }

  /** A filter ends with its answer. */
  get #requestsPerInstance(): number {
    const { source, requestsPerInstance } = this.#options;
    return source.kind === 'filter' ? 1 : requestsPerInstance;
  }

  #dispatch(): void {
    for (const task of this.#waiting) {
      if (this.#running.size >= this.#options.instances) break;
      const connection = this.#warm.take();
      if (connection === undefined) break;
      this.#waiting.delete(task);
      void this.#serve(task, connection);
    }
    this.#refill();
  }

  async #serve(task: Task, connection: Connection): Promise<void> {
    this.#running.set(connection, task);
    recordSince(this.histograms.wait, task.createdAt);
    task.options.onStart?.();
    const start = performance.now();
    let answered = false;
    try {
      const { status, payload } = await connection.ask(
        task.input,
        task.options.log ?? this.#options.source.log,
      );
      answered = true;
      recordSince(this.histograms.run, start);
      if (status === STATUS.ok) task.resolve(payload);
      else
        task.reject(new FunctionError(CODES.get(status) ?? 'ERR_FUNCTION_FAILED', payload.toString('utf8')));
    } catch (error) {
      if (!task.settled) this.#counters.trapped += 1;
      task.reject(error);
    }
    const reusable = await this.#isReusable(connection);
    this.#running.delete(connection);
    if (reusable) this.#warm.giveBack(connection);
    else {
      if (answered) this.#counters.retired += 1;
      connection.kill();
    }
    this.#dispatch();
    this.#closeWhenIdle();
  }

  async #isReusable(connection: Connection): Promise<boolean> {
    if (connection.requests >= this.#requestsPerInstance) return false;
    const { retireAboveBytes } = this.#options;
    return (await connection.memory()) <= retireAboveBytes && !connection.ended;
  }

  /** Called when a task's deadline passes or its caller goes away. */
  #abandon(task: Task): void {
    if (task.timedOut) this.#counters.timedOut += 1;
    this.#waiting.delete(task);
    for (const [connection, running] of this.#running) {
      if (running !== task) continue;
      this.#counters.killed += 1;
      connection.kill();
    }
    this.#closeWhenIdle();
  }

  /** Has as many instances ready, about to be, or about to come back, as may run at once. */
  #refill(): void {
    if (this.#closed !== undefined && this.#waiting.size === 0) return;
    const { instances } = this.#options;
    const comingBack = [...this.#running.keys()].filter(
      ({ requests }) => requests < this.#requestsPerInstance,
    ).length;
    this.#warm.fill(instances - comingBack);
  }

  /** No instance will be ready soon; one in work may come back. */
  #failWaiting(cause: unknown): void {
    if (this.#running.size > 0) return;
    const reason = cause instanceof Error ? cause.message : String(cause);
    for (const task of this.#waiting) {
      this.#waiting.delete(task);
      task.reject(
        new FunctionError('ERR_FUNCTION_UNAVAILABLE', `the function cannot start: ${reason}`, { cause }),
      );
    }
  }

  #closeWhenIdle(): void {
    if (this.#waiting.size + this.#running.size === 0) this.#closing?.();
  }
}
