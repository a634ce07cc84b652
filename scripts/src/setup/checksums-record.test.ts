import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { verifyChecksums } from '@app/wasmedge-node';
import { execa } from 'execa';
import { checksumsRecord } from './checksums-record.js';

test('a record of checksums is one that sha256sum and services check, and set-up knows what is gone or changed', async (t) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'checksums-record-'));
  t.after(() => rm(folder, { recursive: true }));
  const file = (name: string) => path.join(folder, name);
  const { read, write } = checksumsRecord;
  assert.equal(await read(folder, 'sources'), undefined);
  await writeFile(file('one'), 'abc');
  await write(folder, 'sources', 'a plug-in');
  assert.equal(await read(folder, 'sources'), 'a plug-in');
  assert.equal(await read(folder, 'other sources'), undefined);
  await verifyChecksums(folder);
  const { stdout } = await execa('sha256sum', ['--check', '--strict', 'SHA256SUMS'], { cwd: folder });
  assert.equal(stdout, 'one: OK');

  await writeFile(file('other'), '');
  assert.equal(await read(folder, 'sources'), undefined);
  await rm(file('other'));
  await writeFile(file('one'), 'abd');
  assert.equal(await read(folder, 'sources'), undefined);
  await assert.rejects(verifyChecksums(folder), { code: 'ERR_CHECKSUM' });
});
