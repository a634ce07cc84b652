import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { buffer } from 'node:stream/consumers';
import type { Answer } from './hello.js';

/** A request that the service has in its hands: it has asked for the body, which is not sent yet. */
export interface AcceptedRequest {
  /** The answer, read whole, when it comes. */
  readonly answer: Promise<Answer>;
  /** Sends the body, and waits for the answer. */
  finish(): Promise<Answer>;
}

/** Sends the head of a POST, and resolves when the service has taken it (it answers `100 Continue`). */
export async function acceptedPost(
  url: string,
  body: Buffer,
  headers: Record<string, string> = {},
): Promise<AcceptedRequest> {
  const sent = request(url, {
    method: 'POST',
    agent: false,
    headers: { ...headers, expect: '100-continue', 'content-length': body.length },
  });
  const answered = once(sent, 'response').then(async ([response]: IncomingMessage[]): Promise<Answer> => {
    assert.ok(response);
    const known = Object.entries(response.headers).map(([name, value]): [string, string] => [
      name,
      String(value),
    ]);
    return {
      status: response.statusCode ?? 0,
      type: response.headers['content-type'] ?? '',
      headers: new Headers(known),
      body: await buffer(response),
    };
  });
  answered.catch(() => {});
  sent.flushHeaders();
  await once(sent, 'continue');
  return {
    answer: answered,
    finish: () => {
      sent.end(body);
      return answered;
    },
  };
}
