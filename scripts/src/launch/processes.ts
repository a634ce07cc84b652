import type { Ports } from './ports.js';
import { untilHealthy } from './readiness.js';
import type { App } from './run-file.js';
import { sidecarArguments } from './sidecar.js';
import type { ProcessDescription } from './supervised-process.js';

interface Context {
  app: App;
  ports: Ports;
  environment: NodeJS.ProcessEnv;
  readyTimeoutMs: number;
}

/**
 * The app's own process. Its environment is what the Dapr CLI gives it
 * (https://docs.dapr.io/reference/environment/), and PORT for its own listener.
 */
export function appProcess({ app, ports, environment, readyTimeoutMs }: Context): ProcessDescription {
  const [command, ...args] = app.command;
  return {
    name: app.appID,
    command,
    arguments: args,
    cwd: app.appDirPath,
    env: {
      ...environment,
      APP_ID: app.appID,
      APP_PROTOCOL: app.appProtocol ?? 'http',
      ...app.env,
      APP_PORT: String(ports.appPort),
      PORT: String(ports.appPort),
      DAPR_HTTP_PORT: String(ports.daprHTTPPort),
      DAPR_GRPC_PORT: String(ports.daprGRPCPort),
    },
    untilReady: (signal) =>
      untilHealthy(app.appID, app.enableAppHealthCheck ? [`${appUrl(ports)}${healthPath(app)}`] : [], {
        timeoutMs: readyTimeoutMs,
        signal,
      }),
  };
}

/** The app's daprd. It is ready when it passes a request on to the app: only then has it seen the app healthy. */
export function sidecarProcess(context: Context, daprd: string): ProcessDescription {
  const { app, ports, environment, readyTimeoutMs } = context;
  const name = `${app.appID} daprd`;
  const url = `http://127.0.0.1:${ports.daprHTTPPort}/v1.0`;
  const token = environment.DAPR_API_TOKEN;
  return {
    name,
    command: daprd,
    arguments: sidecarArguments(app, ports),
    cwd: app.appDirPath,
    // The address that sidecars tell each other; without it daprd picks one that others may reach.
    env: { ...environment, DAPR_HOST_IP: '127.0.0.1' },
    untilReady: (signal) =>
      untilHealthy(
        name,
        [
          `${url}/healthz`,
          ...(app.enableAppHealthCheck ? [`${url}/invoke/${app.appID}/method${healthPath(app)}`] : []),
        ],
        { ...(token && { headers: { 'dapr-api-token': token } }), timeoutMs: readyTimeoutMs, signal },
      ),
  };
}

function appUrl(ports: Ports): string {
  return `http://127.0.0.1:${ports.appPort}`;
}

/** daprd's own default. */
function healthPath(app: App): string {
  return app.appHealthCheckPath ?? '/healthz';
}
