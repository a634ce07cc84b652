import { Problem } from '@app/service-kit';
import type { RequestHandler } from 'express';
import { rateLimit, type Store } from 'express-rate-limit';
import { LRUCache } from 'lru-cache';

const WINDOW_MS = 60_000;

/** Clients that are remembered: of more, those that were quiet longest are forgotten. */
const CLIENTS = 10_000;

/**
 * Lets each client send `perMinute` requests a minute, and answers 429 to more, before a body is read. A client is an
 * address that connects (a network of IPv6, /56); 0: no limit.
 */
export function limitRate(perMinute: number): RequestHandler {
  if (perMinute === 0) return (_request, _response, next) => next();
  return rateLimit({
    windowMs: WINDOW_MS,
    limit: perMinute,
    store: new BoundedStore(),
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    // What a client says of its address does not count, and is no mistake of ours.
    validate: { xForwardedForHeader: false, forwardedHeader: false },
    handler: (_request, response, next) => {
      const retryAfter = Number(response.getHeader('retry-after'));
      const detail = `More than ${perMinute} requests in a minute came from your address. Try again in ${retryAfter} s.`;
      next(new Problem(429, 'ERR_RATE', detail, { retryAfter }));
    },
  });
}

/** The library's own store holds every client of the last two minutes, however many. */
class BoundedStore implements Store {
  readonly localKeys = true;
  readonly #clients = new LRUCache<string, { totalHits: number; resetTime: Date }>({ max: CLIENTS });

  increment(key: string) {
    const known = this.#clients.get(key);
    const isOver = known === undefined || known.resetTime.getTime() <= Date.now();
    const client = isOver ? { totalHits: 0, resetTime: new Date(Date.now() + WINDOW_MS) } : known;
    client.totalHits += 1;
    this.#clients.set(key, client);
    return client;
  }

  decrement(key: string): void {
    const client = this.#clients.get(key);
    if (client !== undefined) client.totalHits -= 1;
  }

  resetKey(key: string): void {
    this.#clients.delete(key);
  }
}
