import { rm } from 'node:fs/promises';
import path from 'node:path';
import { root } from '../paths.js';
import { cc } from './c-compiler.js';
import { C_FLAGS, cLibrary } from './c-libraries.js';
import { run } from './command.js';
import { compileAhead } from './compile-ahead.js';
import { cpuTarget } from './cpu.js';
import { hashOfSources } from './fingerprints.js';
import type { Step } from './step.js';
import { lacking } from './tools.js';
import { wasmedge } from './wasmedge.js';

const SOURCES = path.join(root, 'test/kit-guests');
const C_KIT = path.join(root, 'function-kit/c');
const GO_KIT = path.join(root, 'function-kit/go');

/** The kit's header is held to more than a function is. */
const C = [...C_FLAGS, '-pedantic', '-Werror', '-I', C_KIT];
const GO = ['build', '-trimpath', '-buildvcs=false', '-ldflags=-s -w'];

/**
 * The program that the kits' tests run, by the kit of each language but Rust, which is among the test guests. Go's is not compiled
 * ahead of time, which takes most of a minute.
 */
export const kitGuests: Step = {
  name: 'kit-guests',
  needs: [wasmedge, cLibrary],
  inputs: async () => [
    (await cpuTarget()).name,
    await hashOfSources(SOURCES, ['.c', '.cpp', '.go', '.mod']),
    await hashOfSources(C_KIT, ['.h']),
    await hashOfSources(GO_KIT, ['.go', '.mod']),
  ],
  seconds: 20,
  lacks: () => lacking('go'),
  make: async (work) => {
    const { product, signal, report } = work;
    const objects = path.join(product, 'objects');
    const build = (
      language: string,
      command: string,
      args: readonly string[],
      env: Readonly<Record<string, string>>,
    ) => {
      report(`building that of ${language}`);
      const output = path.join(product, `${language}.wasm`);
      return run(command, [...args, '-o', output], { cwd: path.join(SOURCES, language), env, signal });
    };
    const zig = { ZIG_LOCAL_CACHE_DIR: objects };
    await build('c', cc, ['-std=c99', ...C, 'main.c'], zig);
    await build('cpp', cc, ['-fno-exceptions', ...C, 'main.cpp'], zig);
    await build('go', 'go', GO, { GOOS: 'wasip1', GOARCH: 'wasm' });
    await rm(objects, { recursive: true, force: true });
    for (const name of ['c', 'cpp']) await compileAhead(name, work);
    return 'C, C++ and Go';
  },
};
