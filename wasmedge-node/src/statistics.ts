import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';

/** What a pool has done so far, and what it is doing now. */
export interface PoolStatistics {
  /** Instances started. */
  started: number;
  /** Instances ended after the requests they were meant for. */
  retired: number;
  /** Requests whose instance ended or broke the protocol. */
  trapped: number;
  /** Requests whose deadline passed. */
  timedOut: number;
  /** Instances killed with a request in work, because of its deadline or because its caller went away. */
  killed: number;
  /** Requests refused because too many waited. */
  refused: number;
  /** Requests that wait now. */
  waiting: number;
  /** Requests in work now. */
  running: number;
  /** Instances that wait for a request now. */
  ready: number;
}

/** Times of requests, in microseconds. */
export interface PoolHistograms {
  /** From `run()` until an instance took the request. */
  readonly wait: RecordableHistogram;
  /** From then until its answer was there. */
  readonly run: RecordableHistogram;
}

/** New, empty histograms. */
export function poolHistograms(): PoolHistograms {
  return { wait: createHistogram(), run: createHistogram() };
}

/** Records the time since `start` (of `performance.now()`, ms). */
export function recordSince(histogram: RecordableHistogram, start: number): void {
  histogram.record(Math.max(1, Math.round((performance.now() - start) * 1000)));
}
