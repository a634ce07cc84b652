import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { cCompiler, cc } from './c-compiler.js';
import { run } from './command.js';
import type { Step } from './step.js';

/** Flags of every module in C. */
export const C_FLAGS: readonly string[] = ['-O2', '-s', '-Wall', '-Wextra'];

/** Flags of every module in C++: without WebAssembly's exceptions, which cannot be compiled ahead of time. */
export const CPP_FLAGS: readonly string[] = [...C_FLAGS, '-fno-exceptions', '-lc++', '-lc++abi'];

/** The C library. */
export const cLibrary = libraryStep({
  name: 'c-library',
  needs: [cCompiler],
  flags: C_FLAGS,
  trial: { file: 'trial.c', text: 'int main(void) { return 0; }\n' },
  seconds: 25,
});

/** The C++ library. */
export const cppLibrary = libraryStep({
  name: 'cpp-library',
  needs: [cLibrary],
  flags: CPP_FLAGS,
  trial: {
    file: 'trial.cpp',
    text: '#include <string>\nint main() { return static_cast<int>(std::string().size()); }\n',
  },
  seconds: 30,
});

/**
 * Links a first program, for which Zig compiles its libraries. Not when the compiler is made: what is compiled counts for the
 * place alone where the compiler lies.
 */
function libraryStep({
  name,
  needs,
  flags,
  trial,
  seconds,
}: Pick<Step, 'name' | 'needs' | 'seconds'> & {
  readonly flags: readonly string[];
  readonly trial: { readonly file: string; readonly text: string };
}): Step {
  return {
    name,
    optional: true,
    needs,
    inputs: async () => [flags, trial, cc],
    lacks: async () => [],
    seconds,
    make: async ({ product, signal, report }) => {
      report('compiling it, once');
      const objects = path.join(product, 'objects');
      await writeFile(path.join(product, trial.file), trial.text);
      const args = [...flags, '-o', 'trial.wasm', trial.file];
      await run(cc, args, { cwd: product, env: { ZIG_LOCAL_CACHE_DIR: objects }, signal });
      await rm(objects, { recursive: true, force: true });
      return 'compiled for WASI';
    },
  };
}
