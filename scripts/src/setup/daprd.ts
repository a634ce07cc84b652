import { readFile, symlink } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { root } from '../paths.js';
import { run } from './command.js';
import { SetupError } from './errors.js';
import { hashOfSources, identity } from './fingerprints.js';
import type { Step, Work } from './step.js';
import { existing, onPath } from './tools.js';

const SOURCES = path.join(root, 'daprd');

/** The oldest Dapr runtime that reads dapr.yaml's settings and has SQLite name resolution. */
const OLDEST = '1.14.0';

/** The Dapr runtime as `daprd`: a link to the installed one, else built from its Go module. */
export const daprd: Step = {
  name: 'daprd',
  needs: [],
  inputs: async () => [
    await Promise.all((await candidates()).map(identity)),
    await hashOfSources(SOURCES, ['.go', '.mod', '.sum']),
  ],
  tools: async () => ((await findInstalled()) ? [] : ['go']),
  make: async (work) => {
    const installed = await findInstalled();
    if (!installed) return build(work);
    await symlink(installed.file, path.join(work.product, 'daprd'));
    return `Dapr ${installed.version}, installed at ${installed.file}`;
  },
};

/** Where the Dapr CLI puts it (https://docs.dapr.io/reference/environment), then the PATH. */
async function candidates(): Promise<string[]> {
  const homes = [process.env.DAPR_RUNTIME_PATH, homedir()].filter((home) => home !== undefined);
  const places = homes.map((home) => path.join(home, '.dapr/bin/daprd'));
  return [...(await existing(places)), ...(await onPath('daprd'))];
}

async function findInstalled(): Promise<{ file: string; version: string } | undefined> {
  for (const file of await candidates()) {
    const version = (await run(file, ['--version']).catch(() => '')).trim();
    if (/^\d+\.\d+\.\d+/.test(version) && version.localeCompare(OLDEST, 'en', { numeric: true }) >= 0) {
      return { file, version };
    }
  }
  return undefined;
}

async function build({ product, signal, report }: Work): Promise<string> {
  const version = /github\.com\/dapr\/dapr v([\d.]+)/.exec(
    await readFile(path.join(SOURCES, 'go.mod'), 'utf8'),
  )?.[1];
  if (version === undefined) throw new SetupError(`${SOURCES}/go.mod does not require github.com/dapr/dapr.`);
  let compiled = 0;
  let downloaded = 0;
  // With -v go prints each module that it downloads and each package that it compiles.
  await run('go', ['build', '-v', ...buildFlags(version), '-o', path.join(product, 'daprd'), '.'], {
    cwd: SOURCES,
    env: { ...GO_ENVIRONMENT },
    signal,
    onLine: (line) => {
      if (line.startsWith('go: downloading')) downloaded += 1;
      else compiled += 1;
      report(`${downloaded} modules downloaded, ${compiled} of at most 1900 packages compiled`);
    },
  });
  return `Dapr ${version}, built from its Go module`;
}

/** As Dapr's own release is built, so that no C compiler is needed; and never with another Go than the one here. */
export const GO_ENVIRONMENT = { CGO_ENABLED: '0', GOTOOLCHAIN: 'local', GOFLAGS: '' } as const;

function buildFlags(version: string): string[] {
  const stamp = `-X github.com/dapr/dapr/pkg/buildinfo.version=${version}`;
  return ['-trimpath', '-buildvcs=false', '-tags', 'stablecomponents', '-ldflags', `-s -w ${stamp}`];
}
