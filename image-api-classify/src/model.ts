import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

/** The model's folder does not hold a usable manifest. */
export class ModelError extends Error {
  override readonly name = 'ModelError';
  readonly code = 'ERR_MODEL';
}

const manifest = z.object({
  name: z.string().min(1),
  input: z.object({ width: z.int().min(1).max(4096), height: z.int().min(1).max(4096) }),
  subject: z.string().min(1),
});

/** What the service needs of `model.json`: name, input size in pixels, and what the model knows. */
export type Manifest = z.output<typeof manifest>;

/**
 * Reads `model.json` in the model's folder.
 *
 * @param remedy what to do about one that is wrong
 * @throws ModelError when it cannot be read or lacks something
 */
export async function readManifest(folder: string, remedy: string): Promise<Manifest> {
  const file = join(folder, 'model.json');
  try {
    return manifest.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch (error) {
    const reason = error instanceof z.ZodError ? z.prettifyError(error) : String(error);
    throw new ModelError(`${file} is not a model's manifest: ${reason}\n${remedy}`, { cause: error });
  }
}
