import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's folder. */
export const root = path.resolve(fileURLToPath(import.meta.url), '../../..');

/** All that set-up brings in or builds outside npm and cargo; one folder for each step's product. */
export const runtimeFolder = path.join(root, '.runtime');

/** The parts that set-up provides; an installed one is a link to it. */
export const parts = {
  wasmedge: path.join(runtimeFolder, 'wasmedge/bin/wasmedge'),
  /** Only where the WasmEdge in use can be told what processor to compile for. */
  hostCpu: path.join(runtimeFolder, 'wasmedge/host-cpu'),
  wasmedgeHeaders: path.join(runtimeFolder, 'wasmedge/include'),
  litert: path.join(runtimeFolder, 'litert'),
  daprd: path.join(runtimeFolder, 'daprd/daprd'),
  plugins: path.join(runtimeFolder, 'plugins'),
} as const;

/** A path that the user gives, be it relative: to where they stand, which npm tells in INIT_CWD. */
export function fromUser(given: string): string {
  return path.resolve(process.env.INIT_CWD ?? process.cwd(), given);
}

/** A path as it is said from the repository, if it is in there. */
export function shortPath(file: string): string {
  const relative = path.relative(root, file);
  return relative.startsWith('..') ? file : relative;
}
