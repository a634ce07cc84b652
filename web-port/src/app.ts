import {
  Admission,
  createApp,
  deadlineOf,
  Metrics,
  only,
  readImage,
  requireOrigin,
  Sidecar,
} from '@app/service-kit';
import type { Logger } from 'pino';
import { classifyRoute } from './classify.js';
import type { WebPortConfig } from './config.js';
import { grayscaleRoute } from './grayscale.js';
import { type Api, apiOf, type Route } from './hello.js';
import { pageRouter } from './page.js';
import { limitRate } from './rate-limit.js';

/** The edge: the page, what it has to know, and `POST /api/hello`, which goes to the service that the header `api` names. */
export function createWebPort({ config, logger }: { config: WebPortConfig; logger: Logger }) {
  const sidecar = new Sidecar(config);
  const routes: Record<Api, Route> = {
    grayscale: grayscaleRoute(sidecar),
    classify: classifyRoute(sidecar, config),
  };
  // Each function has its own: one that everybody wants does not take the other's.
  const places: Record<Api, Admission> = {
    grayscale: new Admission(config.MAX_REQUESTS),
    classify: new Admission(config.MAX_REQUESTS),
  };
  const app = createApp({
    logger,
    metrics: new Metrics(),
    healthy: () => Object.values(places).every(({ open }) => open),
    routes: (app) => {
      app.use(pageRouter());
      const limits = app.route('/api/limits');
      limits.get((_request, response) => {
        response.set('Cache-Control', 'max-age=60').json({ maxUploadBytes: config.MAX_UPLOAD_BYTES });
      });
      limits.all(only('GET'));
      const hello = app.route('/api/hello').all(requireOrigin(config.CORS_ORIGINS));
      hello.post(limitRate(config.RATE_LIMIT_PER_MINUTE));
      hello.post((request, response, next) => places[apiOf(request)].admit(request, response, next));
      hello.post(async (request, response) => {
        const deadline = deadlineOf(request, response, config.TIMEOUT_MS);
        const limits = { limit: config.MAX_UPLOAD_BYTES, signal: deadline.signal };
        const image = await readImage(request, response, limits);
        await routes[apiOf(request)]({ request, response, image, deadline });
      });
      hello.all(only('POST'));
    },
  });
  const admission = {
    close: () => {
      for (const place of Object.values(places)) place.close();
    },
  };
  return { app, admission };
}
