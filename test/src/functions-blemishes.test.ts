import assert from 'node:assert/strict';
import { test } from 'node:test';
import sharp from 'sharp';
import { cutFilm } from './blemishes/gifs.js';
import { blemishes, incomplete } from './blemishes/index.js';
import { parts } from './built-parts.js';
import { serveFunction } from './run-function.js';

const options = { grayscale: {}, classify: { model: parts.model } };

for (const name of ['grayscale', 'classify'] as const) {
  const cases = Object.entries(blemishes);
  const inputs = cases.flatMap(([, { bytes, whole }]) => [bytes, whole]);
  const { answers } = await serveFunction(name, inputs, options[name]);
  for (const [index, [what]] of cases.entries()) {
    test(`${name} answers ${what} as it does the picture without that`, () => {
      const [blemished, whole] = [answers[2 * index], answers[2 * index + 1]];
      assert.equal(whole?.status, 0, `${whole?.payload}`);
      assert.equal(blemished?.status, 0, `${blemished?.payload}`);
      assert.deepEqual(blemished.payload, whole.payload);
    });
  }
}

for (const [name, inputs] of [
  ['grayscale', { ...incomplete, 'an animated GIF that ends where a frame should be': cutFilm }],
  ['classify', incomplete],
] as const) {
  const cases = Object.entries(inputs);
  const { answers } = await serveFunction(
    name,
    cases.map(([, bytes]) => bytes),
    options[name],
  );
  for (const [index, [what]] of cases.entries())
    test(`${name} refuses ${what}`, () => {
      assert.equal(answers[index]?.status, 1);
      assert.match(`${answers[index]?.payload}`, /^cannot be decoded: damaged or incomplete/);
    });
}

const tolerant = async (image: Buffer) => sharp(image, { failOn: 'none', pages: -1 }).raw().toBuffer();

for (const [what, { bytes, whole }] of Object.entries(blemishes).filter(([what]) => !what.includes('bitmap')))
  test(`sharp, too, sees nothing missing in ${what}`, async () => {
    assert.deepEqual(await tolerant(bytes), await tolerant(whole));
  });
