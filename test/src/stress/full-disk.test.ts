import assert from 'node:assert/strict';
import { createWriteStream } from 'node:fs';
import { rm, statfs } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { test } from 'node:test';
import pWaitFor from 'p-wait-for';
import { spawnLauncher } from '../launcher.js';
import { mounted, mounts } from '../mounts.js';
import { APIS } from './checked-answer.js';
import { isLong } from './length.js';
import { SteadyLoad } from './steady-load.js';

/** Longer than Dapr's own time between two renewals of a name, 5 s, and the time until it is forgotten, 10 s. */
const FULL_FOR_MS = isLong ? 60_000 : 15_000;

test('a disk that gets full stops nobody: every picture is still answered', async (t) => {
  const launcher = await spawnLauncher(t, { inside: (folder) => mounted(mounts.small(folder, 2)) });
  const load = await SteadyLoad.start(t, {
    url: `${await launcher.url()}/api/hello`,
    clients: 2,
    timeoutMs: 20_000,
    allowed: [],
  });
  // Only the launcher, and what it started, see that file system under this name.
  const folder = `/proc/${launcher.process.pid}/root${launcher.folder}`;
  const filling = pipeline(Readable.from(zeroes()), createWriteStream(`${folder}/filling`));
  await assert.rejects(filling, { code: 'ENOSPC' });
  assert.equal((await statfs(folder)).bfree, 0);
  const fullAt = performance.now();
  await pWaitFor(() => performance.now() - fullAt > FULL_FOR_MS || load.wrong.length > 0, { interval: 50 });
  for (const api of APIS) await load.isRight(api);
  await load.stop();
  t.diagnostic(`disk full for ${FULL_FOR_MS} ms; answers: ${JSON.stringify(load.answers)}`);
  assert.deepEqual(load.wrong, []);
  assert.equal((await statfs(folder)).bfree, 0);
  await rm(`${folder}/filling`);
  launcher.process.kill('SIGTERM');
  assert.equal(await launcher.ended, 0);
});

function* zeroes() {
  for (;;) yield Buffer.alloc(4096);
}
