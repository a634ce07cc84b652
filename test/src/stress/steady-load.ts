import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import sharp from 'sharp';
import { decoded, shadesOf } from '../grey.js';
import { type Answer, fixture } from '../hello.js';

const PAUSE_MS = 50;

/** The functions, each with what to look for in its answers. */
const APIS = ['grayscale', 'classify'] as const;

export interface LoadOptions {
  /** Where requests go: `…/api/hello`, or a service's own `…/api/image` with `apis` naming its function. */
  readonly url: string;
  readonly apis?: readonly (typeof APIS)[number][];
  /** Requests at a time. */
  readonly clients: number;
  /** Longest time that an answer may take, in ms, before it counts as hanging. */
  readonly patienceMs: number;
  /** Statuses that may come instead of a right answer. */
  readonly allowed?: readonly number[];
}

/** Requests one after another by some clients at a time, both functions in turn, every answer checked. */
export class SteadyLoad {
  /** Answers so far by what they were: `200`, another status, or `no connection`. */
  readonly answers: Record<string, number> = {};
  /** What may never come, in words. */
  readonly wrong: string[] = [];
  /** Whether a request may find nobody to answer it: while the edge itself is away. */
  edgeMayBeAway = false;
  readonly #options: LoadOptions;
  readonly #picture: Buffer;
  readonly #shades: readonly number[];
  readonly #clients: Promise<void>[];
  #going = true;

  static async start(options: LoadOptions): Promise<SteadyLoad> {
    const picture = await sharp(await fixture('coffee.png'))
      .resize(240, 160)
      .png()
      .toBuffer();
    return new SteadyLoad(options, picture, shadesOf(await decoded(picture)));
  }

  private constructor(options: LoadOptions, picture: Buffer, shades: readonly number[]) {
    this.#options = options;
    this.#picture = picture;
    this.#shades = shades;
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
  async isRight(api: (typeof APIS)[number]): Promise<boolean> {
    const isRight = (await this.#request(api)) === '200';
    if (!isRight) await delay(PAUSE_MS);
    return isRight;
  }

  async #client(number: number): Promise<void> {
    const apis = this.#options.apis ?? APIS;
    for (let turn = number; this.#going; turn += 1) {
      const what = await this.#request(apis[turn % apis.length] ?? 'grayscale');
      this.answers[what] = (this.answers[what] ?? 0) + 1;
      // As one does who is told to try again in a moment.
      if (what !== '200') await delay(PAUSE_MS);
    }
  }

  /** Sends one request: what the answer was. */
  async #request(api: (typeof APIS)[number]): Promise<string> {
    const { url, patienceMs, allowed = [502, 503, 504] } = this.#options;
    const couldBeAway = this.edgeMayBeAway;
    try {
      const answer = await send(url, this.#picture, api, AbortSignal.timeout(patienceMs));
      if (answer.status === 200) await this.#checkRight(api, answer);
      else checkProblem(answer, allowed);
      return String(answer.status);
    } catch (error) {
      const isConnection = error instanceof TypeError;
      if (isConnection && (couldBeAway || this.edgeMayBeAway)) return 'no connection';
      this.wrong.push(`${api}: ${describe(error)}`);
      return 'wrong';
    }
  }

  async #checkRight(api: (typeof APIS)[number], { type, body }: Answer): Promise<void> {
    if (api === 'grayscale') {
      assert.equal(type, 'image/png');
      assert.deepEqual(shadesOf(await decoded(body)), this.#shades);
    } else {
      assert.equal(JSON.parse(body.toString()).label, 'espresso');
    }
  }
}

async function send(url: string, picture: Buffer, api: string, signal: AbortSignal): Promise<Answer> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { api, accept: api === 'classify' ? 'application/json' : '*/*' },
    body: new Uint8Array(picture),
    signal,
  });
  const { status, headers } = response;
  const body = Buffer.from(await response.arrayBuffer());
  return { status, headers, type: headers.get('content-type') ?? '', body };
}

function checkProblem({ status, type, body }: Answer, allowed: readonly number[]): void {
  assert.ok(allowed.includes(status), `${status}: ${body}`);
  assert.match(type, /^application\/problem\+json/, `${status}: ${body}`);
  const problem: unknown = JSON.parse(body.toString());
  assert.ok(typeof problem === 'object' && problem !== null && 'status' in problem && 'detail' in problem);
  assert.equal(problem.status, status);
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  return `${error.name}: ${error.message}${cause instanceof Error ? ` (${cause.message})` : ''}`;
}
