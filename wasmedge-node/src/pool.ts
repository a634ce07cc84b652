import type { Conversation } from './conversation.js';
import { FunctionError } from './errors.js';
import { STATUS } from './frames.js';
import type { InstanceSource } from './instance.js';
import { type PoolHistograms, type PoolStatistics, poolHistograms, recordSince } from './statistics.js';
import { Supply } from './supply.js';
import { Task } from './task.js';

/** How a pool runs its function. */
export interface PoolOptions {
  /** What its instances are. */
  readonly source: InstanceSource;
  /** Requests in work at once; as many instances are kept ready beside them. */
  readonly instances: number;
  /** Requests an instance answers before a new one takes its place; 1: each in a fresh sandbox. */
  readonly requestsPerInstance: number;
  /** Memory that an instance may have and be used again, in bytes: memory a guest has grown it never gives back. */
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
  readonly #supply: Supply;
  readonly #running = new Map<Conversation, Task>();
  /** In order of arrival; a Set, so that a caller who goes away leaves it at once. */
  readonly #waiting = new Set<Task>();
  readonly #counters = { retired: 0, trapped: 0, timedOut: 0, killed: 0, refused: 0 };
  #closing: (() => void) | undefined;
  #closed: Promise<void> | undefined;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#supply = new Supply({
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
    if (this.#supply.ready === 0 && this.#running.size === 0) await this.#supply.first();
  }

  /** Whether requests can be served: the last instance that was started became ready, and the pool is open. */
  get healthy(): boolean {
    return this.#closed === undefined && this.#supply.healthy && this.#supply.ready + this.#running.size > 0;
  }

  /** What the pool has done and does. */
  get statistics(): PoolStatistics {
    return {
      ...this.#counters,
      started: this.#supply.started,
      waiting: this.#waiting.size,
      running: this.#running.size,
      ready: this.#supply.ready,
    };
  }

  /**
   * Runs the function on `input`.
   *
   * A `signal` that aborts frees the place of the request; if it was in work its instance is killed.
   *
   * @throws FunctionError with the codes of `FunctionErrorCode`
   * @throws the signal's reason when the signal aborts
   */
  async run(input: Uint8Array, { signal }: { signal?: AbortSignal } = {}): Promise<Buffer> {
    signal?.throwIfAborted();
    if (this.#closed !== undefined)
      throw new FunctionError(
        'ERR_FUNCTION_CLOSED',
        'the function takes no more requests: it is being closed',
      );
    const task = new Task(input, this.#options.timeoutMs, signal, (task) => this.#abandon(task));
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
    }).then(() => this.#supply.close());
    return this.#closed;
  }

  #dispatch(): void {
    for (const task of this.#waiting) {
      if (this.#running.size >= this.#options.instances) break;
      const conversation = this.#supply.take();
      if (conversation === undefined) break;
      this.#waiting.delete(task);
      void this.#serve(task, conversation);
    }
    this.#refill();
  }

  async #serve(task: Task, conversation: Conversation): Promise<void> {
    this.#running.set(conversation, task);
    recordSince(this.histograms.wait, task.createdAt);
    const start = performance.now();
    try {
      const { status, payload } = await conversation.ask(task.input);
      recordSince(this.histograms.run, start);
      if (status === STATUS.ok) task.resolve(payload);
      else
        task.reject(
          new FunctionError(
            status === STATUS.badInput ? 'ERR_FUNCTION_INPUT' : 'ERR_FUNCTION_FAILED',
            payload.toString('utf8'),
          ),
        );
    } catch (error) {
      if (!task.settled) this.#counters.trapped += 1;
      task.reject(error);
    }
    const reusable = await this.#isReusable(conversation);
    this.#running.delete(conversation);
    if (reusable) this.#supply.giveBack(conversation);
    else this.#retire(conversation);
    this.#dispatch();
    this.#closeWhenIdle();
  }

  async #isReusable(conversation: Conversation): Promise<boolean> {
    const { requestsPerInstance, retireAboveBytes } = this.#options;
    if (conversation.requests >= requestsPerInstance) return false;
    return (await conversation.memory()) <= retireAboveBytes && !conversation.ended;
  }

  #retire(conversation: Conversation): void {
    if (conversation.ended) return;
    this.#counters.retired += 1;
    conversation.kill();
  }

  /** Called when a task's deadline passes or its caller goes away. */
  #abandon(task: Task): void {
    if (task.timedOut) this.#counters.timedOut += 1;
    this.#waiting.delete(task);
    for (const [conversation, running] of this.#running) {
      if (running !== task) continue;
      this.#counters.killed += 1;
      conversation.kill();
    }
    this.#closeWhenIdle();
  }

  /** Has as many instances ready, about to be, or about to come back, as may run at once. */
  #refill(): void {
    if (this.#closed !== undefined && this.#waiting.size === 0) return;
    const { instances, requestsPerInstance } = this.#options;
    const comingBack = [...this.#running.keys()].filter(
      ({ requests }) => requests < requestsPerInstance,
    ).length;
    this.#supply.fill(instances - comingBack);
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
