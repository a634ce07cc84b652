import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parse, stringify } from 'yaml';
import { z } from 'zod';

const sqliteNameResolution = z.object({
  spec: z.object({
    nameResolution: z.object({
      component: z.literal('sqlite'),
      configuration: z.record(z.string(), z.unknown()),
    }),
  }),
});

/**
 * Where a Configuration resolves names with SQLite, writes one more Configuration into `folder` that moves the database
 * there, so that each launch starts with an empty one and two launches never meet. daprd lays a later `--config` over
 * an earlier one.
 *
 * @returns the file to add, or undefined where names are resolved in another way
 */
export async function ownNameResolution(configFile: string, folder: string): Promise<string | undefined> {
  const config = sqliteNameResolution.safeParse(parse(await readFile(configFile, 'utf8')));
  if (!config.success) return undefined;
  const { nameResolution } = config.data.spec;
  const file = path.join(folder, 'name-resolution.yaml');
  await writeFile(
    file,
    stringify({
      apiVersion: 'dapr.io/v1alpha1',
      kind: 'Configuration',
      metadata: { name: 'name-resolution' },
      spec: {
        nameResolution: {
          ...nameResolution,
          version: 'v1',
          configuration: { ...nameResolution.configuration, connectionString: path.join(folder, 'names.db') },
        },
      },
    }),
  );
  return file;
}
