import type { NextFunction, RequestHandler, Response } from 'express';
import { Problem } from './problem.js';

/**
 * How long a refusal is held back, in ms. Clients that ask again at once, whatever `Retry-After` says, would otherwise
 * take the processor from those who have been let in: nothing is read from a connection that waits.
 */
const HOLD_MS = 1000;

/** Lets at most `limit` requests in at once, so that what they hold in memory is bounded; turns away the others. */
export class Admission {
  readonly #limit: number;
  readonly #mostHeld: number;
  #inside = 0;
  #held = 0;
  #open = true;

  /** @param mostHeld refusals held back at once; more are told at once */
  constructor(limit: number, mostHeld = 1000) {
    this.#limit = limit;
    this.#mostHeld = mostHeld;
  }

  /** Whether new requests are let in at all. */
  get open(): boolean {
    return this.#open;
  }

  /** Turns away all requests from now on. */
  close(): void {
    this.#open = false;
  }

  /** Lets a request in, or answers 503 before its body is read: after a second where there is no place. */
  readonly admit: RequestHandler = (_request, response, next) => {
    if (!this.#open) {
      // A caller who goes on asking on its connection would keep the service from ending.
      response.set('Connection', 'close');
      throw new Problem(503, 'ERR_STOPPING', 'This service is stopping. Try again in a moment.', {
        retryAfter: 1,
      });
    }
    if (this.#inside >= this.#limit) {
      this.#refuse(response, next);
      return;
    }
    this.#inside += 1;
    response.once('close', () => {
      this.#inside -= 1;
    });
    next();
  };

  #refuse(response: Response, next: NextFunction): void {
    const problem = new Problem(
      503,
      'ERR_BUSY',
      'Too many pictures are in work right now. Try again in a moment.',
      { retryAfter: 1 },
    );
    if (this.#held >= this.#mostHeld) throw problem;
    this.#held += 1;
    const held = setTimeout(() => next(problem), HOLD_MS);
    response.once('close', () => {
      clearTimeout(held);
      this.#held -= 1;
    });
  }
}
