import { copyFile, cp, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import {
  builtFunction,
  functionsFolder,
  problemOfName,
  readFunctions,
  SHARED_APP,
} from '@app/function-manifest';
import { root } from '../paths.js';
import { SetupError } from '../setup/errors.js';
import { addApp } from './run-file-apps.js';

/** What a function is made from. */
export interface NewFunction {
  readonly name: string;
  /** What the page calls it. */
  readonly title?: string | undefined;
  /** Whether it gets an app, with a sidecar, of its own. */
  readonly ownApp?: boolean | undefined;
  /** A module that exists, in place of a template. */
  readonly from?: string | undefined;
  /** The run file that its app stands in. */
  readonly runFile: string;
}

/** How the name of a folder begins that is being made; nobody looks for one where built functions are. */
const ASIDE = '.new-';

/** The name of the templates' package. */
const TEMPLATE_NAME = 'thumbnail';

/**
 * Makes the folder of a function, and its app in the run file where that is the first one. Cut off, it leaves nothing.
 *
 * @returns the folder, and the app that was added, if it was
 * @throws SetupError if there is such a function, the name can be none, or the module imports what a function may not have
 */
export async function newFunction(wanted: NewFunction): Promise<{ folder: string; addedApp?: string }> {
  const { name, from, ownApp = false, runFile } = wanted;
  await refuseName(name);
  if (from !== undefined) await requireModule(from);
  const folder = path.join(functionsFolder, name);
  const builtFolder = path.resolve(builtFunction(name).module, '../..');
  const aside = path.join(builtFolder, `${ASIDE}${name}`);
  await removeLeftOvers(builtFolder);
  await mkdir(aside, { recursive: true });
  try {
    await (from === undefined ? fillFromTemplate(aside, wanted) : fillFromModule(aside, from, wanted));
    await rename(aside, folder);
  } catch (error) {
    await rm(aside, { recursive: true, force: true });
    throw error;
  }
  const app = ownApp ? name : SHARED_APP;
  return { folder, ...((await addApp(runFile, app)) && { addedApp: app }) };
}

/** Of one that was cut off. Only one command runs at a time. */
async function removeLeftOvers(folder: string): Promise<void> {
  const entries: string[] = await readdir(folder).catch(() => []);
  for (const entry of entries.filter((each) => each.startsWith(ASIDE)))
    await rm(path.join(folder, entry), { recursive: true });
}

async function refuseName(name: string): Promise<void> {
  const problem = problemOfName(name);
  if (problem !== undefined) throw new SetupError(`"${name}" can be no function: it ${problem}.`);
  const { functions, problems } = await readFunctions();
  const there = [...functions.map((each) => each.name), ...problems.map((each) => each.function)];
  const entries: string[] = await readdir(functionsFolder).catch(() => []);
  if (there.includes(name) || entries.includes(name))
    throw new SetupError(
      `There is ${path.join(functionsFolder, name)} already: choose another name, or take that away by \`npm run remove -- ${name}\`.`,
    );
}

async function requireModule(file: string): Promise<void> {
  const bytes = await readFile(file).catch((cause: Error) => {
    throw new SetupError(`${file} cannot be read (${cause.message}): give the path of a WebAssembly module.`);
  });
  const { checkImports } = await import('@app/wasmedge-node');
  await checkImports(bytes, file);
}

async function fillFromTemplate(folder: string, { name, title, ownApp = false }: NewFunction): Promise<void> {
  await cp(path.join(root, 'templates/rust'), folder, {
    recursive: true,
    filter: (file) => path.basename(file) !== 'target',
  });
  for (const file of ['Cargo.toml', 'Cargo.lock'])
    await edit(path.join(folder, file), (text) =>
      text.replace(`name = "${TEMPLATE_NAME}"`, `name = "${name}"`),
    );
  await edit(path.join(folder, 'README.md'), (text) => text.replaceAll('<name>', name));
  await edit(path.join(folder, 'function.yaml'), (text) =>
    text.replace(/^title: .*$/m, manifestLines({ name, title, ownApp })),
  );
}

async function fillFromModule(folder: string, from: string, wanted: NewFunction): Promise<void> {
  const file = `${wanted.name}.wasm`;
  await copyFile(from, path.join(folder, file));
  await writeFile(
    path.join(folder, 'function.yaml'),
    `# yaml-language-server: $schema=../function.schema.json
${manifestLines(wanted)}
build: {wasm: ${file}}
# What it takes, if not everything: accepts: [text/csv]
# What it answers, if its first bytes do not say so: returns: application/json
`,
  );
  await mkdir(path.join(folder, 'cases'));
  await writeFile(
    path.join(folder, 'cases/README.md'),
    'An input `x.in`, and beside it what the function must make of it: `x.out` (equal bytes), `x.json` (equal values) or `x.err` (words of the reason of a refusal). `npm run check` tries them.\n',
  );
}

function manifestLines({
  name,
  title,
  ownApp = false,
}: Pick<NewFunction, 'name' | 'title' | 'ownApp'>): string {
  const shown = title ?? name.charAt(0).toUpperCase() + name.slice(1).replaceAll('-', ' ');
  return `title: ${JSON.stringify(shown).replace(/^"([A-Za-z][\w -]*)"$/, '$1')}${ownApp ? `\napp: ${name}` : ''}`;
}

async function edit(file: string, change: (text: string) => string): Promise<void> {
  await writeFile(file, change(await readFile(file, 'utf8')));
}
