import assert from 'node:assert/strict';
import { z } from 'zod';
import type { Contender } from './contender.js';
import { openPool, untilReady } from './functions.js';
import { NativeClassifier } from './native-classifier.js';
import { modelShrinker } from './shrink.js';
import type { System } from './system.js';
import { wayContenders } from './ways.js';

/** What the photos show. */
const LABEL = 'espresso';

const Answer = z.object({ predictions: z.tuple([z.object({ label: z.string() })], z.unknown()) });

/** Names of the contenders that others ask for. */
export const CLASSIFY = {
  native: 'sharp + LiteRT native',
  shrink: 'sharp alone',
  fresh: 'sharp + fresh fork',
  warm: 'sharp + warm reuse',
} as const;

/** All ways to classify a photo; the first is the reference. `close` ends what they hold. */
export async function classifyContenders(system: System) {
  const { shrink, pixelBytes } = await modelShrinker();
  const native = await NativeClassifier.start();
  const fresh = await openPool('classify');
  const warm = await openPool('classify', { requestsPerInstance: Number.MAX_SAFE_INTEGER });
  const contenders: Contender[] = [
    {
      name: CLASSIFY.native,
      run: async (photo) => {
        const pixels = (await shrink(photo)).subarray(-pixelBytes); // without the header of the PPM file
        return Buffer.from(await native.classify(pixels));
      },
      check: async (answer) => assert.equal(answer.toString(), LABEL),
      part: { name: 'of which inference', lastMs: () => native.inferenceMs },
    },
    {
      name: CLASSIFY.shrink,
      run: shrink,
      check: async (answer) => assert.ok(answer.length > pixelBytes),
    },
    { name: 'fresh fork decodes', rest: () => untilReady(fresh), run: ({ jpeg }) => fresh.run(jpeg), check },
    {
      name: CLASSIFY.fresh,
      rest: () => untilReady(fresh),
      run: async (photo) => fresh.run(await shrink(photo)),
      check,
    },
    {
      name: CLASSIFY.warm,
      rest: () => untilReady(warm),
      run: async (photo) => warm.run(await shrink(photo)),
      check,
    },
    ...wayContenders(system, 'classify', check),
  ];
  return { contenders, close: () => Promise.all([native.close(), fresh.close(), warm.close()]) };
}

async function check(answer: Buffer): Promise<void> {
  assert.equal(Answer.parse(JSON.parse(answer.toString())).predictions[0].label, LABEL);
}
