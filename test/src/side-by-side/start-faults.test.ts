import assert from 'node:assert/strict';
import { chmod, copyFile, cp, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { execa } from 'execa';
import { parts } from '../built-parts.js';
import { fixture, post } from '../hello.js';
import { folders, mounted, mounts } from '../mounts.js';
import { spawnService, startService } from '../service.js';

const coffee = await fixture('coffee.png');

async function folderFor(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'start-faults-'));
  t.after(() => rm(folder, { recursive: true }));
  return folder;
}

/** Starts a service that must not start: exit code 1, and not one request served. What it wrote. */
async function refused(t: TestContext, name: string, env: Record<string, string>): Promise<string> {
  const service = await spawnService(t, name, env);
  assert.equal(await service.ended, 1, service.output());
  assert.doesNotMatch(service.output(), /"listening"|^\s+at .*:\d+:\d+/m);
  return service.output();
}

/** A byte in the middle of a file is another one. */
async function flip(file: string): Promise<void> {
  const bytes = await readFile(file);
  const middle = Math.floor(bytes.length / 2);
  bytes[middle] = (bytes[middle] ?? 0) ^ 0xff;
  await writeFile(file, bytes);
}

for (const [what, damage, message] of [
  ['a byte of it changed', ({ so }) => flip(so), /soSha256 was \w+ and is \w+.*npm run setup/],
  [
    'another function in its place',
    ({ so }) => copyFile(parts.function('classify', 'so'), so),
    /soSha256 was \w+ and is \w+.*npm run setup/,
  ],
  ['its end missing', ({ so }) => truncate(so, 100_000), /soSha256.*npm run setup/],
  ['its module changed', ({ wasm }) => flip(wasm), /wasmSha256 was \w+ and is \w+.*npm run setup/],
  ['its module missing', ({ wasm }) => rm(wasm), /grayscale\.wasm.*npm run setup/],
  ['no record of what it was made from', ({ json }) => rm(json), /grayscale\.json.*npm run setup/],
  ['a record that is no record', ({ json }) => writeFile(json, '{"'), /grayscale\.so.*npm run setup/],
] as const satisfies [string, (files: Record<'so' | 'wasm' | 'json', string>) => Promise<void>, RegExp][])
  test(`a compiled function with ${what} is refused at the start`, async (t) => {
    const folder = await folderFor(t);
    const file = (kind: string) => join(folder, `grayscale.${kind}`);
    const files = { so: file('so'), wasm: file('wasm'), json: file('json') };
    for (const kind of ['so', 'wasm'] as const)
      await copyFile(parts.function('grayscale', kind), files[kind]);
    await copyFile(parts.function('grayscale', 'so').replace(/so$/, 'json'), files.json);
    await damage(files);
    const said = await refused(t, 'image-api-grayscale', { FUNCTION: files.so });
    assert.match(said, message);
    assert.ok(said.includes(folder), said);
  });

test('a function that imports what none may have is refused at the start, though it was compiled', async (t) => {
  const said = await refused(t, 'image-api-grayscale', { FUNCTION: parts.guest('escape', 'so') });
  assert.match(
    said,
    /escape\.wasm imports what a function may not have: .*sock_open.*wasi:logging\/logging\.log/,
  );
});

const FORK_SERVER = 'libfork_server.so';
const WASI_NN = 'libwasi_nn_litert.so';
for (const [what, service, plugin, damage] of [
  ['fork server is missing', 'image-api-grayscale', FORK_SERVER, (file: string) => rm(file)],
  [
    'fork server is no library',
    'image-api-grayscale',
    FORK_SERVER,
    (file: string) => writeFile(file, 'none'),
  ],
  ['fork server is cut short', 'image-api-grayscale', FORK_SERVER, (file: string) => truncate(file, 50_000)],
  ['WASI-NN is missing', 'image-api-classify', WASI_NN, (file: string) => rm(file)],
  ['WASI-NN is no library', 'image-api-classify', WASI_NN, (file: string) => writeFile(file, 'none')],
  ['WASI-NN is cut short', 'image-api-classify', WASI_NN, (file: string) => truncate(file, 50_000)],
] as const)
  test(`a plug-in folder whose ${what} stops the start, which says what to do`, async (t) => {
    const folder = await folderFor(t);
    for (const name of [FORK_SERVER, WASI_NN]) await copyFile(join(parts.plugins, name), join(folder, name));
    await damage(join(folder, plugin));
    const said = await refused(t, service, { WASMEDGE_PLUGIN_PATH: folder });
    assert.match(said, /plug-in.*npm run setup/);
    assert.ok(said.includes(folder), said);
  });

test('a WasmEdge that does not run stops the start, which says what to do', async (t) => {
  const wasmedge = join(await folderFor(t), 'wasmedge');
  await writeFile(wasmedge, '#!/bin/sh\necho a library is missing >&2\nexit 127\n', { mode: 0o755 });
  const said = await refused(t, 'image-api-grayscale', { WASMEDGE: wasmedge });
  assert.ok(said.includes(wasmedge), said);
  assert.match(said, /does not run.*a library is missing.*npm run setup/s);
});

for (const [what, file, damage, message] of [
  ['model.tflite missing', 'model.tflite', rm, /model\.tflite cannot be read/],
  [
    'an empty model.tflite',
    'model.tflite',
    (file: string) => truncate(file),
    /model\.tflite cannot be loaded/,
  ],
  [
    'a model.tflite that is cut short',
    'model.tflite',
    (file: string) => truncate(file, 1_000_000),
    /model\.tflite cannot be loaded/,
  ],
  [
    'another thing as model.tflite',
    'model.tflite',
    (file: string) => copyFile(parts.picture('coffee.png'), file),
    /model\.tflite cannot be loaded/,
  ],
  ['labels.txt missing', 'labels.txt', rm, /labels\.txt cannot be read/],
  ['an empty labels.txt', 'labels.txt', (file: string) => truncate(file), /labels/],
  ['model.json missing', 'model.json', rm, /model\.json is not a model's manifest.*MODEL_DIR/s],
  [
    'a broken model.json',
    'model.json',
    (file: string) => writeFile(file, '{"name"'),
    /model\.json.*MODEL_DIR/s,
  ],
] as const satisfies [string, string, (file: string) => Promise<void>, RegExp][])
  test(`a model's folder with ${what} stops the start, which names the folder`, async (t) => {
    const folder = await folderFor(t);
    await cp(parts.model, folder, { recursive: true });
    // As somebody's own model; a damaged file of a list is in changed-files.test.ts.
    await rm(join(folder, 'SHA256SUMS'));
    await damage(join(folder, file));
    const said = await refused(t, 'image-api-classify', { MODEL_DIR: folder });
    assert.match(said, message);
    assert.ok(said.includes(folder), said);
  });

/** A WasmEdge that is started by a script of this kind. */
async function wrapped(t: TestContext, interpreter: string, script: string): Promise<string> {
  const file = join(await folderFor(t), 'wasmedge');
  await writeFile(file, `#!${interpreter}\n${script}\n`);
  await chmod(file, 0o755);
  return file;
}

/** Takes prctl(PR_SET_SECCOMP) and seccomp() away, as a kernel is that was built without them; then runs WasmEdge. */
const withoutSeccomp = `
import ctypes, os, platform, struct, sys
seccomp, prctl = {'x86_64': (317, 157), 'aarch64': (277, 167)}[platform.machine()]
load, equal, result, PR_SET_SECCOMP, EINVAL = 0x20, 0x15, 0x06, 22, 0x00050016
instructions = [
    (load, 0, 0, 0), (equal, 3, 0, seccomp), (equal, 0, 3, prctl),
    (load, 0, 0, 16), (equal, 0, 1, PR_SET_SECCOMP), (result, 0, 0, EINVAL), (result, 0, 0, 0x7fff0000),
]
code = b''.join(struct.pack('HBBI', *each) for each in instructions)
class Program(ctypes.Structure):
    _fields_ = [('length', ctypes.c_ushort), ('filter', ctypes.c_char_p)]
libc = ctypes.CDLL(None, use_errno=True)
assert libc.prctl(38, 1, 0, 0, 0) == 0
assert libc.prctl(PR_SET_SECCOMP, 2, ctypes.byref(Program(len(instructions), code)), 0, 0) == 0, ctypes.get_errno()
os.execv('${parts.wasmedge}', ['${parts.wasmedge}'] + sys.argv[1:])`;

test('a kernel without seccomp stops the start: no function runs outside of its sandbox', async (t) => {
  const wasmedge = await wrapped(t, '/usr/bin/env python3', withoutSeccomp);
  const said = await refused(t, 'image-api-grayscale', { WASMEDGE: wasmedge });
  assert.match(said, /the kernel.*seccomp/i);
});

test('a fork whose list of system calls is off stops the start', async (t) => {
  const script = `export WASM_FUNCTION_SECCOMP=off\nexec '${parts.wasmedge}' "$@"`;
  const wasmedge = await wrapped(t, '/bin/sh', script);
  const said = await refused(t, 'image-api-grayscale', { WASMEDGE: wasmedge });
  assert.match(said, /missing are 2 filters of system calls \(seccomp; there are 1\)/);
});

test('what the sandbox is made of is in the first lines of the log', async (t) => {
  const { output } = await startService(t, 'image-api-grayscale', {
    TIMEOUT_MS: '7000',
    MEMORY_PAGES: '1024',
  });
  const line =
    output()
      .split('\n')
      .find((line) => line.includes('function ready')) ?? assert.fail();
  const sandbox: string = JSON.parse(line).sandbox;
  assert.match(
    sandbox,
    /^imports checked, seccomp \(2 filters\), no new privileges, CPU limit 7 s, memory limit \d+ bytes,/,
  );
  // The guest's 64 MiB, as much for WasmEdge, and what the parent has already.
  const bytes = Number(/memory limit (\d+)/.exec(sandbox)?.[1]);
  assert.ok(bytes >= 128 * 1024 ** 2 && bytes < 512 * 1024 ** 2, sandbox);
});

test('a service needs no room on the disk: nothing can be written, and it serves', async (t) => {
  const full = await folderFor(t);
  const inside = mounted(mounts.full(full), mounts.readOnly(folders.repository));
  for (const name of ['image-api-grayscale', 'image-api-classify']) {
    const { url } = await startService(t, name, { TMPDIR: full }, inside);
    for (let request = 0; request < 10; request += 1)
      assert.equal((await post(`${url}/api/image`, coffee)).status, 200);
  }
});

test('a log for which there is no room ends nobody', async (t) => {
  const inside = ['sh', '-c', 'exec "$@" > /dev/full', 'full'];
  const service = await startService(t, 'image-api-grayscale', { LOG_LEVEL: 'trace' }, inside);
  for (let request = 0; request < 10; request += 1)
    assert.equal((await post(`${service.url}/api/image`, coffee)).status, 200);
  service.process.kill('SIGTERM');
  assert.equal(await service.ended, 0);
});

/** Runs `npm run …`'s own command to its end, or until it says that all is ready. */
async function bootstrap(
  inside: readonly string[],
  args: readonly string[],
  env: Record<string, string> = {},
) {
  const [command = '', ...rest] = [...inside, process.execPath, 'scripts/bootstrap.mjs', ...args];
  const child = execa(command, rest, { cwd: folders.repository, env, all: true, reject: false });
  let said = '';
  child.all.on('data', (chunk) => {
    said += chunk;
    if (/Ready in/.test(said)) child.kill('SIGTERM');
  });
  const { exitCode } = await child;
  return { exitCode, said };
}

test('npm run doctor says that processes have no sandbox of the kernel', async () => {
  const { exitCode, said } = await bootstrap([], ['doctor'], { INSTANCE_KIND: 'process' });
  assert.equal(exitCode, 0, said);
  assert.match(
    said,
    /^function grayscale .*imports checked, INSTANCE_KIND=process: the kernel's sandbox is missing/m,
  );
});

test('npm run doctor says of each function what it is, and what its sandbox is', async () => {
  const { exitCode, said } = await bootstrap([], ['doctor']);
  assert.equal(exitCode, 0, said);
  for (const name of ['classify', 'grayscale'])
    assert.match(
      said,
      new RegExp(
        `^function ${name} +serve, app image-api-${name}, .*imports checked, seccomp \\(2 filters\\), no new`,
        'm',
      ),
    );
  assert.match(said, /^model of classify +EfficientNet-Lite0 int8, 1000 labels, Apache-2\.0, at /m);
});

test('npm start with a full folder for temporary files starts nothing, and says what to do', async (t) => {
  const full = await folderFor(t);
  const { exitCode, said } = await bootstrap(mounted(mounts.full(full)), ['start', '--free-ports'], {
    TMPDIR: full,
  });
  assert.equal(exitCode, 1);
  assert.match(said, /Nothing was started: .*cannot be written.*Make room there, or set TMPDIR/);
  assert.ok(said.includes(full), said);
  assert.doesNotMatch(said, /^\s+at .*:\d+:\d+/m);
});

test('npm start -- --daprd with a Dapr that is too old starts nothing, and says what to do', async (t) => {
  const folder = await folderFor(t);
  const old = join(folder, 'daprd');
  await writeFile(old, '#!/bin/sh\necho 1.15.4\n', { mode: 0o755 });
  const { exitCode, said } = await bootstrap([], ['start', '--free-ports', '--daprd', './daprd'], {
    INIT_CWD: folder,
  });
  assert.equal(exitCode, 1);
  assert.ok(
    said.includes(`DAPRD is ${old}, which is Dapr 1.15.4, and 1.16 is the oldest that will do`),
    said,
  );
  assert.match(said, /install a newer Dapr/);
  assert.doesNotMatch(said, /\| |^\s+at .*:\d+:\d+/m);
});

test('npm start needs no more than to read .runtime/', async () => {
  const { exitCode, said } = await bootstrap(mounted(mounts.readOnly(folders.runtime)), [
    'start',
    '--free-ports',
  ]);
  assert.match(said, /Ready in/);
  assert.equal(exitCode, 0, said);
});

for (const [what, mount, message] of [
  [
    'read-only',
    mounts.emptyReadOnly(folders.runtime),
    /EROFS.*\.runtime.*\n.*make it writable, and run this again/,
  ],
  ['full', mounts.full(folders.runtime), /ENOSPC.*\.runtime.*\n.*make room, and run this again/],
] as const)
  for (const command of ['setup', 'start'])
    test(`npm ${command} with an unfinished .runtime/ on a ${what} disk says what to do`, async () => {
      const { exitCode, said } = await bootstrap(mounted(mount), [command]);
      assert.equal(exitCode, 1);
      assert.match(said, message);
      assert.doesNotMatch(said, /^\s+at .*:\d+:\d+/m);
    });

test('npm run setup brings back what was deleted from .runtime/', async (t) => {
  const scratch = await folderFor(t);
  const plugin = join(folders.runtime, 'plugins', FORK_SERVER);
  const inside = mounted(mounts.overlaid(folders.runtime, scratch), `rm '${plugin}'`);
  const checked = [...inside, 'sh', '-c', `"$@" && test -s '${plugin}'`, 'checked'];
  const { exitCode, said } = await bootstrap(checked, ['setup']);
  assert.equal(exitCode, 0, said);
  assert.match(said, /plugins: done/);
});
