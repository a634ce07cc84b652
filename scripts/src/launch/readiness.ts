import { setTimeout as delay } from 'node:timers/promises';
import { Agent, fetch } from 'undici';
import { LaunchError } from './errors.js';

const POLL_MS = 50;
const REQUEST_TIMEOUT_MS = 5_000;

/** Straight to this machine's own ports: Node's own `fetch` goes to HTTP_PROXY where NODE_USE_ENV_PROXY says so. */
const dispatcher = new Agent();

/** How to ask, and how long. */
export interface ReadinessOptions {
  readonly headers?: Record<string, string>;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Where to read what the process wrote. */
  readonly lines: string;
}

/**
 * Asks each URL in turn until it answers 2xx.
 *
 * @throws LaunchError ERR_LAUNCH_NOT_READY naming the URL and its last answer; ERR_LAUNCH_STOPPED when aborted
 */
export async function untilHealthy(name: string, urls: string[], options: ReadinessOptions): Promise<void> {
  const deadline = performance.now() + options.timeoutMs;
  for (const url of urls) {
    for (;;) {
      const answer = await ask(url, options.headers ?? {}, options.signal);
      if (answer === true) break;
      if (options.signal.aborted) throw new LaunchError('ERR_LAUNCH_STOPPED', `${name} was stopped`);
      if (performance.now() > deadline) {
        throw new LaunchError(
          'ERR_LAUNCH_NOT_READY',
          `${name} was not ready after ${options.timeoutMs / 1000} s: ${url} answered ${answer}. ` +
            `Perhaps ${options.lines} say why; --ready-timeout gives it longer`,
        );
      }
      await delay(POLL_MS, undefined, { signal: options.signal }).catch(() => {});
    }
  }
}

/** True for a 2xx answer, else what came instead. */
async function ask(
  url: string,
  headers: Record<string, string>,
  signal: AbortSignal,
): Promise<true | string> {
  try {
    const response = await fetch(url, {
      dispatcher,
      headers,
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(REQUEST_TIMEOUT_MS)]),
    });
    const body = await response.text();
    return response.ok || `${response.status} ${body.slice(0, 200)}`.trim();
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    return `nothing (${cause instanceof Error ? cause.message : String(cause)})`;
  }
}
