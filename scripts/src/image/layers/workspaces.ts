import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { readRunFile } from '../../launch/run-file.js';
import { root } from '../../paths.js';

/** What serves the functions without a service of their own; whether there are any, or not. */
const SERVICE_OF_FUNCTIONS = 'function-service';

/** npm's workspaces that are programs of an image: the folders of the apps in `dapr.yaml`, and the service of functions. */
export async function readWorkspaces(): Promise<string[]> {
  const { workspaces } = z
    .object({ workspaces: z.array(z.string()) })
    .parse(JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8')));
  const apps = await readRunFile(path.join(root, 'dapr.yaml'));
  const folders = apps.map(({ appDirPath }) => path.relative(root, appDirPath));
  return workspaces.filter((name) => name === SERVICE_OF_FUNCTIONS || folders.includes(name));
}
