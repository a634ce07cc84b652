import { fileURLToPath } from 'node:url';
import express, { Router } from 'express';
import helmet from 'helmet';

const page = fileURLToPath(new URL('../../static', import.meta.url));

/** The upload page under `/static/`, which may load nothing from elsewhere. */
export function pageRouter(): Router {
  const router = Router();
  router.use(
    helmet({
      contentSecurityPolicy: {
        useDefaults: false,
        directives: {
          'default-src': ["'self'"],
          'img-src': ["'self'", 'blob:', 'data:'],
          'object-src': ["'none'"],
          'base-uri': ["'none'"],
          'form-action': ["'none'"],
          'frame-ancestors': ["'none'"],
        },
      },
      // Served over plain HTTP on loopback; TLS ends, where there is any, at a proxy that sets this itself.
      strictTransportSecurity: false,
      xFrameOptions: { action: 'deny' },
    }),
  );
  router.get('/', (_request, response) => response.redirect('/static/'));
  router.use('/static', express.static(`${page}/public`), express.static(`${page}/dist`, { index: false }));
  return router;
}
