import type { FunctionDescription } from './description.js';
import { builtFunction } from './places.js';

/** What the serve kit takes unless told otherwise, in bytes: the limit of inputs is held before it. */
const MIN_MAX_INPUT = 64 * 1024 ** 2;

/** What a function is run with. */
export interface CommandOptions {
  /** A WasmEdge, as `findRuntime` of wasmedge-node finds it. */
  readonly runtime: { readonly wasmedge: string; readonly runArguments: readonly string[] };
  readonly pluginFolder: string;
  /** What is run in place of what set-up has built. */
  readonly file?: string;
}

/** How a function is run: a `FunctionCommand` of wasmedge-node, with its limits, folders and environment. */
export function commandOf(
  { name, limits, folders, env }: Pick<FunctionDescription, 'name' | 'limits' | 'folders' | 'env'>,
  { runtime, pluginFolder, file = builtFunction(name).compiled }: CommandOptions,
) {
  return {
    wasmedge: runtime.wasmedge,
    runArguments: runtime.runArguments,
    file,
    folders,
    environment: {
      MAX_PIXELS: String(limits.pixels),
      WASM_FUNCTION_MAX_INPUT: String(Math.max(limits.inputBytes, MIN_MAX_INPUT)),
      ...env,
    },
    memoryPages: limits.memoryPages,
    pluginFolder,
  };
}
