import type { Response } from 'express';
import { ClientGoneError } from './deadline.js';
import { Problem, stopping } from './problem.js';

/**
 * How long a refusal is held back, in ms. Clients that ask again at once, whatever `Retry-After` says, would otherwise
 * take the processor from those who have been let in: nothing is read from a connection that waits.
 */
const HOLD_MS = 1000;

/** Which places a request asks for. */
export interface Place {
  /** The function that it is for: each has places of its own. */
  readonly name: string;
  /** Most requests of that function at once. */
  readonly limit: number;
}

/**
 * Lets so many requests in at once, for each function and for all of them together, so that what they hold in memory is
 * bounded; turns away the others.
 */
export class Admission {
  readonly #total: number;
  readonly #maxHeld: number;
  readonly #inside = new Map<string, number>();
  #allInside = 0;
  #held = 0;
  #open = true;

  /**
   * @param total most requests of all functions at once
   * @param maxHeld refusals held back at once; more are told at once
   */
  constructor(total: number, maxHeld = 1000) {
    this.#total = total;
    this.#maxHeld = maxHeld;
  }

  /** Whether new requests are let in at all. */
  get open(): boolean {
    return this.#open;
  }

  /** Turns away all requests from now on. */
  close(): void {
    this.#open = false;
  }

  /**
   * Lets a request in, until its response is closed. To be called before its body is read.
   *
   * @throws Problem 503 where there is no place: after a second
   * @throws ClientGoneError if the client is gone already
   */
  async enter(response: Response, { name, limit }: Place): Promise<void> {
    if (response.destroyed || response.closed) throw new ClientGoneError();
    if (!this.#open) {
      // A caller who goes on asking on its connection would keep the service from ending.
      response.set('Connection', 'close');
      throw stopping();
    }
    if (this.#insideOf(name) >= limit || this.#allInside >= this.#total) {
      await this.#hold(response);
      const detail = `Too many requests for ${name} are in work right now. Try again in a moment.`;
      throw new Problem(503, 'ERR_BUSY', detail, { retryAfter: 1 });
    }
    this.#count(name, 1);
    response.once('close', () => this.#count(name, -1));
  }

  #insideOf(name: string): number {
    return this.#inside.get(name) ?? 0;
  }

  #count(name: string, change: 1 | -1): void {
    const inside = this.#insideOf(name) + change;
    this.#allInside += change;
    if (inside === 0) this.#inside.delete(name);
    else this.#inside.set(name, inside);
  }

  /** Waits before a request is turned away, unless too many wait like that already, or its client goes away. */
  async #hold(response: Response): Promise<void> {
    if (this.#held >= this.#maxHeld) return;
    this.#held += 1;
    await new Promise<void>((resolve) => {
      const held = setTimeout(resolve, HOLD_MS);
      response.once('close', () => {
        clearTimeout(held);
        this.#held -= 1;
        resolve();
      });
    });
  }
}
