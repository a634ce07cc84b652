import path from 'node:path';
import { builtFunction, functionsFolder, readFunctions } from '@app/function-manifest';
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
  for (const { name, folder, folders } of functions) {
    const files = [
      path.join(folder, 'function.yaml'),
      ...Object.values(folders),
      ...Object.values(builtFunction(name)),
    ];
    for (const file of files)
      await copy(file, placeIn(layer, file)).catch((cause: Error) => {
        throw new SetupError(`The function ${name} lacks ${file}: run \`npm run setup\`.`, { cause });
      });
  }
}
