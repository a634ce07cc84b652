import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import fc from 'fast-check';
import sharp from 'sharp';
import { post } from '../hello.js';
import { startTrio } from '../trio.js';
import { fuzz } from './fuzz.js';
import { compareWithSharp } from './grey-reference.js';
import { isLong } from './length.js';
import { assertNotGrown, type Processes, weigh } from './memory.js';
import { bytesOf, mutantsOf } from './mutant.js';
import { seedPictures } from './pictures.js';
import { Tally } from './tally.js';

const RUNS = isLong ? 6000 : 150;
/** What a process may have grown by at the end, in MB: heaps and libvips' cache grow for some thousand requests. */
const MOST_GROWTH = 96;

const REFUSALS = [413, 415, 422];

const trio = await startTrio({ env: { LOG_LEVEL: 'error' } });
after(() => trio.stop());

function processes(): Processes {
  const watched: Record<string, number> = {};
  for (const [name, { pid, daprPid }] of trio.apps) {
    if (pid !== undefined) watched[name] = pid;
    if (daprPid !== undefined) watched[`${name}'s sidecar`] = daprPid;
  }
  return watched;
}

test('whatever is done to a picture, /api/hello answers it or says why not', async (t) => {
  sharp.cache(false);
  const pictures = await seedPictures();
  const tally = new Tally();
  const hello = async (bytes: Buffer, api: string) => {
    const headers = { api, accept: 'application/json' };
    const { status, type, body } = await post(`${trio.url}/api/hello`, bytes, headers);
    if (status === 200 && api === 'grayscale') {
      assert.match(type, /^image\/(png|gif)$/);
      tally.add(`grayscale 200, ${await compareWithSharp(bytes, body)}`);
      return;
    }
    tally.add(`${api} ${status}`);
    if (status === 200) {
      assert.ok('label' in JSON.parse(body.toString()));
      return;
    }
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
  const growth = assertNotGrown(before, weigh(watched), MOST_GROWTH);
  t.diagnostic(`${RUNS} requests of seed ${seed}; ${tally}; ${growth}`);
});
