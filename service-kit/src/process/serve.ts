import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { constants } from 'node:os';
import { setTimeout as delay, setImmediate } from 'node:timers/promises';
import closeWithGrace from 'close-with-grace';
import type { Logger } from 'pino';
import { answerClientErrors } from '../http/client-errors.js';
import { Connections } from '../http/connections.js';
import type { Metrics } from '../http/metrics.js';
import { listenForMetrics } from '../http/metrics-listener.js';
import type { Traces } from '../traces/traces.js';
import { listen } from './listen.js';

/** Longer than daprd keeps a connection that is idle (90 s, Go's default), so that it never sends into one just closed. */
const KEEP_ALIVE_MS = 120_000;

/** How often Node looks for requests that take too long to arrive; of its own accord only every 30 s. */
const CHECK_MS = 500;

/** Longest time that the headers of a request may take, however long its answer may. */
const HEADERS_MS = 30_000;

/** So much longer than the app's deadline does a body have to arrive: the app answers first. */
const GRACE_MS = 2000;

/** The part of SHUTDOWN_MS after which what is still in work is answered 503: the rest is for that answer and the end. */
const SHUTDOWN_SHARE = 0.8;

/** The settings of `serverSettings` that say where and how to listen. */
export interface ListenSettings {
  readonly HOST: string;
  readonly PORT: number;
  readonly SHUTDOWN_MS: number;
  readonly DRAIN_MS: number;
  readonly METRICS_PORT?: number | undefined;
}

/** A service, ready to be run. */
export interface Service {
  readonly app: RequestListener;
  /** Turns new requests away once it is closed. */
  readonly admission: { close(): void };
  readonly metrics: Metrics;
  readonly config: ListenSettings;
  readonly logger: Logger;
  readonly traces?: Traces | undefined;
  /** Longest time of a request, in ms, as it is when a connection is made. */
  readonly timeoutMs: () => number;
  /** Reads again what the service serves. */
  reload?(): Promise<void>;
  /** Gives back what the service holds, after its last answer. */
  close(): Promise<void>;
}

/**
 * Serves until SIGTERM or SIGINT, then stops gracefully: after SIGTERM it answers for `DRAIN_MS` as before, but asks each client to come
 * on another connection the next time; then no new work; what is in work has four fifths of `SHUTDOWN_MS`
 * to finish, and is answered 503 if it has not. SIGUSR2 has it read again what it serves.
 *
 * @throws ConfigError when the address cannot be listened on
 */
export async function serve(service: Service): Promise<void> {
  const {
    app,
    admission,
    metrics,
    config,
    logger,
    traces,
    timeoutMs,
    reload = async () => {},
    close,
  } = service;
  const server = createServer({
    connectionsCheckingInterval: CHECK_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    // The app asks for it: see requireHost.
    requireHostHeader: false,
  });
  boundTimes(server, timeoutMs());
  server.on('connection', () => boundTimes(server, timeoutMs()));
  answerClientErrors(server, logger);
  let isLeaving = false;
  server.on('request', (request, response) => {
    if (isLeaving) response.setHeader('Connection', 'close');
    app(request, response);
  });
  const connections = new Connections(server);
  const { HOST, METRICS_PORT } = config;
  const open = async () => {
    await listen(server, config);
    return METRICS_PORT === undefined ? undefined : await listenForMetrics(metrics, { HOST, METRICS_PORT });
  };
  const metricsServer = await open().catch(async (error: unknown) => {
    server.close();
    await close();
    throw error;
  });
  process.on('SIGUSR2', () => void reload());
  logger.info({ address: server.address() }, 'listening');
  closeWithGrace(
    { delay: config.DRAIN_MS + config.SHUTDOWN_MS, logger, skip: ['SIGUSR2'] },
    async ({ signal, err }) => {
      if (err !== undefined) logger.fatal({ err }, 'stopping because of an error nobody caught');
      else logger.info({ signal }, 'stopping');
      isLeaving = true;
      if (signal === 'SIGTERM') await delay(config.DRAIN_MS);
      admission.close();
      // What has arrived already is read, and answered 503, before its connection is closed.
      await setImmediate();
      const closed = once(server, 'close');
      server.close();
      connections.closeIdle();
      // Those in work close behind their answer.
      server.keepAliveTimeout = 1;
      const lastWord = setTimeout(() => connections.closeAll(), config.SHUTDOWN_MS * SHUTDOWN_SHARE);
      await closed;
      clearTimeout(lastWord);
      await close();
      await traces?.close();
      metricsServer?.close();
      metricsServer?.closeAllConnections();
      logger.info('stopped');
    },
  );
}

/** Bounds the arrival of a request, and a client that reads nothing, or says nothing. */
function boundTimes(server: Server, timeoutMs: number): void {
  server.headersTimeout = Math.min(timeoutMs, HEADERS_MS);
  server.requestTimeout = timeoutMs + GRACE_MS;
  server.timeout = 2 * timeoutMs + GRACE_MS;
}

/**
 * Runs a service's start; an error ends the process with its message and exit code 1, SIGTERM or SIGINT as if nobody listened
 * for it. The first process of a container does not die of a signal that it does not handle: there the exit code says which.
 */
export async function start(run: () => Promise<void>): Promise<void> {
  const signals = ['SIGTERM', 'SIGINT'] as const;
  const forget = () => signals.forEach((signal) => void process.off(signal, onSignal));
  const onSignal = (signal: (typeof signals)[number]) => {
    forget();
    process.kill(process.pid, signal);
    process.exit(128 + constants.signals[signal]);
  };
  for (const signal of signals) process.on(signal, onSignal);
  try {
    await run();
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? describe(error) : String(error)}\n`);
    process.exit(1);
  } finally {
    forget();
  }
}

function describe(error: Error): string {
  const isExpected = 'code' in error;
  return isExpected ? error.message : (error.stack ?? error.message);
}
