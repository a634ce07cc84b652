import assert from 'node:assert/strict';
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import sharp from 'sharp';
import { z } from 'zod';
import { parts } from './built-parts.js';
import { runFunction } from './run-function.js';

const Classification = z.strictObject({
  model: z.string(),
  predictions: z.array(z.strictObject({ label: z.string(), confidence: z.number() })),
});

/** The models of test/fixtures/models: four times the mean of each channel, from -1 to 1, and of that the softmax. */
const GAIN = 4;
const COLOUR = { r: 200, g: 100, b: 50 };
const LABELS = 'red\ngreen\nblue\n';

async function modelFolder(t: TestContext, model: string, manifest: object): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'model-'));
  t.after(() => rm(folder, { recursive: true }));
  await copyFile(parts.picture(`models/${model}.tflite`), path.join(folder, 'model.tflite'));
  await writeFile(path.join(folder, 'labels.txt'), LABELS);
  await writeFile(path.join(folder, 'model.json'), JSON.stringify({ name: 'colours', ...manifest }));
  return folder;
}

function plainPicture(): Promise<Buffer> {
  return sharp({ create: { width: 30, height: 20, channels: 3, background: COLOUR } })
    .png()
    .toBuffer();
}

/** What the model says of the colour, worked out here. */
function expected({ mean = 127.5, std = 127.5 } = {}): number[] {
  const powers = [COLOUR.r, COLOUR.g, COLOUR.b].map((byte) => Math.exp((GAIN * (byte - mean)) / std));
  const sum = powers.reduce((a, b) => a + b);
  return powers.map((power) => power / sum);
}

const size = { width: 6, height: 8 };
const float = { ...size, type: 'float32' };
const logits = { scale: GAIN / 127.5, zeroPoint: 128, logits: true };

// A quantised picture is half a step off what the bytes are in float; 256ths are as coarse as they are.
for (const [model, input, output, tolerance, range] of [
  ['float', float, { type: 'float32' }, 1e-5, {}],
  ['float', { ...float, mean: 0, std: 255 }, { type: 'float32' }, 1e-5, { mean: 0, std: 255 }],
  ['logits', float, { type: 'float32', logits: true }, 1e-5, {}],
  ['uint8', size, {}, 1 / 128, {}],
  ['uint8-to-float', size, { type: 'float32' }, 1 / 128, {}],
  ['uint8-logits', size, logits, 1 / 128, {}],
] as const)
  test(`a model gives the probabilities that can be worked out by hand: ${model} ${JSON.stringify(input)}`, async (t) => {
    const folder = await modelFolder(t, model, { input, output });
    for (const kind of ['so', 'wasm'] as const) {
      const run = await runFunction('classify', await plainPicture(), { model: folder, kind });
      assert.deepEqual([run.exitCode, run.message], [0, '']);
      const { predictions } = Classification.parse(JSON.parse(run.output.toString()));
      assert.deepEqual(
        predictions.map(({ label }) => label),
        ['red', 'green', 'blue'],
      );
      for (const [index, probability] of expected(range).entries()) {
        const { confidence = 0 } = predictions[index] ?? {};
        assert.ok(Math.abs(confidence - probability) < tolerance, `${confidence} in place of ${probability}`);
      }
    }
  });

for (const [what, model, manifest, message] of [
  [
    'says uint8 of a float32 picture',
    'float',
    { input: size, output: { type: 'float32' } },
    /^model\.tflite does not take uint8 pictures of 6 x 8, as model\.json says: /m,
  ],
  [
    'says float32 of a uint8 picture',
    'uint8',
    { input: float },
    /^model\.tflite does not take float32 pictures of 6 x 8, as model\.json says: /m,
  ],
  [
    'says uint8 of float32 scores',
    'float',
    { input: float },
    /^labels\.txt names 3 labels, but model\.tflite gives 12 scores/,
  ],
  [
    'has another type',
    'float',
    { input: { ...size, type: 'int8' } },
    /^model\.json is not the manifest of a model: unknown variant `int8`, expected `uint8` or `float32`/,
  ],
  [
    'divides by nothing',
    'float',
    { input: { ...float, std: 0 } },
    /^model\.json has a std of 0: it must be above 0/,
  ],
] as const)
  test(`a model.json that ${what} ends the function before it is ready`, async (t) => {
    const folder = await modelFolder(t, model, manifest);
    const run = await runFunction('classify', await plainPicture(), { model: folder });
    assert.deepEqual([run.exitCode, run.output.toString()], [2, '']);
    assert.match(run.message, message);
  });

test('scores that are no probabilities are a failure with the remedy, not a label', async (t) => {
  const folder = await modelFolder(t, 'logits', { input: float, output: { type: 'float32' } });
  const run = await runFunction('classify', await plainPicture(), { model: folder });
  assert.deepEqual([run.exitCode, run.output.toString()], [2, '']);
  assert.match(
    run.message,
    /^model\.tflite gives the score 2\.27\d+, which is no probability: if it ends without a softmax, model\.json must say "logits": true in its output/,
  );
});
