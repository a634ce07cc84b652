import type { Request } from 'express';
import { Problem } from './problem.js';

/**
 * Reads a body once: into one buffer of the announced length or, where none is announced (chunked), as it comes.
 *
 * What is left of a body that is refused runs off unread, so that the client gets to read the answer.
 *
 * @throws Problem 413 as soon as more than `limit` bytes are announced or sent
 * @throws the signal's reason at the next bytes after it has aborted
 */
export async function readBody(request: Request, limit: number, signal: AbortSignal): Promise<Buffer> {
  try {
    return await read(request, limit, signal);
  } finally {
    request.resume();
  }
}

async function read(request: Request, limit: number, signal: AbortSignal): Promise<Buffer> {
  const announced = request.headers['content-length'];
  if (Number(announced) > limit) throw tooLarge(limit);
  const chunks = until(signal, request.iterator({ destroyOnReturn: false }));
  return announced === undefined
    ? gather(chunks, limit)
    : fill(Buffer.allocUnsafeSlow(Number(announced)), chunks);
}

/** The problem of a body of more than `limit` bytes. */
export function tooLarge(limit: number): Problem {
  const mebibytes = Number((limit / 1024 ** 2).toFixed(2));
  return new Problem(
    413,
    'ERR_TOO_LARGE',
    `The picture has more than ${limit} bytes (${mebibytes} MiB). Send a smaller one.`,
  );
}

async function* until(signal: AbortSignal, chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    signal.throwIfAborted();
    yield chunk;
  }
}

async function fill(body: Buffer, chunks: AsyncIterable<Buffer>): Promise<Buffer> {
  let length = 0;
  for await (const chunk of chunks) length += chunk.copy(body, length);
  return body.subarray(0, length);
}

async function gather(chunks: AsyncIterable<Buffer>, limit: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    length += chunk.length;
    if (length > limit) throw tooLarge(limit);
    parts.push(chunk);
  }
  return Buffer.concat(parts, length);
}
