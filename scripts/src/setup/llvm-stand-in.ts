import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { ask, run } from './command.js';
import { SetupError } from './errors.js';

/** A symbol that a library wants of LLVM, as `readelf --dyn-syms` prints it: its kind, its name, its version. */
const WANTED = /\s(FUNC|OBJECT|TLS)\s+(?:GLOBAL|WEAK)\s+DEFAULT\s+UND (\w+)@(LLVM_[\d.]+)/g;

/** `llvm::deallocate_buffer`, which libwasmedge's tables call at the end of the process even if they never had a buffer. */
const FREE = '_ZN4llvm17deallocate_bufferEPvmm';

/** How C defines one, large enough for what its users may read of it before LLVM is called. */
const DEFINITIONS: Readonly<Record<string, (name: string) => string>> = {
  FUNC: (name) => `void ${name}(void) { ${name === FREE ? '' : 'absent();'} }`,
  OBJECT: (name) => `char ${name}[64];`,
  TLS: (name) => `__thread char ${name}[64];`,
};

const HEAD = `long write(int, const void *, unsigned long);
void abort(void);
static void absent(void) {
  static const char said[] = "LLVM is not loaded: this WasmEdge compiles by its command compile alone.\\n";
  write(2, said, sizeof said - 1);
  abort();
}`;

/**
 * Makes a library that stands in for LLVM where nothing is compiled: it defines all that `library` wants of LLVM,
 * because the loader looks for each symbol at once (BIND_NOW), and ends the process with a word on stderr if one is called.
 *
 * Reads the symbols with readelf: of binutils, as the linker that every C compiler of Debian's brings along.
 *
 * @param library path of libwasmedge
 * @param folder is made; gets the stand-in, by LLVM's own name
 * @throws SetupError if the library is not linked with a shared LLVM
 */
export async function makeLlvmStandIn(library: string, folder: string, signal: AbortSignal): Promise<void> {
  const [, name] = /\(NEEDED\).*\[(libLLVM[^\]]*)\]/.exec(await ask('readelf', '--dynamic', library)) ?? [];
  const symbols = [...(await ask('readelf', '--wide', '--dyn-syms', library)).matchAll(WANTED)];
  const [, , , version] = symbols[0] ?? [];
  if (name === undefined || version === undefined)
    throw new SetupError(`${library} wants no shared LLVM: what stands in for it cannot be made.`);
  const definitions = symbols.map(([, kind = '', symbol = '']) => DEFINITIONS[kind]?.(symbol));
  await mkdir(folder);
  const source = path.join(folder, 'stand-in.c');
  const map = path.join(folder, 'stand-in.map');
  await writeFile(source, `${[HEAD, ...definitions].join('\n')}\n`);
  await writeFile(map, `${version} { global: *; };\n`);
  const flags = [
    '-shared',
    '-fPIC',
    '-Os',
    '-nostdlib',
    `-Wl,-soname,${name}`,
    `-Wl,--version-script=${map}`,
  ];
  await run('cc', [...flags, '-o', path.join(folder, name), source], { signal });
  await Promise.all([source, map].map((file) => rm(file)));
}
