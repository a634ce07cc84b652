import type { RequestHandler } from 'express';
import { Problem } from './problem.js';

/** For the end of a route: answers OPTIONS, and any method that the route does not have with 405. */
export function only(...methods: readonly string[]): RequestHandler {
  return (request, response) => {
    response.set('Allow', methods.join(', '));
    if (request.method !== 'OPTIONS')
      throw new Problem(
        405,
        'ERR_METHOD',
        `${request.method} ${request.path} is not possible. Use ${methods.join(' or ')}.`,
      );
    response.status(204).end();
  };
}
