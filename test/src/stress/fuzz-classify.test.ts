import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { fuzz } from './fuzz.js';
import { isLong } from './length.js';
import { assertNotGrown } from './memory.js';
import { bytesOf, mutantsOf } from './mutant.js';
import { seedPictures } from './pictures.js';
import { openPool, refusalOf, weighParentOfForks } from './pool.js';
import { Tally } from './tally.js';

const RUNS = isLong ? 6000 : 200;
/** What the parent of the forks may have grown by at the end, in MB. */
const MAX_GROWTH_MB = 8;

const confidence = z.number().gt(0).lt(1);
const classification = z.strictObject({
  model: z.string(),
  predictions: z.array(z.strictObject({ label: z.string().min(1), confidence })).max(5),
});

test('classify refuses a mutant of a picture, or says what is in it', async (t) => {
  const pictures = await seedPictures();
  const pool = await openPool(t, 'classify');
  const tally = new Tally();
  const classify = async (bytes: Buffer) => {
    const answer = await pool.run(bytes).catch(refusalOf);
    if (typeof answer === 'string') return tally.add(`refused, ${answer}`);
    const { predictions } = classification.parse(JSON.parse(answer.toString()));
    const confidences = predictions.map(({ confidence }) => confidence);
    assert.deepEqual(
      confidences,
      confidences.toSorted((a, b) => b - a),
    );
    assert.ok(confidences.reduce((sum, one) => sum + one, 0) <= 1);
    tally.add('answered');
  };

  for (const { bytes } of pictures.values()) await classify(bytes);
  assert.equal(tally.count('answered'), pictures.size, `${tally}`);

  const before = await weighParentOfForks();
  const seed = await fuzz(mutantsOf(pictures), {
    runs: RUNS,
    bytesOf: (mutant) => bytesOf(mutant, pictures),
    check: classify,
  });
  const growth = assertNotGrown(before, await weighParentOfForks(), MAX_GROWTH_MB);
  assert.equal(pool.statistics.trapped + pool.statistics.timedOut, 0);
  t.diagnostic(`${RUNS} inputs of seed ${seed}; ${tally}; ${growth}`);
});
