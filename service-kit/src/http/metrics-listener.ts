import { createServer, type Server } from 'node:http';
import { listen } from '../process/listen.js';
import type { Metrics } from './metrics.js';

/** How long a connection may send nothing, and a request may take to arrive, in ms. */
const IDLE_MS = 10_000;

/** How often Node looks for such requests; of its own accord only every 30 s. */
const CHECK_MS = 500;

/**
 * Serves `GET /metrics` on a port of its own, to everybody who reaches it, and nothing else: what a NetworkPolicy can open
 * to Prometheus alone.
 *
 * @throws ConfigError when the address cannot be listened on
 */
export async function listenForMetrics(
  metrics: Metrics,
  { HOST, METRICS_PORT }: { readonly HOST: string; readonly METRICS_PORT: number },
): Promise<Server> {
  // Whoever asks while an answer is made gets that one.
  let making: Promise<string> | undefined;
  const text = () => {
    making ??= metrics.text().finally(() => {
      making = undefined;
    });
    return making;
  };
  const times = { requestTimeout: IDLE_MS, headersTimeout: IDLE_MS, connectionsCheckingInterval: CHECK_MS };
  const server = createServer(times, (request, response) => {
    request.resume();
    if (request.method !== 'GET' || request.url !== '/metrics') {
      response.writeHead(404).end();
      return;
    }
    text().then(
      (body) => response.setHeader('Content-Type', metrics.contentType).end(body),
      () => response.writeHead(500).end(),
    );
  });
  server.setTimeout(IDLE_MS);
  await listen(server, { HOST, PORT: METRICS_PORT }, 'METRICS_PORT');
  return server;
}
