import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { type Cpu, cpuLevel } from '@app/wasmedge-node/cpu';
import { chooseCpu, cpuInWords, cpuTarget } from './cpu.js';

let folder: string;
let file: string;
before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'cpu-test-'));
  file = path.join(folder, 'runtime/cpu.txt');
});
after(() => rm(folder, { recursive: true }));
beforeEach(() => rm(path.dirname(file), { recursive: true, force: true }));

/** A processor that has just one level. */
const having = (name: string): Cpu => {
  const level = cpuLevel(name) ?? assert.fail(name);
  return { arch: level.arch, name: `one of ${name}`, flags: new Set(Object.values(level.features)) };
};
const haswell = having('x86-64-v3');
const nehalem = having('x86-64-v2');
const opteron: Cpu = { arch: 'x64', name: 'an Opteron', flags: new Set(['sse2']) };
const inWords = async (cpu: Cpu) => cpuInWords(await cpuTarget(cpu, file, true));

test('functions are compiled for a level of their architecture unless somebody has chosen', async () => {
  assert.equal(await inWords(haswell), 'x86-64-v2');
  assert.equal(await inWords(having('armv8-a')), 'armv8-a');
  const other = { arch: 'riscv64', name: 'another', flags: new Set<string>() };
  assert.equal(await inWords(other), 'this kind of processor alone (another)');
});

test('what was chosen is kept', async () => {
  await chooseCpu('x86-64-v2', haswell, file);
  assert.equal(await inWords(haswell), 'x86-64-v2');
  await chooseCpu('native', haswell, file);
  assert.equal(await inWords(haswell), 'this kind of processor alone (one of x86-64-v3)');
  await chooseCpu('x86-64-v3', haswell, file);
  assert.equal(await inWords(haswell), 'x86-64-v3');
});

test('a processor that lacks the default is compiled for alone, which is said with the reason', async () => {
  assert.match(
    await inWords(opteron),
    /^this kind of processor alone \(an Opteron\), because for x86-64-v2 this processor lacks lm, /,
  );
});

test('of what was chosen on another machine, a processor that lacks it gets the highest level that it has', async () => {
  await chooseCpu('x86-64-v3', haswell, file);
  assert.equal(
    await inWords(nehalem),
    'x86-64-v2, because for x86-64-v3 this processor lacks avx, avx2, bmi1, bmi2, f16c, fma, abm, movbe, xsave',
  );
});

test('with a WasmEdge that cannot be told, functions are compiled for this kind of processor, whatever was chosen', async () => {
  await chooseCpu('x86-64-v3', haswell, file);
  assert.deepEqual(await cpuTarget(haswell, file, false), {
    level: undefined,
    name: 'one of x86-64-v3',
    why: 'this WasmEdge compiles for its own processor alone',
  });
});

for (const [name, cpu, problem, usable] of [
  ['x86-64-v9', haswell, 'there is no such level', 'native, x86-64-v2, x86-64-v3'],
  ['', haswell, 'there is no such level', 'native, x86-64-v2, x86-64-v3'],
  ['armv8-a', haswell, 'this processor lacks arm64', 'native, x86-64-v2, x86-64-v3'],
  ['x86-64-v2', opteron, 'this processor lacks lm, cmov, cx8,', 'native'],
] as const)
  test(`--cpu ${name} is refused with what can be had where ${cpu.name} lacks it`, async () => {
    await assert.rejects(chooseCpu(name, cpu, file), (error: Error) => {
      assert.ok(error.message.startsWith(`--cpu ${name}: ${problem}`), error.message);
      assert.ok(error.message.endsWith(`What this machine can have is ${usable}.`), error.message);
      return true;
    });
    assert.doesNotMatch(await inWords(haswell), /because/);
  });
