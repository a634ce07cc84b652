import { copyFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import { root } from '../paths.js';
import { buildCargoModules } from './cargo-modules.js';
import { compileAhead } from './compile-ahead.js';
import { cpuTarget } from './cpu.js';
import { hashOfSources } from './fingerprints.js';
import type { Step } from './step.js';
import { lacking } from './tools.js';
import { wasmedge } from './wasmedge.js';

const WORKSPACE = path.join(root, 'test/guests');
const KIT = path.join(root, 'function-kit/rust');
const RUST = ['.rs', '.toml', '.lock'];

/** The programs that the tests run, as modules and compiled; they may import what a function may not. */
export const testGuests: Step = {
  name: 'test-guests',
  needs: [wasmedge],
  inputs: async () => [
    (await cpuTarget()).name,
    await hashOfSources(WORKSPACE, RUST),
    await hashOfSources(KIT, RUST),
  ],
  seconds: 30,
  lacks: () => lacking('cargo'),
  prepare: async (work) => {
    for (const module of await buildCargoModules(WORKSPACE, work))
      await copyFile(module, path.join(work.product, path.basename(module)));
  },
  make: async (work) => {
    const names = (await readdir(work.product)).map((file) => path.basename(file, '.wasm'));
    for (const name of names) await compileAhead(name, work);
    return names.join(', ');
  },
};
