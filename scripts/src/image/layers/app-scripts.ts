import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { readRunFile } from '../../launch/run-file.js';
import { root } from '../../paths.js';
import { placeIn } from './place.js';

/**
 * A shell script for each app of `dapr.yaml` that starts it as the run file says: of these the image's own command runs that of
 * `APP_ID`, for those who start an image without a command, such as `dapr run -k`.
 */
export async function writeAppScripts(layer: string): Promise<void> {
  const scripts = placeIn(layer, path.join(root, 'apps'));
  await mkdir(scripts, { recursive: true });
  for (const { appID, appDirPath, command } of await readRunFile(path.join(root, 'dapr.yaml'))) {
    if (command === undefined) continue;
    const folder = path.relative(root, appDirPath);
    const text = `#!/bin/sh\ncd "\${0%/*}"/../${quoted(folder)} && exec ${command.map(quoted).join(' ')}\n`;
    await writeFile(path.join(scripts, appID), text, { mode: 0o755 });
  }
}

/** A text as a word of the shell's (https://pubs.opengroup.org/onlinepubs/9699919799/utilities/V3_chap02.html#tag_18_02_02). */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
