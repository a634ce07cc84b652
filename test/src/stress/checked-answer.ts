import assert from 'node:assert/strict';
import sharp from 'sharp';
import { decoded, shadesOf } from '../grey.js';
import { type Answer, fixture } from '../hello.js';

/** The functions. */
export const APIS = ['grayscale', 'classify'] as const;
export type Api = (typeof APIS)[number];

/** A picture of which it is known what each function has to make of it. */
export interface KnownPicture {
  readonly bytes: Buffer;
  /** The headers to send it with. */
  readonly headers: (api: Api) => Record<string, string>;
  /** Checks that an answer is the right one, or a clear problem of one of the statuses that are allowed. */
  readonly check: (api: Api, answer: Answer, allowed?: readonly number[]) => Promise<void>;
}

/** A small photo of an espresso: its grey pixels are computed with sharp. */
export async function knownPicture(): Promise<KnownPicture> {
  const bytes = await sharp(await fixture('coffee.png'))
    .resize(240, 160)
    .png()
    .toBuffer();
  const shades = shadesOf(await decoded(bytes));
  return {
    bytes,
    headers: (api) => ({ api, accept: api === 'classify' ? 'application/json' : '*/*' }),
    check: async (api, answer, allowed = []) => {
      if (answer.status !== 200) {
        checkProblem(answer, allowed);
      } else if (api === 'grayscale') {
        assert.equal(answer.type, 'image/png');
        assert.deepEqual(shadesOf(await decoded(answer.body)), shades);
      } else {
        assert.equal(JSON.parse(answer.body.toString()).label, 'espresso');
      }
    },
  };
}

function checkProblem({ status, type, body }: Answer, allowed: readonly number[]): void {
  assert.ok(allowed.includes(status), `${status}: ${body}`);
  assert.match(type, /^application\/problem\+json/, `${status}: ${body}`);
  const problem: unknown = JSON.parse(body.toString());
  assert.ok(typeof problem === 'object' && problem !== null && 'status' in problem && 'detail' in problem);
  assert.equal(problem.status, status);
}
