import assert from 'node:assert/strict';
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { SetupError } from '../setup/errors.js';
import { findFiles } from './find-files.js';
import { readLabels } from './labels.js';

/** A folder with empty files. */
async function folderWith(t: TestContext, ...files: string[]) {
  const folder = await mkdtemp(path.join(tmpdir(), 'model-files-'));
  t.after(() => rm(folder, { recursive: true }));
  for (const file of files) await writeFile(path.join(folder, file), '');
  return (file = '') => path.join(folder, file);
}

/** What the message is of, for a folder whose path does not matter. */
const refused = (folder: string, message: string) => (error: unknown) => {
  assert.ok(error instanceof SetupError, String(error));
  assert.equal(error.message.replaceAll(folder, 'F'), message);
  return true;
};

test('a folder has a model and its labels, a model has them beside it', async (t) => {
  const at = await folderWith(t, 'net.tflite', 'names.txt', 'README.txt', 'LICENSE.txt', 'requirements.txt');
  const found = { model: at('net.tflite'), labels: at('names.txt') };
  assert.deepEqual(await findFiles(at('.')), found);
  assert.deepEqual(await findFiles(at('net.tflite')), found);
  assert.deepEqual(await findFiles(at('net.tflite'), at('README.txt')), {
    ...found,
    labels: at('README.txt'),
  });
});

test('of several text files the one that is called labels has them', async (t) => {
  const at = await folderWith(t, 'Net.TFLITE', 'imagenet_labels.txt', 'about.txt');
  assert.equal((await findFiles(at('.'))).labels, at('imagenet_labels.txt'));
});

const BOTH = 'npm run model -- add model.tflite labels.txt';
for (const [what, files, given, message] of [
  [
    'nothing is there',
    [],
    'no.tflite',
    "F/no.tflite cannot be read (ENOENT: no such file or directory, stat 'F/no.tflite'): give a folder with a model and its labels, or the model's .tflite.",
  ],
  [
    'a folder has no model',
    ['labels.txt'],
    '',
    `F has no model, a file whose name ends in .tflite: put it there, or name both: ${BOTH}`,
  ],
  [
    'a folder has two models',
    ['b.tflite', 'a.tflite', 'labels.txt'],
    '',
    `F has a.tflite, b.tflite: say which is to be taken: ${BOTH}`,
  ],
  [
    'there are no labels',
    ['a.tflite', 'README.txt'],
    'a.tflite',
    `F has no labels, a file whose name ends in .txt: put it there, or name both: ${BOTH}`,
  ],
  [
    'there are two files of labels',
    ['a.tflite', 'labels.txt', 'more-labels.txt'],
    '',
    `F has labels.txt, more-labels.txt: say which is to be taken: ${BOTH}`,
  ],
] as const)
  test(`where ${what}, that is said`, async (t) => {
    const at = await folderWith(t, ...files);
    await assert.rejects(findFiles(at(given)), refused(at(), message));
  });

test('labels that are named and not there, or a folder, are refused', async (t) => {
  const at = await folderWith(t, 'a.tflite');
  await assert.rejects(findFiles(at('a.tflite'), at('no.txt')), /no\.txt cannot be read \(ENOENT/);
  await assert.rejects(
    findFiles(at('a.tflite'), at('.')),
    refused(at(), 'F is no file: name the file with the labels.'),
  );
});

for (const [what, content] of [
  ['Unix', 'red\ngreen\nblue\n'],
  ['no line break at the end', 'red\ngreen\nblue'],
  ['Windows', '\ufeffred\r\ngreen\r\nblue\r\n'],
  ['empty lines at the end, and spaces', ' red\ngreen \nblue\n\n \n'],
] as const)
  test(`labels are read as they are meant: ${what}`, async (t) => {
    const at = await folderWith(t);
    await writeFile(at('labels.txt'), content);
    assert.deepEqual(await readLabels(at('labels.txt'), 3), ['red', 'green', 'blue']);
  });

const TAKE = 'take the labels that came with the model; there must be one for each score, in their order';
for (const [what, content, scores, message] of [
  [
    'the background is missing',
    'red\ngreen\n',
    3,
    'F/labels.txt has 2 labels, and the model gives 3 scores: a model of that many most likely has a class for the background; then put the line background before all others.',
  ],
  [
    'the background is too many',
    'Background\nred\ngreen\nblue\n',
    3,
    'F/labels.txt has 4 labels, and the model gives 3 scores: this model has no class for the background; take the first line, background, away.',
  ],
  [
    'one is missing',
    'background\nred\n',
    3,
    `F/labels.txt has 2 labels, and the model gives 3 scores: ${TAKE}.`,
  ],
  ['there are two too few', 'red\n', 3, `F/labels.txt has 1 label, and the model gives 3 scores: ${TAKE}.`],
  ['one is too many', 'a\nb\nc\nd\n', 3, `F/labels.txt has 4 labels, and the model gives 3 scores: ${TAKE}.`],
  ['there are none', '\n\n', 3, `F/labels.txt has 0 labels, and the model gives 3 scores: ${TAKE}.`],
  [
    'they are in another encoding',
    Buffer.from('caf\xe9\nb\nc\n', 'latin1'),
    3,
    'F/labels.txt is not UTF-8 text, as labels are: save it as that.',
  ],
] as const)
  test(`labels are refused where ${what}`, async (t) => {
    const at = await folderWith(t);
    await writeFile(at('labels.txt'), content);
    await assert.rejects(readLabels(at('labels.txt'), scores), refused(at(), message));
  });

test('a file far larger than labels are is refused before it is read', async (t) => {
  const at = await folderWith(t, 'labels.txt');
  await truncate(at('labels.txt'), 2 ** 40);
  await assert.rejects(
    readLabels(at('labels.txt'), 3),
    refused(
      at(),
      'F/labels.txt has 1099511627776 bytes, and labels have at most 4194304: name another file.',
    ),
  );
});
