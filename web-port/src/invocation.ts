import type { FunctionDescription } from '@app/function-manifest';
import { type Deadline, type Input, integer, Problem, TIMEOUT_HEADER, traceHeaders } from '@app/service-kit';
import type { Request, Response } from 'express';
import { Agent, request as send } from 'undici';
import { z } from 'zod';

/** A request to a function, on its way through the sidecars to the service of the function's app. */
export interface Invocation {
  readonly description: FunctionDescription;
  readonly request: Request;
  readonly response: Response;
  readonly input: Input;
  readonly deadline: Deadline;
}

/** Invokes a function, and answers what it answers. */
export type Call = (invocation: Invocation) => Promise<void>;

/** The method of a function's app that runs the function. */
export function methodOf({ name }: FunctionDescription): string {
  return `functions/${name}`;
}

/** What goes along with an input: its type, the time that is left, the trace, and what the client takes in answer. */
export function headersOf({ request, input, deadline }: Invocation): Record<string, string> {
  const { accept } = request.headers;
  return {
    'content-type': input.type ?? 'application/octet-stream',
    [TIMEOUT_HEADER]: String(deadline.left()),
    ...traceHeaders(request.headers),
    ...(accept !== undefined && { accept }),
  };
}

/** An error as our services answer it (RFC 9457). */
const problem = z.object({ status: z.int().min(400).max(599), detail: z.string(), code: z.string() });

/**
 * The problem behind an answer that is not a success: the service's own, passed on, or else 502, because then
 * it is the sidecar that speaks: the service behind it cannot be reached.
 *
 * @param body the answer's text
 */
export function upstreamProblem(appId: string, body: string): Problem {
  const parsed = problem.safeParse(parseJson(body));
  if (!parsed.success) return unreachable(appId, new SidecarError(body));
  const { status, code, detail } = parsed.data;
  return new Problem(status, code, detail, status === 503 ? { retryAfter: 1 } : {});
}

/** What a sidecar answered in place of the service behind it. */
export class SidecarError extends Error {
  override readonly name = 'SidecarError';

  constructor(body: string) {
    super(`the sidecar said: ${body.slice(0, 500)}`);
  }
}

/** The problem of a service that does not answer. */
export function unreachable(appId: string, cause: unknown): Problem {
  return new Problem(
    502,
    'ERR_UNREACHABLE',
    `The service ${appId} cannot be reached. Is it running, with its sidecar? Try again in a moment.`,
    {
      cause,
    },
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Settings of the Dapr sidecar; `dapr run` and the launcher set them. */
export function sidecarSettings({ httpPort }: { httpPort: number }) {
  return {
    DAPR_HTTP_PORT: integer({ min: 1, max: 65_535 }).default(httpPort),
    DAPR_API_TOKEN: z.string().optional(),
  };
}

/** The Dapr sidecar of this service, at its HTTP API on loopback. */
export class Sidecar {
  static readonly host = '127.0.0.1';
  readonly port: number;
  /**
   * For requests to it: straight to this machine, whatever HTTP_PROXY and NODE_USE_ENV_PROXY say. The signal of each
   * request bounds it.
   */
  readonly dispatcher = new Agent({ keepAliveTimeout: 30_000, headersTimeout: 0, bodyTimeout: 0 });
  readonly #token: string | undefined;

  constructor(config: { readonly DAPR_HTTP_PORT: number; readonly DAPR_API_TOKEN?: string | undefined }) {
    this.port = config.DAPR_HTTP_PORT;
    this.#token = config.DAPR_API_TOKEN;
  }

  /** Where a method of another app is invoked: https://docs.dapr.io/reference/api/service_invocation_api/ */
  invokeUrl(appId: string, method: string): string {
    return `http://${Sidecar.host}:${this.port}/v1.0/invoke/${encodeURIComponent(appId)}/method/${method}`;
  }

  /** The header that opens the sidecar's API where DAPR_API_TOKEN closes it. */
  get headers(): Record<string, string> {
    return this.#token === undefined ? {} : { 'dapr-api-token': this.#token };
  }

  /** Whether the sidecar can pass requests on: https://docs.dapr.io/reference/api/health_api/ */
  async answers(signal: AbortSignal): Promise<boolean> {
    const url = `http://${Sidecar.host}:${this.port}/v1.0/healthz/outbound`;
    const { dispatcher, headers } = this;
    return send(url, { dispatcher, signal, headers })
      .then(async ({ statusCode, body }) => {
        await body.dump();
        return statusCode >= 200 && statusCode < 300;
      })
      .catch(() => false);
  }
}
