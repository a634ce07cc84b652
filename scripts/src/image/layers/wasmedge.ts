import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { parts, runtimeFolder } from '../../paths.js';
import { SetupError } from '../../setup/errors.js';
import { librariesOf } from './libraries.js';
import { copy, placeIn } from './place.js';

const folder = path.join(runtimeFolder, 'wasmedge');
const program = path.join(folder, 'root/usr/bin/wasmedge');
const standIn = path.join(folder, 'without-llvm');
const NOT_RUN = ['root', 'include', 'made-from.txt'];

/**
 * WasmEdge with its plug-ins, and of Debian's libraries those that they are linked with: where what stands in for LLVM does so,
 * neither LLVM nor what that alone needs.
 *
 * @param options `llvm`: whether functions can be compiled in the image
 * @throws SetupError if set-up has brought in no WasmEdge of its own
 */
export async function wasmedgeLayer(layer: string, { llvm }: { llvm: boolean }): Promise<void> {
  if (!existsSync(program))
    throw new SetupError(
      `An image takes the WasmEdge that set-up brings from Debian's packages, and on this machine set-up uses an installed one (${parts.wasmedge}): build the image on a Debian without WasmEdge on its PATH.`,
    );
  // The starter, and what it puts before Debian's libraries; of `root` what follows.
  await copy(folder, placeIn(layer, folder), (file) => !NOT_RUN.includes(path.relative(folder, file)));
  for (const file of [program, parts.plugins]) await copy(file, placeIn(layer, file));
  const linked = [program, ...(await librariesIn(parts.plugins))];
  const { loader, libraries } = await debian();
  for (const libraryPath of [`${standIn}:${libraries}`, ...(llvm ? [libraries] : [])]) {
    const list = ['--library-path', `${libraryPath}:${parts.litert}`, '--list'];
    const found = await Promise.all(linked.map((file) => librariesOf(file, loader, ...list)));
    for (const library of new Set([loader, ...found.flat()])) await copy(library, placeIn(layer, library));
  }
}

/** The folder of Debian's libraries, and their loader. */
async function debian(): Promise<{ loader: string; libraries: string }> {
  const top = path.join(folder, 'root/usr/lib');
  const [triplet = ''] = (await readdir(top)).filter((name) => name.endsWith('-linux-gnu'));
  const libraries = path.join(top, triplet);
  const loader = (await readdir(libraries)).find((name) => name.startsWith('ld-linux'));
  if (loader === undefined) throw new SetupError(`${libraries} has no loader: run \`npm run setup\`.`);
  return { loader: path.join(libraries, loader), libraries };
}

async function librariesIn(place: string): Promise<string[]> {
  return (await readdir(place)).filter((name) => name.endsWith('.so')).map((name) => path.join(place, name));
}
