import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { post } from './hello.js';
import { allGone, familyOf } from './processes.js';
import { startRunFile } from './run-file.js';

const program = fileURLToPath(new URL('header-echo.js', import.meta.url));

test('a call to an app that no file names is tried once: when its sidecar is gone, the caller hears so at once', async (t) => {
  const app = { folder: 'web-port', command: [program] };
  const { apps, stop } = await startRunFile([
    { ...app, appID: 'a', appPort: 9101 },
    { ...app, appID: 'b', appPort: 9102 },
  ]);
  t.after(stop);
  const url = `${apps.get('a')?.daprUrl}/v1.0/invoke/b/method/anything`;
  assert.equal((await post(url, Buffer.from('input'))).status, 200);

  const sidecar = familyOf(apps.get('b')?.daprPid ?? 0);
  for (const { pid } of sidecar) process.kill(pid, 'SIGKILL');
  await allGone(sidecar);
  const { status, body } = await post(url, Buffer.from('input'));
  // Dapr's own policy tries again three times, each after a second.
  assert.deepEqual([status, /after (\d+) retries/.exec(body.toString())?.[1]], [500, '0'], `${body}`);
});
