import path from 'node:path';
import { ascArguments, assemblyscriptCompiler } from '../../setup/assemblyscript.js';
import { ownFiles } from '../own-files.js';
import { buildFolder } from './build-folder.js';
import type { Builder } from './builder.js';
import { compileWith } from './compile.js';
import { installDependencies } from './npm-dependencies.js';
import { linesOf, literal } from './source-lines.js';

/** A program in AssemblyScript that begins with main.ts, with the npm packages that its lock file names. */
export const assemblyscript: Builder = {
  toolchain: [assemblyscriptCompiler],
  lacks: async () => [],
  sources: ownFiles,
  build: async (described, work) => {
    const { name, folder } = described;
    await installDependencies(folder, work);
    work.report('compiling');
    const module = path.join(await buildFolder(described, 'assemblyscript'), `${name}.wasm`);
    const program = ['main.ts', '--outFile', module];
    const options = { cwd: folder, signal: work.signal };
    const warnings = await compileWith(process.execPath, [...ascArguments(folder), ...program], options);
    if (warnings !== '') work.warn(`compiled with warnings:\n${warnings}`);
    return module;
  },
  importers: async (described, imports) => {
    const wanted = imports.map(({ module, name }) => `${module}["'], *["'](${literal(name)})`);
    const pattern = new RegExp(`@external\\(["'](?:${wanted.join('|')})["']\\)`);
    const files = (await ownFiles(described)).filter((file) => file.endsWith('.ts'));
    return (await Promise.all(files.map((file) => linesOf(file, pattern, described.folder)))).flat();
  },
  seconds: 5,
};
