import path from 'node:path';
import { lacking } from '../../setup/tools.js';
import { ownFiles } from '../own-files.js';
import { buildFolder } from './build-folder.js';
import type { Builder } from './builder.js';
import { compileWith } from './compile.js';
import { importersInGo } from './go-importers.js';
import { replacedModules } from './go-modules.js';

/** https://go.dev/wiki/WebAssembly */
const WASI = { GOOS: 'wasip1', GOARCH: 'wasm' };

/** Nothing of where it was built, or of the state of Git's, is in it: the same sources make the same module. */
const FLAGS = ['-trimpath', '-buildvcs=false', '-buildmode=exe', '-ldflags=-s -w'];

/** A Go module with its program in its uppermost folder. */
export const go: Builder = {
  lacks: () => lacking('go'),
  sources: async (described) => {
    const others = await replacedModules(described.folder);
    const files = await Promise.all(others.map((folder) => ownFiles({ folder, folders: {} })));
    return [...(await ownFiles(described)), ...files.flat()];
  },
  build: async (described, { signal, report }) => {
    report('compiling');
    const module = path.join(await buildFolder(described, 'go'), `${described.name}.wasm`);
    const args = ['build', ...FLAGS, '-o', module, '.'];
    await compileWith('go', args, { cwd: described.folder, env: WASI, signal });
    return module;
  },
  importers: ({ folder }, imports, { signal }) =>
    importersInGo(folder, imports, { cwd: folder, env: WASI, signal }),
  seconds: 60,
};
