import type { RequestHandler } from 'express';
import { Problem } from './problem.js';

/** Lets at most `limit` requests in at once, so that what they hold in memory is bounded; turns away the others. */
export class Admission {
  readonly #limit: number;
  #inside = 0;
  #open = true;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Whether new requests are let in at all. */
  get open(): boolean {
    return this.#open;
  }

  /** Turns away all requests from now on. */
  close(): void {
    this.#open = false;
  }

  /** Lets a request in, or answers 503 before its body is read. */
  readonly admit: RequestHandler = (_request, response, next) => {
    if (!this.#open) {
      // A caller who goes on asking on its connection would keep the service from ending.
      response.set('Connection', 'close');
      throw new Problem(503, 'ERR_STOPPING', 'This service is stopping. Try again in a moment.', {
        retryAfter: 1,
      });
    }
    if (this.#inside >= this.#limit)
      throw new Problem(503, 'ERR_BUSY', 'Too many pictures are in work right now. Try again in a moment.', {
        retryAfter: 1,
      });
    this.#inside += 1;
    response.once('close', () => {
      this.#inside -= 1;
    });
    next();
  };
}
