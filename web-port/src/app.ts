import { Admission, createApp, deadlineOf, Metrics, readImage, Sidecar } from '@dapr-wasmedge/service-kit';
import type { Logger } from 'pino';
import { classifyRoute } from './classify.js';
import type { WebPortConfig } from './config.js';
import { grayscaleRoute } from './grayscale.js';
import { type Api, apiOf, type Route } from './hello.js';
import { pageRouter } from './page.js';

/** The edge: the page, and `POST /api/hello`, which goes to the service that the header `api` names. */
export function createWebPort({ config, logger }: { config: WebPortConfig; logger: Logger }) {
  const sidecar = new Sidecar(config);
  const admission = new Admission(config.MAX_REQUESTS);
  const routes: Record<Api, Route> = {
    grayscale: grayscaleRoute(sidecar),
    classify: classifyRoute(sidecar, config),
  };
  const app = createApp({
    logger,
    metrics: new Metrics(),
    healthy: () => admission.open,
    routes: (app) => {
      app.use(pageRouter());
      app.post('/api/hello', admission.admit, async (request, response) => {
        const route = routes[apiOf(request)];
        const deadline = deadlineOf(request, response, config.TIMEOUT_MS);
        const limits = { limit: config.MAX_UPLOAD_BYTES, signal: deadline.signal };
        const image = await readImage(request, response, limits);
        await route({ request, response, image, deadline });
      });
    },
  });
  return { app, admission };
}
