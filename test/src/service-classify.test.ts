import assert from 'node:assert/strict';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import pWaitFor from 'p-wait-for';
import sharp from 'sharp';
import { bitmapOf } from './bitmap.js';
import { blackPng } from './bombs.js';
import { fixture, post } from './hello.js';
import { figure } from './metrics.js';
import { spawnService, startService } from './service.js';

const NAME = 'image-api-classify';
const model = fileURLToPath(new URL('../../functions/classify/model', import.meta.url));
const coffee = await fixture('coffee.png');

test('every format, any size, is classified as what it shows', async (t) => {
  const { url } = await startService(t, NAME);
  const pictures = {
    png: coffee,
    jpeg: await sharp(coffee).jpeg().toBuffer(),
    webp: await sharp(coffee).webp().toBuffer(),
    gif: await sharp(coffee).gif().toBuffer(),
    bmp: await bitmapOf(coffee),
    'a large jpeg': await sharp(coffee).resize(4000).jpeg().toBuffer(),
    'a jpeg on its side': await sharp(coffee).rotate(90).withMetadata({ orientation: 8 }).jpeg().toBuffer(),
  };
  for (const [what, picture] of Object.entries(pictures)) {
    const answer = await post(`${url}/api/image`, picture, { accept: 'application/json' });
    assert.equal(JSON.parse(answer.body.toString()).label, 'espresso', what);
  }
});

test('a GIF whose frame reaches beyond its screen is classified as all that it shows', async (t) => {
  const { url } = await startService(t, NAME);
  const gif = await sharp(coffee).resize(90, 66).gif().toBuffer();
  const descriptor = gif.indexOf(Buffer.from([0x2c, 0, 0, 0, 0, 90, 0, 66, 0]));
  gif.writeUInt16LE(50, descriptor + 1);
  const whole = await sharp(gif).png().toBuffer();
  assert.equal((await sharp(whole).metadata()).width, 140);
  const [answer, expected] = await Promise.all(
    [gif, whole].map((picture) => post(`${url}/api/image`, picture, { accept: 'application/json' })),
  );
  assert.equal(answer?.status, 200);
  assert.deepEqual(JSON.parse(`${answer.body}`), JSON.parse(`${expected?.body}`));
});

test('pictures that nobody waits for any more do not keep others waiting', async (t) => {
  const { url } = await startService(t, NAME);
  const used = () => figure(url, 'process_cpu_seconds_total');
  const idle = await used();
  const body = new Uint8Array(blackPng(10_000, 5000, { depth: 16, colour: 6 }));
  // Each is worth a good part of a second of decoding: all of them together a minute.
  for (let round = 0; round < 6; round += 1) {
    const signal = AbortSignal.timeout(250);
    const away = Array.from({ length: 20 }, () =>
      fetch(`${url}/api/image`, { method: 'POST', body, signal }).catch(() => undefined),
    );
    await Promise.all(away);
  }
  // They are decoded.
  await pWaitFor(async () => (await used()) > idle + 0.5, { interval: 20, timeout: 10_000 });
  const answer = await post(`${url}/api/image`, coffee, {
    accept: 'application/json',
    'x-timeout-ms': '8000',
  });
  assert.equal(JSON.parse(answer.body.toString()).label, 'espresso');
});

test('a picture of nothing has the sentence that says so', async (t) => {
  const { url } = await startService(t, NAME);
  const grey = await sharp({ create: { width: 64, height: 64, channels: 3, background: 'gray' } })
    .png()
    .toBuffer();
  const answer = await post(`${url}/api/image`, grey);
  assert.match(answer.body.toString(), /^It does not appear to be any .+ in the picture\.$/);
});

test('another model is used by naming its folder', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'model-'));
  t.after(() => rm(folder, { recursive: true }));
  await cp(model, folder, { recursive: true });
  const labels = Array.from({ length: 1000 }, (_, index) => `kind ${index}`);
  await rm(join(folder, 'SHA256SUMS'));
  await writeFile(join(folder, 'labels.txt'), `${labels.join('\n')}\n`);
  const { url } = await startService(t, NAME, { MODEL_DIR: folder });
  const answer = await post(`${url}/api/image`, coffee, { accept: 'application/json' });
  // 967 is espresso in the order of ImageNet's classes.
  assert.equal(JSON.parse(answer.body.toString()).label, 'kind 967');
});

test('a folder without a model stops the start with exit code 1 and names MODEL_DIR', async (t) => {
  const service = await spawnService(t, NAME, { MODEL_DIR: '/nowhere' });
  assert.equal(await service.ended, 1);
  assert.match(service.output(), /\/nowhere\/model\.json.*MODEL_DIR/s);
});

test('labels that do not fit the model stop the start with exit code 1 and say so', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'model-'));
  t.after(() => rm(folder, { recursive: true }));
  await cp(model, folder, { recursive: true });
  await rm(join(folder, 'SHA256SUMS'));
  await writeFile(join(folder, 'labels.txt'), 'only one\n');
  const service = await spawnService(t, NAME, { MODEL_DIR: folder });
  assert.equal(await service.ended, 1);
  assert.match(service.output(), /labels/);
});
