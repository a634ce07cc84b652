import assert from 'node:assert/strict';
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import sharp, { type Sharp } from 'sharp';
import { z } from 'zod';
import { bitmapOf } from './bitmap.js';
import { parts } from './built-parts.js';
import { type RunOptions, runFunction, serveFunction } from './run-function.js';

const Classification = z.strictObject({
  model: z.string(),
  predictions: z.array(z.strictObject({ label: z.string(), confidence: z.number() })),
});

const coffee = await readFile(parts.picture('coffee.png'));
const chelsea = await readFile(parts.picture('chelsea.png'));
const labels = (await readFile(`${parts.model}/labels.txt`, 'utf8')).trimEnd().split('\n');
const cats = ['Egyptian cat', 'tabby', 'tiger cat'];

async function classify(image: Buffer, options: RunOptions = {}) {
  const run = await runFunction('classify', image, { model: parts.model, ...options });
  assert.deepEqual([run.exitCode, run.message], [0, '']);
  return Classification.parse(JSON.parse(run.output.toString()));
}

/** The picture as raw RGB behind a PPM header: https://netpbm.sourceforge.net/doc/ppm.html */
async function ppm(image: Sharp): Promise<Buffer> {
  const { data, info } = await image.removeAlpha().raw().toBuffer({ resolveWithObject: true });
  return Buffer.concat([Buffer.from(`P6\n${info.width} ${info.height}\n255\n`), data]);
}

/** A copy of the bundled model's folder, with some files replaced (or taken away: undefined). */
async function modelWith(t: TestContext, files: Record<string, string | undefined>): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'model-'));
  t.after(() => rm(folder, { recursive: true }));
  for (const name of ['model.tflite', 'labels.txt', 'model.json']) {
    if (!(name in files)) await copyFile(`${parts.model}/${name}`, `${folder}/${name}`);
  }
  for (const [name, text] of Object.entries(files)) {
    if (text !== undefined) await writeFile(`${folder}/${name}`, text);
  }
  return folder;
}

test('a cup of espresso is an espresso, and a cat one of the cats', async () => {
  const { model, predictions } = await classify(coffee);
  assert.equal(model, 'EfficientNet-Lite0 int8');
  assert.equal(predictions[0]?.label, 'espresso');
  assert.ok(predictions[0].confidence > 0.8);
  assert.ok(cats.includes((await classify(chelsea)).predictions[0]?.label ?? ''));
});

test('there are at most five predictions, the best first, each a label with a probability above 0', async () => {
  for (const image of [coffee, chelsea, await readFile(parts.picture('rocket.jpg'))]) {
    const { predictions } = await classify(image);
    const confidences = predictions.map(({ confidence }) => confidence);
    assert.ok(predictions.length >= 1 && predictions.length <= 5);
    assert.deepEqual(
      confidences,
      confidences.toSorted((a, b) => b - a),
    );
    assert.ok(confidences.every((confidence) => confidence > 0 && confidence <= 1));
    assert.ok(predictions.every(({ label }) => labels.includes(label)));
  }
});

const photo = sharp(coffee).resize(300, 200);
for (const [format, image] of [
  ['JPEG', await photo.clone().jpeg().toBuffer()],
  ['WebP', await photo.clone().webp().toBuffer()],
  ['GIF', await photo.clone().gif().toBuffer()],
  ['BMP', await bitmapOf(await photo.clone().png().toBuffer())],
  ['PNG with 16 bits a channel', await photo.clone().toColourspace('rgb16').png().toBuffer()],
  ['PNG with transparency', await photo.clone().ensureAlpha(0.9).png().toBuffer()],
  ['PPM', await ppm(photo.clone())],
  ['small PNG', await photo.clone().resize(120, 80).png().toBuffer()],
] as const) {
  test(`a ${format} is classified`, async () => {
    const { predictions } = await classify(image);
    assert.ok(['espresso', 'cup'].includes(predictions[0]?.label ?? ''), predictions[0]?.label);
  });
}

test('raw RGB of the model size is classified as the same pixels in a PNG, to the last bit', async () => {
  const shrunk = sharp(coffee).resize(224, 224, { fit: 'fill' });
  assert.deepEqual(await classify(await ppm(shrunk.clone())), await classify(await shrunk.png().toBuffer()));
});

test('a picture shrunk before by sharp is classified as one shrunk by the function', async () => {
  for (const image of [coffee, chelsea]) {
    const before = await classify(
      await ppm(sharp(image).resize(224, 224, { fit: 'fill', kernel: 'linear' })),
    );
    const [shrunk, whole] = [before.predictions, (await classify(image)).predictions];
    const [first] = whole;
    const same = shrunk.find(({ label }) => label === first?.label);
    assert.ok(
      Math.abs((same?.confidence ?? 0) - (first?.confidence ?? 1)) < 0.15,
      JSON.stringify({ shrunk, whole }),
    );
  }
});

test('EXIF orientation is applied', async () => {
  const onItsSide = await sharp(coffee).rotate(270).withMetadata({ orientation: 6 }).png().toBuffer();
  assert.deepEqual(await classify(onItsSide), await classify(coffee));
});

test('transparency lies on white', async () => {
  const nothing = { width: 100, height: 100, channels: 4, background: '#0000' } as const;
  const white = { ...nothing, channels: 3, background: '#fff' } as const;
  assert.deepEqual(
    await classify(await sharp({ create: nothing }).png().toBuffer()),
    await classify(await sharp({ create: white }).png().toBuffer()),
  );
});

test('the interpreter and ahead-of-time compiled code give equal bytes', async () => {
  const image = await sharp(chelsea).resize(120, 90).jpeg().toBuffer();
  assert.deepEqual(await classify(image, { kind: 'wasm' }), await classify(image));
});

test('one instance in serve mode answers as plain runs do, also after bad input', async () => {
  const images = [coffee, Buffer.from('no picture'), chelsea, coffee];
  const { ready, answers, run } = await serveFunction('classify', images, { model: parts.model });
  assert.deepEqual([ready, run.exitCode, run.message], ['WFN1', 0, '']);
  assert.deepEqual(
    answers.map(({ status }) => status),
    [0, 5, 0, 0],
  );
  assert.match(answers[1]?.payload.toString() ?? '', /^unsupported format: send a PNG/);
  for (const i of [0, 2, 3]) {
    const plain = await runFunction('classify', images[i] ?? coffee, { model: parts.model });
    assert.deepEqual(answers[i]?.payload, plain.output);
  }
});

test('a picture of more than MAX_PIXELS is refused', async () => {
  const run = await runFunction('classify', coffee, { model: parts.model, env: { MAX_PIXELS: '239999' } });
  assert.deepEqual([run.exitCode, run.output.length], [1, 0]);
  assert.equal(run.message, 'too large: 600 x 400 pixels; at most 239999 pixels are accepted\n');
});

test('labels and name are those of the model folder', async (t) => {
  const model = await modelWith(t, {
    'labels.txt': labels.map((label) => `a ${label}`).join('\n'),
    'model.json': JSON.stringify({ name: 'other', input: { width: 224, height: 224 } }),
  });
  const result = await classify(coffee, { model });
  assert.deepEqual([result.model, result.predictions[0]?.label], ['other', 'a espresso']);
});

const manifest = (width: unknown, height: unknown) => JSON.stringify({ name: 'm', input: { width, height } });
for (const [what, files, message] of [
  [
    'without a manifest',
    { 'model.json': undefined },
    /^\/model\/model\.json cannot be read \(.*must have model\.tflite, labels\.txt and model\.json/,
  ],
  ['without labels', { 'labels.txt': undefined }, /^\/model\/labels\.txt cannot be read/],
  ['without a model', { 'model.tflite': undefined }, /^\/model\/model\.tflite cannot be read/],
  [
    'with a manifest that is no JSON',
    { 'model.json': 'name = m' },
    /^model\.json is not the manifest of a model: expected/,
  ],
  [
    'with a manifest without a size',
    { 'model.json': '{"name":"m"}' },
    /^model\.json is not the manifest of a model: missing field `input`/,
  ],
  [
    'with a manifest of no width',
    { 'model.json': manifest(0, 224) },
    /^model\.json asks for pictures of 0 x 224: sides must be 1 to 4096 pixels/,
  ],
  [
    'with a manifest of another size',
    { 'model.json': manifest(192, 192) },
    /^model\.tflite does not take uint8 pictures of 192 x 192, as model\.json says: /m,
  ],
  [
    'with a label too few',
    { 'labels.txt': labels.slice(1).join('\n') },
    /^labels\.txt names 999 labels, but model\.tflite gives 1000 scores/,
  ],
  [
    'with a label too many',
    { 'labels.txt': ['background', ...labels].join('\n') },
    /^labels\.txt names 1001 labels, but model\.tflite gives 1000 scores/,
  ],
  ['with a model that is none', { 'model.tflite': 'not a model' }, /^model\.tflite cannot be loaded: /m],
] as const) {
  test(`a model folder ${what} ends the function before it is ready`, async (t) => {
    const model = await modelWith(t, files);
    for (const mode of ['', 'serve']) {
      const run = await runFunction('classify', coffee, { model, env: { WASM_FUNCTION_MODE: mode } });
      assert.deepEqual([run.exitCode, run.output.toString()], [2, '']);
      assert.match(run.message, message);
    }
  });
}

test('without a model folder the function says what is missing', async () => {
  const run = await runFunction('classify', coffee);
  assert.deepEqual([run.exitCode, run.output.length], [2, 0]);
  assert.match(run.message, /^\/model\/model\.json cannot be read/);
});
