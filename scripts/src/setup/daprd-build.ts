import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { type CommandOptions, run } from './command.js';
import { SetupError } from './errors.js';
import type { Work } from './step.js';

const DAPR = 'github.com/dapr/dapr';
const OURS = 'dapr-wasmedge/daprd';
const TAGS = ['-tags', 'allcomponents'];

/** Go's compiler collects garbage less often, and saves some of its processor time. */
export const COMPILER_ENVIRONMENT = { GOGC: '400' } as const;

/** What `go mod download -json` says of a module (https://go.dev/ref/mod#go-mod-download). */
const Downloaded = z.object({ Dir: z.string(), Version: z.string() });

/**
 * Builds Dapr's own command daprd with the components that `components.txt` names: that command's packages are copied into
 * the module, `components` with the named files alone, and import each other there. (What is in Go's module cache cannot
 * be left out of a build in another way: `go build -overlay` refuses it.)
 *
 * @param sources the folder of the Go module
 */
export async function buildDaprd(sources: string, { product, signal, report }: Work): Promise<string> {
  const module = path.join(product, 'module');
  await mkdir(module);
  for (const file of ['go.mod', 'go.sum', 'main.go'])
    await copyFile(path.join(sources, file), path.join(module, file));
  report('downloading Dapr');
  const go = (args: readonly string[], options: CommandOptions = {}) =>
    run('go', args, { cwd: module, env: COMPILER_ENVIRONMENT, signal, ...options });
  const dapr = Downloaded.parse(JSON.parse(await go(['mod', 'download', '-json', DAPR])));
  const components = await componentFiles(sources);
  await copyCommand(path.join(dapr.Dir, 'cmd/daprd'), module, components);

  let modules = 0;
  const countModules = (line: string) => {
    if (line.startsWith('go: downloading')) modules += 1;
    report(`${modules} modules downloaded`);
  };
  const list = await go(['list', ...TAGS, '-deps', '.'], { onLine: countModules });
  const packages = list.split('\n').length;
  let compiled = 0;
  // With -v go prints each package that it compiles.
  const countPackages = () => {
    compiled += 1;
    report(`${compiled} of at most ${packages} packages compiled`);
  };
  const version = dapr.Version.slice(1);
  const stamp = `-X ${DAPR}/pkg/buildinfo.version=${version}`;
  const flags = ['-trimpath', '-buildvcs=false', '-gcflags=all=-dwarf=false', '-ldflags', `-s -w ${stamp}`];
  const output = path.join(product, 'daprd');
  await go(['build', '-v', ...TAGS, ...flags, '-o', output, '.'], { onLine: countPackages });
  await rm(module, { recursive: true });
  return `Dapr ${version}, built from its Go module with ${components.length} of its components (daprd/components.txt; an installed Dapr has all)`;
}

async function componentFiles(sources: string): Promise<string[]> {
  const text = await readFile(path.join(sources, 'components.txt'), 'utf8');
  return text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}

/** @param command the folder `cmd/daprd` of Dapr's module */
async function copyCommand(command: string, module: string, components: readonly string[]): Promise<void> {
  const files = ['app/app.go', ...components.map((file) => `components/${file}`)];
  for (const folder of ['app', 'components']) await mkdir(path.join(module, folder));
  for (const file of files) {
    const source = await readFile(path.join(command, file), 'utf8').catch((cause: Error) => {
      throw new SetupError(`daprd/components.txt: Dapr has no ${file} in ${command}.`, { cause });
    });
    await writeFile(path.join(module, file), importOwn(source));
  }
  const main = path.join(module, 'main.go');
  await writeFile(main, importOwn(await readFile(main, 'utf8')));
}

function importOwn(source: string): string {
  return source.replaceAll(new RegExp(`"${DAPR}/cmd/daprd/(app|components)"`, 'g'), `"${OURS}/$1"`);
}
