import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { arch } from 'node:os';
import { test } from 'node:test';
import { promisify } from 'node:util';
import {
  CPU_LEVELS,
  type CpuLevel,
  cpuLevel,
  describeCpu,
  highestLevel,
  lackingFor,
  thisCpu,
} from './cpu.js';

const execute = promisify(execFile);

/** The line of a processor that has just these features. */
const cpuInfo = (...flags: string[]) =>
  `processor\t: 0\nmodel name\t: One\nflags\t\t: ${flags.join(' ')}\nbugs\t:\n`;

const level = (name: string): CpuLevel => cpuLevel(name) ?? assert.fail(name);
const flagsOf = (name: string) => Object.values(level(name).features);
const x64 = (text: string) => describeCpu(text, 'One', 'x64');

test('a level is had by a processor with all its features, and each that is missing is named', () => {
  for (const { name, arch } of CPU_LEVELS) {
    const flags = flagsOf(name);
    assert.deepEqual(lackingFor(level(name), describeCpu(cpuInfo(...flags, 'more'), 'One', arch)), []);
    for (const missing of flags) {
      const others = flags.filter((flag) => flag !== missing);
      assert.deepEqual(lackingFor(level(name), describeCpu(cpuInfo(...others), 'One', arch)), [missing]);
    }
  }
});

test('the highest level is the one that needs most of those that a processor has', () => {
  const v2 = flagsOf('x86-64-v2');
  assert.equal(highestLevel(x64(cpuInfo(...flagsOf('x86-64-v3'))))?.name, 'x86-64-v3');
  assert.equal(highestLevel(x64(cpuInfo(...v2, 'avx', 'avx2')))?.name, 'x86-64-v2');
  assert.equal(highestLevel(x64(cpuInfo(...v2.slice(1))))?.name, undefined);
  const arm = describeCpu('processor\t: 0\nFeatures\t: fp asimd evtstrm aes crc32\n', 'One', 'arm64');
  assert.equal(highestLevel(arm)?.name, 'armv8-a');
});

test('no level of another architecture is had, and none where Linux tells no features', () => {
  assert.deepEqual(lackingFor(level('armv8-a'), x64(cpuInfo(...flagsOf('armv8-a')))), ['arm64']);
  assert.equal(highestLevel(x64('')), undefined);
});

test('processors that offer different features have different names', () => {
  assert.notEqual(x64(cpuInfo('avx', 'avx2')).name, x64(cpuInfo('avx')).name);
  assert.match(x64(cpuInfo('avx')).name, /^x64 One [0-9a-f]{12}$/);
});

const isX64 = { skip: arch() !== 'x64' && 'not on this architecture' };

test("this machine has the levels that its C library's loader finds", isX64, async () => {
  const folder = '/lib64';
  const loader = (await readdir(folder)).find((name) => name.startsWith('ld-linux'));
  const { stdout } = await execute(`${folder}/${loader}`, ['--help']);
  const cpu = await thisCpu();
  for (const each of CPU_LEVELS.filter((each) => each.arch === 'x64'))
    assert.equal(
      lackingFor(each, cpu).length === 0,
      new RegExp(`^ +${each.name} \\(supported`, 'm').test(stdout),
      `${each.name}: ${lackingFor(each, cpu)}\n${stdout}`,
    );
});

/** What the C compiler defines where it may use a feature, and has no macro of its name for. */
const MACROS: Readonly<Record<string, string>> = {
  '64bit': '__x86_64__',
  cmov: '__x86_64__',
  cx8: '__GCC_HAVE_SYNC_COMPARE_AND_SWAP_8',
  cx16: '__GCC_HAVE_SYNC_COMPARE_AND_SWAP_16',
  sahf: '__LAHF_SAHF__',
};

test('the features of a level are those that the C compiler takes it to have', isX64, async () => {
  const macrosOf = async (name: string) => {
    const args = ['-xc', `-march=${name}`, '-dM', '-E', '/dev/null'];
    return new Set(
      [...(await execute('cc', args)).stdout.matchAll(/^#define (\w+)/gm)].map(([, macro]) => macro),
    );
  };
  const base = await macrosOf('x86-64');
  const macroOf = (feature: string) => MACROS[feature] ?? `__${feature.toUpperCase().replace('.', '_')}__`;
  for (const each of CPU_LEVELS.filter((each) => each.arch === 'x64')) {
    const defined = await macrosOf(each.name);
    const features = Object.keys(each.features);
    for (const feature of features) assert.ok(defined.has(macroOf(feature)), `${each.name}: ${feature}`);
    // And no more: what LLVM is told has all of them.
    const known = new Set(features.map(macroOf));
    const others = [...defined].filter(
      (macro) => macro !== undefined && !base.has(macro) && !known.has(macro),
    );
    assert.deepEqual(
      others.filter((macro) => !/MATH|k8|nocona|FP_FAST_FMA|FP_CONTRACT/.test(macro ?? '')),
      [],
    );
  }
});
