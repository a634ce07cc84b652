import type { IncomingMessage, ServerResponse } from 'node:http';
import type { LevelWithSilent, Logger } from 'pino';
import { type HttpLogger, pinoHttp } from 'pino-http';
import { REQUEST_MESSAGE } from '../process/messages.js';
import { ClientGoneError } from './deadline.js';
import { Problem } from './problem.js';
import { traceId } from './trace-context.js';

/** What sidecars and orchestrators ask without anybody having sent a request. */
const PROBES = new Set(['/healthz', '/metrics', '/dapr/config', '/dapr/subscribe']);

const functionFacts = new WeakMap<ServerResponse, { function: string; functionMs?: number }>();

/** The function that a request is for, where that is known. */
export function functionOf(response: ServerResponse): string | undefined {
  return functionFacts.get(response)?.function;
}

/** Whether a request is one of those that nobody sent. */
export function isProbe({ url = '' }: IncomingMessage): boolean {
  return PROBES.has(url);
}

/** Notes for the request's log line which function it is for and, once that is known, how long it took, in ms. */
export function noteFunction(response: ServerResponse, name: string, ms?: number): void {
  const functionMs = ms === undefined ? {} : { functionMs: Math.round(ms * 10) / 10 };
  functionFacts.set(response, { function: name, ...functionMs });
}

/**
 * One line a request: `method`, `path`, `status`, `ms` (arrival to end), `bytesIn` and `bytesOut` (as announced), `callerApp`
 * (the app that asked through Dapr), `function` and `functionMs`, `traceId`, and `err` where it failed. Probes are not
 * logged, unless they fail. The launcher's terminal (scripts/src/launch/terminal) reads these lines, too.
 */
export function requestLog(logger: Logger): HttpLogger {
  return pinoHttp({
    logger,
    genReqId: traceId,
    customAttributeKeys: { reqId: 'traceId' },
    quietReqLogger: true,
    serializers: {
      req: () => undefined,
      // A DOMException, as a timeout is one, would bring two dozen constants along. Where it was found that something is
      // wrong with a request says nothing, and would make a flood of the log when there is a flood of requests.
      err: ({ type, message, stack, code, status }: Record<string, unknown>) => ({
        type,
        message,
        code,
        ...((status === undefined || status === 500) && { stack }),
      }),
    },
    customLogLevel: (request, response) => levelOf(request, response),
    customSuccessMessage: () => REQUEST_MESSAGE,
    customErrorMessage: () => REQUEST_MESSAGE,
    customSuccessObject: (request, response, { responseTime }: { responseTime: number }) => ({
      ...facts(request, response, responseTime),
      // The line is written before the app hears of it.
      ...(!response.writableFinished && {
        err: new ClientGoneError(),
      }),
    }),
    customErrorObject: (request, response, error, { responseTime }: { responseTime: number }) => ({
      ...facts(request, response, responseTime),
      err: error,
    }),
  });
}

/** The status that a request ended with: 499 where the client went away before it had one. */
export function statusOf({ writableFinished, statusCode, err }: ServerResponse): number {
  if (writableFinished) return statusCode;
  return err instanceof Problem ? err.status : 499;
}

function levelOf(request: IncomingMessage, response: ServerResponse): LevelWithSilent {
  if (isProbe(request) && response.err === undefined) return 'silent';
  const status = statusOf(response);
  if (status >= 500) return 'error';
  return response.err === undefined && status < 400 ? 'info' : 'warn';
}

function facts(request: IncomingMessage, response: ServerResponse, ms: number): Record<string, unknown> {
  return {
    method: request.method,
    path: pathOf(request),
    status: statusOf(response),
    ms,
    bytesIn: Number(request.headers['content-length'] ?? 0),
    bytesOut: Number(response.getHeader('content-length') ?? 0),
    // Left out where a sidecar has not set it.
    callerApp: request.headers['dapr-caller-app-id'],
    ...functionFacts.get(response),
  };
}

/** The path that was asked for, without its query. */
export function pathOf(request: IncomingMessage): string | undefined {
  const url = 'originalUrl' in request ? String(request.originalUrl) : request.url;
  return url?.split('?', 1)[0];
}
