import type { FunctionDescription } from '@app/function-manifest';
import {
  Admission,
  allowMethods,
  createApp,
  deadlineOf,
  Metrics,
  noteFunction,
  readInput,
  requireOrigin,
  type Traces,
  takesPicturesAlone,
} from '@app/service-kit';
import type { Logger } from 'pino';
import { Catalog } from './catalog.js';
import { httpCall } from './http-call.js';
import { Sidecar } from './invocation.js';
import { onceMore } from './once-more.js';
import { pageRouter } from './page.js';
import { limitRate } from './rate-limit.js';
import { SDK_FUNCTION, sdkCall } from './sdk-call.js';
import { FULL_FUNCTIONS, type WebPortConfig } from './settings.js';
import { traced } from './traced.js';

/** Longest time of a request where no function has a longer one, in ms. */
const DEFAULT_TIMEOUT_MS = 30_000;

/** The edge: the page, what it has to know, and `POST /api/hello`, which goes to the function that the header `api` names. */
export function createWebPort({
  config,
  logger,
  traces,
}: {
  config: WebPortConfig;
  logger: Logger;
  traces: Traces | undefined;
}) {
  const sidecar = new Sidecar(config);
  const callByHttp = onceMore(traced(httpCall(sidecar), traces));
  const callBySdk = onceMore(traced(sdkCall(sidecar, config), traces));
  const catalog = new Catalog(logger);
  const admission = new Admission(FULL_FUNCTIONS * config.MAX_REQUESTS);
  const maxBytesOf = ({ limits }: FunctionDescription) => config.MAX_UPLOAD_BYTES ?? limits.inputBytes;
  const timeoutOf = ({ limits }: FunctionDescription) => config.TIMEOUT_MS ?? limits.timeoutMs;
  const metrics = new Metrics();
  const app = createApp({
    logger,
    traces,
    metrics,
    health: () => ({ ok: admission.open }),
    routes: (app) => {
      app.use(pageRouter(config.DEV_SERVER));
      const functions = app.route('/api/functions');
      functions.get(async (_request, response) => {
        await catalog.refresh();
        response.set('Cache-Control', 'no-store').json({ functions: catalog.list(maxBytesOf) });
      });
      functions.all(allowMethods('GET'));
      const hello = app.route('/api/hello').all(requireOrigin(config.CORS_ORIGINS));
      hello.post(limitRate(config.RATE_LIMIT_PER_MINUTE));
      hello.post(async (request, response) => {
        await catalog.refresh();
        const description = catalog.find(request.get('api'));
        const { name } = description;
        noteFunction(response, name);
        await admission.enter(response, { name, limit: config.MAX_REQUESTS });
        const deadline = deadlineOf(request, response, timeoutOf(description));
        const kind = takesPicturesAlone(description) ? 'picture' : 'input';
        const limits = { limit: maxBytesOf(description), signal: deadline.signal, kind } as const;
        const input = await readInput(request, response, limits);
        const call = name === SDK_FUNCTION ? callBySdk : callByHttp;
        await call({ description, request, response, input, deadline });
      });
      hello.all(allowMethods('POST'));
    },
  });
  const timeoutMs = () =>
    config.TIMEOUT_MS ?? Math.max(DEFAULT_TIMEOUT_MS, ...[...catalog.functions].map(timeoutOf));
  return { app, admission, metrics, traces, timeoutMs };
}
