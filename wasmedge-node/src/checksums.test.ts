import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { verifyChecksums } from './checksums.js';

// FIPS 180-4's example, and the hash of nothing.
const LIST_OF_TWO =
  '# a comment, which sha256sum passes over, too\n' +
  'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  one file\n' +
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 *other\n';

async function folderOfTwo(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'checksums-'));
  t.after(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'one file'), 'abc');
  await writeFile(join(folder, 'other'), '');
  return folder;
}

const writeList = (folder: string) => writeFile(join(folder, 'SHA256SUMS'), LIST_OF_TWO);

test('files that are as the list says are taken; the list is that of sha256sum', async (t) => {
  const folder = await folderOfTwo(t);
  await writeList(folder);
  await verifyChecksums(folder);
});

test('a folder without a list, or that is not there, holds what it holds', async (t) => {
  await verifyChecksums(await folderOfTwo(t));
  await verifyChecksums('/nowhere');
});

test('a file that was changed is named', async (t) => {
  const folder = await folderOfTwo(t);
  await writeList(folder);
  await verifyChecksums(folder);
  await writeFile(join(folder, 'other'), ' ');
  await assert.rejects(verifyChecksums(folder), {
    code: 'ERR_CHECKSUM',
    message: new RegExp(
      `^${folder}/other is damaged or another one: its SHA-256 is 36a9e7f1c95b82ffb99743e0c5c4ce95d83c9a430aac59f84ef3cbfab6145068,`,
    ),
  });
});

test('a list that is damaged, or no file, is not taken for one that fits', async (t) => {
  const folder = await folderOfTwo(t);
  const list = join(folder, 'SHA256SUMS');
  await writeList(folder);
  await writeFile(list, (await readFile(list, 'utf8')).replace(/^b./m, 'x'));
  await assert.rejects(verifyChecksums(folder), { code: 'ERR_CHECKSUM', message: /is no line of sha256sum/ });
  await rm(list);
  await mkdir(list);
  await assert.rejects(verifyChecksums(folder), { code: 'ERR_CHECKSUM', message: /EISDIR/ });
});

test('a file that is missing is named', async (t) => {
  const folder = await folderOfTwo(t);
  await writeList(folder);
  await rm(join(folder, 'one file'));
  await assert.rejects(verifyChecksums(folder), { code: 'ERR_CHECKSUM', message: /one file.*ENOENT/ });
});
