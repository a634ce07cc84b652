import { z } from 'zod';
import { outcomeOf, poolOf } from '../functions/check/pool.js';
import type { Subject } from '../functions/check/subject.js';
import { SetupError } from '../setup/errors.js';
import { samplePicture } from './sample-picture.js';

const Answer = z.object({
  predictions: z.array(z.object({ label: z.string(), confidence: z.number().min(0).max(1) })),
});

/**
 * Has the program classify one picture with a model: TensorFlow Lite loads it, and the program refuses what does not fit.
 *
 * @param folder the model's, with all files that it is to have
 * @param memoryPages most memory of the function
 * @returns what it has answered
 * @throws SetupError with what the program or TensorFlow Lite has said
 */
export async function tryModel(program: Subject, folder: string, memoryPages: number): Promise<string> {
  const limits = { ...program.limits, memoryPages };
  const pool = await poolOf({ ...program, limits, folders: { '/model': folder } });
  try {
    const { code, bytes } = await outcomeOf(pool, samplePicture());
    if (code !== undefined)
      throw new SetupError(
        `TensorFlow Lite, or ${program.name}, cannot use this model: ${String(bytes).trim()}`,
      );
    const [best] = Answer.parse(JSON.parse(String(bytes))).predictions;
    return best === undefined ? 'no label' : `${best.label}, ${(best.confidence * 100).toFixed(0)} %`;
  } finally {
    await pool.close();
  }
}
