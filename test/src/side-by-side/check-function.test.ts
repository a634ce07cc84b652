import assert from 'node:assert/strict';
import { cp, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { parts } from '../built-parts.js';
import { workshop } from '../workshop.js';

test('check finds what is wrong with a function, and says so as JSON', async (t) => {
  const { functions, run } = await workshop(t);
  const folder = path.join(functions, 'wrong');
  await mkdir(path.join(folder, 'cases'), { recursive: true });
  await cp(parts.guest('filter', 'wasm'), path.join(folder, 'wrong.wasm'));
  await writeFile(path.join(folder, 'function.yaml'), 'build: {wasm: wrong.wasm}\nlimits: {timeout: 2s}\n');
  const cases = {
    'trap.in': 'trap\n',
    'trap.out': 'trap\n',
    'other.in': 'hello',
    'other.out': 'hallo',
    'lonely.in': 'hello',
    'json.in': '{"a":{"b":[1,2],"c":"x"}}',
    'json.json': '{"a":{"b":[1,3]}}',
    'lacks.in': '{"a":1}',
    'lacks.json': '{"a":1,"colour":"red"}',
    'words.in': 'hello',
    'words.json': '{}',
    'typo.in': '{}',
    'typo.json': '{',
    'refused.in': 'bad input\n',
    'refused.err': 'no good',
  };
  for (const [file, text] of Object.entries(cases)) await writeFile(path.join(folder, 'cases', file), text);
  const { exitCode, stdout } = await run('check', 'wrong', '--json');
  assert.equal(exitCode, 1);
  const { ok, findings } = JSON.parse(stdout);
  assert.equal(ok, false);
  const wrong: string[] = findings
    .filter((finding: { ok: boolean }) => !finding.ok)
    .map(({ what, detail }: { what: string; detail: string }) => `${what}: ${detail}`);
  for (const expected of [
    /^case trap: it must have a result, and is ERR_FUNCTION_TRAPPED/,
    /^case other: the result of 5 bytes is another one than other\.out of 5/,
    /^case json: a\.b\.1 must be 3, and is 2$/,
    /^case lacks: colour must be "red", and is not there$/,
    /^case words: the result of 5 bytes is no JSON$/,
    /^case typo: what it must answer is no JSON$/,
    /^case lonely: beside lonely\.in there must be one of \.out, \.json, \.err/,
  ])
    assert.ok(
      wrong.some((line) => expected.test(line)),
      wrong.join('\n'),
    );
  assert.ok(!wrong.some((line) => line.startsWith('case refused')));
});

test('check of a module that imports what it may not, and of a function that is not there', async (t) => {
  const { run } = await workshop(t);
  const refused = await run('check', parts.guest('escape', 'wasm'));
  assert.equal(refused.exitCode, 1);
  assert.match(
    refused.all,
    /^no {2}module: .*imports what a function may not have.*\n +build it for wasm32-wasip1/m,
  );
  const nobody = await run('check', 'nobody');
  assert.equal(nobody.exitCode, 1);
  assert.match(nobody.all, /There is no function "nobody"/);
});

test('check says of an instance that is used again whether it grows, and whether its answers stay the same', async (t) => {
  const { functions, run } = await workshop(t);
  const outcomes: string[] = [];
  for (const [name, input, memory] of [
    ['growing', 'grow', '1Gi'],
    ['full', 'grow', '64Mi'],
    ['counting', 'how many', '64Mi'],
    ['steady', 'hello', '64Mi'],
  ] as const) {
    const folder = path.join(functions, name);
    await mkdir(path.join(folder, 'cases'), { recursive: true });
    const isFirst = outcomes.length === 0;
    if (isFirst) await cp(parts.guest('misbehave', 'wasm'), path.join(folder, 'f.wasm'));
    await writeFile(
      path.join(folder, 'function.yaml'),
      // The program of the first one, so that it is compiled once.
      `build: {${isFirst ? 'wasm: f.wasm' : 'function: growing'}}\nlimits: {memory: ${memory}}\nrequestsPerInstance: 8\n`,
    );
    await writeFile(path.join(folder, 'cases/one.in'), input);
    await writeFile(path.join(folder, 'cases/one.out'), input === 'how many' ? '1' : input);
    const { stdout, exitCode } = await run('check', name, '--json');
    const { findings } = JSON.parse(stdout);
    const found = findings.find(({ what }: { what: string }) => what === '8 requests in one instance');
    assert.equal(exitCode, found.ok ? 0 : 1, stdout);
    outcomes.push(`${name}: ${found.ok} ${found.detail}; ${found.remedy}`);
  }
  for (const [index, expected] of [
    /^growing: false its memory grew by 4[78]\.\d MB; free what a request has taken, or set requestsPer/,
    /^full: false request [234] was ERR_FUNCTION_TRAPPED: .*, and the first a result of 4 bytes; let nothing/s,
    /^counting: false request 2 was a result of 1 bytes, and the first a result of 1 bytes; let nothing/,
    /^steady: true its memory grew by 0\.0 MB; undefined$/,
  ].entries())
    assert.match(outcomes[index] ?? '', expected);
});
