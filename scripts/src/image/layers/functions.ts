import path from 'node:path';
import { builtFunction, functionsFolder, readFunctions } from '@app/function-manifest';
import { root, runtimeFolder } from '../../paths.js';
import { SetupError } from '../../setup/errors.js';
import { copy, placeIn } from './place.js';

/**
 * The functions: of each its manifest, the folders that it reads, and what was built of it; not what it was built from.
 *
 * @throws SetupError naming those that cannot be served
 */
export async function functionsLayer(layer: string): Promise<void> {
  const { functions, problems } = await readFunctions(functionsFolder, { sources: false });
  if (problems.length > 0) throw new SetupError(problems.map(({ message }) => message).join('\n'));
  const [own, built] = [path.join(root, 'functions'), path.join(runtimeFolder, 'functions')];
  for (const { name, folder, folders } of functions) {
    const take = (file: string, place: string) =>
      copy(file, placeIn(layer, place)).catch((cause: Error) => {
        throw new SetupError(`The function ${name} lacks ${file}: run \`npm run setup\`.`, { cause });
      });
    for (const file of [path.join(folder, 'function.yaml'), ...Object.values(folders)])
      await take(file, path.join(own, name, path.relative(folder, file)));
    for (const file of Object.values(builtFunction(name)))
      await take(file, path.join(built, name, path.basename(file)));
  }
}
