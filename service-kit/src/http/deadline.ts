import type { IncomingMessage, ServerResponse } from 'node:http';
import { problemOf } from './problem.js';

/** Header in which the time that is left for a request, in ms, goes from one service to the next. */
export const TIMEOUT_HEADER = 'x-timeout-ms';

/**
 * Header in which a service announces the length of its answer, in bytes, past the sidecars: those of
 * Dapr 1.18 pass on no Content-Length, and end an answer that the service broke off as if it were whole (docs/decisions/answer-length.md).
 */
export const ANSWER_LENGTH_HEADER = 'x-content-length';

/** Header that says `lightly-optimised` where a function's code is that of `npm run dev`: its times tell nothing. */
export const CODE_HEADER = 'x-function-code';

/** The client went away before its answer. */
export class ClientGoneError extends Error {
  override readonly name = 'ClientGoneError';
  readonly code = 'ERR_CLIENT_GONE';

  constructor(options?: ErrorOptions) {
    super('The client went away before its answer.', options);
  }
}

/** How long one request may still take, and the signal that ends its work. */
export interface Deadline {
  /** Aborts when the time is up (a `TimeoutError`) or the client goes away (a `ClientGoneError`). */
  readonly signal: AbortSignal;
  /** Time that is left, in ms, at least 1. */
  left(): number;
}

/**
 * The deadline of a request: `timeoutMs` from now, or sooner where the caller says so in `x-timeout-ms`. An answer that is
 * not read by then is cut off.
 */
export function deadlineOf(request: IncomingMessage, response: ServerResponse, timeoutMs: number): Deadline {
  const announced = Number(request.headers[TIMEOUT_HEADER] ?? Number.NaN);
  const ms = announced >= 1 && announced < timeoutMs ? Math.floor(announced) : timeoutMs;
  const end = performance.now() + ms;
  const controller = new AbortController();
  const timer = setTimeout(() => {
    const reason = new DOMException('The time is up.', 'TimeoutError');
    controller.abort(reason);
    // A client that does not read its answer must not keep the place of its request.
    if (!response.headersSent) return;
    response.err ??= problemOf(reason);
    response.destroy();
  }, ms);
  response.once('close', () => {
    clearTimeout(timer);
    if (!response.writableFinished) controller.abort(new ClientGoneError());
  });
  return {
    signal: controller.signal,
    left: () => Math.max(1, Math.round(end - performance.now())),
  };
}
