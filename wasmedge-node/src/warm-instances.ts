import { BackOff } from './back-off.js';
import { type Connection, connect } from './connection.js';
import type { InstanceSource } from './instance.js';

/** What warm instances are made of, and whom they tell. */
export interface WarmInstancesOptions {
  readonly source: InstanceSource;
  /** Longest answer of an instance, in bytes. */
  readonly maxOutputBytes: number;
  /** Called when an instance has become ready or has failed to, and when the next may be started. */
  readonly onChange: () => void;
  /** Called when an instance has failed to start and no other is about to be ready. */
  readonly onFailure: (error: unknown) => void;
}

/** Instances that are ready for a request, and those about to be. */
export class WarmInstances {
  /** Instances started so far. */
  started = 0;
  readonly #options: WarmInstancesOptions;
  readonly #ready: Connection[] = [];
  readonly #starting = new Set<Promise<void>>();
  /** All that have been started and are not gone. */
  readonly #living = new Set<Connection>();
  /** An instance that cannot start will most likely not start at once again. */
  readonly #backOff = new BackOff();
  #closed = false;

  constructor(options: WarmInstancesOptions) {
    this.#options = options;
  }

  /** How many instances wait for a request. */
  get ready(): number {
    return this.#ready.length;
  }

  /** Whether the last instance that was started became ready. */
  get healthy(): boolean {
    return this.#backOff.failures === 0;
  }

  /**
   * Waits until one of those that are being started is ready.
   *
   * @throws FunctionError why one did not start, when none does
   */
  async first(): Promise<void> {
    await Promise.any(this.#starting).catch((error: unknown) => {
      throw error instanceof AggregateError && error.errors.length > 0 ? error.errors[0] : error;
    });
  }

  /** Takes an instance out; `undefined` if none is ready. One that has ended is in the list until `#forget` is called. */
  take(): Connection | undefined {
    const index = this.#ready.findIndex(({ ended }) => !ended);
    return index < 0 ? undefined : this.#ready.splice(index, 1)[0];
  }

  /** Takes an instance back that is to be used again. */
  giveBack(connection: Connection): void {
    this.#ready.push(connection);
  }

  /** Starts instances until `wanted` are ready or about to be; none before the back-off is over. */
  fill(wanted: number): void {
    if (this.#backOff.pending) return;
    const missing = wanted - this.#ready.length - this.#starting.size;
    for (let count = 0; count < missing; count += 1) void this.#start();
  }

  /** Ends all instances, and what their source holds. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#backOff.stop();
    for (const connection of this.#living) connection.kill();
    await this.#options.source.close();
    await Promise.allSettled(this.#starting);
    await Promise.all([...this.#living].map(({ gone }) => gone));
  }

  async #start(): Promise<void> {
    this.started += 1;
    const start = this.#startOne();
    this.#starting.add(start);
    try {
      await start;
      this.#starting.delete(start);
    } catch (error) {
      this.#starting.delete(start);
      this.#startAgainLater();
      if (this.#ready.length + this.#starting.size === 0) this.#options.onFailure(error);
    }
    this.#options.onChange();
  }

  async #startOne(): Promise<void> {
    const { source, maxOutputBytes } = this.#options;
    const instance = await source.start();
    const connection = connect(source, instance, maxOutputBytes);
    this.#living.add(connection);
    void connection.gone.then(() => {
      this.#living.delete(connection);
      this.#forget(connection);
    });
    if (this.#closed) connection.kill();
    await connection.ready;
    this.#backOff.succeeded();
    this.#ready.push(connection);
  }

  /** An instance that ended while it waited for a request, and has no answer, is as good as one that did not start. */
  #forget(connection: Connection): void {
    const index = this.#ready.indexOf(connection);
    if (index < 0 || !connection.ended) return;
    this.#ready.splice(index, 1);
    this.#startAgainLater();
  }

  #startAgainLater(): void {
    if (!this.#closed) this.#backOff.failed(this.#options.onChange);
  }
}
