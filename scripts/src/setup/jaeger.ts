import { cp } from 'node:fs/promises';
import path from 'node:path';
import { root, runtimeFolder } from '../paths.js';
import { run } from './command.js';
import { SetupError } from './errors.js';
import { contentHash } from './fingerprints.js';
import type { Step, Work } from './step.js';
import { lacking } from './tools.js';
import { writtenVersion } from './written-version.js';

const NAME = 'jaeger';
const PROGRAM = 'github.com/jaegertracing/jaeger/cmd/jaeger';

/** What pins its versions, and what it is configured with. */
const FOLDER = 'scripts/toolchains/jaeger';
const SOURCES = path.join(root, FOLDER);
/** Its version: the program itself was not told. */
const JAEGER = /jaegertracing\/jaeger v(\S+)/;
const LOCKS = ['go.mod', 'go.sum', 'Cargo.toml', 'Cargo.lock'];

/** The crate that carries the page, and the page's folder in it. */
const PAGE_CRATE = 'otlp-embedded';
const PAGE_FOLDER = 'jaeger-ui/build';

/** The collector, its page's files, and its configuration. */
export const collector = {
  program: path.join(runtimeFolder, NAME, 'jaeger'),
  page: path.join(runtimeFolder, NAME, 'page'),
  configuration: path.join(SOURCES, 'config.yaml'),
};

/** Jaeger, which keeps and shows traces: built from its Go module; its page, which that lacks, out of a crate. */
export const jaeger: Step = {
  name: NAME,
  needs: [],
  seconds: 370,
  inputs: () => Promise.all(LOCKS.map((file) => contentHash(path.join(SOURCES, file)))),
  lacks: () => lacking('go', 'cargo'),
  make: async (work) => {
    await Promise.all([buildProgram(work), takePage(work)]);
    return `Jaeger ${await writtenVersion(`${FOLDER}/go.mod`, JAEGER)}, built from its Go module`;
  },
};

async function buildProgram({ product, signal, report }: Work): Promise<void> {
  const go = (args: readonly string[], onLine?: (line: string) => void) =>
    run('go', args, { cwd: SOURCES, env: { GOGC: '400' }, signal, ...(onLine && { onLine }) });
  let modules = 0;
  const list = await go(['list', '-deps', PROGRAM], (line) => {
    if (line.startsWith('go: downloading')) modules += 1;
    report(`${modules} modules downloaded`);
  });
  const packages = list.split('\n').length;
  let compiled = 0;
  const flags = ['-trimpath', '-buildvcs=false', '-gcflags=all=-dwarf=false', '-ldflags', '-s -w'];
  await go(
    ['build', '-v', ...flags, '-o', path.join(product, path.basename(collector.program)), PROGRAM],
    () => {
      compiled += 1;
      report(`${compiled} of at most ${packages} packages compiled`);
    },
  );
}

async function takePage({ product, signal }: Work): Promise<void> {
  const cargo = (...args: string[]) => run('cargo', [...args, '--locked'], { cwd: SOURCES, signal });
  await cargo('fetch');
  const { z } = await import('zod');
  const metadata = z.object({ packages: z.array(z.object({ name: z.string(), manifest_path: z.string() })) });
  const { packages } = metadata.parse(JSON.parse(await cargo('metadata', '--format-version', '1')));
  const crate = packages.find(({ name }) => name === PAGE_CRATE);
  if (crate === undefined) throw new SetupError(`Cargo has no crate ${PAGE_CRATE}.`);
  await cp(
    path.join(path.dirname(crate.manifest_path), PAGE_FOLDER),
    path.join(product, path.basename(collector.page)),
    {
      recursive: true,
    },
  );
}
