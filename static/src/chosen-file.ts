import type { PageFunction } from './functions.js';
import { takenTypes, takesType } from './media-types.js';
import { Problem } from './problem.js';

/** A file held in memory: what is shown is what is sent, whatever becomes of the file itself. */
export interface ChosenFile {
  readonly name: string;
  readonly bytes: Blob;
}

/** A size in bytes, for people: `41.7 kB`. */
export function formatSize(bytes: number): string {
  if (bytes < 1000) return `${bytes} bytes`;
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

function formatLimit(bytes: number): string {
  const mebibytes = Number((bytes / 1024 ** 2).toFixed(2));
  return mebibytes < 1 ? `${bytes} bytes` : `${bytes} bytes (${mebibytes} MiB)`;
}

/**
 * Refuses a file that is larger than its function takes.
 * @param limit in bytes
 * @throws Problem
 */
export function requireSize({ name, size }: { name: string; size: number }, limit: number): void {
  if (size <= limit) return;
  throw new Problem(
    'That file is too large.',
    `“${name}” has ${size} bytes; at most ${formatLimit(limit)} can be sent. Send a smaller one, or choose another.`,
  );
}

/** Why a function is not sent this file: by its name the browser knows it as something that the function does not take. */
export function typeProblem({ name, bytes }: ChosenFile, chosen: PageFunction): Problem | undefined {
  if (takesType(chosen, bytes.type)) return undefined;
  return new Problem(
    `${chosen.title} does not take that file.`,
    `It takes ${takenTypes(chosen)}, and “${name}” is ${bytes.type}. Choose another file, or another function.`,
  );
}

/**
 * Reads a file that somebody chose.
 * @throws Problem when it is empty or cannot be read
 */
export async function readFile(file: File): Promise<ChosenFile> {
  const bytes = await file.arrayBuffer().catch((cause: unknown) => {
    throw new Problem(
      'That cannot be read.',
      `“${file.name}” is a folder, or a file that is gone or locked. Choose another file.`,
      { cause },
    );
  });
  if (bytes.byteLength === 0) {
    throw new Problem('That file is empty.', `There is nothing in “${file.name}”. Choose another file.`);
  }
  return { name: file.name, bytes: new Blob([bytes], { type: file.type || 'application/octet-stream' }) };
}
