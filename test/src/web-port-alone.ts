import { once } from 'node:events';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import getPort from 'get-port';
import waitFor from 'p-wait-for';

const server = fileURLToPath(new URL('../../web-port/dist/server.js', import.meta.url));

/** Starts web-port by itself: what it calls is missing or, by `env`, elsewhere. */
export async function startWebPort(env: Record<string, string> = {}) {
  const [port, daprPort] = [await getPort(), await getPort()];
  const child = execa(process.execPath, [server], {
    env: { PORT: String(port), DAPR_HTTP_PORT: String(daprPort), LOG_LEVEL: 'silent', ...env },
    stdin: 'ignore',
    reject: false,
  });
  const url = `http://127.0.0.1:${port}`;
  await waitFor(
    () =>
      fetch(`${url}/healthz`).then(
        ({ ok }) => ok,
        () => false,
      ),
    { interval: 20, timeout: 10_000 },
  );
  return {
    url,
    async stop() {
      child.kill();
      await child;
    },
  };
}

/** A port on loopback whose owner takes connections and never says a word. */
export async function startSilentServer() {
  const server = createServer((socket) => socket.on('error', () => {}).resume());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { port: address.port, stop: () => server.close() };
}
