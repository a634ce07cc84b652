import type { FunctionPool, PoolHistograms, PoolStatistics } from '@app/wasmedge-node';
import type { RequestHandler } from 'express';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { isLoopback, namesLoopback } from './access.js';
import { Problem } from './problem.js';
import { statusOf } from './request-log.js';
import { routeOf } from './route.js';

const QUANTILES = [0.5, 0.95, 0.99];
const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** What a service tells Prometheus: its requests, its process and the pools of its functions. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #requests: Histogram<'method' | 'route' | 'status'>;
  readonly #inProgress: Gauge;

  /** @param pools those of the moment, each with the name of its function */
  constructor(pools?: () => readonly [string, FunctionPool][]) {
    collectDefaultMetrics({ register: this.#registry });
    this.#requests = new Histogram({
      name: 'http_request_duration_seconds',
      help: 'Time from the arrival of a request to the end of its answer.',
      labelNames: ['method', 'route', 'status'],
      buckets: SECONDS,
      registers: [this.#registry],
    });
    this.#inProgress = new Gauge({
      name: 'http_requests_in_progress',
      help: 'Requests whose answer has not ended.',
      registers: [this.#registry],
    });
    if (pools !== undefined) this.#watch(pools);
  }

  /** Adds what pools do and have done. */
  #watch(pools: () => readonly [string, FunctionPool][]): void {
    const registers = [this.#registry];
    const now = (key: keyof PoolStatistics, help: string) =>
      new Gauge({
        name: `function_${key}`,
        help,
        labelNames: ['function'],
        registers,
        collect() {
          this.reset();
          for (const [name, pool] of pools()) this.set({ function: name }, pool.statistics[key]);
        },
      });
    now('waiting', 'Requests that wait for an instance.');
    now('running', 'Requests in work.');
    now('ready', 'Instances that wait for a request.');
    const times = (key: keyof PoolHistograms, help: string) =>
      new Gauge({
        name: `function_${key}_seconds`,
        help,
        labelNames: ['function', 'quantile'],
        registers,
        collect() {
          this.reset();
          for (const [name, { histograms }] of pools())
            for (const quantile of QUANTILES)
              this.set({ function: name, quantile }, histograms[key].percentile(quantile * 100) / 1e6);
        },
      });
    times('wait', 'Time until an instance took a request.');
    times('run', 'Time that an instance took for a request.');
    const soFar = (key: keyof PoolStatistics, help: string, name: string = key) =>
      new Counter({
        name: `function_${name}_total`,
        help,
        labelNames: ['function'],
        registers,
        collect() {
          this.reset();
          for (const [name, pool] of pools()) this.inc({ function: name }, pool.statistics[key]);
        },
      });
    soFar('started', 'Instances started.');
    soFar('retired', 'Instances ended after the requests that they were meant for.');
    soFar('trapped', 'Requests whose instance ended or broke the protocol.');
    soFar('timedOut', 'Requests whose deadline passed.', 'timed_out');
    soFar('killed', 'Instances killed with a request in work.');
    soFar('refused', 'Requests refused because too many waited.');
  }

  /** Measures every request that comes this far. */
  readonly measure: RequestHandler = (request, response, next) => {
    const end = this.#requests.startTimer({ method: request.method });
    this.#inProgress.inc();
    response.once('close', () => {
      this.#inProgress.dec();
      end({ route: routeOf(request), status: statusOf(response) });
    });
    next();
  };

  /** All of it, in Prometheus' text format. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }

  /** The media type of that text. */
  get contentType(): string {
    return this.#registry.contentType;
  }

  /** Answers `GET /metrics`, to callers on loopback only, by that name. */
  readonly answer: RequestHandler = async (request, response) => {
    if (!isLoopback(request.socket.remoteAddress ?? '') || !namesLoopback(request.get('host')))
      throw new Problem(404, 'ERR_NOT_FOUND', 'There is no GET /metrics here.');
    response.type(this.contentType).send(await this.text());
  };
}
