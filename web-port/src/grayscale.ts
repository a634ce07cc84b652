import type { ServerResponse } from 'node:http';
import { PassThrough, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { type Sidecar, TIMEOUT_HEADER } from '@dapr-wasmedge/service-kit';
import { Agent, stream } from 'undici';
import type { Route } from './hello.js';
import { unreachable, upstreamProblem } from './upstream.js';

const APP_ID = 'image-api-grayscale';

/**
 * Reaches the grayscale service by plain HTTP to the sidecar, because the answer is binary: the Dapr SDK reads every
 * answer as text. A picture is passed on as it comes.
 */
export function grayscaleRoute(sidecar: Sidecar): Route {
  // The deadline's signal bounds every request.
  const dispatcher = new Agent({ keepAliveTimeout: 30_000, headersTimeout: 0, bodyTimeout: 0 });
  const url = sidecar.invokeUrl(APP_ID, 'api/image');
  return async ({ request, response, image, deadline }) => {
    const { traceparent } = request.headers;
    let refusal: Promise<string> | undefined;
    const options = {
      dispatcher,
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
        const { 'content-type': type, 'content-length': length } = headers;
        // A service that dies at the wrong moment can leave its sidecar with a 200 and nothing else.
        if (statusCode !== 200 || type === undefined || length === undefined) {
          const body = new PassThrough();
          refusal = text(body);
          // When it breaks off, stream() says so.
          refusal.catch(() => {});
          return body;
        }
        response.set({ 'content-type': type, 'content-length': length });
        return passingOn(response);
      });
    } catch (error) {
      deadline.signal.throwIfAborted();
      throw unreachable(APP_ID, error);
    }
    if (refusal !== undefined) throw upstreamProblem(APP_ID, await refusal);
  };
}

// Undici destroys what it writes to when the sidecar breaks off: of the answer itself, nobody could say any more why.
function passingOn(response: ServerResponse): Writable {
  return new Writable({
    write: (chunk: Buffer, _encoding, done) => void response.write(chunk, done),
    final: (done) => void response.end(done),
  });
}
