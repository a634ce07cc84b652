import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { launch } from '@app/scripts/launch';
import { folders } from './mounts.js';

/**
 * Starts web-port with another program in place of both image services, each behind its real sidecar, on free ports.
 *
 * @param program a file beside this one
 * @param env of web-port
 */
export async function startEdgeBefore(program: string, env: Readonly<Record<string, string>> = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'edge-before-'));
  const file = join(folder, 'dapr.yaml');
  const app = (appID: string, appPort: number, command: string[], env = {}) => ({
    appID,
    appDirPath: join(folders.repository, 'web-port'),
    appPort,
    command: [process.execPath, ...command],
    env,
  });
  const components = join(folders.repository, 'components');
  const service = [fileURLToPath(new URL(program, import.meta.url))];
  const content = {
    version: 1,
    common: {
      resourcesPaths: [components],
      configFilePath: join(components, 'config.yaml'),
      logLevel: 'error',
    },
    apps: [
      app('web-port', 8080, ['dist/server.js'], env),
      app('image-api-grayscale', 9004, service),
      app('image-api-classify', 9003, service),
    ],
  };
  // Every JSON text is YAML.
  await writeFile(file, JSON.stringify(content));
  let written = '';
  const output = new Writable({
    write: (chunk, _encoding, done) => {
      written += String(chunk);
      done();
    },
  });
  const daprd = process.env.DAPRD ?? join(folders.runtime, 'daprd/daprd');
  const launched = await launch({ file, daprd, ports: 'free', output }).catch(async (error: unknown) => {
    await rm(folder, { recursive: true });
    throw new Error(`web-port did not start; they wrote:\n${written}`, { cause: error });
  });
  return {
    url: launched.apps.get('web-port')?.url ?? '',
    daprUrl: launched.apps.get('web-port')?.daprUrl ?? '',
    /** What all of them have written so far. */
    output: () => written,
    stop: async () => {
      await launched.stop();
      await rm(folder, { recursive: true });
    },
  };
}
