/** Set-up cannot go on; the message says why and what to do about it. */
export class SetupError extends Error {
  override readonly name = 'SetupError';
  readonly code = 'ERR_SETUP';
}

/** What can be done about errors of the file system. */
const REMEDIES: Readonly<Record<string, string>> = {
  ENOSPC: 'The disk is full: make room',
  EDQUOT: 'The disk quota is used up: make room',
  EROFS: 'The file system is read-only: make it writable',
  EACCES: 'You may not write there: change that',
  EPERM: 'You may not write there: change that',
};

/** Whether a disk that is full or cannot be written is the reason. */
export function isOfTheDisk(error: unknown): boolean {
  return error instanceof Error && 'code' in error && Object.hasOwn(REMEDIES, String(error.code));
}

/**
 * What to tell the person at the terminal of an error that has been foreseen; nothing of any other.
 *
 * @param again what they do when they have made room on a disk
 */
export function messageOf(
  error: unknown,
  again = 'run this again: set-up goes on where it stopped',
): string | undefined {
  if (!(error instanceof Error && 'code' in error) || error instanceof TypeError) return undefined;
  const remedy = REMEDIES[String(error.code)];
  return remedy === undefined ? error.message : `${error.message}\n${remedy}, and ${again}.`;
}
