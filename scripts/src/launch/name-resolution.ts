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

/** Of a SQLite database. */
const PAGE_BYTES = 4096;
/** Its format, where it has a write-ahead log. */
const WRITE_AHEAD = 2;

/**
 * Where a Configuration resolves names with SQLite, writes it anew into `folder`, with the database there, one for all of a
 * launch: so each launch starts with an empty one, and two launches never meet.
 *
 * @throws LaunchError ERR_LAUNCH_RUN_FILE when the file cannot be read
 * @returns the Configuration to use: the new one, or `configFile` itself where names are resolved in another way
 */
export async function ownNameResolution(configFile: string, folder: string): Promise<string> {
  const config = sqliteNameResolution.safeParse(await readYaml(configFile));
  if (!config.success) return configFile;
  const { configuration } = config.data.spec.nameResolution;
  configuration.connectionString = path.join(folder, 'names.db');
  await writeFile(configuration.connectionString, emptyDatabase(), { flag: 'wx' }).catch(ignoreExisting);
  configuration.updateInterval = NAME_LIFETIME;
  // Two Configurations may have the same name.
  const file = path.join(await mkdtemp(path.join(folder, 'configuration-')), path.basename(configFile));
  await writeFile(file, stringify(config.data));
  return file;
}

/**
 * An empty SQLite database that has a write-ahead log: https://www.sqlite.org/fileformat.html. Sidecars that start together
 * would each make it so; who comes second is told at once that it is locked, and never gets ready.
 */
function emptyDatabase(): Buffer {
  const page = Buffer.alloc(PAGE_BYTES);
  page.write('SQLite format 3\0', 'latin1');
  page.writeUInt16BE(PAGE_BYTES, 16);
  page.set([WRITE_AHEAD, WRITE_AHEAD, 0, 64, 32, 32], 18);
  page.writeUInt32BE(1, 28); // pages
  page.writeUInt32BE(4, 44); // schema format
  page.writeUInt32BE(1, 56); // UTF-8
  page[100] = 13; // a table's leaf, without cells
  page.writeUInt16BE(PAGE_BYTES, 105);
  return page;
}

/** Sidecars may have it open already. */
function ignoreExisting(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error;
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
