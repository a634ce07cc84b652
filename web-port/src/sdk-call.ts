import { addAbortListener, once } from 'node:events';
import { ClientRequest } from 'node:http';
import { Readable } from 'node:stream';
import { requireAccepted } from '@app/service-kit';
import { CommunicationProtocolEnum, DaprClient, HttpMethod, LogLevel } from '@dapr/dapr';
import { z } from 'zod';
import {
  type Call,
  headersOf,
  type Invocation,
  methodOf,
  Sidecar,
  unreachable,
  upstreamProblem,
} from './invocation.js';

/** The function that is invoked so. */
export const SDK_FUNCTION = 'classify';

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

/** Invokes `SDK_FUNCTION` with the Dapr SDK, which is made for answers of JSON. */
export function sdkCall(sidecar: Sidecar, config: { readonly DAPR_API_TOKEN?: string | undefined }): Call {
  const client = new DaprClient({
    daprHost: Sidecar.host,
    daprPort: String(sidecar.port),
    communicationProtocol: CommunicationProtocolEnum.HTTP,
    // At info it says, past the log, that the sidecar has started.
    logger: { level: LogLevel.Warn },
    ...(config.DAPR_API_TOKEN !== undefined && { daprApiToken: config.DAPR_API_TOKEN }),
  });
  return async (invocation) => {
    const { request, response, deadline, description } = invocation;
    requireAccepted(request, ['html', 'json']);
    // Before its first call the SDK waits for the sidecar, longer than a request may take.
    if (!client.getIsInitialized() && !(await sidecar.answers(deadline.signal))) {
      deadline.signal.throwIfAborted();
      throw unreachable(
        description.app,
        new Error(`the sidecar on port ${sidecar.port} is not there, or refuses`),
      );
    }
    const { data: answer, error } = classification.safeParse(await invoke(client, invocation));
    // A service that dies at the wrong moment can leave its sidecar with a 200 and nothing else.
    if (answer === undefined) throw unreachable(description.app, error);
    response.format({
      html: () => response.send(answer.sentence),
      json: () => response.json(answer),
    });
  };
}

async function invoke(client: DaprClient, invocation: Invocation): Promise<unknown> {
  const { description, input, deadline } = invocation;
  deadline.signal.throwIfAborted();
  const headers = {
    ...headersOf(invocation),
    accept: 'application/json',
    'content-length': String(input.bytes.length),
  };
  // The SDK turns the body into a string for a debug message that is mostly not written: a stream makes that cheap.
  const body = new AbortableBody(input.bytes, deadline.signal);
  const invoked = client.invoker.invoke(description.app, methodOf(description), HttpMethod.POST, body, {
    headers,
  });
  const aborted = once(deadline.signal, 'abort').then(() => deadline.signal.throwIfAborted());
  try {
    return await Promise.race([invoked, aborted]);
  } catch (error) {
    deadline.signal.throwIfAborted();
    throw problemOfInvocation(description.app, error);
  }
}

function problemOfInvocation(app: string, error: unknown) {
  const failed = failedInvocation.safeParse(parseMessage(error));
  return failed.success ? upstreamProblem(app, failed.data.error_msg) : unreachable(app, error);
}

function parseMessage(error: unknown): unknown {
  try {
    return error instanceof Error ? JSON.parse(error.message) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The bytes of a request's body, and the end of the request itself when `signal` aborts, even once all is sent.
 *
 * For the Dapr SDK, which takes no signal: it sends with node-fetch, and that pipes a body into the `ClientRequest`. Sent
 * otherwise, a request just goes on after the abort.
 */
export class AbortableBody extends Readable {
  readonly #bytes: Uint8Array;
  readonly #signal: AbortSignal;

  constructor(bytes: Uint8Array, signal: AbortSignal) {
    super();
    this.#bytes = bytes;
    this.#signal = signal;
  }

  override _read(): void {
    this.push(this.#bytes);
    this.push(null);
  }

  override pipe<T extends NodeJS.WritableStream>(request: T, options?: { end?: boolean }): T {
    if (request instanceof ClientRequest) addAbortListener(this.#signal, () => request.destroy());
    return super.pipe(request, options);
  }
}
