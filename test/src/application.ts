import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { launch, type RunningApp } from '@app/scripts/launch';
import { groupRuns } from './processes.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** A service that listens. */
type Service = RunningApp & { url: string };

/** The three services with their sidecars, on free ports. */
export interface Application {
  /** By app id, in the run file's order. */
  readonly apps: ReadonlyMap<string, Service>;
  /** Where web-port listens: `http://127.0.0.1:<port>`. */
  readonly url: string;
  /** What services and sidecars have written so far, each line behind the name of its process. */
  output(): string;
  /** Stops all gracefully and checks that none of their processes is left. */
  stop(): Promise<void>;
}

/** Starts the services of dapr.yaml with real sidecars; resolves when all of them serve. */
export async function startApplication({
  env = {},
}: {
  env?: Record<string, string>;
} = {}): Promise<Application> {
  let written = '';
  const output = new Writable({
    write(chunk, _encoding, done) {
      written += String(chunk);
      done();
    },
  });
  const launched = await launch({
    file: `${root}/dapr.yaml`,
    daprd: process.env.DAPRD ?? `${root}/.runtime/daprd/daprd`,
    ports: 'free',
    env,
    output,
  }).catch((error: unknown) => {
    throw new Error(`the services did not start; they wrote:\n${written}`, { cause: error });
  });
  const apps = new Map([...launched.apps].filter((entry): entry is [string, Service] => isService(entry[1])));
  const web = apps.get('web-port');
  assert.ok(web);
  return {
    apps,
    url: web.url,
    output: () => written,
    stop: async () => {
      const pids = [...apps.values()].flatMap(({ pid, daprPid }) => [pid, daprPid]);
      await launched.stop();
      await launched.done;
      for (const pid of pids) assert.ok(pid === undefined || !groupRuns(pid), `process ${pid} is left`);
    },
  };
}

function isService(app: RunningApp): app is Service {
  return app.url !== undefined;
}
