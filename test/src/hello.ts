import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const fixtures = fileURLToPath(new URL('../fixtures', import.meta.url));

/** The bytes of a picture in `test/fixtures/`. */
export function fixture(name: string): Promise<Buffer> {
  return readFile(`${fixtures}/${name}`);
}

/** An answer, read whole. */
export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly headers: Headers;
  readonly body: Buffer;
}

/** Sends a POST and reads the answer whole. */
export async function post(
  url: string,
  body: Buffer | FormData | ReadableStream | undefined,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const payload = Buffer.isBuffer(body) ? new Uint8Array(body) : body;
  const response = await fetch(url, {
    method: 'POST',
    headers,
    ...(payload !== undefined && { body: payload, duplex: 'half' }),
  });
  return {
    status: response.status,
    type: response.headers.get('content-type') ?? '',
    headers: response.headers,
    body: Buffer.from(await response.arrayBuffer()),
  };
}

/** A multipart form with the same file in each of these fields. */
export function formOf(bytes: Buffer, fields: readonly string[] = ['image']): FormData {
  const form = new FormData();
  for (const field of fields) form.append(field, new Blob([new Uint8Array(bytes)]), 'picture.png');
  return form;
}
