import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(fileURLToPath(import.meta.url), '../../..');

/** The folder of all functions: FUNCTIONS_DIR, else the repository's. */
export const functionsFolder = path.resolve(process.env.FUNCTIONS_DIR || path.join(root, 'functions'));

/** What set-up builds of them, a folder for each: BUILT_DIR, else in the repository's `.runtime`. */
const builtFolder = path.resolve(process.env.BUILT_DIR || path.join(root, '.runtime/functions'));

/** The app that serves each function whose `function.yaml` names no other. */
export const SHARED_APP = 'functions';

/**
 * Where set-up puts what it builds of a function, whether it is there or not.
 *
 * @returns absolute paths: the WebAssembly module, the code compiled from it ahead of time, and the record of what both were made from
 */
export function builtFunction(name: string): { module: string; compiled: string; record: string } {
  const stem = path.join(builtFolder, name, name);
  return { module: `${stem}.wasm`, compiled: `${stem}.so`, record: `${stem}.json` };
}
