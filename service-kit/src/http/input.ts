import type { Request, Response } from 'express';
import { readBody } from './body.js';
import { readFormImage } from './form.js';
import { Problem } from './problem.js';

/**
 * The picture that a request carries: its raw body, or the file of its multipart form.
 *
 * @throws Problem 400 for an empty body or a bad form, 408 for one that comes too slowly, 413 for more than `limit`
 *   bytes, 415 for a compressed body
 * @throws the signal's reason when the client goes away before the picture is there
 */
export async function readImage(
  request: Request,
  response: Response,
  { limit, signal }: { limit: number; signal: AbortSignal },
): Promise<Buffer> {
  const encoding = request.headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity')
    throw new Problem(
      415,
      'ERR_ENCODING',
      `Content-Encoding ${JSON.stringify(encoding)} is not taken. Send the picture as it is.`,
    );
  const read = request.is('multipart/*')
    ? readFormImage(request, response, { limit, signal })
    : readBody(request, limit, signal);
  const image = await unlessAborted(read, signal);
  if (image.length === 0)
    throw new Problem(400, 'ERR_EMPTY', 'The picture is empty. Send the bytes of one as the body.');
  return image;
}

function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(isTimeout(signal.reason) ? slow() : signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

function isTimeout(reason: unknown): boolean {
  return reason instanceof DOMException && reason.name === 'TimeoutError';
}

function slow(): Problem {
  return new Problem(
    408,
    'ERR_UPLOAD_TIMEOUT',
    'The upload took too long. Try again on a faster connection.',
  );
}
