import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { LaunchError } from './errors.js';

const sqliteNameResolution = z.looseObject({
  spec: z.looseObject({
    nameResolution: z.looseObject({
      component: z.literal('sqlite'),
      configuration: z.looseObject({ connectionString: z.string(), updateInterval: z.string().optional() }),
    }),
  }),
});

/**
 * How long a name is good without being renewed. In a launch a sidecar has the same address each time that it starts,
 * so names need not be forgotten; and none is lost because the disk is full or slow at the moment of its renewal.
 */
const NAME_LIFETIME = '8760h';

/**
 * Where a Configuration resolves names with SQLite, writes it anew into `folder`, with the database there, so that each
 * launch starts with an empty one and two launches never meet. Call it before any daprd that may read the file starts.
 *
 * @throws LaunchError ERR_LAUNCH_RUN_FILE when the file cannot be read
 * @returns the Configuration to use: the new one, or `configFile` itself where names are resolved in another way
 */
export async function ownNameResolution(configFile: string, folder: string): Promise<string> {
  const config = sqliteNameResolution.safeParse(await readYaml(configFile));
  if (!config.success) return configFile;
  const { configuration } = config.data.spec.nameResolution;
  configuration.connectionString = path.join(folder, 'names.db');
  configuration.updateInterval = NAME_LIFETIME;
  // Two Configurations may have the same name.
  const file = path.join(await mkdtemp(path.join(folder, 'configuration-')), path.basename(configFile));
  await writeFile(file, stringify(config.data));
  return file;
}

async function readYaml(file: string): Promise<unknown> {
  try {
    return parse(await readFile(file, 'utf8'));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new LaunchError('ERR_LAUNCH_RUN_FILE', `configFilePath ${file} cannot be read: ${reason}`, {
      cause,
    });
  }
}
