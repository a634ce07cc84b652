import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { tableOfFigures } from './figures.js';

test('the figures that tests left are a table, in their order', async (t) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'figures-'));
  t.after(() => rm(folder, { recursive: true }));
  const file = path.join(folder, 'figures.jsonl');
  await writeFile(
    file,
    '{"what":"a rollout","result":"0 of 9 failed"}\n{"what":"a kill","result":"1 of 8 failed"}\n',
  );
  assert.equal(
    await tableOfFigures(file),
    '| case | figures |\n|---|---|\n| a rollout | 0 of 9 failed |\n| a kill | 1 of 8 failed |\n',
  );
});

test('where no test left a figure there is no table', async () => {
  assert.equal(await tableOfFigures('/nowhere/figures.jsonl'), '');
});
