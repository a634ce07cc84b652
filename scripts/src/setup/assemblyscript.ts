import path from 'node:path';
import { runtimeFolder } from '../paths.js';
import { run } from './command.js';
import { npmPackage } from './npm-package.js';
import type { Step } from './step.js';

const source = npmPackage('scripts/toolchains/assemblyscript');

const NAME = 'assemblyscript';
const packages = path.join(runtimeFolder, NAME, 'node_modules');
const asc = (folder: string) => path.join(folder, 'assemblyscript/bin/asc.js');

/** The compiler of AssemblyScript, and what makes its programs those of WASI. */
export const assemblyscriptCompiler: Step = {
  name: NAME,
  optional: true,
  needs: [],
  seconds: 5,
  inputs: () => source.inputs(),
  lacks: async () => [],
  make: async (work) => {
    work.report('downloading the compiler');
    await source.install(work);
    const version = [asc(path.join(work.product, 'node_modules')), '--version'];
    return `AssemblyScript ${(await run(process.execPath, version, { signal: work.signal })).replace(/^Version /, '').trim()}`;
  },
};

/**
 * Arguments of Node that run the compiler on a program. It does not optimise: WasmEdge does when it compiles ahead of time, and
 * the program is as fast in half of the time.
 *
 * @param folder the program's, in which it has to be run
 */
export function ascArguments(folder: string): string[] {
  const shim = path.join(packages, '@assemblyscript/wasi-shim');
  return [
    asc(packages),
    ...['--config', path.join(shim, 'asconfig.json')],
    // It takes no absolute path for this one.
    ...['--lib', path.relative(folder, path.join(shim, 'assembly'))],
  ];
}
