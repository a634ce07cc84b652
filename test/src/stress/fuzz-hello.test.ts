import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import fc from 'fast-check';
import sharp from 'sharp';
import { z } from 'zod';
import { startApplication } from '../application.js';
import { post } from '../hello.js';
import { fuzz } from './fuzz.js';
import { compareWithSharp } from './grey-reference.js';
import { isLong } from './length.js';
import { assertNotGrown, type Processes, weigh } from './memory.js';
import { bytesOf, mutantsOf } from './mutant.js';
import { seedPictures } from './pictures.js';
import { Tally } from './tally.js';

const RUNS = isLong ? 6000 : 150;
/** What a process may have grown by at the end, in MB: heaps and libvips' cache grow for some thousand requests. */
const MAX_GROWTH_MB = 96;

const REFUSALS = [413, 415, 422];

const application = await startApplication({ env: { LOG_LEVEL: 'error' } });
after(() => application.stop());

function processes(): Processes {
  const watched: Record<string, number> = {};
  for (const [name, { pid, daprPid }] of application.apps) {
    if (pid !== undefined) watched[name] = pid;
    if (daprPid !== undefined) watched[`${name}'s sidecar`] = daprPid;
  }
  return watched;
}

const classification = z.object({
  label: z.string(),
  predictions: z.array(z.object({ label: z.string() })).max(5),
});

/** Whether sharp shows less of a GIF than its screen (GIF89a, section 18): it takes a very large one for a mistake. */
async function isOtherGif(bytes: Buffer, whole: Buffer): Promise<boolean> {
  if (bytes.toString('latin1', 0, 3) !== 'GIF') return false;
  const { width, height } = await sharp(whole).metadata();
  return width < bytes.readUInt16LE(6) || height < bytes.readUInt16LE(8);
}

/**
 * Compares a classification with that of the picture as sharp decodes all of it: decoders round differently, so the label
 * need only be one of the five best. `alone`: sharp finds something wrong with the picture.
 */
async function compareWithWhole(bytes: Buffer, answer: Buffer): Promise<'same' | 'alone'> {
  const { label } = classification.parse(JSON.parse(answer.toString()));
  const whole = await sharp(bytes, { failOn: 'warning' })
    .autoOrient()
    .png()
    .toBuffer()
    .catch(() => undefined);
  if (whole === undefined || (await isOtherGif(bytes, whole))) return 'alone';
  const { status, body } = await post(`${application.url}/api/hello`, whole, {
    api: 'classify',
    accept: 'application/json',
  });
  assert.equal(status, 200, `${body}`);
  const labels = classification.parse(JSON.parse(body.toString())).predictions.map(({ label }) => label);
  assert.ok(labels.includes(label), `${label} is none of ${labels.join(', ')}`);
  return 'same';
}

test('whatever is done to a picture, /api/hello answers it or says why not', async (t) => {
  sharp.cache(false);
  const pictures = await seedPictures();
  const tally = new Tally();
  const hello = async (bytes: Buffer, api: string) => {
    const headers = { api, accept: 'application/json' };
    const { status, type, body } = await post(`${application.url}/api/hello`, bytes, headers);
    if (status === 200 && api === 'grayscale') {
      assert.match(type, /^image\/(png|gif)$/);
      tally.add(`grayscale 200, ${await compareWithSharp(bytes, body)}`);
      return;
    }
    if (status === 200) {
      tally.add(`classify 200, ${await compareWithWhole(bytes, body)}`);
      return;
    }
    tally.add(`${api} ${status}`);
    assert.match(type, /^application\/problem\+json/);
    const allowed = bytes.length === 0 ? [400] : [...REFUSALS, 504];
    assert.ok(allowed.includes(status), `${status}: ${body}`);
  };

  // Long enough for the processes to reach the size at which they work.
  for (let round = 0; round < (isLong ? 20 : 2); round += 1)
    for (const { bytes } of pictures.values())
      for (const api of ['grayscale', 'classify']) await hello(bytes, api);

  const watched = processes();
  const before = weigh(watched);
  const requests = fc.record(
    { mutant: mutantsOf(pictures), api: fc.constantFrom('grayscale', 'classify') },
    { noNullPrototype: true },
  );
  const seed = await fuzz(requests, {
    runs: RUNS,
    bytesOf: ({ mutant }) => bytesOf(mutant, pictures),
    check: (bytes, { api }) => hello(bytes, api),
  });
  assert.deepEqual(processes(), watched, 'a process has died');
  const growth = assertNotGrown(before, weigh(watched), MAX_GROWTH_MB);
  t.diagnostic(`${RUNS} requests of seed ${seed}; ${tally}; ${growth}`);
});
