import { pipeline } from 'node:stream/promises';
import { type Sidecar, TIMEOUT_HEADER } from '@dapr-wasmedge/service-kit';
import { Agent, type Dispatcher, request as send } from 'undici';
import type { Hello, Route } from './hello.js';
import { unreachable, upstreamProblem } from './upstream.js';

const APP_ID = 'image-api-grayscale';

/**
 * Reaches the grayscale service by plain HTTP to the sidecar, because the answer is binary: the Dapr SDK reads every
 * answer as text.
 */
export function grayscaleRoute(sidecar: Sidecar): Route {
  // The deadline's signal bounds every request.
  const agent = new Agent({ keepAliveTimeout: 30_000, headersTimeout: 0, bodyTimeout: 0 });
  const url = sidecar.invokeUrl(APP_ID, 'api/image');
  return async (hello) => {
    const answer = await invoke(url, sidecar, agent, hello);
    if (answer.statusCode !== 200) throw upstreamProblem(APP_ID, await answer.body.text());
    const { response } = hello;
    for (const name of ['content-type', 'content-length']) {
      const value = answer.headers[name];
      if (value !== undefined) response.set(name, value);
    }
    await pipeline(answer.body, response);
  };
}

async function invoke(
  url: string,
  sidecar: Sidecar,
  dispatcher: Agent,
  { request, image, deadline }: Hello,
): Promise<Dispatcher.ResponseData> {
  const { traceparent } = request.headers;
  try {
    return await send(url, {
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
    });
  } catch (error) {
    deadline.signal.throwIfAborted();
    throw unreachable(APP_ID, error);
  }
}
