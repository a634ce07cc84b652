import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import { type HttpLogger, pinoHttp } from 'pino-http';
import { traceId } from './trace.js';

/** What sidecars and orchestrators ask without anybody having sent a request. */
const PROBES = new Set(['/healthz', '/metrics', '/dapr/config', '/dapr/subscribe']);

const functionTimes = new WeakMap<ServerResponse, number>();

/** Notes how long the function took for this request, in ms, for the request's log line. */
export function noteFunctionTime(response: ServerResponse, ms: number): void {
  functionTimes.set(response, Math.round(ms * 10) / 10);
}

/**
 * One line a request: `method`, `path`, `status`, `ms` (arrival to end), `bytesIn` and `bytesOut` (as announced), `functionMs`,
 * `traceId`, and `err` where it failed. Probes are not logged.
 */
export function requestLog(logger: Logger): HttpLogger {
  return pinoHttp({
    logger,
    genReqId: traceId,
    customAttributeKeys: { reqId: 'traceId' },
    quietReqLogger: true,
    serializers: {
      req: () => undefined,
      // A DOMException, as a timeout is one, would bring two dozen constants along.
      err: ({ type, message, stack, code }: Record<string, unknown>) => ({ type, message, stack, code }),
    },
    autoLogging: { ignore: ({ url = '' }) => PROBES.has(url) },
    customLogLevel: (_request, { statusCode, err }) =>
      statusCode >= 500 ? 'error' : err === undefined && statusCode < 400 ? 'info' : 'warn',
    customSuccessMessage: () => 'request',
    customErrorMessage: () => 'request',
    customSuccessObject: (request, response, { responseTime }: { responseTime: number }) =>
      facts(request, response, responseTime),
    customErrorObject: (request, response, error, { responseTime }: { responseTime: number }) => ({
      ...facts(request, response, responseTime),
      err: error,
    }),
  });
}

function facts(request: IncomingMessage, response: ServerResponse, ms: number): Record<string, unknown> {
  return {
    method: request.method,
    path: pathOf(request),
    status: response.writableFinished ? response.statusCode : 499,
    ms,
    bytesIn: Number(request.headers['content-length'] ?? 0),
    bytesOut: Number(response.getHeader('content-length') ?? 0),
    functionMs: functionTimes.get(response),
  };
}

function pathOf(request: IncomingMessage): string | undefined {
  const url = 'originalUrl' in request ? String(request.originalUrl) : request.url;
  return url?.split('?', 1)[0];
}
