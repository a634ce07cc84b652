import { once } from 'node:events';
import type { Server } from 'node:http';
import { ConfigError } from './config.js';

/** What to do about an address that cannot be listened on, by the error's code. */
const REMEDIES: Readonly<Record<string, string>> = {
  EADDRINUSE:
    'Another program listens there: end it (`ss -ltnp` or `lsof -i :PORT` names it), or take another port.',
  EACCES: 'This user may not listen on that port: take one from 1024 on.',
  EADDRNOTAVAIL:
    'HOST is no address of this machine: 127.0.0.1 serves this machine alone, 0.0.0.0 every address that it has.',
  ENOTFOUND:
    'HOST is a name without an address: 127.0.0.1 serves this machine alone, 0.0.0.0 every address that it has.',
  EAI_AGAIN:
    'The address of HOST could not be asked for: name one, such as 127.0.0.1 for this machine alone, or 0.0.0.0 for every address that it has.',
};

/**
 * Listens, and resolves when connections are taken.
 *
 * @param setting what the port is called where it is set
 * @throws ConfigError saying why that address cannot be listened on, and what to do
 */
export async function listen(
  server: Server,
  { HOST, PORT }: { readonly HOST: string; readonly PORT: number },
  setting = 'PORT',
): Promise<void> {
  server.listen(PORT, HOST);
  try {
    await once(server, 'listening');
  } catch (cause) {
    const { message, code } = cause instanceof Error ? parts(cause) : { message: String(cause), code: '' };
    const remedy = REMEDIES[code] ?? '';
    throw new ConfigError(`Cannot listen on HOST=${HOST} ${setting}=${PORT}: ${message}. ${remedy}`.trim(), {
      cause,
    });
  }
}

function parts(error: Error): { message: string; code: string } {
  return { message: error.message, code: 'code' in error ? String(error.code) : '' };
}
