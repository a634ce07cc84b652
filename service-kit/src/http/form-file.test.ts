import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { FormFile } from './form-file.js';

/** Has a form take a file, and keeps no more of it than how to see whether the form does. */
function takeFile(form: FormFile, field: string): WeakRef<Buffer> {
  const bytes = Buffer.alloc(1000, field);
  form.begin(field, undefined)(bytes);
  return new WeakRef(bytes);
}

async function collectGarbage(): Promise<void> {
  setFlagsFromString('--expose-gc');
  await turn();
  runInNewContext('gc')();
}

for (const [fields, kept] of [
  [['photo'], [true]],
  [
    ['image', 'a', 'b'],
    [true, false, false],
  ],
  [
    ['a', 'image'],
    [false, true],
  ],
  [
    ['a', 'b'],
    [false, false],
  ],
  [
    ['a', 'b', 'c', 'image', 'image'],
    [false, false, false, true, false],
  ],
] as const) {
  test(`of the files in ${fields.join(', ')}, none is kept that is not the picture`, async () => {
    const form = new FormFile('picture');
    const files = fields.map((field) => takeFile(form, field));
    await collectGarbage();
    assert.deepEqual(
      files.map((file) => file.deref() !== undefined),
      kept,
    );
    // Alive until here, whatever the collector thinks.
    assert.ok(form);
  });
}
