import { maxUploadBytes } from './limits.js';
import { Problem } from './problem.js';

/** A picture held in memory: what is shown is what is sent, whatever becomes of the file. */
export interface Picture {
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
 * Reads a file that somebody chose. Whether it is a picture is for the function to say: it looks at the bytes.
 * @throws Problem when it is empty, too large or cannot be read
 */
export async function readPicture(file: File): Promise<Picture> {
  const limit = await maxUploadBytes;
  if (file.size > limit) {
    throw new Problem(
      'That picture is too large.',
      `“${file.name}” has ${file.size} bytes; at most ${formatLimit(limit)} can be sent. Scale it down first, or choose another.`,
    );
  }
  const bytes = await file.arrayBuffer().catch((cause: unknown) => {
    throw new Problem(
      'That cannot be read.',
      `“${file.name}” is a folder, or a file that is gone or locked. Choose a picture file.`,
      { cause },
    );
  });
  if (bytes.byteLength === 0) {
    throw new Problem('That file is empty.', `There is nothing in “${file.name}”. Choose another picture.`);
  }
  return { name: file.name, bytes: new Blob([bytes], { type: file.type || 'application/octet-stream' }) };
}
