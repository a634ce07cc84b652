import { symlink } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { root } from '../paths.js';
import { userEnvironment } from '../user-environment.js';
import { ask } from './command.js';
import { fitness, notTested } from './dapr-version.js';
import { buildDaprd } from './daprd-build.js';
import { SetupError } from './errors.js';
import { hashOfSources, identity } from './fingerprints.js';
import type { Step } from './step.js';
import { existing, lacking, onPath } from './tools.js';

const SOURCE_KINDS = ['.go', '.mod', '.sum', '.txt'];

/** Where the Dapr runtime's Go module is. */
const SOURCES = path.join(root, 'daprd');

/** The Dapr runtime as `daprd`: a link to the installed one, else built from its Go module. */
export const daprd: Step = {
  name: 'daprd',
  needs: [],
  seconds: 260,
  inputs: async () => [
    await Promise.all((await candidates()).map(identity)),
    await hashOfSources(SOURCES, SOURCE_KINDS),
  ],
  lacks,
  make: async (work) => {
    const { fit, passedOver } = await findInstalled();
    if (fit === undefined)
      return [await buildDaprd(SOURCES, work), ...passedOver.map((reason) => `not used: ${reason}`)].join(
        '; ',
      );
    await symlink(fit.file, path.join(work.product, 'daprd'));
    return `Dapr ${fit.version}, installed at ${fit.file}${notTested(fit.version)}`;
  },
};

/**
 * The daprd that DAPRD names, or `undefined` if it names none: then there is nothing to set up.
 *
 * @throws SetupError if it is not there, or too old
 */
export async function namedDaprd(): Promise<string | undefined> {
  const { DAPRD: named } = userEnvironment();
  if (!named) return undefined;
  const [file] = await existing([named]);
  if (file === undefined) throw new SetupError(`DAPRD is ${named}, but there is no such executable.`);
  const version = await versionOf(file);
  const fit = fitness(version);
  if (!fit.use)
    throw new SetupError(
      `DAPRD is ${file}, which ${fit.reason}: install a newer Dapr (https://docs.dapr.io/getting-started), or unset DAPRD to let set-up build one.`,
    );
  return file;
}

/** Where the Dapr CLI puts it (https://docs.dapr.io/reference/environment), then the PATH. */
async function candidates(): Promise<string[]> {
  const { DAPR_RUNTIME_PATH } = userEnvironment();
  const homes = [...(DAPR_RUNTIME_PATH ? [DAPR_RUNTIME_PATH] : []), homedir()];
  const places = homes.map((home) => path.join(home, '.dapr/bin/daprd'));
  return [...(await existing(places)), ...(await onPath('daprd'))];
}

async function lacks(): Promise<string[]> {
  const { fit, passedOver } = await findInstalled();
  if (fit !== undefined) return [];
  return (await lacking('go')).map((problem) => [...passedOver, problem].join('; '));
}

async function findInstalled() {
  const passedOver: string[] = [];
  for (const file of await candidates()) {
    const version = await versionOf(file);
    const fit = fitness(version);
    if (fit.use) return { fit: { file, version }, passedOver };
    passedOver.push(`${file} ${fit.reason}`);
  }
  return { fit: undefined, passedOver };
}

async function versionOf(file: string): Promise<string> {
  return (await ask(file, '--version').catch(() => '')).trim();
}
