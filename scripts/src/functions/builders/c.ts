import { existsSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import type { FunctionDescription } from '@app/function-manifest';
import { root } from '../../paths.js';
import { cCompiler, cc } from '../../setup/c-compiler.js';
import { C_FLAGS, CPP_FLAGS, cLibrary, cppLibrary } from '../../setup/c-libraries.js';
import { SetupError } from '../../setup/errors.js';
import type { Step } from '../../setup/step.js';
import { ownFiles } from '../own-files.js';
import { buildFolder } from './build-folder.js';
import type { Builder } from './builder.js';
import { importersInC } from './c-importers.js';
import { compileWith } from './compile.js';

/** The header of the serve kit. */
const KIT = path.join(root, 'function-kit/c');

/** So many compiled files are kept for the next build. */
const MAX_OBJECTS = 500;

/** All C files of the folder and of those in it, compiled and linked together. */
export const c = builderOf('c', { extensions: ['.c'], flags: C_FLAGS, toolchain: [cCompiler, cLibrary] });

/** The same for C++; C files may be among them. */
export const cpp = builderOf('cpp', {
  extensions: ['.cpp', '.cc', '.cxx', '.c'],
  flags: CPP_FLAGS,
  toolchain: [cCompiler, cLibrary, cppLibrary],
});

function builderOf(
  language: string,
  {
    extensions,
    flags,
    toolchain,
  }: {
    readonly extensions: readonly string[];
    readonly flags: readonly string[];
    readonly toolchain: readonly Step[];
  },
): Builder {
  const sourcesOf = async (described: FunctionDescription) =>
    (await ownFiles(described))
      .filter((file) => extensions.includes(path.extname(file)))
      .map((file) => path.relative(described.folder, file));
  const compile = async (
    described: FunctionDescription,
    args: readonly string[],
    signal: AbortSignal,
  ): Promise<string> => {
    const objects = path.join(await buildFolder(described, language), 'objects');
    await makeRoom(objects);
    const kit = existsSync(KIT) ? ['-I', KIT] : [];
    return compileWith(cc, [...flags, ...kit, ...args], {
      cwd: described.folder,
      env: { ZIG_LOCAL_CACHE_DIR: objects },
      signal,
    }).catch((error: Error) => {
      // The linker names what Zig has compiled of a file by where it lies.
      const message = error.message.replaceAll(/\S*\/objects\/o\/[0-9a-f]+\//g, '');
      throw new SetupError(message, { cause: error });
    });
  };
  return {
    toolchain,
    lacks: async () => [],
    sources: async (described) => [...(await ownFiles(described)), ...(await kitHeaders())],
    build: async (described, { signal, report, warn }) => {
      report('compiling');
      const module = path.join(await buildFolder(described, language), `${described.name}.wasm`);
      const warnings = await compile(described, ['-o', module, ...(await sourcesOf(described))], signal);
      if (warnings !== '') warn(`compiled with warnings:\n${warnings}`);
      return module;
    },
    importers: async (described, imports, { signal }) =>
      importersInC(described.folder, await sourcesOf(described), imports, async (source) => {
        const object = path.join(await buildFolder(described, language), 'object.o');
        await compile(described, ['-c', '-o', object, source], signal);
        return object;
      }),
    seconds: 3,
  };
}

async function kitHeaders(): Promise<string[]> {
  const files: string[] = await readdir(KIT).catch(() => []);
  return files.filter((file) => file.endsWith('.h')).map((file) => path.join(KIT, file));
}

/** Zig keeps what it has compiled of each version of each file; it need not be there. */
async function makeRoom(objects: string): Promise<void> {
  const kept: string[] = await readdir(path.join(objects, 'o')).catch(() => []);
  if (kept.length > MAX_OBJECTS) await rm(objects, { recursive: true });
}
