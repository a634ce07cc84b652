import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { PassThrough, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { ANSWER_LENGTH_HEADER, ClientGoneError, type Sidecar, TIMEOUT_HEADER } from '@app/service-kit';
import { stream } from 'undici';
import type { Route } from './hello.js';
import { unreachable, upstreamProblem } from './upstream.js';

const APP_ID = 'image-api-grayscale';

/**
 * Reaches the grayscale service by plain HTTP to the sidecar, because the answer is binary: the Dapr SDK reads every
 * answer as text. A picture is passed on as it comes.
 */
export function grayscaleRoute(sidecar: Sidecar): Route {
  const url = sidecar.invokeUrl(APP_ID, 'api/image');
  return async ({ request, response, image, deadline }) => {
    const { traceparent } = request.headers;
    let refusal: Promise<string> | undefined;
    const options = {
      dispatcher: sidecar.dispatcher,
      method: 'POST',
      body: image,
      signal: deadline.signal,
      headers: {
        ...sidecar.headers,
        'content-type': 'application/octet-stream',
        [TIMEOUT_HEADER]: String(deadline.left()),
        ...(typeof traceparent === 'string' && { traceparent }),
      },
    } as const;
    try {
      await stream(url, options, ({ statusCode, headers }) => {
        const { 'content-type': type } = headers;
        if (statusCode === 200 && typeof type === 'string' && isFramed(headers))
          return passingOn(response, type, lengthOf(headers));
        const body = new PassThrough();
        refusal = text(body);
        // When it breaks off, stream() says so.
        refusal.catch(() => {});
        return body;
      });
    } catch (error) {
      deadline.signal.throwIfAborted();
      throw error instanceof ClientGoneError ? error : unreachable(APP_ID, error);
    }
    if (refusal !== undefined) throw upstreamProblem(APP_ID, await refusal);
  };
}

/** Whether the end of an answer can be told from its breaking off (RFC 9112, section 6.3). */
function isFramed(headers: IncomingHttpHeaders): boolean {
  return headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined;
}

/** The length that the service has announced, in bytes; `undefined` if it has not. */
function lengthOf(headers: IncomingHttpHeaders): number | undefined {
  const length = headers['content-length'] ?? headers[ANSWER_LENGTH_HEADER];
  return typeof length === 'string' && /^\d+$/.test(length) ? Number(length) : undefined;
}

/**
 * Passes a picture on as it comes; the head goes with its first bytes, so that nothing at all can still be answered 502.
 *
 * Undici destroys what it writes to when the sidecar breaks off: of the answer itself, nobody could say any more why.
 *
 * @throws Error if it does not have its announced length, or no byte at all: the sidecar of a service that died makes a whole
 *   answer of what it has (docs/decisions/answer-length.md)
 */
function passingOn(response: ServerResponse, type: string, length: number | undefined): Writable {
  let passed = 0;
  const notWhole = () => new Error(`the answer ended after ${passed} of ${length ?? 'some'} bytes`);
  return new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      const isFirst = passed === 0;
      passed += chunk.length;
      if (length !== undefined && passed > length) return done(notWhole());
      if (isFirst) {
        response.setHeader('content-type', type);
        if (length !== undefined) response.setHeader('content-length', length);
      }
      response.write(chunk, (error) => done(error && new ClientGoneError({ cause: error })));
    },
    final: (done) => {
      if (passed === 0 || (length !== undefined && passed !== length)) done(notWhole());
      else response.end(done);
    },
  });
}
