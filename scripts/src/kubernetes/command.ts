import path from 'node:path';
import type { Command } from 'commander';
import { fromUser, root, shortPath } from '../paths.js';

/** Where the manifests are, in the repository. */
export const MANIFESTS_FOLDER = path.join(root, 'deploy/kubernetes');

/**
 * Adds the command that renders the manifests for Kubernetes.
 *
 * @param unlock lets a set-up begin
 */
export function addKubernetesCommand(program: Command, unlock: () => void): void {
  program
    .command('kubernetes')
    .description(
      "renders deploy/kubernetes from the run file, the functions' manifests and settings.yaml there",
    )
    .option('--check', 'write nothing; exit code 1 if the files are not what would be rendered')
    .option('-f, --file <path>', 'the run file', path.join(root, 'dapr.yaml'))
    .option('--folder <path>', 'where settings.yaml is, and the manifests are to be', MANIFESTS_FOLDER)
    .addHelpText(
      'after',
      `\nFor example:
  npm run kubernetes                        after each change of dapr.yaml, a function.yaml or settings.yaml
  npm run kubernetes -- --check             for CI
  kubectl apply -k deploy/kubernetes        what is rendered, in production; docs/kubernetes.md has the rest`,
    )
    .action(async (options: { check?: true; file: string; folder: string }) => {
      unlock();
      const { renderManifests } = await import('./render.js');
      const { oldFiles, writeFiles } = await import('./files.js');
      const folder = fromUser(options.folder);
      const manifests = await renderManifests(fromUser(options.file), path.join(folder, 'settings.yaml'));
      const old = await oldFiles(folder, manifests);
      const shown = (file: string) => shortPath(path.join(folder, file));
      if (old.length === 0) console.log(`The manifests in ${shortPath(folder)} are up to date.`);
      else if (options.check) {
        console.error(`Not as they would be rendered:\n${old.map((file) => `  ${shown(file)}`).join('\n')}`);
        console.error('Run `npm run kubernetes`.');
        process.exitCode = 1;
      } else {
        await writeFiles(folder, manifests);
        for (const file of old) console.log(`${manifests.has(file) ? 'Wrote' : 'Removed'} ${shown(file)}`);
      }
    });
}
