import { Problem } from './problem.js';

/** The field of a form that the picture is in, unless there is one file alone. */
export const PICTURE_FIELD = 'image';

/** How many fields a refusal names. */
const MAX_NAMED = 5;

/** Takes bytes of a file, in order. */
type Take = (bytes: Buffer) => void;

/**
 * Finds the picture among the files of a form as they come: the one in the field `image`, or else the only one. What
 * cannot be it is not kept.
 */
export class FormPicture {
  #kept: Buffer[] = [];
  #inPictureField = 0;
  /** The fields of the files beside those in `image`. */
  readonly #others: string[] = [];

  /** Begins the file of a field; its bytes are for the function returned to take. */
  begin(field: string): Take {
    if (field === PICTURE_FIELD) this.#inPictureField += 1;
    else this.#others.push(field);
    const isPicture =
      field === PICTURE_FIELD
        ? this.#inPictureField === 1
        : this.#inPictureField === 0 && this.#others.length === 1;
    // A second file elsewhere: neither of them is the picture.
    if (isPicture || this.#inPictureField === 0) this.#kept = [];
    if (!isPicture) return () => {};
    const kept = this.#kept;
    return (bytes) => void kept.push(bytes);
  }

  /**
   * The picture's bytes, when the form has come to its end.
   *
   * @throws Problem 400 if there is no file, or more than one that it could be
   */
  bytes(): Buffer {
    if (this.#inPictureField > 1)
      throw new Problem(
        400,
        'ERR_FILES',
        `The form has ${this.#inPictureField} files in its field "${PICTURE_FIELD}". Send one.`,
      );
    if (this.#inPictureField === 0 && this.#others.length === 0)
      throw new Problem(
        400,
        'ERR_NO_FILE',
        `The form has no file in its field "${PICTURE_FIELD}", nor in another. Send the picture there.`,
      );
    if (this.#inPictureField === 0 && this.#others.length > 1)
      throw new Problem(
        400,
        'ERR_FILES',
        `The form has files in ${listed(this.#others)}, and none in "${PICTURE_FIELD}". Send the picture there.`,
      );
    return Buffer.concat(this.#kept);
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
