import type { Input, InputLimits } from './body.js';
import { Problem } from './problem.js';

/** The field of a form that the file for a function is in, unless there is one file alone. */
export const FILE_FIELD = 'image';

/** How many fields a message names. */
const MAX_NAMED = 5;

/** Takes bytes of a file, in order. */
type Take = (bytes: Buffer) => void;

/**
 * Finds the file that is meant among those of a form as they come: the one in the field `image`, or else the only one.
 * What cannot be it is not kept.
 */
export class FormFile {
  readonly #kind: InputLimits['kind'];
  #kept: Buffer[] = [];
  #type: string | undefined;
  #inFileField = 0;
  /** The fields of the files beside those in `image`. */
  readonly #others: string[] = [];

  constructor(kind: InputLimits['kind']) {
    this.#kind = kind;
  }

  /** Begins the file of a field, whose part says that it is of `type`; its bytes are for the function returned to take. */
  begin(field: string, type: string | undefined): Take {
    if (field === FILE_FIELD) this.#inFileField += 1;
    else this.#others.push(field);
    const isMeant =
      field === FILE_FIELD ? this.#inFileField === 1 : this.#inFileField === 0 && this.#others.length === 1;
    // A second file elsewhere: neither of them is meant.
    if (isMeant || this.#inFileField === 0) this.#kept = [];
    if (!isMeant) return () => {};
    this.#type = type;
    const kept = this.#kept;
    return (bytes) => void kept.push(bytes);
  }

  /**
   * The file, when the form has come to its end.
   *
   * @throws Problem 400 if there is no file, or more than one that it could be
   */
  take(): Input {
    if (this.#inFileField > 1)
      throw new Problem(
        400,
        'ERR_FILES',
        `The form has ${this.#inFileField} files in its field "${FILE_FIELD}". Send one.`,
      );
    if (this.#inFileField === 0 && this.#others.length === 0)
      throw new Problem(
        400,
        'ERR_NO_FILE',
        `The form has no file in its field "${FILE_FIELD}", nor in another. Send the ${this.#kind} there.`,
      );
    if (this.#inFileField === 0 && this.#others.length > 1)
      throw new Problem(
        400,
        'ERR_FILES',
        `The form has files in ${listed(this.#others)}, and none in "${FILE_FIELD}". Send the ${this.#kind} there.`,
      );
    return { bytes: Buffer.concat(this.#kept), type: this.#type };
  }

  /** Lets go of what is kept. */
  clear(): void {
    this.#kept.length = 0;
  }
}

function listed(fields: readonly string[]): string {
  const named = fields.slice(0, MAX_NAMED).map((field) => JSON.stringify(field));
  const more = fields.length - named.length;
  return named.join(', ') + (more > 0 ? ` and ${more} more` : '');
}
