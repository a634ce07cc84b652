import path from 'node:path';
import type { ModuleImport } from '@app/wasmedge-node';
import { type CommandOptions, run } from '../../setup/command.js';
import { linesOf, literal } from './source-lines.js';

/** What `go list` is asked of each package. */
const FORMAT = '{{.ImportPath}}\t{{.Dir}}\t{{.Standard}}\t{{join .Imports ","}}\t{{join .GoFiles ","}}';

interface Package {
  readonly name: string;
  readonly isStandard: boolean;
  readonly imports: readonly string[];
  readonly files: readonly string[];
}

/**
 * Finds where Go sources ask for imports: at a `//go:wasmimport` of their own or of a module that they use, else where they
 * import what leads to `net`, the only package of Go's own that imports what a function may not have.
 *
 * @param folder the function's
 * @param options how Go is run
 * @returns a few words each, such as `main.go:7 (net/http)`
 */
export async function importersInGo(
  folder: string,
  imports: readonly ModuleImport[],
  options: CommandOptions,
): Promise<string[]> {
  const packages = await packagesOf(options);
  const others = packages.filter(({ isStandard }) => !isStandard).flatMap(({ files }) => files);
  const find = async (pattern: RegExp) =>
    (await Promise.all(others.map((file) => linesOf(file, pattern, folder)))).flat();
  const wanted = imports.map(({ module, name }) => `${literal(module)}\\s+${literal(name)}`);
  const direct = await find(new RegExp(`^//go:wasmimport\\s+(${wanted.join('|')})$`));
  if (direct.length > 0) return direct;
  const leading = [...leadingTo('net', packages)].map(literal);
  return find(new RegExp(`^(?:import)?\\s*(?:[\\w.]+\\s+)?"(${leading.join('|')})"`));
}

async function packagesOf(options: CommandOptions): Promise<Package[]> {
  const listed = await run('go', ['list', '-deps', '-f', FORMAT, '.'], options);
  return listed
    .trim()
    .split('\n')
    .map((line) => {
      const [name = '', folder = '', standard, imports = '', files = ''] = line.split('\t');
      return {
        name,
        isStandard: standard === 'true',
        imports: imports.split(','),
        files: files.split(',').map((file) => path.join(folder, file)),
      };
    });
}

/** The packages that import one, directly or by others, and itself. They are listed behind what they import. */
function leadingTo(name: string, packages: readonly Package[]): ReadonlySet<string> {
  const leading = new Set([name]);
  for (const each of packages) if (each.imports.some((used) => leading.has(used))) leading.add(each.name);
  return leading;
}
