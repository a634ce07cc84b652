// The first thing that runs, on a fresh clone with nothing installed: so plain JavaScript, and no dependencies.
// Installs the npm packages and compiles the TypeScript where that is needed, then does what it was asked for.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { moveCachesTo } from './caches.mjs';
import { lock } from './lock.mjs';
import { npmCi } from './npm-ci.mjs';
import { typeScriptCompiler } from './typescript.mjs';

const root = path.resolve(fileURLToPath(import.meta.url), '../..');
const [, , command] = process.argv;
const WITH_TESTS = ['test', 'test:unit', 'test:cluster', 'stress', 'lint'];

function checkNode() {
  const { engines } = readJson('package.json');
  const least = engines.node.replace('>=', '');
  if (process.versions.node.localeCompare(least, 'en', { numeric: true }) < 0) {
    fail(`Node ${process.versions.node} is too old: install Node ${least} or newer (https://nodejs.org).`);
  }
}

/** npm writes what it has installed to node_modules/.package-lock.json, at the very end. */
function packagesAreInstalled() {
  const record = path.join(root, 'node_modules/.package-lock.json');
  if (!existsSync(record)) return false;
  const installed = JSON.parse(readFileSync(record, 'utf8')).packages;
  return Object.entries(readJson('package-lock.json').packages).every(([folder, wanted]) => {
    if (!folder.includes('node_modules/')) return true; // the workspaces themselves
    const found = installed[folder];
    return found ? found.version === wanted.version && found.integrity === wanted.integrity : wanted.optional;
  });
}

function install() {
  console.log('npm packages …');
  run('npm', npmCi, 'The npm packages could not be installed.');
}

async function compile() {
  const { workspaces } = readJson('package.json');
  const notNeeded = command === 'bench' ? ['test'] : ['test', 'bench'];
  const all = WITH_TESTS.includes(command);
  const projects = all ? [] : workspaces.filter((name) => !notNeeded.includes(name));
  run(await typeScriptCompiler(), ['-b', ...projects], 'The TypeScript does not compile.');
}

function run(command, args, problem) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit' });
  if (status !== 0) fail(`${problem} ${error ? error.message : 'See above.'}`);
}

function readJson(file) {
  return JSON.parse(readFileSync(path.join(root, file), 'utf8'));
}

function inRoot(file) {
  return pathToFileURL(path.join(root, file)).href;
}

function fail(message) {
  console.error(message);
  process.exit(1);
}

/** As of a program that SIGPIPE has ended: 128 + 13. */
const READER_IS_GONE = 141;

/** When who reads the output goes away, as in `npm run list | head`, it ends without a word. `npm start` has more to do then. */
function endWithReader({ code }) {
  if (code === 'EPIPE') process.exit(READER_IS_GONE);
}

for (const stream of [process.stdout, process.stderr]) stream.on('error', endWithReader);
checkNode();
moveCachesTo(path.join(root, '.runtime/caches'));
const lockSetUp = () =>
  lock(`dapr-wasmedge set-up of ${root}`, () => console.log('Another set-up is running: waiting for it.'));
const unlock = await lockSetUp();
if (!packagesAreInstalled()) install();
await compile();
// Before anything reads where it finds what: the functions' folder, for one, is read when its module is loaded.
const { userEnvironment } = await import(inRoot('scripts/dist/user-environment.js'));
Object.assign(process.env, userEnvironment());
const isBench = command === 'bench';
const { main } = await import(inRoot(`${isBench ? 'bench' : 'scripts'}/dist/main.js`));
const { messageOf } = await import(inRoot('scripts/dist/setup/errors.js'));
try {
  await main(process.argv.slice(isBench ? 3 : 2), unlock, lockSetUp);
} catch (error) {
  const message = messageOf(error);
  if (message === undefined) throw error;
  console.error(`\n${message}`);
  process.exitCode = 1;
} finally {
  unlock();
}
