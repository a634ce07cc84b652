import { Agent, request } from 'undici';
import { z } from 'zod';
import { integer } from './config.js';

/** Settings of the Dapr sidecar; `dapr run` and the launcher set them. */
export function sidecarSettings({ httpPort }: { httpPort: number }) {
  return {
    DAPR_HTTP_PORT: integer({ min: 1, max: 65_535, whenUnset: httpPort }),
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
    return request(url, { dispatcher, signal, headers })
      .then(async ({ statusCode, body }) => {
        await body.dump();
        return statusCode >= 200 && statusCode < 300;
      })
      .catch(() => false);
  }
}
