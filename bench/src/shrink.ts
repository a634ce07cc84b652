import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { shrink } from '@app/image-api-classify/shrink';
import { z } from 'zod';
import { modelFolder } from './functions.js';
import type { Photo } from './photos.js';

const Manifest = z.object({ input: z.object({ width: z.int(), height: z.int() }) });
const TIMEOUT_MS = 60_000;

/** Shrinks pictures as the classify service does. */
export async function modelShrinker() {
  const manifest = Manifest.parse(
    JSON.parse(await readFile(path.join(await modelFolder(), 'model.json'), 'utf8')),
  );
  const { width, height } = manifest.input;
  return {
    /** Bytes of the pixels, which stand behind a header: `[height, width, 3]` uint8 RGB. */
    pixelBytes: width * height * 3,
    shrink: async (photo: Photo): Promise<Buffer> => {
      const shrunk = await shrink(photo.jpeg, photo, { width, height }, { timeoutMs: TIMEOUT_MS });
      assert.ok(shrunk, `libvips did not take ${photo.name}`);
      return shrunk;
    },
  };
}
