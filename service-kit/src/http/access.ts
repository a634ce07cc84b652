import { createHash, timingSafeEqual } from 'node:crypto';
import { BlockList, isIP } from 'node:net';
import cors from 'cors';
import type { RequestHandler } from 'express';
import { z } from 'zod';
import { Problem } from './problem.js';

/** Origins such as `https://example.org`, separated by commas; `*`: any, `none`: no other than the service's own. */
export function originList({ default: fallback }: { default: '*' | 'none' }) {
  return z
    .string()
    .default(fallback)
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
 * browser would ask first (CORS) or not, because an answer takes time to compute even if the page never sees it.
 * What is no browser sends no `Origin` and is let in. OPTIONS is left to the route's end, `allowMethods`.
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

/**
 * Lets in only who knows the app's token, as its sidecar does, which sends it as the header `dapr-api-token`
 * (https://docs.dapr.io/operations/security/app-api-token/); everybody, where no token is set.
 */
export function requireAppToken(token: string | undefined): RequestHandler {
  const expected = token === undefined ? undefined : digest(token);
  return (request, _response, next) => {
    if (expected === undefined || timingSafeEqual(digest(request.get('dapr-api-token') ?? ''), expected))
      next();
    else
      throw new Problem(
        401,
        'ERR_APP_TOKEN',
        'The header dapr-api-token is missing or wrong. Call this service through its sidecar.',
      );
  };
}

// Of equal length whatever is sent, as timingSafeEqual needs it.
function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8);
loopback.addAddress('::1', 'ipv6');

/** Whether an address, or a host of a URL, is this machine by loopback. */
export function isLoopback(host: string): boolean {
  const name = host.replace(/^\[(.*)\]$/, '$1');
  const family = isIP(name);
  if (family === 0) return name === 'localhost' || name.endsWith('.localhost');
  return loopback.check(name, family === 4 ? 'ipv4' : 'ipv6');
}

/**
 * Lets in only requests whose header `Host` names loopback: behind any other name, on a service that only this machine
 * can reach, is a web page that has given its own name this machine's address (DNS rebinding).
 */
export const requireLoopbackHost: RequestHandler = (request, _response, next) => {
  if (namesLoopback(request.get('host'))) next();
  else
    throw new Problem(
      403,
      'ERR_HOST',
      `The header Host: ${JSON.stringify(request.get('host') ?? '')} does not name this machine. Use 127.0.0.1 or localhost.`,
    );
};

/** Whether a header `Host` names loopback. */
export function namesLoopback(header: string | undefined): boolean {
  const url = `http://${header ?? ''}`;
  return URL.canParse(url) && isLoopback(new URL(url).hostname);
}
