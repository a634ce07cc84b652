import { access, constants } from 'node:fs/promises';
import path from 'node:path';
import { SetupError } from './errors.js';

/** How to get the commands that set-up runs. */
const SOURCES: Readonly<Record<string, string>> = {
  cargo: 'install Rust 1.88 or newer with rustup (https://rustup.rs)',
  rustup: 'install Rust with rustup (https://rustup.rs): it brings the target wasm32-wasip1',
  cc: 'install a C compiler (Debian, Ubuntu: apt-get install gcc libc6-dev)',
  go: 'install Go (https://go.dev/dl), or the Dapr runtime itself (https://docs.dapr.io/getting-started)',
  python3: 'install Python 3 (Debian, Ubuntu: apt-get install python3 python3-pip)',
  'apt-get': 'install WasmEdge 0.14 or newer by hand (https://wasmedge.org/docs/start/install)',
  dpkg: 'install WasmEdge 0.14 or newer by hand (https://wasmedge.org/docs/start/install)',
};

/** The files of this name in the folders of PATH, best first. */
export async function onPath(name: string): Promise<string[]> {
  const folders = (process.env.PATH ?? '').split(path.delimiter).filter((folder) => path.isAbsolute(folder));
  return existing([...new Set(folders)].map((folder) => path.join(folder, name)));
}

/** Those of the files that can be executed. */
export async function existing(files: readonly string[]): Promise<string[]> {
  const found = await Promise.all(
    files.map((file) =>
      access(file, constants.X_OK).then(
        () => [file],
        () => [],
      ),
    ),
  );
  return found.flat();
}

/**
 * Checks that the machine has these commands.
 *
 * @throws SetupError that names all that are missing and where they come from
 */
export async function requireTools(names: Iterable<string>): Promise<void> {
  const missing: string[] = [];
  for (const name of new Set(names)) {
    if ((await onPath(name)).length === 0) missing.push(`  ${name}: ${SOURCES[name] ?? 'install it'}`);
  }
  if (missing.length > 0) {
    throw new SetupError(`Set-up needs commands that are not on the PATH:\n${missing.join('\n')}`);
  }
}
