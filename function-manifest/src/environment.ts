import type { FunctionDescription } from './description.js';

/** What the serve kit takes unless told otherwise, in bytes: the limit of inputs is held before it. */
const MIN_MAX_INPUT = 64 * 1024 ** 2;

/** The environment that the instances of a function get: its limits for the crates of function-kit, and its own `env`. */
export function environmentOf({
  limits,
  env,
}: Pick<FunctionDescription, 'limits' | 'env'>): Readonly<Record<string, string>> {
  return {
    MAX_PIXELS: String(limits.pixels),
    WASM_FUNCTION_MAX_INPUT: String(Math.max(limits.inputBytes, MIN_MAX_INPUT)),
    ...env,
  };
}
