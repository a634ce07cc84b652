import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { readFunctions } from '@app/function-manifest';
import { decoded, shadesOf } from './grey.js';
import { runFunction } from './run-function.js';

const { functions } = await readFunctions();

/** What a case expects of its input `name.in`, by the end of the file's name. */
const CHECKS = {
  /** Just these bytes. */
  out: (expected, { output }) => assert.deepEqual(output, expected),
  /** JSON that has all of this in it. */
  json: (expected, { output }) => assertHas(JSON.parse(output.toString()), JSON.parse(expected.toString())),
  /** A refusal whose reason has these words in it. */
  err: (expected, { exitCode, message }) => {
    assert.equal(exitCode, 1);
    assert.ok(message.includes(expected.toString().trim()), message);
  },
} satisfies Record<string, (expected: Buffer, run: Awaited<ReturnType<typeof runFunction>>) => void>;

for (const { name, folder, folders } of functions) {
  const cases = path.join(folder, 'cases');
  const files = await readdir(cases).catch((): string[] => []);
  for (const input of files.filter((file) => file.endsWith('.in')))
    test(`${name}: the case ${input}`, async () => {
      const stem = path.basename(input, '.in');
      const model = folders['/model'];
      const image = await readFile(path.join(cases, input));
      const run = await runFunction(name, image, model === undefined ? {} : { model });
      const expected = Object.entries(CHECKS).filter(([kind]) => files.includes(`${stem}.${kind}`));
      assert.equal(expected.length, 1, 'a case has one of .out, .json and .err');
      for (const [kind, check] of expected) check(await readFile(path.join(cases, `${stem}.${kind}`)), run);
    });
}

for (const name of ['colours', 'animation'])
  test(`what the case ${name} expects is as grey as sharp and the formula say`, async () => {
    const file = (kind: string) =>
      readFile(new URL(`../../functions/grayscale/cases/${name}.${kind}`, import.meta.url));
    const answer = await decoded(await file('out'));
    const colours = await decoded(await file('in'));
    assert.deepEqual([answer.width, answer.height], [colours.width, colours.height]);
    assert.deepEqual(shadesOf(answer), shadesOf(colours));
    if (answer.channels < 3) return;
    const [red, green, blue] = [0, 1, 2].map((channel) =>
      [...answer.data].filter((_, i) => i % answer.channels === channel),
    );
    assert.deepEqual([green, blue], [red, red]);
  });

function assertHas(actual: unknown, expected: unknown): void {
  if (typeof expected !== 'object' || expected === null) assert.equal(actual, expected);
  else {
    assert.ok(typeof actual === 'object' && actual !== null, `${JSON.stringify(actual)} has nothing in it`);
    for (const [key, value] of Object.entries(expected)) assertHas(Reflect.get(actual, key), value);
  }
}
