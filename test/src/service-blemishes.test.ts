import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { startApplication } from './application.js';
import { blemishes, incomplete } from './blemishes/index.js';
import { parts } from './built-parts.js';
import { type Answer, post } from './hello.js';
import { runFunction } from './run-function.js';

const application = await startApplication({ env: { LOG_LEVEL: 'error' } });
after(() => application.stop());

const classification = z.object({
  predictions: z.array(z.object({ label: z.string(), confidence: z.number() })).min(1),
});
const predictionsIn = (json: Buffer) => classification.parse(JSON.parse(json.toString())).predictions;

async function hello(api: string, image: Buffer): Promise<Answer> {
  const answer = await post(`${application.url}/api/hello`, image, { api, accept: 'application/json' });
  assert.equal(answer.status, 200, `${answer.body}`);
  return answer;
}

for (const [what, { bytes, whole }] of Object.entries(blemishes)) {
  test(`POST /api/hello answers ${what} in the shades of the picture without that`, async () => {
    assert.deepEqual((await hello('grayscale', bytes)).body, (await hello('grayscale', whole)).body);
  });

  test(`POST /api/hello sees in ${what} what it sees in the picture without that`, async () => {
    const predictions = predictionsIn((await hello('classify', bytes)).body);
    // Where libvips finds fault with it, it is the function that shrinks it, by other arithmetic.
    const shrunk = predictionsIn((await hello('classify', whole)).body);
    const { output } = await runFunction('classify', whole, { model: parts.model });
    const expected = [shrunk, predictionsIn(output)];
    assert.ok(
      expected.some((expected) => isDeepStrictEqual(predictions, expected)),
      `${JSON.stringify(predictions)} is none of ${JSON.stringify(expected)}`,
    );
  });
}

for (const api of ['grayscale', 'classify'])
  test(`POST /api/hello, ${api}: a file with such a blemish that lacks pixels as well is 422`, async () => {
    for (const [what, bytes] of Object.entries(incomplete)) {
      const { status, body } = await post(`${application.url}/api/hello`, bytes, { api });
      assert.equal(status, 422, `${what}: ${body}`);
    }
  });
