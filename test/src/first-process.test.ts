import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import pWaitFor from 'p-wait-for';
import { childrenOf } from './processes.js';
import { spawnService, startService } from './service.js';

/** A command that runs another as the first process of its own, as a container's is. */
const asRoot = process.getuid?.() === 0 ? [] : ['--map-root-user'];
const inContainer = ['unshare', ...asRoot, '--pid', '--fork', '--kill-child', '--mount-proc'];

test('the first process of a container ends by a signal that comes before it serves', async (t) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'first-process-'));
  t.after(() => rm(folder, { recursive: true }));
  const [WASMEDGE, begun] = [path.join(folder, 'wasmedge'), path.join(folder, 'begun')];
  await writeFile(WASMEDGE, `#!/bin/sh\ntouch ${begun}\nexec sleep 600\n`, { mode: 0o755 });
  for (const [signal, code] of [
    ['SIGTERM', 143],
    ['SIGINT', 130],
  ] as const) {
    const service = await spawnService(t, 'image-api-grayscale', { WASMEDGE }, inContainer);
    await pWaitFor(() => existsSync(begun), { interval: 10, timeout: 20_000 });
    const [first] = childrenOf(service.process.pid ?? 0);
    process.kill(first?.pid ?? assert.fail(service.output()), signal);
    assert.equal(await service.ended, code, service.output());
    await rm(begun);
  }
});

test('the first process of a container ends in order when it serves', async (t) => {
  const service = await startService(t, 'image-api-grayscale', {}, inContainer);
  const [first] = childrenOf(service.process.pid ?? 0);
  process.kill(first?.pid ?? assert.fail(service.output()), 'SIGTERM');
  assert.equal(await service.ended, 0, service.output());
  assert.match(service.output(), /"msg":"stopped"/);
});
