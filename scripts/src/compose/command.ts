import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Command } from 'commander';
import { root } from '../paths.js';

/** The file that is written. */
export const COMPOSE_FILE = path.join(root, 'deploy/compose.yaml');

/** Adds the command that writes the Compose file. */
export function addComposeCommand(program: Command, unlock: () => void): void {
  program
    .command('compose')
    .description('writes deploy/compose.yaml, the application in containers, from dapr.yaml')
    .option('--check', 'write nothing; exit code 1 if the file is not what would be written')
    .action(async ({ check = false }: { check?: boolean }) => {
      unlock();
      const { renderCompose } = await import('./render.js');
      const text = await renderCompose(path.join(root, 'dapr.yaml'));
      const name = path.relative(root, COMPOSE_FILE);
      if ((await readFile(COMPOSE_FILE, 'utf8').catch(() => '')) === text)
        return console.log(`${name} is up to date.`);
      if (check) {
        console.error(`${name} is not what dapr.yaml says: run \`npm run compose\`.`);
        process.exitCode = 1;
        return;
      }
      await writeFile(COMPOSE_FILE, text);
      console.log(`Wrote ${name}.`);
    });
}
