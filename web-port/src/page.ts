import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import express, { type RequestHandler, Router } from 'express';
import helmet from 'helmet';

const page = fileURLToPath(new URL('../../static', import.meta.url));

/**
 * The upload page under `/static/`, which may load nothing from elsewhere. Redirects say where to relative to what was
 * asked: a proxy may serve all this below a path of its own.
 *
 * @param devServer where `npm run dev` tells the page what has changed: the only other place that it may load from
 */
export function pageRouter(devServer: string | undefined): Router {
  const dev = devServer === undefined ? [] : [new URL(devServer).origin];
  const router = Router({ strict: true });
  router.use(
    helmet({
      contentSecurityPolicy: {
        useDefaults: false,
        directives: {
          'default-src': ["'self'", ...dev],
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
  if (devServer !== undefined) router.get('/static/', withScript(`${devServer}dev.js`));
  router.use('/static', express.static(`${page}/public`, options));
  router.use('/static', express.static(`${page}/dist`, { ...options, index: false }));
  return router;
}

/** The page with one more script. */
function withScript(url: string): RequestHandler {
  return async (_request, response) => {
    const html = await readFile(`${page}/public/index.html`, 'utf8');
    response.set('Cache-Control', 'no-store').type('html');
    response.send(html.replace('</head>', `<script type="module" src="${url}"></script></head>`));
  };
}
