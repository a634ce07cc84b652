import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { runtimeFolder } from '../../paths.js';
import { SetupError } from '../../setup/errors.js';
import { compiledEngine, engine, javascriptEngine } from '../../setup/javascript-engine.js';
import { esbuild, javascriptTools, wizer } from '../../setup/javascript-tools.js';
import { ownFiles } from '../own-files.js';
import { buildFolder } from './build-folder.js';
import type { Builder } from './builder.js';
import { compileWith } from './compile.js';
import { installDependencies } from './npm-dependencies.js';
import { readSourceMap } from './source-map.js';

/** Longest that the top of a script may run, when it is built. */
const TOP_MS = 5_000;

/** What runs in the engine, which has neither Node's modules nor a browser's. */
const BUNDLE = [
  '--bundle',
  '--format=esm',
  '--platform=neutral',
  // Of packages that come in several kinds, the one that asks nothing of Node.
  '--conditions=worker,browser',
  '--main-fields=browser,module,main',
  '--target=es2023',
  '--charset=utf8',
  '--define:process.env.NODE_ENV="production"',
  '--sourcemap=external',
  '--sources-content=false',
  '--log-level=warning',
  '--color=false',
];

/** A module in JavaScript or TypeScript, main.ts or main.js, that exports a function: bundled, and loaded in the engine. */
export const javascript: Builder = {
  toolchain: [javascriptEngine, javascriptTools],
  lacks: async () => [],
  sources: ownFiles,
  sameCode: compiledEngine,
  build: async (described, work) => {
    const { folder, name } = described;
    await installDependencies(folder, work);
    work.report('bundling and loading its script');
    const place = await buildFolder(described, 'javascript');
    const options = { cwd: folder, signal: work.signal };
    const module = path.join(place, `${name}.wasm`);
    const said = [await bundle(place, options), await load(await scriptIn(place, folder), module, options)];
    for (const text of said.filter((each) => each !== '')) work.warn(text);
    return module;
  },
  seconds: 1,
};

/** What `bundle` writes. */
const BUNDLED = 'bundle.js';

/**
 * Makes one module of main.ts, or main.js, and of all that it imports.
 *
 * @returns the bundler's warnings
 */
async function bundle(place: string, options: { cwd: string; signal: AbortSignal }): Promise<string> {
  const main = ['main.ts', 'main.js'].find((file) => existsSync(path.join(options.cwd, file))) ?? 'main.ts';
  const args = [main, ...BUNDLE, `--outfile=${path.join(place, BUNDLED)}`];
  return compileWith(esbuild, args, options).catch((cause: Error) => {
    // It knows of Node and of browsers alone.
    const message = cause.message.replaceAll(
      /^ {2}(The package|You can mark) .*$/gm,
      "  What it imports is a file of the function's folder, or a package that is installed there by `npm install`. Node's own modules are not to be had.",
    );
    throw new SetupError(message, { cause });
  });
}

/** What the engine loads: see javascript-engine/src/engine.rs. */
async function scriptIn(place: string, folder: string): Promise<string> {
  const file = path.join(place, BUNDLED);
  const map = await readSourceMap(`${file}.map`, folder);
  return JSON.stringify({ source: await readFile(file, 'utf8'), map });
}

/**
 * Runs the top of a script in the engine, and writes the engine as it is then.
 *
 * @returns what the script wrote to its console
 * @throws SetupError with what the script threw
 */
async function load(
  script: string,
  module: string,
  { cwd, signal }: { cwd: string; signal: AbortSignal },
): Promise<string> {
  const end = AbortSignal.timeout(TOP_MS);
  const args = ['--allow-wasi', '--init-func', 'initialize', '-o', module, engine];
  return compileWith(wizer, args, {
    cwd,
    input: script,
    // Where it keeps the engine's code, compiled for itself: else in the user's own folder.
    env: { XDG_CACHE_HOME: path.join(runtimeFolder, 'wizer-cache') },
    signal: AbortSignal.any([signal, end]),
  }).catch((cause: Error) => {
    if (end.aborted && !signal.aborted)
      throw new SetupError(
        `the top of its script has not ended within ${TOP_MS / 1000} s: what a request takes belongs into the function that it exports.`,
        { cause },
      );
    // What follows the script's own words is of the engine's inside.
    const [said = ''] = cause.message.split('\nError: the `initialize` function trapped');
    throw new SetupError(said.replace(/^it does not compile/, 'its script does not load'), { cause });
  });
}
