import { isIPv6 } from 'node:net';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type LogFile, linesOf } from './log-file.js';
import type { Ports } from './ports.js';
import { untilHealthy } from './readiness.js';
import type { App } from './run-file.js';
import { sidecarArguments } from './sidecar.js';
import type { ProcessDescription } from './supervised-process.js';

/** An app without a health check counts as ready when it has run this long. */
const READY_AFTER_MS = 1000;
/** … and as stable: Docker's restart policies have the same 10 s (https://docs.docker.com/engine/containers/start-containers-automatically/). */
const STABLE_AFTER_MS = 10_000;

/** What an app and its sidecar are started with. */
export interface Context {
  app: App;
  ports: Ports;
  daprd: string;
  logs: { app: LogFile | undefined; daprd: LogFile | undefined };
  environment: NodeJS.ProcessEnv;
  readyTimeoutMs: number;
}

/**
 * The app's own process. Its environment is what the Dapr CLI gives it: https://docs.dapr.io/reference/environment/
 *
 * @returns `undefined` if the run file has no command for it: whoever starts the app does so elsewhere
 */
export function appProcess(context: Context): ProcessDescription | undefined {
  const { app, ports, logs, environment, readyTimeoutMs } = context;
  const [command, ...args] = app.command ?? [];
  if (command === undefined) return undefined;
  const url = healthUrl(context);
  return {
    name: app.appID,
    command,
    arguments: args,
    cwd: app.appDirPath,
    env: {
      ...environment,
      // One port in the environment cannot be that of every app.
      PORT: undefined,
      METRICS_PORT: undefined,
      APP_ID: app.appID,
      APP_PROTOCOL: app.appProtocol ?? 'http',
      ...app.env,
      APP_CHANNEL_ADDRESS: channelAddress(context),
      APP_PORT: ports.appPort?.toString(),
      DAPR_HTTP_PORT: String(ports.daprHTTPPort),
      DAPR_GRPC_PORT: String(ports.daprGRPCPort),
      DAPR_METRICS_PORT: ports.metricsPort?.toString(),
    },
    logFile: logs.app,
    mayFinish: !app.enableAppHealthCheck || ports.appPort === undefined,
    stableAfterMs: url === undefined ? STABLE_AFTER_MS : 0,
    untilReady: async (signal) => {
      if (url === undefined) await delay(READY_AFTER_MS, undefined, { signal });
      else
        await untilHealthy(app.appID, [url], {
          timeoutMs: readyTimeoutMs,
          signal,
          lines: linesOf(app.appID, logs.app),
        });
    },
  };
}

/** Whether the run file has no command for an app: it gets a sidecar alone. */
export function isStartedElsewhere({ command = [] }: App): boolean {
  return command.length === 0;
}

/** The daprd of an app: that of the run file's `runtimePath`, or `defaultDaprd`. */
export function daprdOf({ runtimePath }: App, defaultDaprd: string): string {
  return runtimePath === undefined ? defaultDaprd : path.join(runtimePath, '.dapr/bin/daprd');
}

/**
 * The app's sidecar. It is ready when it passes a request on to the app: only then has it seen the app healthy. That of
 * an app that is started elsewhere does not wait for it.
 *
 * @param mayWait whether it is ready without its app, too
 */
export function sidecarProcess(context: Context, { mayWait = false } = {}): ProcessDescription {
  const { app, ports, daprd, logs, environment } = context;
  const url = `http://127.0.0.1:${ports.daprHTTPPort}/v1.0`;
  const throughIt = healthUrlThroughSidecar(context);
  const urlsOfApp = [`${url}/healthz`, ...(throughIt === undefined ? [] : [throughIt])];
  const urls = isStartedElsewhere(app) || mayWait ? [`${url}/healthz/outbound`] : urlsOfApp;
  return {
    name: sidecarName(app),
    command: daprd,
    arguments: sidecarArguments(app, ports, channelAddress(context)),
    cwd: app.appDirPath,
    // The address that sidecars tell each other; without it daprd picks one that others may reach.
    env: { ...environment, DAPR_HOST_IP: '127.0.0.1' },
    logFile: logs.daprd,
    mayFinish: false,
    stableAfterMs: 0,
    untilReady: (signal) => untilSidecarAnswers(context, urls, signal),
  };
}

/** Where an app is called: `http://127.0.0.1:<appPort>`, or `undefined` if it listens on nothing. */
export function appUrl(context: Context): string | undefined {
  const { appPort } = context.ports;
  return appPort === undefined ? undefined : `http://${channelAddress(context)}:${appPort}`;
}

/** Where an app says that it is healthy; `undefined` if it is not asked, or not by HTTP. */
function healthUrl(context: Context): string | undefined {
  const { enableAppHealthCheck, appProtocol = 'http' } = context.app;
  const url = appUrl(context);
  const isAsked = enableAppHealthCheck && appProtocol === 'http' && url !== undefined;
  return isAsked ? `${url}${healthPath(context.app)}` : undefined;
}

/**
 * The host at which sidecar and launcher call an app: where it listens, as its settings say (HOST), which may be on
 * every address. An IPv6 address is in brackets.
 */
function channelAddress(context: Context): string {
  const host = context.app.appChannelAddress || listenHost(context);
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return isIPv6(host) ? `[${host}]` : host;
}

/** Where an app listens, as its settings say. */
export function listenHost({ app, environment }: Context): string {
  return app.env.HOST || environment.HOST || '127.0.0.1';
}

/** Where the sidecar passes on how healthy its app is; `undefined` if the app is not asked, or not by HTTP. */
function healthUrlThroughSidecar(context: Context): string | undefined {
  const { app, ports } = context;
  if (healthUrl(context) === undefined) return undefined;
  return `http://127.0.0.1:${ports.daprHTTPPort}/v1.0/invoke/${app.appID}/method${healthPath(app)}`;
}

/**
 * Resolves when an app that serves is reached through its sidecar, too.
 *
 * @throws LaunchError if that takes too long
 */
export async function untilReached(context: Context, signal: AbortSignal): Promise<void> {
  const url = healthUrlThroughSidecar(context);
  if (url !== undefined) await untilSidecarAnswers(context, [url], signal);
}

async function untilSidecarAnswers(
  { app, environment, readyTimeoutMs, logs }: Context,
  urls: string[],
  signal: AbortSignal,
): Promise<void> {
  const name = sidecarName(app);
  const token = environment.DAPR_API_TOKEN;
  await untilHealthy(name, urls, {
    ...(token && { headers: { 'dapr-api-token': token } }),
    timeoutMs: readyTimeoutMs,
    signal,
    lines: linesOf(name, logs.daprd),
  });
}

/** What the lines of an app's sidecar stand behind. */
export function sidecarName({ appID }: Pick<App, 'appID'>): string {
  return `${appID} daprd`;
}

/** daprd's own default. */
function healthPath(app: App): string {
  return app.appHealthCheckPath ?? '/healthz';
}
