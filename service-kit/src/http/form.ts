import { constants } from 'node:buffer';
import { addAbortListener } from 'node:events';
import type { Writable } from 'node:stream';
import type { Request, Response } from 'express';
import multer, { MulterError } from 'multer';
import { tooLarge } from './body.js';
import { FormPicture, PICTURE_FIELD } from './form-picture.js';
import { Problem } from './problem.js';

/** The most text that the fields of a form may have in all, in bytes. */
const MAX_TEXT_BYTES = 1024 ** 2;

/** What may lie around a picture even where pictures have to be small: text, and the headers of parts; in bytes. */
const MIN_AROUND_BYTES = 2 * MAX_TEXT_BYTES;

const MAX_PARTS = 1000;

/** The longest name of a field, in characters. */
const MAX_NAME_LENGTH = 1000;

/** Given to a file that has no name: multer takes a file without one for none. */
const NAMELESS = '(no name)';

/**
 * Reads the picture of a multipart form (RFC 7578) into memory: the file in its field `image`, or else its only file.
 * A file needs no name. One that is empty and has none is what browsers send for a file input that was not filled.
 *
 * @throws Problem 413 for a file of more than `limit` bytes, or for more than that, and than 2 MiB, around the picture;
 *   413 for too much text; 400 for a form that is malformed, has no file, or more than one that could be the picture
 */
export async function readFormImage(
  request: Request,
  response: Response,
  { limit, signal }: { limit: number; signal: AbortSignal },
): Promise<Buffer> {
  const around = Math.max(limit, MIN_AROUND_BYTES);
  if (Number(request.headers['content-length']) > limit + around) throw tooMuchAround(around);
  const form = new FormPicture();
  const letGo = addAbortListener(signal, () => giveUp(request, form));
  try {
    const length = await readForm(request, response, { form, limit, around });
    const picture = form.bytes();
    if (length - picture.length > around) throw tooMuchAround(around);
    return picture;
  } finally {
    letGo[Symbol.dispose]();
    form.clear();
  }
}

/** As when the client goes away, multer then lets go of the form, whose rest runs off unread. */
function giveUp(request: Request, form: FormPicture): void {
  request.emit('aborted');
  form.clear();
}

/** Reads a form to its end; resolves with its length in bytes. */
function readForm(
  request: Request,
  response: Response,
  { form, limit, around }: { form: FormPicture; limit: number; around: number },
): Promise<number> {
  return new Promise((resolve, reject) => {
    let length = 0;
    const refuse = (problem: Problem) => {
      reject(problem);
      giveUp(request, form);
    };
    // Multer counts no bytes outside of parts.
    const count = (chunk: Buffer) => {
      length += chunk.length;
      if (length <= limit + around) return;
      request.off('data', count);
      refuse(tooMuchAround(around));
    };
    const options = {
      storage: storageIn(form),
      limits: {
        fileSize: limit,
        // A picture without a file name is a string on its way, and none is longer.
        fieldSize: Math.min(Math.max(limit, MAX_TEXT_BYTES), constants.MAX_STRING_LENGTH - 1),
        parts: MAX_PARTS,
        fieldNameSize: MAX_NAME_LENGTH,
      },
      defParamCharset: 'utf8',
      // Without a file name a picture is a text to multer: in Latin-1 each of its bytes is a character.
      defCharset: 'latin1',
      streamHandler: (_request: Request, parser: Writable) => {
        readFields(parser, { form, limit, refuse });
        request.pipe(parser);
      },
    };
    multer(options).any()(request, response, (error: unknown) => {
      if (error === undefined || error === null) resolve(length);
      else reject(problemOfForm(error, limit));
    });
    request.on('data', count);
  });
}

/** Has multer give the files of a form to `form`. */
function storageIn(form: FormPicture): multer.StorageEngine {
  return {
    _handleFile: (_request, { fieldname, originalname, stream }, done) => {
      let take = originalname === NAMELESS ? undefined : form.begin(fieldname);
      stream.on('data', (bytes: Buffer) => {
        take ??= form.begin(fieldname);
        take(bytes);
      });
      stream.on('error', done);
      stream.on('end', () => done());
    },
    _removeFile: (_request, _file, done) => done(null),
  };
}

/**
 * Takes the place of multer in reading what has no file name. Multer would make objects of fields' names, which nobody
 * needs and which can take minutes (`a[4000000000]`, then `a[x]`), and pass over an octet-stream without a name.
 *
 * @param parser busboy's, which multer writes the form to
 */
function readFields(
  parser: Writable,
  { form, limit, refuse }: { form: FormPicture; limit: number; refuse: (problem: Problem) => void },
): void {
  parser.prependListener('file', (_field, _stream, info: { filename?: string }) => {
    info.filename ||= NAMELESS;
  });
  let textLength = 0;
  parser.removeAllListeners('field');
  parser.on('field', (field = '', value: string | undefined, { valueTruncated, mimeType }: FieldInfo) => {
    if (field === PICTURE_FIELD || mimeType.startsWith('image/')) {
      if (value === '') return;
      if (value === undefined || /[\u0100-\uffff]/.test(value)) refuse(decoded(field));
      else if (valueTruncated || value.length > limit) refuse(tooLarge(limit, fileIn(field)));
      else form.begin(field)(Buffer.from(value, 'latin1'));
      return;
    }
    textLength += value?.length ?? 0;
    if (valueTruncated || textLength > MAX_TEXT_BYTES) refuse(tooMuchText(field));
  });
}

/** What busboy says of a part without a file name. */
interface FieldInfo {
  readonly valueTruncated: boolean;
  readonly mimeType: string;
}

function problemOfForm(error: unknown, limit: number): Problem {
  if (!(error instanceof MulterError))
    return new Problem(
      400,
      'ERR_FORM',
      `The form is malformed: ${error instanceof Error ? error.message : String(error)}.`,
      { cause: error },
    );
  if (error.code === 'LIMIT_FILE_SIZE') return tooLarge(limit, fileIn(error.field ?? ''));
  return new Problem(400, error.code, `The form cannot be taken: ${detailOf(error)}.`, { cause: error });
}

function detailOf({ code, message }: MulterError): string {
  if (code === 'LIMIT_PART_COUNT') return `it has more than ${MAX_PARTS} fields and files`;
  if (code === 'LIMIT_FIELD_KEY') return `the name of a field has more than ${MAX_NAME_LENGTH} characters`;
  if (code === 'MISSING_FIELD_NAME') return 'a file in it is in no field';
  return message;
}

function fileIn(field: string): string {
  return `The file in the field ${quoted(field)}`;
}

function tooMuchAround(around: number): Problem {
  return new Problem(
    413,
    'ERR_TOO_LARGE',
    `The form has more than ${around} bytes beside the picture. Send the picture alone.`,
  );
}

function tooMuchText(field: string): Problem {
  return new Problem(
    413,
    'ERR_TOO_LARGE',
    `The text of the form has more than ${MAX_TEXT_BYTES} bytes in all; the field ${quoted(field)} was the last. Send the picture alone.`,
  );
}

function decoded(field: string): Problem {
  return new Problem(
    400,
    'ERR_FORM',
    `The field ${quoted(field)} of the form says that it is text of a charset. Send the picture there without one, or with a file name.`,
  );
}

function quoted(field: string): string {
  return JSON.stringify(field.slice(0, MAX_NAME_LENGTH));
}
