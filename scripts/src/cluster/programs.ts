import { cp } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { root } from '../paths.js';
import { run } from '../setup/command.js';
import { COMPILER_ENVIRONMENT } from '../setup/daprd-build.js';
import { hashOfSources } from '../setup/fingerprints.js';
import type { Step, Work } from '../setup/step.js';
import { lacking } from '../setup/tools.js';

/** A Go module of `test/cluster/programs`, which pins what it builds by its go.mod and go.sum. */
interface Program {
  readonly name: string;
  /** What `go build` takes: the module's own program, or those that its go.mod names as tools. */
  readonly packages: '.' | 'tool';
  /** The module that has these tools, and whose version they tell by the variables that this sets. */
  readonly stamp?: { readonly module: string; readonly variables: (version: string) => readonly string[] };
  readonly tags?: string;
  /** A folder of the stamped module that is wanted, too, and its name in the product. */
  readonly folder?: { readonly from: string; readonly to: string };
  readonly seconds: number;
}

const KUBERNETES = 'k8s.io/component-base/version';

const PROGRAMS: readonly Program[] = [
  {
    name: 'kubernetes',
    packages: 'tool',
    stamp: {
      module: 'k8s.io/kubernetes',
      variables: (version) => [
        `${KUBERNETES}.gitVersion=${version}`,
        `${KUBERNETES}.gitMajor=1`,
        `${KUBERNETES}.gitMinor=${version.split('.')[1]}`,
      ],
    },
    seconds: 700,
  },
  {
    name: 'dapr',
    packages: 'tool',
    stamp: {
      module: 'github.com/dapr/dapr',
      variables: (version) => [`github.com/dapr/dapr/pkg/buildinfo.version=${version.slice(1)}`],
    },
    tags: 'stablecomponents',
    folder: { from: 'charts/dapr', to: 'chart' },
    seconds: 400,
  },
  { name: 'coredns', packages: '.', seconds: 100 },
  { name: 'helm', packages: 'tool', seconds: 150 },
  { name: 'metrics-server', packages: 'tool', seconds: 200 },
  { name: 'pause', packages: '.', seconds: 2 },
];

/** What `go list -m -json` says of a module (https://go.dev/ref/mod#go-list-m). */
const Listed = z.object({ Dir: z.string(), Version: z.string() });

function stepOf(program: Program): Step {
  const sources = path.join(root, 'test/cluster/programs', program.name);
  return {
    name: program.name,
    needs: [],
    seconds: program.seconds,
    inputs: async () => [await hashOfSources(sources, ['.go', '.mod', '.sum']), program],
    lacks: () => lacking('go'),
    make: (work) => build(program, sources, work),
  };
}

async function build(
  { packages, stamp, tags, folder }: Program,
  sources: string,
  { product, signal, report }: Work,
): Promise<string> {
  const go = (args: readonly string[], onLine?: (line: string) => void) =>
    run('go', args, {
      cwd: sources,
      env: COMPILER_ENVIRONMENT,
      signal,
      ...(onLine !== undefined && { onLine }),
    });
  let modules = 0;
  let compiled = 0;
  // With -v go prints each package that it compiles.
  const count = (line: string) => {
    if (line.startsWith('go: downloading')) modules += 1;
    else compiled += 1;
    report(`${modules} modules downloaded, ${compiled} packages compiled`);
  };
  await go(['mod', 'download', ...(stamp === undefined ? [] : [stamp.module])], count);
  const stamped =
    stamp === undefined
      ? undefined
      : Listed.parse(JSON.parse(await go(['list', '-m', '-json', stamp.module])));
  const variables = stamped === undefined ? [] : (stamp?.variables(stamped.Version) ?? []);
  const flags = ['-s', '-w', ...variables.map((variable) => `-X ${variable}`)].join(' ');
  await go(
    [
      ...['build', '-v', '-trimpath', '-buildvcs=false', '-gcflags=all=-dwarf=false', '-ldflags', flags],
      ...(tags === undefined ? [] : ['-tags', tags]),
      ...['-o', `${product}/`, packages],
    ],
    count,
  );
  if (folder !== undefined && stamped !== undefined) {
    const copy = path.join(product, folder.to);
    await cp(path.join(stamped.Dir, folder.from), copy, { recursive: true });
    await run('chmod', ['-R', 'u+w', copy], { signal }); // Go's module cache is read-only.
  }
  return stamped === undefined ? 'built' : `${stamp?.module} ${stamped.Version}`;
}

/** The programs of the cluster, each module by its name. */
export const programs: ReadonlyMap<string, Step> = new Map(
  PROGRAMS.map((program) => [program.name, stepOf(program)]),
);
