import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { Answer } from '../hello.js';
import { APIS, type Api, type KnownPicture, knownPicture } from './checked-answer.js';

const PAUSE_MS = 50;
const GIVE_UP_MS = 30_000;

/** What load to make. */
export interface LoadOptions {
  /** Where requests go: `…/api/hello`, or a service's own `…/api/image` with its function as the one of `apis`. */
  readonly url: string;
  readonly apis?: readonly Api[];
  /** Requests at a time. */
  readonly clients: number;
  /** Longest time that an answer may take, in ms, before it counts as hanging. */
  readonly timeoutMs: number;
  /** Statuses that may come instead of a right answer. */
  readonly allowed?: readonly number[];
  /** Whether each request has a connection of its own, or takes one that was used before, as by default. */
  readonly connections?: 'kept' | 'anew';
}

/** Requests one after another by some clients at a time, both functions in turn, every answer checked. */
export class SteadyLoad {
  /** Answers so far by what they were: `200`, another status, `no connection`, `broken off` or `wrong`. */
  readonly answers: Record<string, number> = {};
  /** What may never come, in words. */
  readonly wrong: string[] = [];
  /** When the first and the last answer came that was not a right one, by `performance.now()`. */
  failed: { readonly first: number; readonly last: number } | undefined;
  /** Whether a request may find nobody to answer it: while the edge itself is away. */
  edgeMayBeAway = false;
  /** How long each client waits after an answer before it asks again, in ms. */
  pauseMs = 0;
  /** Whether an answer may break off, which its length gives away: while something that passes it on is away. */
  answersMayBreakOff = false;
  readonly #options: LoadOptions;
  readonly #picture: KnownPicture;
  readonly #clients: Promise<void>[];
  #going = true;

  /** Starts a load, which ends with the test if it was not stopped before. */
  static async start(t: TestContext, options: LoadOptions): Promise<SteadyLoad> {
    const load = new SteadyLoad(options, await knownPicture());
    t.after(() => load.stop());
    return load;
  }

  private constructor(options: LoadOptions, picture: KnownPicture) {
    this.#options = options;
    this.#picture = picture;
    this.#clients = Array.from({ length: options.clients }, (_, number) => this.#client(number));
  }

  /** How many requests have had a right answer. */
  get right(): number {
    return this.answers['200'] ?? 0;
  }

  /** Sends nothing more, and waits for the answers that are due. */
  async stop(): Promise<void> {
    this.#going = false;
    await Promise.all(this.#clients);
  }

  /** One more request, beside the load's own: whether its answer was right; if not, after a pause. */
  async isRight(api: Api): Promise<boolean> {
    const isRight = (await this.#request(api)) === '200';
    if (!isRight) await delay(PAUSE_MS);
    return isRight;
  }

  /** Asks until the answer is right, for each of these functions. */
  async untilRight(apis: readonly Api[]): Promise<void> {
    const giveUpAt = performance.now() + GIVE_UP_MS;
    for (const api of apis)
      while (!(await this.isRight(api)))
        assert.ok(performance.now() < giveUpAt, `${api} had no right answer for ${GIVE_UP_MS} ms`);
  }

  async #client(number: number): Promise<void> {
    const { apis = APIS } = this.#options;
    for (let turn = number; this.#going; turn += 1) {
      const what = await this.#request(apis[turn % apis.length] ?? 'grayscale');
      this.answers[what] = (this.answers[what] ?? 0) + 1;
      if (this.pauseMs > 0) await delay(this.pauseMs);
      if (what === '200') continue;
      const now = performance.now();
      this.failed = { first: this.failed?.first ?? now, last: now };
      // As one does who is told to try again in a moment.
      await delay(PAUSE_MS);
    }
  }

  /** Sends one request: what the answer was. */
  async #request(api: Api): Promise<string> {
    const { timeoutMs, allowed = [502, 503, 504] } = this.#options;
    const couldBeAway = this.edgeMayBeAway;
    const couldBreakOff = this.answersMayBreakOff;
    try {
      const answer = await send(this.#options, this.#picture, api, AbortSignal.timeout(timeoutMs));
      await this.#picture.check(api, answer, allowed);
      return String(answer.status);
    } catch (error) {
      const isBrokenOff = error instanceof BrokenOff;
      const isConnection = error instanceof TypeError || isBrokenOff;
      if (isConnection && (couldBeAway || this.edgeMayBeAway)) return 'no connection';
      if (isBrokenOff && (couldBreakOff || this.answersMayBreakOff)) return 'broken off';
      this.wrong.push(`${api}: ${describe(error)}`);
      return 'wrong';
    }
  }
}

/** The connection ended before the length that the answer had announced. */
class BrokenOff extends Error {
  override readonly name = 'BrokenOff';
}

async function send(
  { url, connections = 'kept' }: LoadOptions,
  { bytes, headers: headersFor }: KnownPicture,
  api: Api,
  signal: AbortSignal,
): Promise<Answer> {
  const body = new Uint8Array(bytes);
  const headers = { ...headersFor(api), ...(connections === 'anew' && { connection: 'close' }) };
  const response = await fetch(url, { method: 'POST', headers, body, signal });
  const { status } = response;
  const answer = await response.arrayBuffer().catch((cause: unknown) => {
    throw cause instanceof TypeError ? new BrokenOff('the answer broke off', { cause }) : cause;
  });
  return {
    status,
    headers: response.headers,
    type: response.headers.get('content-type') ?? '',
    body: Buffer.from(answer),
  };
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  return `${error.name}: ${error.message}${cause instanceof Error ? ` (${cause.message})` : ''}`;
}
