import { constants } from 'node:buffer';
import { addAbortListener } from 'node:events';
import type { Writable } from 'node:stream';
import type { Request, Response } from 'express';
import multer, { MulterError } from 'multer';
import { type Input, type InputLimits, tooLarge } from './body.js';
import { FILE_FIELD, FormFile } from './form-file.js';
import { Problem } from './problem.js';

/** The most text that the fields of a form may have in all, in bytes. */
const MAX_TEXT_BYTES = 1024 ** 2;

/** What may lie around the file even where files have to be small: text, and the headers of parts; in bytes. */
const MIN_AROUND_BYTES = 2 * MAX_TEXT_BYTES;

const MAX_PARTS = 1000;

/** The longest name of a field, in characters. */
const MAX_NAME_LENGTH = 1000;

/** Given to a file that has no name: multer takes a file without one for none. */
const NAMELESS = '(no name)';

/**
 * Reads the file of a multipart form (RFC 7578) into memory: the one in its field `image`, or else its only one.
 * It needs no name. One that is empty and has none is what browsers send for a file input that was not filled.
 *
 * @throws Problem 413 for a file of more than `limit` bytes, or for more than that, and than 2 MiB, around it;
 *   413 for too much text; 400 for a form that is malformed, has no file, or more than one that could be meant
 */
export async function readForm(request: Request, response: Response, limits: InputLimits): Promise<Input> {
  const { limit, signal, kind } = limits;
  const around = Math.max(limit, MIN_AROUND_BYTES);
  if (Number(request.headers['content-length']) > limit + around) throw tooMuchAround(around, kind);
  const form = new FormFile(kind);
  const letGo = addAbortListener(signal, () => giveUp(request, form));
  try {
    const length = await parseForm(request, response, { form, limits, around });
    const file = form.take();
    if (length - file.bytes.length > around) throw tooMuchAround(around, kind);
    return file;
  } finally {
    letGo[Symbol.dispose]();
    form.clear();
  }
}

/** As when the client goes away, multer then lets go of the form, whose rest runs off unread. */
function giveUp(request: Request, form: FormFile): void {
  request.emit('aborted');
  form.clear();
}

/** Reads a form to its end; resolves with its length in bytes. */
function parseForm(
  request: Request,
  response: Response,
  { form, limits, around }: { form: FormFile; limits: InputLimits; around: number },
): Promise<number> {
  const { limit, kind } = limits;
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
      refuse(tooMuchAround(around, kind));
    };
    const options = {
      storage: storageIn(form),
      limits: {
        fileSize: limit,
        // A file without a name is a string on its way, and none is longer.
        fieldSize: Math.min(Math.max(limit, MAX_TEXT_BYTES), constants.MAX_STRING_LENGTH - 1),
        parts: MAX_PARTS,
        fieldNameSize: MAX_NAME_LENGTH,
      },
      defParamCharset: 'utf8',
      // A file without a name is a text to multer: in Latin-1 each of its bytes is a character.
      defCharset: 'latin1',
      streamHandler: (_request: Request, parser: Writable) => {
        readFields(parser, { form, limits, refuse });
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
function storageIn(form: FormFile): multer.StorageEngine {
  return {
    _handleFile: (_request, { fieldname, originalname, mimetype, stream }, done) => {
      let take = originalname === NAMELESS ? undefined : form.begin(fieldname, mimetype);
      stream.on('data', (bytes: Buffer) => {
        take ??= form.begin(fieldname, mimetype);
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
  { form, limits, refuse }: { form: FormFile; limits: InputLimits; refuse: (problem: Problem) => void },
): void {
  const { limit, kind } = limits;
  parser.prependListener('file', (_field, _stream, info: { filename?: string }) => {
    info.filename ||= NAMELESS;
  });
  let textLength = 0;
  parser.removeAllListeners('field');
  parser.on('field', (field = '', value: string | undefined, { valueTruncated, mimeType }: FieldInfo) => {
    if (field === FILE_FIELD || mimeType.startsWith('image/')) {
      if (value === '') return;
      if (value === undefined || /[\u0100-\uffff]/.test(value)) refuse(decoded(field, kind));
      else if (valueTruncated || value.length > limit) refuse(tooLarge(fileIn(field), limit));
      else form.begin(field, typeOf(mimeType))(Buffer.from(value, 'latin1'));
      return;
    }
    textLength += value?.length ?? 0;
    if (valueTruncated || textLength > MAX_TEXT_BYTES) refuse(tooMuchText(field, kind));
  });
}

/** To busboy, a part that says nothing is text (RFC 7578, 4.4). */
function typeOf(mimeType: string): string | undefined {
  return mimeType === 'text/plain' ? undefined : mimeType;
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
  if (error.code === 'LIMIT_FILE_SIZE') return tooLarge(fileIn(error.field ?? ''), limit);
  return new Problem(400, 'ERR_FORM', `The form cannot be taken: ${detailOf(error)}.`, { cause: error });
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

function tooMuchAround(around: number, kind: string): Problem {
  return new Problem(
    413,
    'ERR_TOO_LARGE',
    `The form has more than ${around} bytes beside the ${kind}. Send the ${kind} alone.`,
  );
}

function tooMuchText(field: string, kind: string): Problem {
  return new Problem(
    413,
    'ERR_TOO_LARGE',
    `The text of the form has more than ${MAX_TEXT_BYTES} bytes in all; the field ${quoted(field)} was the last. Send the ${kind} alone.`,
  );
}

function decoded(field: string, kind: string): Problem {
  return new Problem(
    400,
    'ERR_FORM',
    `The field ${quoted(field)} of the form says that it is text of a charset. Send the ${kind} there without one, or with a file name.`,
  );
}

function quoted(field: string): string {
  return JSON.stringify(field.slice(0, MAX_NAME_LENGTH));
}
