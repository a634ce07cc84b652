import { fileURLToPath } from 'node:url';
import { startRunFile } from './run-file.js';

/**
 * Starts web-port with another program in place of both image services, each behind its real sidecar, on free ports.
 *
 * @param program a file beside this one
 * @param env of web-port
 */
export async function startEdgeBefore(program: string, env: Readonly<Record<string, string>> = {}) {
  const service = { folder: 'web-port', command: [fileURLToPath(new URL(program, import.meta.url))] };
  const { apps, output, stop } = await startRunFile([
    { appID: 'web-port', appPort: 8080, folder: 'web-port', command: ['dist/server.js'], env },
    { appID: 'image-api-grayscale', appPort: 9004, ...service },
    { appID: 'image-api-classify', appPort: 9003, ...service },
  ]);
  const edge = apps.get('web-port');
  return { url: edge?.url ?? '', daprUrl: edge?.daprUrl ?? '', output, stop };
}
