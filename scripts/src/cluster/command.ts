import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { inForeground } from '../foreground.js';
import { fromUser } from '../paths.js';
import { SetupError } from '../setup/errors.js';
import { setUp } from '../setup/set-up.js';
import { clusterTestFiles } from '../test.js';
import { application, deployApplication } from './application.js';
import { Cluster, clusterFolder, enter } from './cluster.js';
import { debianPackages } from './debian-packages.js';
import { tableOfFigures } from './figures.js';
import { imagesStep } from './images.js';
import { keys } from './keys.js';
import { lacks } from './machine.js';
import { programs } from './programs.js';

/** How the tests on a cluster are run. */
export interface ClusterTestOptions {
  /** Only the test files whose path contains this. */
  readonly filter?: string;
  /** Whether the cluster stays after the tests, until Ctrl-C. */
  readonly stay?: boolean;
  /** A file for the figures, as a table. */
  readonly markdown?: string;
}

const FIGURES = path.join(clusterFolder, 'figures.jsonl');

/**
 * Brings up a Kubernetes with Dapr's control plane and the application on it, runs the tests there, and ends all of it.
 *
 * @param prepare brings up to date what the application's image is made from
 * @throws SetupError with all that the machine lacks, or if a part does not get ready
 */
export async function runClusterTests(
  { filter = '', stay = false, markdown }: ClusterTestOptions,
  prepare: () => Promise<void>,
): Promise<void> {
  const files = (await clusterTestFiles()).filter((file) => file.includes(filter));
  if (files.length === 0) throw new SetupError("No cluster test's path contains that.");
  const missing = await lacks();
  if (missing.length > 0)
    throw new SetupError(`A cluster cannot be had here:\n${missing.map((each) => `  ${each}.`).join('\n')}`);
  const since = performance.now();
  const say = (what: string) =>
    console.log(`${((performance.now() - since) / 1000).toFixed(1).padStart(7)} s  ${what}`);
  await prepare();
  const steps = [...programs.values(), debianPackages, keys, imagesStep(clusterFolder), application];
  await setUp(steps, clusterFolder);
  say('built');
  const cluster = await Cluster.start(say);
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => cluster.stop().then(() => process.exit(1)));
  try {
    const environment = await deployApplication(cluster);
    say('application applied');
    await rm(FIGURES, { force: true });
    const env = { ...process.env, ...environment, FIGURES };
    const args = [process.execPath, '--test', '--test-concurrency=1', ...files];
    if (!(await inForeground(enter, args, { env }))) process.exitCode = 1;
    say('tested');
    const table = await tableOfFigures(FIGURES);
    if (table !== '') console.log(`\n${table}`);
    if (markdown !== undefined) await writeFile(fromUser(markdown), table);
    if (stay) await cluster.ended();
  } finally {
    await cluster.stop();
    say('nothing left');
  }
}
