import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { LevelWithSilent, Logger } from 'pino';
import { type HttpLogger, pinoHttp } from 'pino-http';
import { REQUEST_MESSAGE } from '../process/messages.js';
import { ClientGoneError } from './deadline.js';
import { Problem } from './problem.js';

/** What sidecars and orchestrators ask without anybody having sent a request. */
const PROBES = new Set(['/healthz', '/metrics', '/dapr/config', '/dapr/subscribe']);

const functionFacts = new WeakMap<ServerResponse, { function: string; functionMs?: number }>();

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

function levelOf({ url = '' }: IncomingMessage, response: ServerResponse): LevelWithSilent {
  if (PROBES.has(url) && response.err === undefined) return 'silent';
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

function pathOf(request: IncomingMessage): string | undefined {
  const url = 'originalUrl' in request ? String(request.originalUrl) : request.url;
  return url?.split('?', 1)[0];
}

// https://www.w3.org/TR/trace-context/#traceparent-header: version (not ff), trace id and parent id (not zero), flags
const TRACEPARENT = /^(?!ff)[\da-f]{2}-(?!0{32})([\da-f]{32})-(?!0{16})[\da-f]{16}-[\da-f]{2}$/;

/**
 * The W3C trace id of a request: the one that its `traceparent` header carries (Dapr adds it to what it
 * forwards), else a new one, which is then put into that header so that it can be forwarded.
 */
export function traceId(request: IncomingMessage): string {
  const { traceparent } = request.headers;
  const given = typeof traceparent === 'string' ? TRACEPARENT.exec(traceparent)?.[1] : undefined;
  if (given !== undefined) return given;
  const made = randomBytes(16).toString('hex');
  request.headers.traceparent = `00-${made}-${randomBytes(8).toString('hex')}-01`;
  return made;
}
