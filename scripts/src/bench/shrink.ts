import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { shrink } from '../../../image-api-classify/dist/shrink.js';
import { modelFolder } from './functions.js';

const Manifest = z.object({ input: z.object({ width: z.int(), height: z.int() }) });
const MAX_PIXELS = 50_000_000;

/** Shrinks pictures as the classify service does. */
export async function modelShrinker() {
  const manifest = Manifest.parse(JSON.parse(await readFile(path.join(modelFolder, 'model.json'), 'utf8')));
  const { width, height } = manifest.input;
  return {
    /** Bytes of the pixels, which stand behind a header: `[height, width, 3]` uint8 RGB. */
    pixelBytes: width * height * 3,
    shrink: (jpeg: Buffer) => shrink(jpeg, { width, height }, { maxPixels: MAX_PIXELS }),
  };
}
