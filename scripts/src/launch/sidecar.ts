import type { Ports } from './ports.js';
import type { App } from './run-file.js';

/**
 * The arguments of an app's daprd, as the Dapr CLI derives them from the run file
 * (https://docs.dapr.io/reference/arguments-annotations-overview/), and two it has no key for: the internal gRPC
 * server on loopback, and metrics, which daprd would serve on every interface, only where `metricsPort` asks for them.
 */
export function sidecarArguments(app: App, ports: Ports): string[] {
  const flags: [name: string, value: string | number | boolean | undefined][] = [
    ['app-id', app.appID],
    ['app-port', ports.appPort],
    ['app-protocol', app.appProtocol],
    ['app-max-concurrency', app.appMaxConcurrency],
    ['dapr-http-port', ports.daprHTTPPort],
    ['dapr-grpc-port', ports.daprGRPCPort],
    ['dapr-internal-grpc-port', ports.daprInternalGRPCPort],
    ['dapr-internal-grpc-listen-address', '127.0.0.1'],
    ['dapr-listen-addresses', app.apiListenAddresses ?? '127.0.0.1'],
    ...(app.resourcesPaths ?? []).map((folder) => ['resources-path', folder] as [string, string]),
    ['config', app.configFilePath],
    ['placement-host-address', app.placementHostAddress || undefined],
    ['scheduler-host-address', app.schedulerHostAddress || undefined],
    ['max-body-size', app.maxBodySize],
    ['read-buffer-size', app.readBufferSize],
    ['enable-app-health-check', app.enableAppHealthCheck],
    ['app-health-check-path', app.appHealthCheckPath],
    ['app-health-probe-interval', app.appHealthProbeInterval],
    ['app-health-probe-timeout', app.appHealthProbeTimeout],
    ['app-health-threshold', app.appHealthThreshold],
    ['enable-api-logging', app.enableApiLogging],
    ['enable-metrics', app.metricsPort !== undefined],
    ['metrics-port', app.metricsPort],
    ['log-level', app.logLevel],
  ];
  return flags.flatMap(([name, value]) => (value === undefined ? [] : [`--${name}=${value}`]));
}
