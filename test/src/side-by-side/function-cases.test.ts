import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { readFunctions } from '@app/function-manifest';
import { decoded, shadesOf } from '../grey.js';
import { runScript } from '../workshop.js';

const { functions } = await readFunctions();

for (const { name } of functions)
  test(`npm run check finds nothing wrong with ${name}, and runs its cases`, async (t) => {
    const checked = await runScript(t, ['check', name, '--json']);
    const { ok, findings } = JSON.parse(checked.stdout);
    assert.equal(ok, true, checked.all);
    const cases = findings.filter(({ what }: { what: string }) => what.startsWith('case '));
    assert.ok(cases.length > 0, checked.all);
  });

for (const name of ['colours', 'animation'])
  test(`what the case ${name} expects is as grey as sharp and the formula say`, async () => {
    const file = (kind: string) =>
      readFile(new URL(`../../../functions/grayscale/cases/${name}.${kind}`, import.meta.url));
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
