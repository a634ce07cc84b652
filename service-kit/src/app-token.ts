import { createHash, timingSafeEqual } from 'node:crypto';
import type { RequestHandler } from 'express';
import { Problem } from './problem.js';

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
