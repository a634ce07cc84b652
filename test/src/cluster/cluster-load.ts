import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import pWaitFor from 'p-wait-for';
import type { Api } from '../stress/checked-answer.js';
import { SteadyLoad } from '../stress/steady-load.js';
import { figure } from './figures.js';

const CLIENTS_OF_A_KIND = 2;
const TIMEOUT_MS = 45_000;
const QUIET_PAUSE_MS = 5000;

/** What load to make. */
export interface ClusterLoadOptions {
  /** web-port's address in the cluster. */
  readonly url: string;
  readonly apis?: readonly Api[];
  /** Statuses that may come instead of a right answer; none by default. */
  readonly allowed?: readonly number[];
  /** Whether a connection may be lost: to the pod of web-port that is killed. */
  readonly connectionsMayBreak?: boolean;
}

/** Pictures all the time, by clients that connect anew for each and by others that keep their connections; each answer is checked. */
export class ClusterLoad {
  readonly #loads: readonly SteadyLoad[];
  readonly #since = performance.now();

  /** Starts a load, and resolves when it has begun to be answered; it ends with the test if it was not stopped before. */
  static async start(t: TestContext, options: ClusterLoadOptions): Promise<ClusterLoad> {
    const load = new ClusterLoad(
      await Promise.all(
        (['kept', 'anew'] as const).map((connections) =>
          SteadyLoad.start(t, {
            ...options,
            url: `${options.url}/api/hello`,
            clients: CLIENTS_OF_A_KIND,
            timeoutMs: TIMEOUT_MS,
            allowed: options.allowed ?? [],
            connections,
          }),
        ),
      ),
    );
    for (const each of load.#loads) {
      each.edgeMayBeAway = options.connectionsMayBreak ?? false;
      each.answersMayBreakOff = options.connectionsMayBreak ?? false;
    }
    await load.someMore();
    return load;
  }

  private constructor(loads: readonly SteadyLoad[]) {
    this.#loads = loads;
  }

  /** How many requests have had a right answer. */
  get right(): number {
    return this.#loads.reduce((sum, { right }) => sum + right, 0);
  }

  /** Waits until so many more have had a right answer, of each kind of client. */
  async someMore(count = 20): Promise<void> {
    const goals = this.#loads.map(({ right }) => right + count);
    const reached = () => this.#loads.every(({ right }, i) => right >= (goals[i] ?? 0));
    await pWaitFor(reached, { interval: 20, timeout: 120_000 });
  }

  /** From now on, a request now and then. */
  pause(): void {
    for (const load of this.#loads) load.pauseMs = QUIET_PAUSE_MS;
  }

  /**
   * Ends the load, and checks that nothing came that may not.
   *
   * @param what of which case these are the figures
   * @param more further figures of it
   */
  async stop(what: string, more = ''): Promise<void> {
    await Promise.all(this.#loads.map((load) => load.stop()));
    const seconds = (performance.now() - this.#since) / 1000;
    const counts: Record<string, number> = {};
    for (const { answers } of this.#loads)
      for (const [answer, count] of Object.entries(answers)) counts[answer] = (counts[answer] ?? 0) + count;
    const { 200: right = 0, ...failures } = counts;
    const failed = Object.values(failures).reduce((sum, count) => sum + count, 0);
    const words = [
      `${failed} of ${right + failed} requests failed in ${seconds.toFixed(0)} s`,
      ...(failed === 0 ? [] : [`(${inWords(failures)}; for ${this.#failedSeconds().toFixed(1)} s)`]),
    ].join(' ');
    await figure(what, [words, ...(more === '' ? [] : [more])].join('; '));
    const wrong = this.#loads.flatMap((load) => load.wrong);
    assert.deepEqual(wrong.slice(0, 10), [], `${wrong.length} answers may not be as they are`);
  }

  #failedSeconds(): number {
    const times = this.#loads.flatMap(({ failed }) => (failed === undefined ? [] : [failed]));
    const first = Math.min(...times.map((each) => each.first));
    return (Math.max(...times.map(({ last }) => last)) - first) / 1000;
  }
}

function inWords(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([what, count]) => `${count} ${what}`)
    .join(', ');
}
