const PLAIN_INTERVAL_MS = 15_000;
const TERMINAL_INTERVAL_MS = 100;

/**
 * Shows steps as they run: a line when one is done, and between these what is going on: on a terminal as a line that
 * changes, elsewhere as a line now and then.
 */
export class Display {
  readonly #running = new Map<string, { since: number; progress: string }>();
  readonly #out: NodeJS.WriteStream;
  readonly #since = performance.now();
  readonly #usual: string;
  readonly #timer: NodeJS.Timeout;

  /**
   * @param usual how long all of it takes as a rule, as in `4 min`
   * @param out where it is shown
   */
  constructor(usual?: string, out: NodeJS.WriteStream = process.stdout) {
    this.#out = out;
    this.#usual = usual === undefined ? '' : ` of about ${usual}`;
    const interval = this.#out.isTTY ? TERMINAL_INTERVAL_MS : PLAIN_INTERVAL_MS;
    this.#timer = setInterval(() => this.#showRunning(), interval).unref();
  }

  /** A step begins. */
  start(step: string): void {
    this.#running.set(step, { since: performance.now(), progress: '' });
    if (!this.#out.isTTY) this.#print(`${step} …`);
  }

  /** A step has come further. */
  report(step: string, progress: string): void {
    const running = this.#running.get(step);
    if (running) running.progress = progress;
  }

  /** A step has something to say that is no error. */
  warn(step: string, text: string): void {
    this.#print(`${step}: ${text}`);
  }

  /** A step has ended: `outcome` says how. */
  end(step: string, outcome: string): void {
    const since = this.#running.get(step)?.since ?? performance.now();
    this.#running.delete(step);
    this.#print(`${step}: ${outcome} in ${elapsed(since)}`);
  }

  close(): void {
    clearInterval(this.#timer);
    if (this.#out.isTTY) this.#out.write('\r\x1b[K');
  }

  #showRunning(): void {
    const line = [...this.#running]
      .map(([step, { since, progress }]) => [step, elapsed(since), progress].filter(Boolean).join(' '))
      .join(' · ');
    if (line === '') return;
    const all = `${elapsed(this.#since)}${this.#usual}: ${line}`;
    if (this.#out.isTTY) this.#out.write(`\r\x1b[K${all.slice(0, this.#out.columns - 1)}`);
    else this.#print(`  ${all}`);
  }

  #print(line: string): void {
    this.#out.write(this.#out.isTTY ? `\r\x1b[K${line}\n` : `${line}\n`);
  }
}

function elapsed(since: number): string {
  return `${((performance.now() - since) / 1000).toFixed(1)} s`;
}
