import { once } from 'node:events';
import { createServer } from 'node:net';

/** A port on loopback whose owner takes connections and never says a word. */
export async function startSilentServer() {
  const server = createServer((socket) => socket.on('error', () => {}).resume());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { port: address.port, stop: () => server.close() };
}
