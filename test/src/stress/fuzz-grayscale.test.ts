import assert from 'node:assert/strict';
import { test } from 'node:test';
import sharp from 'sharp';
import { fuzz } from './fuzz.js';
import { compareWithSharp } from './grey-reference.js';
import { isLong } from './length.js';
import { assertNotGrown } from './memory.js';
import { bytesOf, mutantsOf } from './mutant.js';
import { seedPictures } from './pictures.js';
import { openPool, refusalOf, weighParentOfForks } from './pool.js';
import { Tally } from './tally.js';

const RUNS = isLong ? 30_000 : 400;
/** So many of the mutants are answered and can be compared with sharp, at the least: most are refused. */
const LEAST_SAME = RUNS / 20;
/** What the parent of the forks may have grown by at the end, in MB. */
const MAX_GROWTH_MB = 8;

test('grayscale refuses a mutant of a picture, or makes of it what sharp makes', async (t) => {
  sharp.cache(false);
  const pictures = await seedPictures();
  const pool = await openPool(t, 'grayscale');
  const tally = new Tally();
  const grayscale = async (bytes: Buffer) => {
    const answer = await pool.run(bytes).catch(refusalOf);
    if (typeof answer === 'string') tally.add(`refused, ${answer}`);
    else tally.add(`answered, ${await compareWithSharp(bytes, answer)}`);
  };

  for (const { bytes } of pictures.values()) await grayscale(bytes);
  // All but PPM.
  assert.equal(tally.count('answered, same'), pictures.size - 1, `${tally}`);

  const seeds = tally.count('answered, same');
  const before = await weighParentOfForks();
  const seed = await fuzz(mutantsOf(pictures), {
    runs: RUNS,
    bytesOf: (mutant) => bytesOf(mutant, pictures),
    check: grayscale,
  });
  const growth = assertNotGrown(before, await weighParentOfForks(), MAX_GROWTH_MB);
  assert.ok(tally.count('answered, same') - seeds >= LEAST_SAME, `${tally}`);
  assert.equal(pool.statistics.trapped + pool.statistics.timedOut, 0);
  t.diagnostic(`${RUNS} inputs of seed ${seed}; ${tally}; ${growth}`);
});
