import { once } from 'node:events';
import { requireAccepted, Sidecar, TIMEOUT_HEADER } from '@app/service-kit';
import { CommunicationProtocolEnum, DaprClient, HttpMethod } from '@dapr/dapr';
import { z } from 'zod';
import { AbortableBody } from './abortable-body.js';
import type { Hello, Route } from './hello.js';
import { unreachable, upstreamProblem } from './upstream.js';

const APP_ID = 'image-api-classify';

/** What the classify service answers. */
const classification = z.object({
  label: z.string().nullable(),
  confidence: z.number(),
  sentence: z.string(),
  predictions: z.array(z.object({ label: z.string(), confidence: z.number() })),
  model: z.string(),
});

/** The message of the SDK's error for an answer that is not a success. */
const failedInvocation = z.object({ error_msg: z.string(), status: z.number() });

/** Reaches the classify service with the Dapr SDK, because its answer is JSON. */
export function classifyRoute(
  sidecar: Sidecar,
  config: { readonly DAPR_API_TOKEN?: string | undefined },
): Route {
  const client = new DaprClient({
    daprHost: Sidecar.host,
    daprPort: String(sidecar.port),
    communicationProtocol: CommunicationProtocolEnum.HTTP,
    ...(config.DAPR_API_TOKEN !== undefined && { daprApiToken: config.DAPR_API_TOKEN }),
  });
  return async (hello) => {
    const { request, response, deadline } = hello;
    requireAccepted(request, ['html', 'json']);
    // Before its first call the SDK waits for the sidecar, longer than a request may take.
    if (!client.getIsInitialized() && !(await sidecar.answers(deadline.signal))) {
      deadline.signal.throwIfAborted();
      throw unreachable(APP_ID, new Error(`the sidecar on port ${sidecar.port} is not there, or refuses`));
    }
    const { data: answer, error } = classification.safeParse(await invoke(client, hello));
    // A service that dies at the wrong moment can leave its sidecar with a 200 and nothing else.
    if (answer === undefined) throw unreachable(APP_ID, error);
    response.format({
      html: () => response.send(answer.sentence),
      json: () => response.json(answer),
    });
  };
}

async function invoke(client: DaprClient, { request, image, deadline }: Hello): Promise<unknown> {
  deadline.signal.throwIfAborted();
  const { traceparent } = request.headers;
  const headers = {
    Accept: 'application/json',
    'Content-Type': 'application/octet-stream',
    'Content-Length': String(image.length),
    [TIMEOUT_HEADER]: String(deadline.left()),
    ...(typeof traceparent === 'string' && { traceparent }),
  };
  // The SDK turns the body into a string for a debug message that is mostly not written: a stream makes that cheap.
  const body = new AbortableBody(image, deadline.signal);
  const invocation = client.invoker.invoke(APP_ID, 'api/image', HttpMethod.POST, body, { headers });
  const aborted = once(deadline.signal, 'abort').then(() => deadline.signal.throwIfAborted());
  try {
    return await Promise.race([invocation, aborted]);
  } catch (error) {
    deadline.signal.throwIfAborted();
    throw problemOfInvocation(error);
  }
}

function problemOfInvocation(error: unknown) {
  const failed = failedInvocation.safeParse(parseMessage(error));
  return failed.success ? upstreamProblem(APP_ID, failed.data.error_msg) : unreachable(APP_ID, error);
}

function parseMessage(error: unknown): unknown {
  try {
    return error instanceof Error ? JSON.parse(error.message) : undefined;
  } catch {
    return undefined;
  }
}
