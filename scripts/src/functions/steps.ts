import { copyFile, readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { builtFunction, type FunctionDescription, readFunctions } from '@app/function-manifest';
import type { Optimisation } from '@app/wasmedge-node';
import { processorName } from '@app/wasmedge-node/processor';
import { compileAhead } from '../setup/compile-ahead.js';
import { SetupError } from '../setup/errors.js';
import { hashOfFiles } from '../setup/fingerprints.js';
import type { Step } from '../setup/step.js';
import { wasmedge } from '../setup/wasmedge.js';
import { builderOf } from './builders/index.js';
import { functionRecord } from './record.js';

/**
 * A step for each function: none stops the others.
 *
 * @returns also what is wrong with functions that are not described rightly
 */
export async function functionSteps(): Promise<{ steps: Step[]; problems: Error[] }> {
  const { functions, problems } = await readFunctions();
  return { steps: functions.map((each) => functionStep(each)), problems };
}

/**
 * Builds a function's module, checks what it imports, and compiles it ahead of time.
 *
 * @param optimisation of the compiled code: light is for who waits for it, and set-up makes it anew
 */
export function functionStep(described: FunctionDescription, optimisation: Optimisation = 'full'): Step {
  const { name, folder, build, plugins } = described;
  const builder = builderOf(build);
  return {
    name: `function ${name}`,
    place: path.dirname(builtFunction(name).module),
    optional: true,
    prepareNeeds: builder.toolchain ?? [],
    needs: [wasmedge],
    record: functionRecord(name),
    inputs: async () => [
      build,
      plugins,
      await processorName(),
      ...(optimisation === 'full' ? [] : [optimisation]),
      await hashOfFiles(folder, await builder.sources(described)),
    ],
    seconds: builder.seconds + COMPILE_SECONDS,
    lacks: () => builder.lacks(),
    prepare: (work) =>
      inTurn('build', async () => {
        const module = await builder.build(described, { ...work, optimisation });
        await checkModule(described, module);
        await copyFile(module, path.join(work.product, `${name}.wasm`));
      }),
    make: (work) =>
      inTurn('compile', async () => {
        await compileAhead(name, work, optimisation);
        return typeof build === 'string' ? build : 'run' in build ? build.run.join(' ') : build.wasm;
      }),
  };
}

/** Of a function of some size, such as ours. */
const COMPILE_SECONDS = 18;

/** What a function may not import makes it none; what it has to name, neither. */
async function checkModule({ name, plugins }: FunctionDescription, module: string): Promise<void> {
  const { checkImports } = await import('@app/wasmedge-node');
  const imported = await checkImports(await readFile(module), `${name}.wasm`);
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
