import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';

/** The list of a folder, as sha256sum(1) writes and checks it. */
const LIST = 'SHA256SUMS';

/** A file is not the one that its folder's list names. */
export class ChecksumError extends Error {
  override readonly name = 'ChecksumError';
  readonly code = 'ERR_CHECKSUM';
}

/**
 * Checks the files of a folder that its `SHA256SUMS` names. A folder without one holds what its owner has put there.
 *
 * @throws ChecksumError naming the first file that is missing, damaged or another one
 */
export async function verifyChecksums(folder: string): Promise<void> {
  for (const line of await linesOf(path.join(folder, LIST))) {
    const [, listed, name] = /^([0-9a-f]{64}) [ *](.+)$/i.exec(line) ?? [];
    if (listed === undefined || name === undefined)
      throw new ChecksumError(
        `${path.join(folder, LIST)} is damaged: "${line}" is no line of sha256sum. Put it back, or write it anew with sha256sum.`,
      );
    const file = path.join(folder, name);
    const found = await sha256(file).catch((cause: Error) => {
      throw new ChecksumError(`${file}, which ${LIST} beside it names, cannot be read: ${cause.message}.`, {
        cause,
      });
    });
    if (found !== listed.toLowerCase())
      throw new ChecksumError(
        `${file} is damaged or another one: its SHA-256 is ${found}, and ${LIST} beside it says ${listed}. Put it back (\`npm run setup\` does so in .runtime/, git in the repository), or write ${LIST} anew with sha256sum, or remove it.`,
      );
  }
}

/** The lines of a list but its comments; none where there is no such file. */
async function linesOf(list: string): Promise<string[]> {
  try {
    return (await readFile(list, 'utf8')).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return [];
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ChecksumError(`${list} cannot be read: ${reason}.`, { cause });
  }
}

/** The SHA-256 of a file, in hexadecimal digits. */
export async function sha256(file: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(file))
    .digest('hex');
}
