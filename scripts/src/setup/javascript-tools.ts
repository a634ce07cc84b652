import path from 'node:path';
import { runtimeFolder } from '../paths.js';
import { run } from './command.js';
import { npmPackage } from './npm-package.js';
import type { Step } from './step.js';

const source = npmPackage('scripts/toolchains/javascript');

const NAME = 'javascript-tools';

/** Programs for this machine, which the packages' own commands would only start, and leave running when they are ended. */
const MACHINE = `${process.platform}-${process.arch}`;
const ESBUILD = `node_modules/@esbuild/${MACHINE}/bin/esbuild`;
const WIZER = `node_modules/@bytecodealliance/wizer-${MACHINE}/wizer`;

/** Bundles modules of JavaScript and TypeScript to one (https://esbuild.github.io). */
export const esbuild = path.join(runtimeFolder, NAME, ESBUILD);

/** Runs the beginning of a WebAssembly module, and writes the module as it is then (https://github.com/bytecodealliance/wizer). */
export const wizer = path.join(runtimeFolder, NAME, WIZER);

/** What makes the module of a function out of its script and the engine. */
export const javascriptTools: Step = {
  name: NAME,
  optional: true,
  needs: [],
  seconds: 5,
  inputs: async () => [process.platform, process.arch, await source.inputs()],
  lacks: async () => [],
  make: async (work) => {
    work.report('downloading them');
    await source.install(work);
    const versions = [ESBUILD, WIZER].map((program) =>
      run(path.join(work.product, program), ['--version'], { signal: work.signal }),
    );
    const [bundler, snapshots] = await Promise.all(versions);
    return `esbuild ${bundler?.trim()}, ${snapshots?.trim()}`;
  },
};
