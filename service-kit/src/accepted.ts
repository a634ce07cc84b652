import type { Request } from 'express';
import { Problem } from './problem.js';

/**
 * Refuses a request whose `Accept` header has none of the types that it can be answered with, before any work is done.
 *
 * @param types as in `html`, `json`
 * @throws Problem 406
 */
export function requireAccepted(request: Request, types: string[]): void {
  if (request.accepts(types) !== false) return;
  throw new Problem(
    406,
    'ERR_ACCEPT',
    `The header Accept: ${JSON.stringify(request.get('accept'))} takes none of ${types.join(', ')}. Send one that does, or none.`,
  );
}
