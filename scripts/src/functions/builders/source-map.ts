import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';

const SourceMap = z.object({ mappings: z.string(), sources: z.array(z.string()) });

/**
 * What tells where the parts of a bundle are from (https://tc39.es/ecma426).
 *
 * @param file the source map, whose sources are relative to its folder
 * @param folder what they are made relative to
 */
export async function readSourceMap(file: string, folder: string): Promise<z.output<typeof SourceMap>> {
  const { mappings, sources } = SourceMap.parse(JSON.parse(await readFile(file, 'utf8')));
  const relative = (source: string) => path.relative(folder, path.resolve(path.dirname(file), source));
  return { mappings, sources: sources.map(relative) };
}
