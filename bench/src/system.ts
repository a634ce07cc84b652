import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Writable } from 'node:stream';
import { type Launched, launch, type RunningApp, readRunFile } from '@app/scripts/launch';
import { parts, root, runtimeFolder } from '@app/scripts/paths';
import { stringify } from 'yaml';
import type { FunctionName } from './functions.js';

const RUN_FILE = path.join(root, 'dapr.yaml');
/** No line for each request: this process would have to read it, on the processors that are measured. */
const ENVIRONMENT = { WASMEDGE: parts.wasmedge, LOG_LEVEL: 'warn' };
const PLAIN = 'plain-app';

/** The services with their sidecars, on free ports. */
export interface System extends Pick<Launched, 'stop'> {
  app(id: string): RunningApp;
  /** The last of what services and sidecars have written. */
  output(): string;
}

/** Where a request can go. */
export interface Way {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Starts the services of dapr.yaml. */
export async function startSystem(file = RUN_FILE): Promise<System> {
  let written = '';
  const output = new Writable({
    write(chunk, _encoding, done) {
      written = (written + chunk).slice(-10_000);
      done();
    },
  });
  const options = { file, daprd: parts.daprd, ports: 'free', env: ENVIRONMENT, output } as const;
  const { apps, stop } = await launch(options).catch((cause: unknown) => {
    throw new Error(`the services did not start; they wrote:\n${written}`, { cause });
  });
  return {
    stop,
    output: () => written,
    app: (id) => {
      const app = apps.get(id);
      if (app === undefined) throw new Error(`${file} has no app ${id}`);
      return app;
    },
  };
}

/** Starts the services of dapr.yaml, and beside them a plain app with a sidecar of the same settings. */
export async function startSystemWithPlainApp(): Promise<System> {
  const apps = await readRunFile(RUN_FILE);
  const plain = {
    ...apps[0],
    appID: PLAIN,
    appDirPath: path.join(root, 'bench'),
    command: ['node', 'dist/plain-app.js'],
    env: {},
  };
  const file = path.join(runtimeFolder, 'bench/dapr.yaml');
  await writeFile(file, stringify({ version: 1, apps: [...apps, plain] }));
  return startSystem(file);
}

/** Straight to a function's service. */
export function toService(system: System, name: FunctionName): Way {
  return { url: `${system.app(`image-api-${name}`).url}/api/image`, headers: { accept: 'application/json' } };
}

/** Through web-port and two sidecars. */
export function toHello(system: System, name: FunctionName): Way {
  return {
    url: `${system.app('web-port').url}/api/hello`,
    headers: { accept: 'application/json', api: name },
  };
}

/** Straight to the plain app. */
export function toPlainApp(system: System, answerBytes: number): Way {
  return {
    url: `${system.app(PLAIN).url}/api/image`,
    headers: { 'x-answer-bytes': String(answerBytes) },
  };
}

/** To the plain app through web-port's sidecar and its own. */
export function throughSidecars(system: System, answerBytes: number): Way {
  const { daprUrl } = system.app('web-port');
  return { ...toPlainApp(system, answerBytes), url: `${daprUrl}/v1.0/invoke/${PLAIN}/method/api/image` };
}
