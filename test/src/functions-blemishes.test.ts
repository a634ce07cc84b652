import assert from 'node:assert/strict';
import { test } from 'node:test';
import sharp from 'sharp';
import { blemishes } from './blemishes.js';
import { parts } from './built-parts.js';
import { serveFunction } from './run-function.js';

for (const [name, model] of [
  ['grayscale', undefined],
  ['classify', parts.model],
] as const) {
  const options = { ...(model !== undefined && { model }) };
  const cases = Object.entries(blemishes);
  const { answers } = await serveFunction(
    name,
    cases.flatMap(([, { bytes, whole }]) => [bytes, whole]),
    options,
  );
  for (const [index, [what]] of cases.entries()) {
    test(`${name} answers ${what} as it does the picture without that`, () => {
      const [blemished, whole] = [answers[2 * index], answers[2 * index + 1]];
      assert.equal(whole?.status, 0, `${whole?.payload}`);
      assert.equal(blemished?.status, 0, `${blemished?.payload}`);
      assert.deepEqual(blemished.payload, whole.payload);
    });
  }
}

const tolerant = async (image: Buffer) => sharp(image, { failOn: 'none', pages: -1 }).raw().toBuffer();

for (const [what, { bytes, whole }] of Object.entries(blemishes).filter(([what]) => !what.includes('bitmap')))
  test(`sharp, too, sees nothing missing in ${what}`, async () => {
    assert.deepEqual(await tolerant(bytes), await tolerant(whole));
  });
