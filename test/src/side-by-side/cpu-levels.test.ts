import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { copyFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { arch, tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { compile, findRuntime } from '@app/wasmedge-node';
import { CPU_LEVELS, cpuLevel, lackingFor, thisCpu } from '@app/wasmedge-node/cpu';
import { execa } from 'execa';
import pWaitFor from 'p-wait-for';
import { parts } from '../built-parts.js';
import { functionFolders } from '../function-folders.js';
import { post } from '../hello.js';
import { folders, mounted, mounts } from '../mounts.js';
import { spawnService, startService } from '../service.js';

/** What code for a level must not have, as `objdump` writes it: operands of AVX-512; instructions of AVX. */
const BEYOND: Readonly<Record<string, RegExp>> = {
  'x86-64-v3': /%zmm|%k[0-7]|%[xy]mm(1[6-9]|2\d|3[01])/,
  'x86-64-v2': /%[yz]mm|%k[0-7]|%xmm(1[6-9]|2\d|3[01])|\tv(?!erw|err)\w+ /,
};

const cpu = await thisCpu();
const levels = CPU_LEVELS.filter((level) => lackingFor(level, cpu).length === 0);
const onX64 = { skip: arch() !== 'x64' && 'there is nothing to look for on this architecture' };

/** The lines of a compiled file's code that are beyond a level. */
async function beyond(level: string, file: string): Promise<string[]> {
  const { stdout } = await execa('objdump', ['--disassemble', '--no-show-raw-insn', file], {
    maxBuffer: 2 ** 28,
  });
  const lines = stdout.split('\n');
  assert.ok(lines.length > 1000, `${file} has no code`);
  return lines.filter((line) => BEYOND[level]?.test(line));
}

/** A guest, compiled for a level, or for all that this processor has. */
async function compiledGuest(t: TestContext, level?: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'cpu-levels-'));
  t.after(() => rm(folder, { recursive: true }));
  const wasm = join(folder, 'plain.wasm');
  await copyFile(parts.guest('plain', 'wasm'), wasm);
  const runtime = await findRuntime(parts.wasmedge);
  await compile(runtime, wasm, { cpu: level === undefined ? undefined : cpuLevel(level) });
  return wasm.replace(/wasm$/, 'so');
}

test('what set-up has built uses nothing beyond the level that its record names', onX64, async () => {
  for (const name of ['grayscale', 'classify']) {
    const record = JSON.parse(await readFile(parts.function(name, 'so').replace(/so$/, 'json'), 'utf8'));
    assert.ok(cpuLevel(record.cpu) !== undefined || record.cpu === cpu.name, record.cpu);
    if (BEYOND[record.cpu] !== undefined)
      assert.deepEqual(await beyond(record.cpu, parts.function(name, 'so')), [], name);
  }
});

for (const [level, next] of [
  ['x86-64-v2', 'x86-64-v3'],
  ['x86-64-v3', undefined],
] as const)
  test(`code for ${level} uses nothing beyond it, and code for ${next ?? 'this processor alone'} does`, {
    skip:
      (!levels.some(({ name }) => name === (next ?? level)) && `this processor lacks ${next ?? level}`) ||
      (next === undefined && !cpu.flags.has('avx512vl') && 'this processor has no more'),
  }, async (t) => {
    assert.deepEqual(await beyond(level, await compiledGuest(t, level)), []);
    assert.notDeepEqual(await beyond(level, await compiledGuest(t, next)), []);
  });

test('what tells the compiler for which processor is loaded by the compiler alone', {
  skip: !existsSync(join(parts.wasmedge, '../../host-cpu')) && 'this WasmEdge cannot be told',
}, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'cpu-levels-'));
  t.after(() => rm(folder, { recursive: true }));
  // The loader writes each library that it loads to stderr (ld.so(8)).
  const env = { LD_DEBUG: 'files', WASMEDGE_HOST_CPU: 'generic', WASMEDGE_HOST_CPU_FEATURES: '+none' };
  const wasm = parts.guest('plain', 'wasm');
  const loads = async (...args: string[]) =>
    (await execa(parts.wasmedge, args, { env, input: 'x' })).stderr.includes('libhost-cpu');
  assert.equal(await loads('compile', wasm, join(folder, 'plain.so')), true);
  for (const args of [[parts.guest('plain', 'so')], [wasm], ['--enable-jit', wasm], ['--version']])
    assert.equal(await loads(...args), false, args.join(' '));
});

test('set-up refuses a level that there is not, with those that there are, before it does anything', async () => {
  const args = ['scripts/bootstrap.mjs', 'setup', '--cpu', 'x86-64-v9'];
  const { exitCode, all } = await execa(process.execPath, args, {
    cwd: folders.repository,
    all: true,
    reject: false,
  });
  assert.equal(exitCode, 1);
  const usable = ['native', ...levels.map(({ name }) => name)].join(', ');
  assert.equal(
    all.trim(),
    `--cpu x86-64-v9: there is no such level. What this machine can have is ${usable}.`,
  );
});

/** Functions of the shared app whose records say what they were compiled for; `good` is for this processor. */
async function functionsFor(t: TestContext, compiledFor: string, guests: Readonly<Record<string, string>>) {
  const manifest = { instances: 1 };
  const functions = Object.entries(guests).map(([name, guest]) => [name, { guest, manifest }]);
  const { env } = await functionFolders(t, Object.fromEntries(functions));
  for (const name of Object.keys(guests).filter((name) => name !== 'good'))
    await record(env.BUILT_DIR, name, compiledFor);
  return env;
}

/** Has a built function's record say what it was compiled for. */
async function record(built: string, name: string, compiledFor: string): Promise<void> {
  const json = join(built, name, `${name}.json`);
  const text = await readFile(json, 'utf8');
  await writeFile(json, text.replace(/"cpu": ".*"/, `"cpu": "${compiledFor}"`));
}

/** A folder that is gone after the test, and in it a WasmEdge that compiles for ten minutes and has written `begun` then. */
async function slowCompiler(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'cpu-levels-'));
  t.after(() => rm(folder, { recursive: true }));
  const [WASMEDGE, begun] = [join(folder, 'wasmedge'), join(folder, 'begun')];
  const script = `case "$*" in compile*) echo "$*" >> ${begun}; exec sleep 600 ;; esac\nexec ${parts.wasmedge} "$@"\n`;
  await writeFile(WASMEDGE, `#!/bin/sh\n${script}`, { mode: 0o755 });
  const hasBegun = () => pWaitFor(() => existsSync(begun), { interval: 10, timeout: 20_000 });
  return { WASMEDGE, begun, hasBegun };
}

const NAME = 'function-service';
const foreign = CPU_LEVELS.find((level) => level.arch !== arch())?.name ?? '';
const echoes = async (url: string) => {
  const { status, body } = await post(`${url}/functions/echo`, Buffer.from('x'));
  assert.deepEqual([status, `${body}`], [200, 'x']);
};

/** A command that runs another where Linux says that the processor has no AVX2, whatever it has. */
async function withoutAvx2(t: TestContext): Promise<readonly string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'cpu-levels-'));
  t.after(() => rm(folder, { recursive: true }));
  const text = await readFile('/proc/cpuinfo', 'utf8');
  await writeFile(join(folder, 'cpuinfo'), text.replaceAll(/ avx2 /g, ' '));
  return mounted(mounts.inPlaceOf('/proc/cpuinfo', join(folder, 'cpuinfo')));
}

test('a service on a processor that lacks its function’s level does not start, and says what is lacking and what to do', {
  skip: !levels.some(({ name }) => name === 'x86-64-v3') && 'this processor lacks x86-64-v3',
}, async (t) => {
  const env = await functionsFor(t, 'x86-64-v3', { echo: 'misbehave' });
  const service = await spawnService(t, NAME, env, await withoutAvx2(t));
  assert.equal(await service.ended, 1, service.output());
  assert.match(
    service.output(),
    /echo\.so was compiled for x86-64-v3, and this processor, x64 .*, lacks avx2\. Compile it for less .*--cpu x86-64-v2`\), or set COMPILE=start/,
  );
});

test('a function for another processor is named in the log and in /healthz, and keeps no other back', async (t) => {
  const env = await functionsFor(t, foreign, { echo: 'misbehave', good: 'misbehave' });
  const { url, output } = await startService(t, NAME, env);
  assert.equal((await post(`${url}/functions/good`, Buffer.from('x'))).status, 200);
  const { functions } = JSON.parse(await (await fetch(`${url}/healthz`)).text());
  const reason = /compiled for a processor that has more than this one.*--cpu.*COMPILE=start/;
  assert.match(functions.echo, reason);
  const { status, body } = await post(`${url}/functions/echo`, Buffer.from('x'));
  assert.equal(status, 503);
  assert.match(`${body}`, reason);
  assert.match(output(), new RegExp(`echo\\.so was compiled for ${foreign}, and this processor, .*, lacks `));
});

test('COMPILE is never or start', async (t) => {
  const env = await functionsFor(t, foreign, { echo: 'misbehave' });
  const service = await spawnService(t, NAME, { ...env, COMPILE: 'often' });
  assert.equal(await service.ended, 1, service.output());
  assert.match(service.output(), /COMPILE="often": .*"never".*"start"/);
});

test('with COMPILE=start what may not be imported, or was made from something else, is refused as ever', async (t) => {
  const guests = { escape: 'escape', stale: 'misbehave', good: 'misbehave' };
  const env = await functionsFor(t, foreign, guests);
  await copyFile(parts.guest('plain', 'wasm'), join(env.BUILT_DIR, 'stale/stale.wasm'));
  const { url } = await startService(t, NAME, { ...env, COMPILE: 'start' });
  const { functions } = JSON.parse(await (await fetch(`${url}/healthz`)).text());
  assert.match(functions.escape, /imports what a function may not have/);
  assert.match(functions.stale, /was built from something else/);
});

test('a service that is stopped while it compiles ends its compiler, too', async (t) => {
  const env = await functionsFor(t, foreign, { echo: 'misbehave' });
  const { WASMEDGE, hasBegun } = await slowCompiler(t);
  const service = await spawnService(t, NAME, { ...env, COMPILE: 'start', WASMEDGE });
  await hasBegun();
  service.process.kill('SIGTERM');
  // What is left of its group fails the test when it is cleaned up.
  assert.equal(await service.ended, 'SIGTERM', service.output());
});

test('a service that is stopped while it compiles what is new compiles no other of it', async (t) => {
  const { env, add } = await functionFolders(t, { good: { guest: 'misbehave' } });
  const { WASMEDGE, begun, hasBegun } = await slowCompiler(t);
  const service = await startService(t, NAME, { ...env, COMPILE: 'start', WASMEDGE, SHUTDOWN_MS: '3000' });
  for (const name of ['one', 'two']) {
    await add(name, { guest: 'misbehave' });
    await record(env.BUILT_DIR, name, foreign);
  }
  service.process.kill('SIGUSR2');
  await hasBegun();
  service.process.kill('SIGTERM');
  assert.equal(await service.ended, 0, service.output());
  assert.equal((await readFile(begun, 'utf8')).trim().split('\n').length, 1);
});

test('with COMPILE=start the function is compiled anew for this processor, and nothing of it is left in the end', async (t) => {
  const temporary = await mkdtemp(join(tmpdir(), 'cpu-levels-'));
  t.after(() => rm(temporary, { recursive: true }));
  const env = await functionsFor(t, foreign, { echo: 'misbehave' });
  const service = await startService(t, NAME, { ...env, COMPILE: 'start', TMPDIR: temporary });
  await echoes(service.url);
  assert.match(service.output(), /compiling the function anew for this processor/);
  assert.ok(
    (await readdir(temporary)).some((name) => name.startsWith('function-')),
    `${await readdir(temporary)}`,
  );
  service.process.kill('SIGTERM');
  assert.equal(await service.ended, 0, service.output());
  assert.deepEqual(await readdir(temporary), []);
});
