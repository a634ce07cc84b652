import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import getPort from 'get-port';
import { LaunchError } from './errors.js';
import type { App } from './run-file.js';
import { PORT_KEYS } from './run-file-keys.js';

/** The ports that one app and its sidecar listen on. */
export interface Ports {
  /** Missing where Dapr calls nothing of the app's. */
  appPort: number | undefined;
  daprHTTPPort: number;
  daprGRPCPort: number;
  daprInternalGRPCPort: number;
  /** Where metrics are asked for. */
  metricsPort: number | undefined;
  /** Where profiling is asked for. */
  profilePort: number | undefined;
}

/** An app, and the ports that it and its sidecar are given. */
export interface Settled {
  app: App;
  ports: Ports;
}

/** Ports to use in place of those in the run file; `'free'` takes any that is free. */
export type PortOverrides = 'free' | Readonly<Record<string, Partial<Ports>>>;

/**
 * Settles every app's ports before anything starts; those that nobody named are any free ones, but none that an app
 * has in the file or by an override.
 *
 * @param pickPort proposes a port for who has none
 * @throws LaunchError ERR_LAUNCH_PORTS for an override of an app that is not there, or a port that is given twice
 * @throws LaunchError ERR_LAUNCH_PORT_TAKEN naming each port that another program listens on, and the way out
 */
export async function settlePorts(
  apps: App[],
  overrides: PortOverrides = {},
  pickPort = randomPort,
): Promise<Settled[]> {
  const ids = apps.map(({ appID }) => appID);
  const isFreeChoice = overrides === 'free';
  const unknown = Object.keys(isFreeChoice ? {} : overrides).find((id) => !ids.includes(id));
  if (unknown !== undefined)
    throw portsError(`there is no app ${unknown} to give another port; there are ${ids.join(', ')}.`);
  const settled: Settled[] = [];
  const namedOf = (app: App): { [Key in keyof Ports]?: number | undefined } =>
    isFreeChoice ? {} : { ...app, ...overrides[app.appID] };
  const reserved = new Set(apps.flatMap((app) => PORT_KEYS.map((key) => namedOf(app)[key])));
  const owners = new Map<number, string>();
  const taken: string[] = [];
  for (const app of apps) {
    const named = namedOf(app);
    const settle = async (key: keyof Ports): Promise<number> => {
      const port = named[key];
      if (port === undefined) return freePort(pickPort, reserved);
      const name = `${key} of ${app.appID}`;
      const owner = owners.get(port);
      if (owner !== undefined)
        throw portsError(`${port} is ${owner} and ${name}. Give one of them another port.`);
      owners.set(port, name);
      if (!(await isFree(port))) taken.push(`  ${port}, ${name}`);
      return port;
    };
    const settleIf = async (isWanted: boolean, key: keyof Ports) => (isWanted ? settle(key) : undefined);
    const hasAppPort = app.appPort !== undefined || named.appPort !== undefined;
    const ports = {
      appPort: await settleIf(hasAppPort, 'appPort'),
      daprHTTPPort: await settle('daprHTTPPort'),
      daprGRPCPort: await settle('daprGRPCPort'),
      daprInternalGRPCPort: await settle('daprInternalGRPCPort'),
      metricsPort: await settleIf(app.metricsPort !== undefined, 'metricsPort'),
      profilePort: await settleIf(app.enableProfiling === true, 'profilePort'),
    };
    settled.push({ app, ports });
  }
  if (taken.length > 0) {
    const message = [
      'Nothing was started: another program listens on',
      ...taken,
      'End that program (`ss -ltnp` or `lsof -i :PORT` names it), change the port in the run file,',
      'or start with --port APP=PORT, --dapr-http-port APP=PORT, or --free-ports.',
    ].join('\n');
    throw new LaunchError('ERR_LAUNCH_PORT_TAKEN', message);
  }
  return settled;
}

function portsError(what: string): LaunchError {
  return new LaunchError('ERR_LAUNCH_PORTS', `Nothing was started: ${what}`);
}

/** A free port, for what has no other one. */
export function anyFreePort(): Promise<number> {
  return freePort(randomPort, new Set());
}

function freePort(pickPort: () => number, reserved: ReadonlySet<number | undefined>): Promise<number> {
  const candidates = Array.from({ length: 100 }, pickPort);
  return getPort({ port: candidates.filter((port) => !reserved.has(port)) });
}

/**
 * A port below those that Linux gives to outgoing connections (ip_local_port_range, from 32768 on): one of those could
 * take a port while what listens on it is started again.
 */
function randomPort(): number {
  return randomInt(20_000, 32_768);
}

/** Binding the wildcard address fails where any one address has the port: `localhost` may mean 127.0.0.1 or ::1. */
async function isFree(port: number): Promise<boolean> {
  const inUse = await bind(port, '::');
  return inUse !== 'EADDRINUSE' && (await bind(port, '0.0.0.0')) !== 'EADDRINUSE';
}

/** The error's code, or undefined where the port could be bound. */
function bind(port: number, host: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}
