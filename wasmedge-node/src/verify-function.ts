import { readFile } from 'node:fs/promises';
import { type CompiledFor, verifyCompiled } from './compiled.js';
import { checkImports, kindOf } from './imports.js';
import type { FunctionKind } from './instance.js';
import { type Runtime, RuntimeError } from './runtime.js';

/** Modules that WasmEdge has only by a plug-in, and that plug-in. */
const PLUGINS: ReadonlyMap<string, string> = new Map([
  ['wasi_ephemeral_nn', 'wasi_nn'],
  ['wasm_function', 'wasm_function'],
]);

/**
 * Checks all about a function that can be checked before it is started: that its module imports only what a function
 * may have, that the compiled file was made from that module and for this machine, and that WasmEdge has loaded the
 * plug-ins that the function needs.
 *
 * @param runtime as `findRuntime` found it with the folder of plug-ins
 * @param so path of the compiled function
 * @param pluginFolder where plug-ins were looked for, for the message
 * @returns what kind of function it is, and how its code was made
 * @throws CompileError, ImportsError
 * @throws RuntimeError `ERR_RUNTIME_PLUGIN`
 */
export async function verifyFunction(
  runtime: Runtime,
  so: string,
  pluginFolder: string,
): Promise<{ readonly kind: FunctionKind } & CompiledFor> {
  const made = await verifyCompiled(runtime, so);
  const wasm = so.replace(/\.so$/, '.wasm');
  const modules = await checkImports(await readFile(wasm), wasm);
  for (const module of modules) {
    const plugin = PLUGINS.get(module);
    if (plugin !== undefined && !runtime.plugins.includes(plugin))
      throw new RuntimeError(
        'ERR_RUNTIME_PLUGIN',
        `${runtime.wasmedge} has not loaded the plug-in ${plugin}, which ${wasm} needs: it is missing in ${pluginFolder}, damaged, or made for another WasmEdge. Run \`npm run setup\`, or set WASMEDGE_PLUGIN_PATH to a folder that has it.`,
      );
  }
  return { kind: kindOf(modules), ...made };
}
