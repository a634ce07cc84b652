import { finished } from 'node:stream';
import type { Request, Response } from 'express';
import { readForm } from './form.js';
import { Problem } from './problem.js';

/** What a request carries for a function. */
export interface Input {
  readonly bytes: Buffer;
  /** What its sender says that it is, in small letters, without parameters; `undefined` if that says nothing. */
  readonly type: string | undefined;
}

/** How an input is read. */
export interface InputLimits {
  /** Most bytes. */
  readonly limit: number;
  readonly signal: AbortSignal;
  /** What is expected, which messages say. An empty picture is none. */
  readonly kind: 'picture' | 'input';
}

/** Types that clients send without knowing what it is that they send: those of octets, and of curl's `--data-binary`. */
const SAYS_NOTHING = new Set(['application/octet-stream', 'application/x-www-form-urlencoded']);

/**
 * Reads what a request carries: its raw body, or the file of its multipart form.
 *
 * @throws Problem 400 for an empty picture or a bad form, 408 for one that comes too slowly, 413 for more than `limit`
 *   bytes, 415 for a compressed body
 * @throws the signal's reason when the client goes away before all is there
 */
export async function readInput(request: Request, response: Response, limits: InputLimits): Promise<Input> {
  const encoding = request.headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity')
    throw new Problem(
      415,
      'ERR_ENCODING',
      `Content-Encoding ${JSON.stringify(encoding)} is not taken. Send the ${limits.kind} as it is.`,
    );
  const read = request.is('multipart/*')
    ? readForm(request, response, limits)
    : readBody(request, limits).then((bytes) => ({ bytes, type: request.headers['content-type'] }));
  const { bytes, type } = await unlessAborted(read, limits.signal);
  if (limits.kind === 'picture' && bytes.length === 0)
    throw new Problem(400, 'ERR_EMPTY', 'The picture is empty. Send the bytes of one as the body.');
  return { bytes, type: specificType(type) };
}

/** The media type in a Content-Type, unless that says nothing. */
function specificType(header: string | undefined): string | undefined {
  const type = header?.split(';', 1)[0]?.trim().toLowerCase();
  return type === undefined || type === '' || SAYS_NOTHING.has(type) ? undefined : type;
}

/**
 * Reads a body once: into one buffer of the announced length or, where none is announced (chunked), as it comes.
 *
 * What is left of a body that is refused, or comes too slowly, runs off unread, so that the client gets to read the
 * answer; what has come of it is held no longer.
 *
 * @throws Problem 413 as soon as more than `limit` bytes are announced or sent
 * @throws the signal's reason when it aborts
 */
async function readBody(request: Request, limits: InputLimits): Promise<Buffer> {
  try {
    const announced = request.headers['content-length'];
    const body =
      announced === undefined ? new GrowingBody(limits) : new AnnouncedBody(Number(announced), limits);
    await takeAll(request, (chunk) => body.take(chunk), limits.signal);
    return body.bytes();
  } finally {
    request.resume();
  }
}

/** The problem of an input of more than `limit` bytes. */
export function tooLarge(what: string, limit: number): Problem {
  const mebibytes = Number((limit / 1024 ** 2).toFixed(2));
  return new Problem(
    413,
    'ERR_TOO_LARGE',
    `${what} has more than ${limit} bytes (${mebibytes} MiB). Send a smaller one.`,
  );
}

class AnnouncedBody {
  readonly #body: Buffer;
  #length = 0;

  constructor(announced: number, { limit, kind }: InputLimits) {
    if (announced > limit) throw tooLarge(`The ${kind}`, limit);
    this.#body = Buffer.allocUnsafeSlow(announced);
  }

  take(chunk: Buffer): void {
    this.#length += chunk.copy(this.#body, this.#length);
  }

  bytes(): Buffer {
    return this.#body.subarray(0, this.#length);
  }
}

class GrowingBody {
  readonly #limits: InputLimits;
  readonly #parts: Buffer[] = [];
  #length = 0;

  constructor(limits: InputLimits) {
    this.#limits = limits;
  }

  take(chunk: Buffer): void {
    this.#length += chunk.length;
    const { limit, kind } = this.#limits;
    if (this.#length > limit) {
      this.#parts.length = 0;
      throw tooLarge(`The ${kind}`, limit);
    }
    this.#parts.push(chunk);
  }

  bytes(): Buffer {
    return Buffer.concat(this.#parts, this.#length);
  }
}

/** Passes on each piece until the end; what `take` throws, or the signal's reason, ends it before. */
function takeAll(request: Request, take: (chunk: Buffer) => void, signal: AbortSignal): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    const stop = () => {
      request.off('data', onData);
      forget();
    };
    const onData = (chunk: Buffer) => {
      try {
        take(chunk);
      } catch (error) {
        stop();
        reject(error);
      }
    };
    const forget = finished(request, { signal, writable: false }, (error) => {
      stop();
      if (error === undefined || error === null) resolve();
      else reject(signal.aborted ? signal.reason : error);
    });
    request.on('data', onData);
  });
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
