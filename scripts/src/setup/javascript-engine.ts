import { copyFile } from 'node:fs/promises';
import path from 'node:path';
import { parts, root, runtimeFolder } from '../paths.js';
import { cCompiler, cc } from './c-compiler.js';
import { buildCargoModules } from './cargo-modules.js';
import { cpuInWords, cpuTarget } from './cpu.js';
import { SetupError } from './errors.js';
import { contentHash, hashOfSources } from './fingerprints.js';
import type { Step } from './step.js';
import { lacking } from './tools.js';
import { wasmedge } from './wasmedge.js';

const WORKSPACE = path.join(root, 'javascript-engine');

const NAME = 'javascript-engine';
const MODULE = 'engine.wasm';
const COMPILED = 'compiled.wasm';

/** The module, which has no script yet. */
export const engine = path.join(runtimeFolder, NAME, MODULE);

/** The same with its native code. */
export const compiledEngine = path.join(runtimeFolder, NAME, COMPILED);

const C_FLAGS = ['-O2', '-DNDEBUG'];

/** Put before QuickJS's sources, which are in C. */
const HEADER = path.join(WORKSPACE, 'stack-bound.h');

/** How the crate that has them compiles them: by the compiler of functions in C. */
async function cEnvironment(): Promise<Record<string, string>> {
  const header = `'${HEADER.replaceAll("'", `'\\''`)}'`;
  // Cargo compiles them again if the flags are others, and looks at no header.
  const version = `-DSTACK_BOUND_SHA256=${await contentHash(HEADER)}`;
  return {
    RQUICKJS_SYS_NO_WASI_SDK: '1',
    CC_wasm32_wasip1: cc,
    AR_wasm32_wasip1: 'ar',
    CRATE_CC_NO_DEFAULTS: '1', // It guesses flags that this compiler does not take.
    CC_SHELL_ESCAPED_FLAGS: '1',
    CFLAGS_wasm32_wasip1: [...C_FLAGS, version, '-include', header].join(' '),
  };
}

/** QuickJS as a module, and compiled ahead of time: both are shared by all functions in JavaScript. */
export const javascriptEngine: Step = {
  name: NAME,
  optional: true,
  prepareNeeds: [cCompiler],
  needs: [wasmedge],
  seconds: 60,
  inputs: async () => [
    (await cpuTarget()).name,
    C_FLAGS,
    await hashOfSources(WORKSPACE, ['.rs', '.js', '.h', '.toml', '.lock']),
  ],
  lacks: () => lacking('cargo', 'cc'),
  prepare: async (work) => {
    const [module] = await buildCargoModules(WORKSPACE, work, { env: await cEnvironment() });
    if (module === undefined) throw new SetupError(`${WORKSPACE} has no program.`);
    await copyFile(module, path.join(work.product, MODULE));
  },
  make: async ({ product, signal, report }) => {
    const { compileToModule, findRuntime } = await import('@app/wasmedge-node');
    const runtime = await findRuntime(parts.wasmedge);
    report('compiling it ahead of time');
    const cpu = await cpuTarget();
    await compileToModule(runtime, path.join(product, MODULE), path.join(product, COMPILED), {
      cpu: cpu.level,
      signal,
    });
    return `QuickJS, compiled by WasmEdge ${runtime.version} for ${cpuInWords(cpu)}`;
  },
};
