import { copyFile } from 'node:fs/promises';
import path from 'node:path';
import { npmCi } from '../../npm-ci.mjs';
import { root } from '../paths.js';
import { run } from './command.js';
import { contentHash } from './fingerprints.js';
import type { Work } from './step.js';

const MANIFESTS = ['package.json', 'package-lock.json'];

/**
 * An npm package beside the workspaces, with a lock file of its own: who does not run tests need not download what only they need.
 *
 * @param folder its folder, relative to the repository
 */
export function npmPackage(folder: string) {
  const files = MANIFESTS.map((file) => path.join(root, folder, file));
  return {
    /** What decides on what is installed. */
    inputs: () => Promise.all(files.map(contentHash)),
    /** Installs what its lock file says below the product. */
    install: async ({ product, signal }: Pick<Work, 'product' | 'signal'>): Promise<void> => {
      for (const file of files) await copyFile(file, path.join(product, path.basename(file)));
      await run('npm', npmCi, { cwd: product, signal });
    },
  };
}
