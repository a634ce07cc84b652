import { Agent, request } from 'undici';

/** One connection per origin that is kept, as a client has it that sends picture after picture. */
const dispatcher = new Agent({ connections: 1, headersTimeout: 60_000 });

/**
 * Posts a picture and reads the whole answer.
 *
 * @throws Error with the answer when its status is not 200
 */
export async function post(
  url: string,
  image: Buffer,
  headers: Readonly<Record<string, string>> = {},
): Promise<Buffer> {
  const response = await request(url, {
    method: 'POST',
    dispatcher,
    body: image,
    headers: { 'content-type': 'image/jpeg', ...headers },
  });
  const body = Buffer.from(await response.body.arrayBuffer());
  if (response.statusCode !== 200) throw new Error(`${url} answered ${response.statusCode}: ${body}`);
  return body;
}

/** Closes the connections. */
export async function hangUp(): Promise<void> {
  await dispatcher.close();
}
