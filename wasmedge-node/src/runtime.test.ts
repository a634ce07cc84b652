import assert from 'node:assert/strict';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { isAotOn } from './aot.js';
import { aotArguments, findRuntime, installedRuntimes } from './runtime.js';

const wasmedge =
  process.env.WASMEDGE ?? fileURLToPath(new URL('../../.runtime/wasmedge/bin/wasmedge', import.meta.url));

async function fakeWasmEdge(t: { after(done: () => Promise<void>): void }, says: string): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'runtime-test-'));
  t.after(() => rm(folder, { recursive: true }));
  const file = path.join(folder, 'wasmedge');
  await writeFile(file, `#!/bin/sh\n${says}\n`);
  await chmod(file, 0o755);
  return file;
}

test('a runtime is found with its version and plug-ins', async () => {
  const runtime = await findRuntime(wasmedge);
  assert.equal(runtime.wasmedge, wasmedge);
  assert.match(runtime.version, /^\d+\.\d+\.\d+$/);
  assert.ok(
    runtime.plugins.every((name) => /^\w+$/.test(name)),
    runtime.plugins.join(),
  );
});

test('compiled code is run as such, and interpreted code is told from it', async () => {
  const runtime = await findRuntime(wasmedge);
  assert.equal(await isAotOn(runtime), true);
  assert.equal(await isAotOn({ ...runtime, runArguments: ['--force-interpreter'] }), false);
});

test('from 0.17 the run mode has to be named', () => {
  assert.deepEqual(aotArguments('0.14.1'), []);
  assert.deepEqual(aotArguments('0.16.1'), []);
  assert.deepEqual(aotArguments('0.17.0'), ['--run-mode=aot']);
  assert.deepEqual(aotArguments('1.0.0'), ['--run-mode=aot']);
});

test('PATH comes before the folder of the official installer', () => {
  const found = installedRuntimes({ PATH: '/opt/a:relative:/opt/b:/opt/a' });
  assert.deepEqual(found.slice(0, 2), ['/opt/a/wasmedge', '/opt/b/wasmedge']);
  assert.match(found[2] ?? '', /\.wasmedge\/bin\/wasmedge$/);
  assert.equal(found.length, 3);
});

test('a missing runtime is an error that says what to do', async () => {
  await assert.rejects(findRuntime('/nowhere/wasmedge'), {
    code: 'ERR_RUNTIME_NOT_FOUND',
    message: /\/nowhere\/wasmedge: run `npm run setup`/,
  });
});

test('a runtime that is too old is refused with its version', async (t) => {
  const old = await fakeWasmEdge(t, 'echo "wasmedge version 0.13.5"');
  await assert.rejects(findRuntime(old), { code: 'ERR_RUNTIME_UNFIT', message: /WasmEdge 0\.13\.5/ });
});

test('what is no WasmEdge is refused with what it said', async (t) => {
  const other = await fakeWasmEdge(t, 'echo hello');
  await assert.rejects(findRuntime(other), { code: 'ERR_RUNTIME_UNFIT', message: /hello/ });
});

test('a runtime that does not run is refused with the reason', async (t) => {
  const broken = await fakeWasmEdge(t, 'echo "no libLLVM" >&2; exit 127');
  await assert.rejects(findRuntime(broken), { code: 'ERR_RUNTIME_UNFIT', message: /no libLLVM/ });
});
