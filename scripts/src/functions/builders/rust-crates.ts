import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parse, type TomlTable, type TomlValue } from 'smol-toml';
import { SetupError } from '../../setup/errors.js';

/** What a crate is compiled from on this machine. */
export interface LocalCrates {
  /** The folders of the crate and of all that it depends on by a path. */
  readonly crates: readonly string[];
  /** The Cargo.toml files of workspaces around them, which they may inherit from. */
  readonly workspaces: readonly string[];
}

/**
 * Finds the crates that a crate depends on by their path, and theirs, by reading their Cargo.toml
 * (https://doc.rust-lang.org/cargo/reference/specifying-dependencies.html). Dependencies of tests alone do not count.
 *
 * @param folder the crate's, absolute
 * @throws SetupError naming the Cargo.toml that cannot be read
 */
export async function cratesOf(folder: string): Promise<LocalCrates> {
  const crates = new Set<string>();
  const workspaces = new Set<string>();
  const visit = async (crate: string): Promise<void> => {
    if (crates.has(crate)) return;
    crates.add(crate);
    const file = path.join(crate, 'Cargo.toml');
    const manifest = await readToml(file);
    await visitAll(manifest, crate);
    if (isTable(manifest.workspace)) return;
    const workspace = await workspaceAround(crate);
    if (workspace === undefined || workspaces.has(workspace.file)) return;
    workspaces.add(workspace.file);
    await visitAll(workspace.manifest, path.dirname(workspace.file));
  };
  const visitAll = async (manifest: TomlTable, from: string): Promise<void> => {
    for (const given of pathsIn(manifest)) await visit(path.resolve(from, given));
  };
  await visit(folder);
  return { crates: [...crates].sort(), workspaces: [...workspaces].sort() };
}

/** The paths of dependencies anywhere in a Cargo.toml: of a target, of a workspace, of a patch too. */
function pathsIn(table: TomlTable): string[] {
  return Object.entries(table).flatMap(([key, value]) => {
    if (!isTable(value)) return [];
    const here = /^(build-)?dependencies$/.test(key) ? Object.values(value) : [];
    const patched = key === 'patch' ? Object.values(value).flatMap(valuesOf) : [];
    return [...[...here, ...patched].flatMap(pathOf), ...pathsIn(value)];
  });
}

function pathOf(dependency: TomlValue): string[] {
  return isTable(dependency) && typeof dependency.path === 'string' ? [dependency.path] : [];
}

function valuesOf(value: TomlValue): TomlValue[] {
  return isTable(value) ? Object.values(value) : [];
}

function isTable(value: TomlValue | undefined): value is TomlTable {
  return typeof value === 'object' && !Array.isArray(value) && !(value instanceof Date);
}

/** The nearest Cargo.toml above a crate's that is one of a workspace. */
async function workspaceAround(crate: string): Promise<{ file: string; manifest: TomlTable } | undefined> {
  for (let folder = path.dirname(crate); folder !== path.dirname(folder); folder = path.dirname(folder)) {
    const file = path.join(folder, 'Cargo.toml');
    const manifest = await readToml(file).catch((error: Error) => {
      if (error.cause instanceof Error && 'code' in error.cause && error.cause.code === 'ENOENT')
        return undefined;
      throw error;
    });
    if (manifest !== undefined && isTable(manifest.workspace)) return { file, manifest };
  }
  return undefined;
}

async function readToml(file: string): Promise<TomlTable> {
  try {
    return parse(await readFile(file, 'utf8'));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new SetupError(`${file} cannot be read: ${reason}`, { cause });
  }
}
