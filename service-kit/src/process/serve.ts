import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { setImmediate } from 'node:timers/promises';
import closeWithGrace from 'close-with-grace';
import type { Logger } from 'pino';
import { Connections } from './connections.js';
import { listen } from './listen.js';
import { answerRefusals } from './refusals.js';

/** Longer than daprd keeps a connection that is idle (90 s, Go's default), so that it never sends into one just closed. */
const KEEP_ALIVE_MS = 120_000;

/** How often Node looks for requests that take too long to arrive; of its own accord only every 30 s. */
const CHECK_MS = 500;

/** So much longer than the app's deadline does a body have to arrive: the app answers first. */
const GRACE_MS = 2000;

/** The part of SHUTDOWN_MS after which what is still in work is answered 503: the rest is for that answer and the end. */
const LAST_WORD_AT = 0.8;

/** The settings of `serverSettings` that say where and how to listen. */
export interface ListenSettings {
  readonly HOST: string;
  readonly PORT: number;
  readonly TIMEOUT_MS: number;
  readonly SHUTDOWN_MS: number;
}

/** A service, ready to be run. */
export interface Service {
  readonly app: RequestListener;
  /** Turns new requests away once it is closed. */
  readonly admission: { close(): void };
  readonly config: ListenSettings;
  readonly logger: Logger;
  /** Gives back what the service holds, after its last answer. */
  close(): Promise<void>;
}

/**
 * Serves until SIGTERM or SIGINT, then stops gracefully: no new work; what is in work has four fifths of `SHUTDOWN_MS`
 * to finish, and is answered 503 if it has not.
 *
 * @throws ConfigError when the address cannot be listened on
 */
export async function serve({ app, admission, config, logger, close }: Service): Promise<void> {
  const server = createServer({
    headersTimeout: config.TIMEOUT_MS,
    requestTimeout: config.TIMEOUT_MS + GRACE_MS,
    connectionsCheckingInterval: CHECK_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    // The app asks for it: see requireHost.
    requireHostHeader: false,
  });
  // A client that reads nothing, or says nothing.
  server.timeout = 2 * config.TIMEOUT_MS + GRACE_MS;
  answerRefusals(server, logger);
  server.on('request', app);
  const connections = new Connections(server);
  await listen(server, config).catch(async (error: unknown) => {
    await close();
    throw error;
  });
  logger.info({ address: server.address() }, 'listening');
  closeWithGrace({ delay: config.SHUTDOWN_MS, logger }, async ({ signal, err }) => {
    if (err !== undefined) logger.fatal({ err }, 'stopping because of an error nobody caught');
    else logger.info({ signal }, 'stopping');
    admission.close();
    // What has arrived already is read, and answered 503, before its connection is closed.
    await setImmediate();
    const closed = once(server, 'close');
    server.close();
    connections.closeIdle();
    // Those in work close behind their answer.
    server.keepAliveTimeout = 1;
    const lastWord = setTimeout(() => connections.closeAll(), config.SHUTDOWN_MS * LAST_WORD_AT);
    await closed;
    clearTimeout(lastWord);
    await close();
    logger.info('stopped');
  });
}

/** Runs a service's start; an error ends the process with its message and exit code 1. */
export async function start(run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? describe(error) : String(error)}\n`);
    process.exit(1);
  }
}

function describe(error: Error): string {
  const isExpected = 'code' in error;
  return isExpected ? error.message : (error.stack ?? error.message);
}
