import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { FunctionDescription } from './description.js';
import { builtFunction } from './places.js';

/**
 * Tells one state of a function from another: by its manifest and by what is built of it.
 *
 * @returns 12 hexadecimal digits
 */
export async function versionOf(description: FunctionDescription): Promise<string> {
  const record = await readFile(builtFunction(description.name).record, 'utf8').catch(() => 'not built');
  const hash = createHash('sha256').update(JSON.stringify(description)).update(record);
  return hash.digest('hex').slice(0, 12);
}
