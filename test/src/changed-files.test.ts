import assert from 'node:assert/strict';
import { copyFile, cp, mkdtemp, open, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import pWaitFor from 'p-wait-for';
import { parts } from './built-parts.js';
import { fixture, post } from './hello.js';
import { childrenOf } from './processes.js';
import { spawnService, startService } from './service.js';

const coffee = await fixture('coffee.png');

async function copyOf(t: TestContext, folder: string): Promise<string> {
  const copy = await mkdtemp(join(tmpdir(), 'changed-files-'));
  t.after(() => rm(copy, { recursive: true }));
  await cp(folder, copy, { recursive: true });
  return copy;
}

/** Writes over some bytes in the middle of a file, which has the same length as before. */
async function damage(file: string): Promise<void> {
  const handle = await open(file, 'r+');
  const { size } = await handle.stat();
  await handle.write(Buffer.alloc(1000, 0x7f), 0, 1000, Math.floor(size / 2));
  await handle.close();
}

/** Puts a copy in a file's place; who has the old one open keeps it. */
async function replace(file: string, other: string): Promise<void> {
  await copyFile(other, `${file}.new`);
  await rename(`${file}.new`, file);
}

for (const [service, setting, folder, name] of [
  ['image-api-classify', 'MODEL_DIR', parts.model, 'model.tflite'],
  ['image-api-classify', 'MODEL_DIR', parts.model, 'labels.txt'],
  ['image-api-classify', 'WASMEDGE_PLUGIN_PATH', parts.plugins, 'libwasi_nn_litert.so'],
  ['image-api-grayscale', 'WASMEDGE_PLUGIN_PATH', parts.plugins, 'libfork_server.so'],
] as const)
  test(`a ${name} with some other bytes stops the start, which names it`, async (t) => {
    const copy = await copyOf(t, folder);
    await damage(join(copy, name));
    const { ended, output } = await spawnService(t, service, { [setting]: copy });
    assert.equal(await ended, 1, output());
    assert.doesNotMatch(output(), /"listening"|^\s+at .*:\d+:\d+/m);
    assert.ok(output().includes(copy), output());
    assert.match(output(), /npm run setup/);
  });

test('a function that is changed under a running service is not run when its parent starts again', async (t) => {
  const folder = await copyOf(t, join(parts.function('grayscale', 'so'), '..'));
  const so = join(folder, 'grayscale.so');
  const service = await startService(t, 'image-api-grayscale', { FUNCTION: so, LOG_LEVEL: 'warn' });
  const ask = () => post(`${service.url}/api/image`, coffee);
  assert.equal((await ask()).status, 200);

  await replace(so, parts.function('classify', 'so'));
  const [parent] = childrenOf(service.process.pid ?? 0);
  assert.ok(parent);
  process.kill(parent.pid, 'SIGKILL');
  // Though nobody asks.
  const isSaid = () =>
    /cannot be started again/.test(service.output()) &&
    /grayscale\.so was not compiled for this: soSha256 was \w+ and is \w+/.test(service.output());
  await pWaitFor(isSaid, { interval: 20, timeout: 10_000 });
  assert.equal((await ask()).status, 503);

  await replace(so, parts.function('grayscale', 'so'));
  await pWaitFor(async () => (await ask()).status === 200, { interval: 20, timeout: 10_000 });
});
