import { existsSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { typeScriptCompiler } from '../../typescript.mjs';
import { root } from '../paths.js';
import { run } from '../setup/command.js';
import { SetupError } from '../setup/errors.js';
import type { Development } from './development.js';
import { seconds } from './words.js';

/** Packages whose code no service has. */
const NOT_SERVICES = ['scripts', 'bench', 'test'];

const PackageJson = z.object({
  workspaces: z.array(z.string()).default([]),
  dependencies: z.record(z.string(), z.string()).default({}),
});

/** The folders of all packages that services, or the page, are made of. */
export async function packageFolders(): Promise<string[]> {
  const { workspaces } = await readPackage(root);
  return workspaces.filter((name) => !NOT_SERVICES.includes(name)).map((name) => path.join(root, name));
}

/** Compiles the TypeScript of services and page, and puts new processes in the place of those whose code has changed. */
export class Services {
  readonly #development: Development;
  /** What an app's process runs, by app id. */
  readonly #stamps = new Map<string, string>();
  #page = '';

  constructor(development: Development) {
    this.#development = development;
  }

  /** Notes what runs. */
  async begin(): Promise<void> {
    await this.noteApps();
    this.#page = await distStamp(path.join(root, 'static'));
  }

  /** To be called when apps have joined or left. */
  async noteApps(): Promise<void> {
    const folders = new Map(await this.#development.appFolders());
    for (const id of this.#stamps.keys()) if (!folders.has(id)) this.#stamps.delete(id);
    for (const [id, folder] of folders)
      if (!this.#stamps.has(id)) this.#stamps.set(id, await stampOf(folder));
  }

  /** To be called when sources have changed. */
  async update(signal: AbortSignal, changedAt: number): Promise<void> {
    const { say, pages } = this.#development;
    try {
      await compileTypeScript(signal);
      pages.tell('TypeScript', undefined);
    } catch (error) {
      if (signal.aborted || !(error instanceof SetupError)) throw error;
      const text = error.message.split('\n').slice(1).join('\n').trim();
      pages.tell('TypeScript', text);
      say(`the TypeScript does not compile, what runs goes on:\n${text}`);
      return;
    }
    const page = await distStamp(path.join(root, 'static'));
    if (page !== this.#page) {
      this.#page = page;
      pages.reload();
      say('the page is loaded again');
    }
    const apps = await this.#development.appFolders();
    await Promise.all(
      apps.map(async ([id, folder]) => {
        const stamp = await stampOf(folder);
        if (stamp === this.#stamps.get(id)) return;
        this.#stamps.set(id, stamp);
        const serves = await this.#development.launched.replace(id);
        if (serves) say(`${id}: its new code serves after ${seconds(changedAt)}`);
        pages.tell(id, serves ? undefined : 'It does not start: the terminal says why.');
      }),
    );
  }
}

async function compileTypeScript(signal: AbortSignal): Promise<void> {
  const folders = (await packageFolders()).map((folder) => path.relative(root, folder));
  await run(await typeScriptCompiler(), ['-b', ...folders], { cwd: root, signal });
}

/** Changes when the compiled code of a package changes, or of one of ours that it depends on. */
async function stampOf(folder: string): Promise<string> {
  const all = await packageFolders();
  const folders = new Set<string>();
  const visit = async (each: string): Promise<void> => {
    if (folders.has(each) || !existsSync(path.join(each, 'package.json'))) return;
    folders.add(each);
    const { dependencies } = await readPackage(each);
    for (const other of all)
      if (Object.keys(dependencies).includes(`@app/${path.basename(other)}`)) await visit(other);
  };
  await visit(folder);
  return (await Promise.all([...folders].sort().map(distStamp))).join('\n');
}

async function distStamp(folder: string): Promise<string> {
  const dist = path.join(folder, 'dist');
  const entries = await readdir(dist, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = entries
    .filter((entry) => entry.isFile() && /(?<!\.test)\.js$/.test(entry.name))
    .map((entry) => path.join(entry.parentPath, entry.name))
    .sort();
  const stamps = await Promise.all(
    files.map(async (file) => {
      const { mtimeMs, size } = await stat(file);
      return `${file} ${mtimeMs} ${size}`;
    }),
  );
  return stamps.join('\n');
}

async function readPackage(folder: string): Promise<z.output<typeof PackageJson>> {
  return PackageJson.parse(JSON.parse(await readFile(path.join(folder, 'package.json'), 'utf8')));
}
