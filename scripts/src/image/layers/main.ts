import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { run } from '../../setup/command.js';
import { messageOf } from '../../setup/errors.js';
import { applicationLayer } from './application.js';
import { functionsLayer } from './functions.js';
import { packagesLayer } from './packages.js';
import { systemLayer } from './system.js';
import { wasmedgeLayer } from './wasmedge.js';
import { readWorkspaces } from './workspaces.js';

/**
 * What the build stage of deploy/Dockerfile runs, in the repository as set-up left it: puts what an image has into folders,
 * each as it is to lie below `/`, those first that change least. docs/decisions/image.md
 *
 *   node scripts/dist/image/layers/main.js [--compile start] folder
 */
const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { compile: { type: 'string', default: 'never' } },
});
const [folder] = positionals;
if (folder === undefined) throw new TypeError('Name the folder of the layers.');

try {
  const workspaces = await readWorkspaces();
  const layers = {
    system: (layer: string) => systemLayer(layer, workspaces),
    wasmedge: (layer: string) => wasmedgeLayer(layer, { llvm: values.compile === 'start' }),
    packages: (layer: string) => packagesLayer(layer, workspaces),
    functions: functionsLayer,
    application: (layer: string) => applicationLayer(layer, workspaces),
  };
  for (const [name, make] of Object.entries(layers)) {
    const layer = path.join(folder, name);
    await mkdir(layer, { recursive: true });
    await make(layer);
  }
  // For everyone to read, whatever the checkout's permissions are, and for root alone to change.
  await run('chmod', ['-R', 'u=rwX,go=rX', folder]);
} catch (error) {
  const message = messageOf(error);
  if (message === undefined) throw error;
  console.error(message);
  process.exitCode = 1;
}
