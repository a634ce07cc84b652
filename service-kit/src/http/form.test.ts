import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytes, file, form, image, part, preamble, text, unfilled } from './fixtures/form-parts.js';
import { startPictureEcho } from './fixtures/picture-echo.js';

const MIB = 1024 ** 2;
const { send } = await startPictureEcho(image.length);

async function assertTaken(...parts: readonly string[]): Promise<void> {
  const { status, body } = await send(form(...parts));
  assert.deepEqual([status, body.equals(image)], [200, true], body.toString('latin1').slice(0, 300));
}

test('the file of a form arrives byte for byte', async () => {
  const body = new FormData();
  body.append('image', new Blob([new Uint8Array(image)]), 'picture.png');
  assert.deepEqual((await send({ body })).body, image);
});

for (const type of [
  undefined,
  'image/png',
  'application/octet-stream',
  'text/plain',
  'text/plain; charset=ISO-8859-1',
  'application/json',
  'rubbish',
]) {
  test(`a picture without a file name, of type ${type}, arrives byte for byte`, async () => {
    await assertTaken(part('name="image"', bytes, type));
    await assertTaken(text('title', 'a'), part('name=image', bytes, type), text('title', 'b'));
  });
}

test('a picture of several MiB without a file name arrives byte for byte', async () => {
  const large = await startPictureEcho(10 * MIB);
  const picture = Buffer.alloc(10 * MIB, image);
  for (const type of [undefined, 'application/octet-stream']) {
    const { status, body } = await large.send(form(part('name="image"', picture.toString('latin1'), type)));
    assert.deepEqual([status, body.equals(picture)], [200, true]);
  }
});

for (const [what, ...parts] of [
  ['in another field, alone', file('photo', bytes)],
  ['in another field, alone, without a name', part('name="photo"', bytes, 'image/png')],
  ['in another field, an octet-stream', part('name="photo"', bytes, 'application/octet-stream')],
  ['behind another file', file('other', 'x'), file('image', bytes)],
  ['before another file', file('image', bytes), file('other', 'x')],
  ['between other files', file('a', 'x'), file('b', ''), file('image', bytes), file('c', 'x')],
  ['without a name, between other files', file('a', 'x'), text('image', bytes), file('b', 'x')],
  ['beside unfilled inputs', unfilled('image'), file('photo', bytes), unfilled('image'), unfilled('b')],
  ['beside an empty text in its field', text('image', ''), file('image', bytes)],
  ['in a field of a strange name', file('фото%22[]', bytes)],
] as const) {
  test(`a picture ${what} arrives byte for byte`, async () => {
    await assertTaken(...parts);
  });
}

test('the fields of a form may have 1 MiB of text in all, of any sort', async () => {
  const names = ['a', 'a', 'a[x]', 'a[]', '__proto__', 'constructor[prototype][x]', 'a.b', '[', 'ü', ''];
  const fields = names.map((name) => part(`name="${name}"`, 'x', 'text/plain; charset=utf-8'));
  const rest = MIB - names.length;
  await assertTaken(...fields, file('image', bytes), text('large', 'x'.repeat(rest)));
  await assertTaken(...Array.from({ length: 990 }, (_, i) => text(`f${i}`, 'x')), file('image', bytes));
});

test('what the name of a field says about arrays is not done', async () => {
  const start = performance.now();
  await assertTaken(text('a[4000000000]', ''), text('a[x]', ''), file('image', bytes));
  assert.ok(performance.now() - start < 2000);
});

test('beside the picture a form may have 2 MiB, or as much as a picture', async () => {
  await assertTaken(preamble(2 * MIB - 200), file('image', bytes));
  const roomy = await startPictureEcho(3 * MIB);
  const more = file('a', 'x'.repeat(1.5 * MIB)) + file('b', 'x'.repeat(1.4 * MIB));
  assert.deepEqual((await roomy.send(form(more, file('image', bytes)))).body, image);
});
