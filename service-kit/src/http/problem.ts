import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { FunctionError, type FunctionErrorCode } from '@app/wasmedge-node';
import type { ErrorRequestHandler, RequestHandler } from 'express';

/**
 * An answer that is an error: `application/problem+json` (RFC 9457) with a `detail` a person can act on and a
 * stable `code`.
 */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly status: number;
  readonly code: string;
  /** Seconds after which the client may try again, for the header `Retry-After`. */
  readonly retryAfter: number | undefined;

  constructor(
    status: number,
    code: string,
    detail: string,
    options: ErrorOptions & { retryAfter?: number } = {},
  ) {
    super(detail, options);
    this.status = status;
    this.code = code;
    this.retryAfter = options.retryAfter;
  }

  /** The members of RFC 9457, section 3.1, and `code`. */
  toJSON() {
    const { status, code, message: detail } = this;
    return { type: 'about:blank', title: STATUS_CODES[status] ?? 'Error', status, detail, code };
  }
}

const RETRY_AFTER_SECONDS = 1;

const FUNCTION_STATUS: Record<FunctionErrorCode, number> = {
  ERR_FUNCTION_INPUT: 422,
  ERR_FUNCTION_INPUT_EMPTY: 400,
  ERR_FUNCTION_INPUT_TOO_LARGE: 413,
  ERR_FUNCTION_INPUT_FORMAT: 415,
  ERR_FUNCTION_FAILED: 500,
  ERR_FUNCTION_TRAPPED: 500,
  ERR_FUNCTION_TIMEOUT: 504,
  ERR_FUNCTION_BUSY: 503,
  ERR_FUNCTION_UNAVAILABLE: 503,
  ERR_FUNCTION_CLOSED: 503,
};

/** The problem of a service that takes no more requests. */
export function stopping(): Problem {
  return new Problem(503, 'ERR_STOPPING', 'This service is stopping. Try again in a moment.', {
    retryAfter: RETRY_AFTER_SECONDS,
  });
}

/** What to answer for an error, whatever threw it. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof FunctionError) return problemOfFunction(error);
  if (error instanceof DOMException && error.name === 'TimeoutError')
    return new Problem(
      504,
      'ERR_TIMEOUT',
      'The answer took too long. Try a smaller input, or try again later.',
      {
        cause: error,
      },
    );
  const status = clientStatus(error);
  if (status !== undefined) return new Problem(status, 'ERR_REQUEST', messageOf(error), { cause: error });
  return new Problem(500, 'ERR_INTERNAL', 'Something went wrong in this service; its log says what.', {
    cause: error,
  });
}

function problemOfFunction(error: FunctionError): Problem {
  const status = FUNCTION_STATUS[error.code];
  const options = { cause: error, ...(status === 503 && { retryAfter: RETRY_AFTER_SECONDS }) };
  if (status === 500)
    return new Problem(status, error.code, 'The function failed on this input; the log says how.', options);
  // Why it cannot be run may name files of the host.
  if (error.code === 'ERR_FUNCTION_UNAVAILABLE')
    return new Problem(
      status,
      error.code,
      'The function cannot be run right now; the log says why. Try again in a moment.',
      options,
    );
  return new Problem(status, error.code, sentence(error.message), options);
}

// Express and its middleware mark what the client did wrong with a status (the convention of http-errors).
function clientStatus(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('status' in error) || typeof error.status !== 'number') return undefined;
  return error.status >= 400 && error.status < 500 ? error.status : undefined;
}

function messageOf(error: unknown): string {
  return sentence(error instanceof Error ? error.message : String(error));
}

function sentence(text: string): string {
  const trimmed = text.trim();
  return trimmed.charAt(0).toUpperCase() + trimmed.slice(1) + (/[.!?]$/.test(trimmed) ? '' : '.');
}

/** For what no route answers. */
export const notFound: RequestHandler = (request) => {
  throw new Problem(404, 'ERR_NOT_FOUND', `There is no ${request.method} ${request.path} here.`);
};

/** Answers every error as `application/problem+json`, and leaves it, with its cause, to the request's log line. */
export const answerProblem: ErrorRequestHandler = (error: unknown, _request, response, _next) => {
  if (response.headersSent || response.destroyed) {
    response.err ??= error instanceof Error ? error : new Error(String(error));
    // Too late for another answer: the client must see that this one is not whole.
    response.destroy();
    return;
  }
  const problem = problemOf(error);
  response.err = problem;
  if (problem.retryAfter !== undefined) response.set('Retry-After', String(problem.retryAfter));
  response.status(problem.status).type('application/problem+json').send(JSON.stringify(problem));
};

/** Answers a problem on a connection itself, past any response, and closes it. */
export function answerRaw(socket: Duplex, problem: Problem): void {
  const body = JSON.stringify(problem);
  const lines = [
    `HTTP/1.1 ${problem.status} ${problem.toJSON().title}`,
    'Content-Type: application/problem+json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...(problem.retryAfter === undefined ? [] : [`Retry-After: ${problem.retryAfter}`]),
    'Connection: close',
  ];
  socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
}
