import type { Ports } from './ports.js';
import type { App } from './run-file.js';
import { DAPRD_FLAGS } from './run-file-keys.js';

/**
 * The arguments of an app's daprd, as the Dapr CLI derives them from the run file, and what it has no key for: the
 * internal gRPC server and metrics on loopback, where daprd would serve them on every interface, and metrics only if
 * `metricsPort` asks for them.
 *
 * @param appChannelAddress where daprd finds the app
 */
export function sidecarArguments(app: App, ports: Ports, appChannelAddress: string): string[] {
  const { enableAppHealthCheck, apiListenAddresses = '127.0.0.1' } = app;
  const values = {
    ...app,
    ...ports,
    appChannelAddress,
    apiListenAddresses,
    // Without a port there is nobody to ask.
    enableAppHealthCheck: ports.appPort === undefined ? undefined : enableAppHealthCheck,
  };
  return [
    ...daprdFlags(values),
    '--dapr-internal-grpc-listen-address=127.0.0.1',
    '--metrics-listen-address=127.0.0.1',
    `--enable-metrics=${ports.metricsPort !== undefined}`,
  ];
}

/** daprd's flags for what a run file says of an app, by its keys; keys that have none are left out. */
export function daprdFlags(values: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(values).flatMap(([key, value]) => {
    const name = DAPRD_FLAGS.get(key);
    if (name === undefined || value === undefined) return [];
    return [value].flat().map((each) => `--${name}=${each}`);
  });
}
