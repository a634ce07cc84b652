import express, { type Express, type Request, type RequestHandler } from 'express';
import type { Logger } from 'pino';
import type { Traces } from '../traces/traces.js';
import type { Metrics } from './metrics.js';
import { answerProblem, notFound, Problem } from './problem.js';
import { requestLog } from './request-log.js';

/** Whether a service can serve, and whatever else its `GET /healthz` tells. */
export interface Health {
  readonly ok: boolean;
  readonly facts?: Readonly<Record<string, unknown>>;
}

/** What makes a service's app its own. */
export interface AppParts {
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly traces?: Traces | undefined;
  /** What `GET /healthz` answers. */
  readonly health: () => Health;
  /** Adds the service's routes. */
  readonly routes: (app: Express) => void;
}

/** An express app with what all services have: request log, `GET /healthz`, `GET /metrics`, errors as problem+json. */
export function createApp({ logger, metrics, traces, health, routes }: AppParts): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  // Before the log, which takes the trace's id from it.
  if (traces !== undefined) app.use(traces.request);
  app.use(requestLog(logger));
  app.get('/metrics', metrics.answer);
  app.use(metrics.measure, requireHost);
  app.get('/healthz', (_request, response) => {
    const { ok, facts } = health();
    response.status(ok ? 200 : 503).json({ status: ok ? 'ok' : 'not ready', ...facts });
  });
  // What a sidecar asks at its start (https://docs.dapr.io/reference/api/actors_api/#get-registered-actors): no actors here.
  app.get('/dapr/config', (_request, response) => void response.json({}));
  routes(app);
  app.use(notFound);
  app.use(answerProblem);
  return app;
}

// RFC 9112, 3.2. Node would answer one alone, without a word, and take the other.
const requireHost: RequestHandler = (request, _response, next) => {
  const { length } = request.headersDistinct.host ?? [];
  if (length > 1) throw new Problem(400, 'ERR_HOST', `There are ${length} headers Host. Send one.`);
  if (request.httpVersion === '1.1' && length === 0)
    throw new Problem(400, 'ERR_HOST', 'The header Host is missing.');
  next();
};

/** For the end of a route: answers OPTIONS, and any method that the route does not have with 405. */
export function allowMethods(...methods: readonly string[]): RequestHandler {
  return (request, response) => {
    response.set('Allow', methods.join(', '));
    if (request.method !== 'OPTIONS')
      throw new Problem(
        405,
        'ERR_METHOD',
        `${request.method} ${request.path} is not possible. Use ${methods.join(' or ')}.`,
      );
    response.status(204).end();
  };
}

/**
 * Refuses a request whose `Accept` header has none of the types that it can be answered with, before any work is done.
 *
 * @param types as in `html`, `json`
 * @throws Problem 406
 */
export function requireAccepted(request: Request, types: string[]): void {
  if (request.accepts(types) !== false) return;
  throw new Problem(
    406,
    'ERR_ACCEPT',
    `The header Accept: ${JSON.stringify(request.get('accept'))} takes none of ${types.join(', ')}. Send one that does, or none.`,
  );
}
