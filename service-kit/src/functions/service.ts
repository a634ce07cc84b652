import type { FunctionPool } from '@app/wasmedge-node';
import type { Express, Request, Response } from 'express';
import type { Logger } from 'pino';
import { Admission } from './admission.js';
import { createApp } from './app.js';
import { requireAppToken } from './app-token.js';
import type { FunctionConfig } from './function-settings.js';
import { type ImageHeader, readImageHeader } from './image-header.js';
import { readImage } from './image-upload.js';
import { isLoopback, requireLoopbackHost } from './loopback.js';
import { Metrics } from './metrics.js';
import { only } from './only.js';
import { requireOrigin } from './origins.js';
import { noteFunctionTime } from './request-log.js';
import { type Deadline, deadlineOf } from './request-signal.js';

/** One picture to be answered. */
export interface ImageRequest {
  readonly request: Request;
  readonly response: Response;
  readonly image: Buffer;
  readonly header: ImageHeader;
  readonly deadline: Deadline;
  /** Runs the service's function on `input`, within the request's deadline. */
  readonly run: (input: Uint8Array) => Promise<Buffer>;
}

/** What makes an image service its own. */
export interface ImageServiceParts {
  readonly config: FunctionConfig;
  readonly logger: Logger;
  readonly pool: FunctionPool;
  /** Answers one picture; what it throws is answered as a problem. */
  readonly answer: (request: ImageRequest) => Promise<void>;
}

/**
 * The app of a service that answers pictures by a function: `POST /api/image`, `GET /` and `GET /healthz`; open to web
 * pages of any origin, as the original is, unless `CORS_ORIGINS` says otherwise.
 */
export function createImageService({ config, logger, pool, answer }: ImageServiceParts): {
  app: Express;
  admission: Admission;
} {
  const admission = new Admission(config.INSTANCES + config.QUEUE_LIMIT);
  const metrics = new Metrics();
  metrics.watch(pool);
  const authorize = requireAppToken(config.APP_API_TOKEN);
  const app = createApp({
    logger,
    metrics,
    healthy: () => admission.open && pool.healthy,
    routes: (app) => {
      if (isLoopback(config.HOST) && !config.CORS_ORIGINS.includes('*')) app.use(requireLoopbackHost);
      app.get('/', (_request, response) => {
        response.type('text').send('Send a picture with POST /api/image.\n');
      });
      const image = app.route('/api/image').all(requireOrigin(config.CORS_ORIGINS));
      image.post(authorize, admission.admit, async (request, response) => {
        const deadline = deadlineOf(request, response, config.TIMEOUT_MS);
        const { signal } = deadline;
        const image = await readImage(request, response, { limit: config.MAX_UPLOAD_BYTES, signal });
        const header = readImageHeader(image, config.MAX_PIXELS);
        const run = async (input: Uint8Array) => {
          const start = performance.now();
          const output = await pool.run(input, { signal });
          noteFunctionTime(response, performance.now() - start);
          return output;
        };
        await answer({ request, response, image, header, deadline, run });
      });
      image.all(only('POST'));
    },
  });
  return { app, admission };
}
