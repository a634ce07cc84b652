import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parse, stringify } from 'yaml';
import { z } from 'zod';

const sqliteNameResolution = z.looseObject({
  spec: z.looseObject({
    nameResolution: z.looseObject({
      component: z.literal('sqlite'),
      configuration: z.looseObject({ connectionString: z.string() }),
    }),
  }),
});

/**
 * Where a Configuration resolves names with SQLite, writes it anew into `folder`, with the database there, so that each
 * launch starts with an empty one and two launches never meet. Call it before any daprd that may read the file starts.
 *
 * @returns the Configuration to use: the new one, or `configFile` itself where names are resolved in another way
 */
export async function ownNameResolution(configFile: string, folder: string): Promise<string> {
  const config = sqliteNameResolution.safeParse(parse(await readFile(configFile, 'utf8')));
  if (!config.success) return configFile;
  config.data.spec.nameResolution.configuration.connectionString = path.join(folder, 'names.db');
  const file = path.join(folder, path.basename(configFile));
  await writeFile(file, stringify(config.data));
  return file;
}
