import { finished } from 'node:stream';
import type { Request } from 'express';
import { Problem } from './problem.js';

/**
 * Reads a body once: into one buffer of the announced length or, where none is announced (chunked), as it comes.
 *
 * What is left of a body that is refused, or comes too slowly, runs off unread, so that the client gets to read the
 * answer; what has come of it is held no longer.
 *
 * @throws Problem 413 as soon as more than `limit` bytes are announced or sent
 * @throws the signal's reason when it aborts
 */
export async function readBody(request: Request, limit: number, signal: AbortSignal): Promise<Buffer> {
  try {
    const announced = request.headers['content-length'];
    const body =
      announced === undefined ? new GrowingBody(limit) : new AnnouncedBody(Number(announced), limit);
    await takeAll(request, (chunk) => body.take(chunk), signal);
    return body.bytes();
  } finally {
    request.resume();
  }
}

/** The problem of a picture of more than `limit` bytes. */
export function tooLarge(limit: number, what = 'The picture'): Problem {
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

  constructor(announced: number, limit: number) {
    if (announced > limit) throw tooLarge(limit);
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
  readonly #limit: number;
  readonly #parts: Buffer[] = [];
  #length = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  take(chunk: Buffer): void {
    this.#length += chunk.length;
    if (this.#length > this.#limit) {
      this.#parts.length = 0;
      throw tooLarge(this.#limit);
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
