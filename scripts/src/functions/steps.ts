import { copyFile, readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import {
  builtFunction,
  type FunctionDescription,
  type OwnBuild,
  readFunctions,
} from '@app/function-manifest';
import type { ModuleImport, Optimisation } from '@app/wasmedge-node';
import { runtimeFolder } from '../paths.js';
import { compileAhead } from '../setup/compile-ahead.js';
import { cpuInWords, cpuTarget } from '../setup/cpu.js';
import { SetupError } from '../setup/errors.js';
import { hashOfFiles } from '../setup/fingerprints.js';
import { madeProduct, placeOf, type Step } from '../setup/step.js';
import { wasmedge } from '../setup/wasmedge.js';
import { builderOf, inWords } from './builders/index.js';
import { functionRecord } from './record.js';

/**
 * A step for each function: none stops the others.
 *
 * @returns also what is wrong with functions that are not described rightly
 */
export async function functionSteps(): Promise<{ steps: Step[]; problems: Error[] }> {
  const { functions, problems } = await readFunctions();
  const steps = new Map<string, Step>();
  // One for each, also for a function whose program others have.
  const stepOf = (described: FunctionDescription): Step => {
    const step = steps.get(described.name) ?? functionStep(described, 'full', stepOf);
    steps.set(described.name, step);
    return step;
  };
  return { steps: functions.map(stepOf), problems };
}

/**
 * Builds a function's module, checks what it imports, and compiles it ahead of time; or takes all that from another function.
 *
 * @param optimisation of the compiled code: light is for who waits for it, and set-up makes it anew
 * @param stepOf finds the step of that one
 */
export function functionStep(
  described: FunctionDescription,
  optimisation: Optimisation = 'full',
  stepOf = (program: FunctionDescription) => functionStep(program, optimisation),
): Step {
  const { name, build } = described;
  const same = {
    name: `function ${name}`,
    place: path.dirname(builtFunction(name).module),
    optional: true,
    record: functionRecord(name),
  } as const;
  return typeof build === 'object' && 'function' in build
    ? { ...same, ...copying(described, build.function.name, stepOf(build.function)) }
    : { ...same, ...building(described, build, optimisation) };
}

/** What is a step's own, beside what the step of each function has. */
type Own = Omit<Step, 'name' | 'place' | 'optional' | 'record'>;

function building(described: FunctionDescription, build: OwnBuild, optimisation: Optimisation): Own {
  const { name, folder, plugins } = described;
  const builder = builderOf(build);
  // What takes no time need not be less than it can be.
  const code = builder.sameCode === undefined ? optimisation : 'full';
  return {
    prepareNeeds: builder.toolchain ?? [],
    needs: [wasmedge],
    inputs: async () => [
      build,
      plugins,
      (await cpuTarget()).name,
      ...(code === 'full' ? [] : [code]),
      await hashOfFiles(folder, await builder.sources(described)),
    ],
    seconds: builder.seconds,
    lacks: () => builder.lacks(),
    prepare: (work) =>
      inTurn('build', async () => {
        const module = await builder.build(described, { ...work, optimisation: code });
        await checkModule(described, module, (imports) => builder.importers?.(described, imports, work));
        await copyFile(module, path.join(work.product, `${name}.wasm`));
      }),
    make: (work) =>
      inTurn('compile', async () => {
        await compileAhead(name, work, { optimisation: code, sameCode: builder.sameCode });
        const cpu = await cpuTarget();
        return cpu.why === undefined ? inWords(build) : `${inWords(build)}, for ${cpuInWords(cpu)}`;
      }),
  };
}

/** Another function's program as it was built: nothing is built twice, and what is built anew there is copied anew here. */
function copying(described: FunctionDescription, program: string, step: Step): Own {
  const { name, plugins, build } = described;
  const from = placeOf(step, runtimeFolder);
  return {
    needs: [step],
    inputs: async () => [plugins],
    seconds: 0,
    lacks: async () => [],
    make: async ({ product }) => {
      if ((await madeProduct(step, runtimeFolder)) === undefined)
        throw new SetupError(`it has the program of ${program}, which is not built as it is now.`);
      for (const kind of ['wasm', 'so', 'json'])
        await copyFile(path.join(from, `${program}.${kind}`), path.join(product, `${name}.${kind}`));
      await checkModule(described, path.join(product, `${name}.wasm`), () => undefined);
      return inWords(build);
    },
  };
}

/** What a function may not import makes it none; what it has to name, neither. */
async function checkModule(
  { name, plugins }: FunctionDescription,
  module: string,
  findImporters: (imports: readonly ModuleImport[]) => Promise<readonly string[]> | undefined,
): Promise<void> {
  const { checkImports, ImportsError } = await import('@app/wasmedge-node');
  const imported = await checkImports(await readFile(module), `${name}.wasm`).catch(
    async (error: unknown) => {
      const places = error instanceof ImportsError ? await findImporters(error.refused) : undefined;
      if (!(error instanceof ImportsError) || places === undefined || places.length === 0) throw error;
      throw new SetupError(`${error.message} It is asked for at ${places.join(', ')}.`, { cause: error });
    },
  );
  if (imported.has('wasi_ephemeral_nn') && !plugins.includes('wasi_nn'))
    throw new SetupError(
      `${name}.wasm imports wasi_ephemeral_nn: add plugins: [wasi_nn] to its function.yaml.`,
    );
}

const turns = new Map<'build' | 'compile', Promise<{ add<T>(job: () => Promise<T>): Promise<T> }>>();

/** As many at once as there are processors, of either kind of work: Cargo lets only one build at a time, and others compile meanwhile. */
async function inTurn<T>(kind: 'build' | 'compile', job: () => Promise<T>): Promise<T> {
  let queue = turns.get(kind);
  if (queue === undefined) {
    queue = import('p-queue').then(
      ({ default: PQueue }) => new PQueue({ concurrency: availableParallelism() }),
    );
    turns.set(kind, queue);
  }
  return (await queue).add(job);
}
