// Removes all that set-up and the builds have made. Plain JavaScript: it also works where nothing is installed.
import { readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(fileURLToPath(import.meta.url), '../..');
const { workspaces } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
const folders = [
  '.runtime',
  ...workspaces.flatMap((workspace) => [`${workspace}/dist`, `${workspace}/node_modules`]),
  ...['functions', 'templates', 'javascript-engine', 'wasmedge-node', 'test/guests'].map(
    (place) => `${place}/target`,
  ),
  'node_modules',
];

if (process.argv.includes('--help')) {
  console.log(`Usage: npm run clean\n\nRemoves ${folders.join(', ')}.`);
} else {
  for (const folder of folders) rmSync(path.join(root, folder), { recursive: true, force: true });
  console.log(`Removed ${folders.join(', ')}.`);
}
