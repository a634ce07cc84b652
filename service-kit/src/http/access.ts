import cors from 'cors';
import type { RequestHandler } from 'express';
import { z } from 'zod';
import { Problem } from './problem.js';

/** Origins such as `https://example.org`, separated by commas; `*`: any, `none`: no other than the service's own. */
export function originList({ whenUnset }: { whenUnset: '*' | 'none' }) {
  return z
    .string()
    .default(whenUnset)
    .transform((text) => (text === 'none' ? [] : text.split(',').map((part) => part.trim())))
    .pipe(
      z.array(
        z
          .string()
          .refine(
            (origin) => origin === '*' || isOrigin(origin),
            'must be origins such as https://example.org, separated by commas, or * or none',
          ),
      ),
    );
}

/**
 * Closes a service to web pages of other origins than its own and those listed: their requests are 403, whether their
 * browser would ask first (CORS) or not, because a picture takes time to compute even if the page never sees the answer.
 * What is no browser sends no `Origin` and is let in. OPTIONS is left to the route's end, `only`.
 */
export function requireOrigin(origins: readonly string[]): RequestHandler[] {
  const any = origins.includes('*');
  const closed = origins.length === 0;
  const headers = cors({
    origin: closed ? false : any ? '*' : [...origins],
    methods: ['POST'],
    exposedHeaders: ['Retry-After'],
    preflightContinue: true,
  });
  const refuse: RequestHandler = (request, _response, next) => {
    const origin = request.get('origin');
    if (origin === undefined || any || origins.includes(origin) || isOwn(origin, request.get('host'))) next();
    else
      throw new Problem(
        403,
        'ERR_ORIGIN',
        `Pages from ${JSON.stringify(origin)} may not use this service. Add that origin to CORS_ORIGINS if they should.`,
      );
  };
  return [headers, refuse];
}

function isOrigin(text: string): boolean {
  return !text.includes('*') && URL.canParse(text) && new URL(text).origin === text;
}

/** Whether a page's origin is the host that it asks: what scheme that has at a proxy in front of us, the origin says. */
function isOwn(origin: string, host: string | undefined): boolean {
  if (host === undefined || !URL.canParse(origin)) return false;
  const asked = `${new URL(origin).protocol}//${host}`;
  // Without the default port of its scheme, as origins are.
  return URL.canParse(asked) && new URL(asked).href === `${origin}/`;
}
