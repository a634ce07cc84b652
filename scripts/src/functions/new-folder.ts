import { copyFile, cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Language } from '@app/function-manifest';
import { stringify } from 'yaml';
import { root } from '../paths.js';
import { NOT_SOURCES } from './own-files.js';

/** What the manifest says of a new function. */
interface Named {
  readonly name: string;
  readonly title?: string | undefined;
  readonly ownApp?: boolean | undefined;
}

/**
 * The Cargo package of the template for Rust. A new one differs in what follows the hyphen: so any name of a function makes one of a package,
 * is none of a dependency, and leaves the lock file in order.
 */
const TEMPLATE_PACKAGE = 'function-thumbnail';

/** Copies the template for a language to an empty folder, with the function's name. */
export async function fillFromTemplate(
  folder: string,
  named: Named & { readonly language: Language },
): Promise<void> {
  await cp(path.join(root, 'templates', named.language), folder, {
    recursive: true,
    filter: (file) => !NOT_SOURCES.has(path.basename(file)),
  });
  if (named.language === 'rust')
    for (const file of ['Cargo.toml', 'Cargo.lock'])
      await edit(path.join(folder, file), (text) =>
        text.replace(`name = "${TEMPLATE_PACKAGE}"`, `name = "function-${named.name}"`),
      );
  await edit(path.join(folder, 'README.md'), (text) => text.replaceAll('<name>', named.name));
  await edit(path.join(folder, 'function.yaml'), (text) =>
    text.replace(/^title: .*\n/m, () => manifestLines(named)),
  );
}

/** Copies a module to an empty folder, and writes what it takes to be a function. */
export async function fillFromModule(
  folder: string,
  named: Named & { readonly from: string; readonly needsNn: boolean },
): Promise<void> {
  const file = `${named.name}.wasm`;
  await copyFile(named.from, path.join(folder, file));
  await writeFile(
    path.join(folder, 'function.yaml'),
    `# yaml-language-server: $schema=../function.schema.json
${manifestLines(named)}build: {wasm: ${file}}
${named.needsNn ? 'plugins: [wasi_nn]\n' : ''}# What it takes, if not everything: accepts: [text/csv]
# What it answers, if its first bytes do not say so: returns: application/json
`,
  );
  await mkdir(path.join(folder, 'cases'));
  await writeFile(
    path.join(folder, 'cases/README.md'),
    'An input `x.in`, and beside it what the function must make of it: `x.out` (equal bytes), `x.json` (these values) or `x.err` (words of the reason of a refusal). `npm run check` tries them.\n',
  );
}

function manifestLines({ name, title, ownApp = false }: Named): string {
  const shown = title ?? name.charAt(0).toUpperCase() + name.slice(1).replaceAll('-', ' ');
  return stringify({ title: shown, ...(ownApp && { app: name }) }, { lineWidth: 0 });
}

async function edit(file: string, change: (text: string) => string): Promise<void> {
  await writeFile(file, change(await readFile(file, 'utf8')));
}
