/** A function is not described rightly. The message names file, line and value, and says what to do. */
export class ManifestError extends Error {
  override readonly name = 'ManifestError';
  readonly code = 'ERR_FUNCTION_MANIFEST';
  /** The function's name. */
  readonly function: string;
  /** The `function.yaml`, or the folder whose name is wrong. */
  readonly file: string;
  /** The line of the first thing that is wrong, counted from 1; `undefined` if it is none of the file's lines. */
  readonly line: number | undefined;

  constructor(
    message: string,
    { function: name, file, line, cause }: { function: string; file: string; line?: number; cause?: unknown },
  ) {
    super(message, { cause });
    this.function = name;
    this.file = file;
    this.line = line;
  }
}
