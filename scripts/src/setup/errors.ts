/** Set-up cannot go on; the message says why and what to do about it. */
export class SetupError extends Error {
  override readonly name = 'SetupError';
  readonly code = 'ERR_SETUP';
}
