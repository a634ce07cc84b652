import { addAbortListener } from 'node:events';
import type { Request, Response } from 'express';
import multer, { MulterError } from 'multer';
import { tooLarge } from './body.js';
import { Problem } from './problem.js';

/** What the headers of the parts, and fields that nobody asked for, may add to a picture, in bytes. */
const FORM_OVERHEAD_BYTES = 64 * 1024;

/**
 * Reads the one file of a multipart form (RFC 7578), from its field `image`, into memory.
 *
 * @throws Problem 413 for a file of more than `limit` bytes, or a form of which much more than that is around it; 400
 *   for a form that is malformed or has no such file
 */
export async function readFormImage(
  request: Request,
  response: Response,
  { limit, signal }: { limit: number; signal: AbortSignal },
): Promise<Buffer> {
  if (Number(request.headers['content-length']) > limit + FORM_OVERHEAD_BYTES) throw tooLarge(limit);
  const letGo = addAbortListener(signal, () => giveUp(request));
  await Promise.race([
    parseForm(request, response, limit),
    longerThan(request, limit + FORM_OVERHEAD_BYTES, limit),
  ]).finally(() => letGo[Symbol.dispose]());
  if (request.file === undefined)
    throw new Problem(
      400,
      'ERR_NO_FILE',
      'The form has no file in its field "image". Send the picture there.',
    );
  return request.file.buffer;
}

/** Rejects once more than `most` bytes have come: multer counts no bytes outside of parts. */
function longerThan(request: Request, most: number, limit: number): Promise<never> {
  let length = 0;
  return new Promise((_resolve, reject) => {
    request.on('data', function count(chunk: Buffer) {
      length += chunk.length;
      if (length <= most) return;
      request.off('data', count);
      reject(tooLarge(limit));
      giveUp(request);
    });
  });
}

/** As when the client goes away, multer then lets go of what it holds. */
function giveUp(request: Request): void {
  request.emit('aborted');
}

function parseForm(request: Request, response: Response, limit: number): Promise<void> {
  const limits = { fileSize: limit, files: 1, fields: 8, fieldSize: 1024, parts: 9, headerPairs: 32 };
  const parse = multer({ storage: multer.memoryStorage(), limits }).single('image');
  return new Promise((resolve, reject) => {
    parse(request, response, (error: unknown) => {
      if (error === undefined || error === null) resolve();
      else if (!(error instanceof MulterError))
        reject(new Problem(400, 'ERR_FORM', `The form is malformed: ${reasonOf(error)}.`, { cause: error }));
      else reject(error.code === 'LIMIT_FILE_SIZE' ? tooLarge(limit) : error);
    });
  });
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
