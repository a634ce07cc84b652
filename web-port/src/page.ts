import { fileURLToPath } from 'node:url';
import express, { Router } from 'express';
import helmet from 'helmet';

const page = fileURLToPath(new URL('../../static', import.meta.url));

/**
 * The upload page under `/static/`, which may load nothing from elsewhere. Redirects say where to relative to what was
 * asked: a proxy may serve all this below a path of its own.
 */
export function pageRouter(): Router {
  const router = Router({ strict: true });
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
  router.get(['/', '/static'], (_request, response) => response.redirect('static/'));
  // Its own redirects name the whole path.
  const options = { redirect: false };
  router.use('/static', express.static(`${page}/public`, options));
  router.use('/static', express.static(`${page}/dist`, { ...options, index: false }));
  return router;
}
