import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { execa } from 'execa';
import { parts } from '../built-parts.js';
import { post } from '../hello.js';
import { folders } from '../mounts.js';
import { childrenOf, familyOf } from '../processes.js';
import { startService } from '../service.js';
import { knownPicture } from '../stress/checked-answer.js';

/** An installed WasmEdge has LLVM as its makers put it there. */
const options = {
  skip: existsSync(join(parts.wasmedge, '../../without-llvm'))
    ? false
    : 'this WasmEdge was not set up from Debian',
};

/** The compiler's library is 130 MB; what stands in for it is below 1 MB. */
const MAX_MAPPED = 2 ** 20;

/** How many bytes of files called libLLVM a process has mapped (proc_pid_maps(5)). */
function mappedOfLlvm(pid: number): number {
  const maps = readFileSync(`/proc/${pid}/maps`, 'latin1').matchAll(/^([0-9a-f]+)-([0-9a-f]+) .*libLLVM/gm);
  return [...maps].reduce(
    (sum, [, from = '', to = '']) => sum + Number.parseInt(to, 16) - Number.parseInt(from, 16),
    0,
  );
}

test("the processes of a service's function do not load LLVM, and answer right", options, async (t) => {
  const service = await startService(t, 'image-api-grayscale');
  const { pid } = service.process;
  assert.ok(pid !== undefined);
  const [parent, ...others] = childrenOf(pid);
  assert.ok(parent !== undefined && others.length === 0);
  const family = familyOf(parent.pid);
  assert.ok(family.length > 1, 'the parent and its forks');
  for (const each of family) assert.ok(mappedOfLlvm(each.pid) < MAX_MAPPED, `${each.name} has loaded LLVM`);
  const { bytes, headers, check } = await knownPicture();
  const answer = await post(`${service.url}/api/image`, bytes, headers('grayscale'));
  await check('grayscale', answer);
});

test(
  'compiling goes on as it was, ahead of time and just in time, and so does interpreting',
  options,
  async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'without-llvm-'));
    t.after(() => rm(folder, { recursive: true }));
    const wasm = join(folder, 'plain.wasm');
    const so = join(folder, 'plain.so');
    await copyFile(parts.guest('plain', 'wasm'), wasm);
    await execa(parts.wasmedge, ['compile', wasm, so]);
    for (const args of [[so], [wasm], ['--force-interpreter', wasm], ['--enable-jit', wasm]]) {
      const { stdout } = await execa(parts.wasmedge, args, { input: 'hello' });
      assert.match(stdout, /HELLO$/, args.join(' '));
    }
  },
);

test('a run that wants LLVM all the same ends with a word on why', options, async () => {
  const top = join(parts.wasmedge, '../..');
  const [, libraries = ''] = /^libraries=\$top\/(.*)$/m.exec(readFileSync(parts.wasmedge, 'utf8')) ?? [];
  const path = `${top}/without-llvm:${top}/${libraries}`;
  const [loader = ''] = /ld-linux[^"]*/.exec(readFileSync(parts.wasmedge, 'utf8')) ?? [];
  const args = [
    '--library-path',
    path,
    `${top}/root/usr/bin/wasmedge`,
    '--enable-jit',
    parts.guest('plain', 'wasm'),
  ];
  const { signal, stderr } = await execa(join(top, libraries, loader), args, { input: '', reject: false });
  assert.equal(signal, 'SIGABRT');
  assert.match(stderr, /LLVM is not loaded/);
});

test('npm run doctor says whether what runs functions loads LLVM', options, async () => {
  const { stdout } = await execa(process.execPath, ['scripts/bootstrap.mjs', 'doctor'], {
    cwd: folders.repository,
    reject: false,
  });
  assert.match(stdout, /^wasmedge +WasmEdge .*runs without LLVM$/m);
});
