import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import { bytes, file, form, image, part, preamble, text, unfilled } from './fixtures/form-parts.js';
import { startPictureEcho } from './fixtures/picture-echo.js';

const MIB = 1024 ** 2;
const { port, problem } = await startPictureEcho(image.length);

const NO_FILE = 'The form has no file in its field "image", nor in another. Send the picture there.';
const long = 'n'.repeat(2000);

for (const [what, status, detail, ...parts] of [
  ['no file', 400, NO_FILE, text('title', 'not a file')],
  ['nothing in it', 400, NO_FILE],
  ['unfilled inputs alone', 400, NO_FILE, unfilled('image'), unfilled('photo')],
  ['an empty text for the picture', 400, NO_FILE, text('image', '')],
  [
    'an empty file',
    400,
    'The picture is empty. Send the bytes of one as the body.',
    file('image', ''),
    file('other', bytes),
  ],
  [
    'two files, none of them in the field image',
    400,
    'The form has files in "a", "b", and none in "image". Send the picture there.',
    file('a', bytes),
    file('b', bytes),
  ],
  [
    'many files, none of them in the field image',
    400,
    'The form has files in "f0", "f1", "f2", "f3", "f4" and 3 more, and none in "image". Send the picture there.',
    ...Array.from({ length: 8 }, (_, i) => file(`f${i}`, 'x')),
  ],
  [
    'two files in the field image',
    400,
    'The form has 2 files in its field "image". Send one.',
    file('image', bytes),
    file('image', 'x'),
  ],
  [
    'a file of one byte too many',
    413,
    'The file in the field "image" has more than 1000 bytes (0 MiB). Send a smaller one.',
    file('image', `${bytes}x`),
  ],
  [
    'a file without a name of one byte too many',
    413,
    'The file in the field "image" has more than 1000 bytes (0 MiB). Send a smaller one.',
    text('image', `${bytes}x`),
  ],
  [
    'a file of one byte too many in another field',
    413,
    'The file in the field "photo" has more than 1000 bytes (0 MiB). Send a smaller one.',
    file('photo', `${bytes}x`),
  ],
  [
    'too much text in one field',
    413,
    'The text of the form has more than 1048576 bytes in all; the field "title" was the last. Send the picture alone.',
    file('image', bytes),
    text('title', 'x'.repeat(MIB + 1)),
  ],
  [
    'too much text in two fields',
    413,
    'The text of the form has more than 1048576 bytes in all; the field "title" was the last. Send the picture alone.',
    text('a', 'x'.repeat(MIB / 2)),
    text('title', 'x'.repeat(MIB / 2 + 1)),
    file('image', bytes),
  ],
  [
    'too much around the picture',
    413,
    'The form has more than 2097152 bytes beside the picture. Send the picture alone.',
    preamble(2 * MIB),
    file('image', 'x'),
  ],
  [
    'far too much around the picture',
    413,
    'The form has more than 2097152 bytes beside the picture. Send the picture alone.',
    preamble(5 * MIB),
    file('image', bytes),
  ],
  [
    'too many parts',
    400,
    'The form cannot be taken: it has more than 1000 fields and files.',
    ...Array.from({ length: 1001 }, (_, i) => text(`f${i}`, 'x')),
    file('image', bytes),
  ],
  [
    'a name that is too long',
    400,
    'The form cannot be taken: the name of a field has more than 1000 characters.',
    file(long, bytes),
  ],
  [
    'a file in no field',
    400,
    'The form cannot be taken: a file in it is in no field.',
    part('filename="a.png"', bytes),
  ],
  [
    'a picture that says it is text of a charset',
    400,
    'The field "image" of the form says that it is text of a charset. Send the picture there without one, or with a file name.',
    part('name="image"', bytes, 'text/plain; charset=utf-8'),
  ],
  [
    'a picture that says it is text of a charset that nobody knows',
    400,
    'The field "image" of the form says that it is text of a charset. Send the picture there without one, or with a file name.',
    part('name="image"', bytes, 'text/plain; charset=binary'),
  ],
  [
    'a part with headers that are none',
    400,
    'The form is malformed: Malformed part header.',
    '--b\r\nrubbish\r\n\r\n',
  ],
] as const) {
  test(`a form with ${what} is ${status}`, async () => {
    assert.deepEqual(await problem(form(...parts)), { status, detail });
  });
}

for (const [what, type, body, detail] of [
  ['without a boundary', 'multipart/form-data', 'x', 'The form is malformed: Multipart: Boundary not found.'],
  [
    'cut off in its picture',
    'multipart/form-data; boundary=b',
    file('image', bytes).slice(0, -500),
    'The form is malformed: Unexpected end of form.',
  ],
  [
    'cut off in its picture without a name',
    'multipart/form-data; boundary=b',
    text('image', bytes).slice(0, -500),
    'The form is malformed: Unexpected end of form.',
  ],
  [
    'cut off before its end',
    'multipart/form-data; boundary=b',
    file('image', bytes).slice(0, -2),
    'The form is malformed: Unexpected end of form.',
  ],
  [
    'cut off in the headers of a part',
    'multipart/form-data; boundary=b',
    '--b\r\ncontent-disp',
    'The form is malformed: Unexpected end of form.',
  ],
  [
    'that is none',
    'multipart/form-data; boundary=b',
    'rubbish',
    'The form is malformed: Unexpected end of form.',
  ],
  [
    'of another multipart type',
    'multipart/mixed; boundary=b',
    '--b\r\n\r\nx\r\n--b--\r\n',
    'The form is malformed: Unsupported content type: multipart/mixed; boundary=b.',
  ],
] as const) {
  test(`a form ${what} is 400`, async () => {
    const init = { body: Buffer.from(body, 'latin1'), headers: { 'content-type': type } };
    assert.deepEqual(await problem(init), { status: 400, detail });
  });
}

test('a form that announces far too much is 413 before it is read', async () => {
  const socket = connect(port, '127.0.0.1');
  const type = 'content-type: multipart/form-data; boundary=b';
  socket.write(`POST /image HTTP/1.1\r\nhost: x\r\n${type}\r\ncontent-length: ${3 * MIB}\r\n\r\n`);
  let answer = '';
  for await (const chunk of socket) {
    answer += chunk;
    if (answer.includes('ERR_TOO_LARGE')) break;
  }
  assert.match(answer, /HTTP\/1.1 413/);
});
