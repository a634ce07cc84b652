import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { TestContext } from 'node:test';

/** A reverse proxy that serves another server below a path of its own, which it strips. */
export interface PrefixProxy {
  /** Where the server's `/` is, with a slash at its end. */
  readonly url: string;
  /** The paths that were asked beside that. */
  readonly strays: readonly string[];
}

/** Starts a reverse proxy, which ends after the test; it passes on `Host` as it came. */
export async function startPrefixProxy(t: TestContext, target: string): Promise<PrefixProxy> {
  const prefix = '/proxy/8080';
  const strays: string[] = [];
  const server = createServer((incoming, answer) => {
    const { url = '', method, headers } = incoming;
    if (!url.startsWith(`${prefix}/`)) {
      strays.push(url);
      answer.writeHead(404).end();
      return;
    }
    const { hostname, port } = new URL(target);
    const path = url.slice(prefix.length);
    const passedOn = request({ hostname, port, path, method, headers }, (response) => {
      answer.writeHead(response.statusCode ?? 0, response.headers);
      response.pipe(answer);
    });
    passedOn.on('error', () => answer.destroy());
    incoming.pipe(passedOn);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { url: `http://127.0.0.1:${address.port}${prefix}/`, strays };
}
