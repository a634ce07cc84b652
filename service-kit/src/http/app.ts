import express, { type Express, type RequestHandler } from 'express';
import type { Logger } from 'pino';
import type { Metrics } from './metrics.js';
import { Problem } from './problem.js';
import { answerProblem, notFound } from './problem-answer.js';
import { requestLog } from './request-log.js';

/** What makes a service's app its own. */
export interface AppParts {
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Whether the service can serve, for `GET /healthz`. */
  readonly healthy: () => boolean;
  /** Adds the service's routes. */
  readonly routes: (app: Express) => void;
}

/** An express app with what all services have: request log, `GET /healthz`, `GET /metrics`, errors as problem+json. */
export function createApp({ logger, metrics, healthy, routes }: AppParts): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.use(requestLog(logger));
  app.get('/metrics', metrics.answer);
  app.use(metrics.measure, requireHost);
  app.get('/healthz', (_request, response) => {
    const ok = healthy();
    response.status(ok ? 200 : 503).json({ status: ok ? 'ok' : 'not ready' });
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
