import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { hashOfSources } from './fingerprints.js';

test('the hash of sources changes with their names and contents, and with nothing else', async (t) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'sources-test-'));
  t.after(() => rm(folder, { recursive: true }));
  const hash = () => hashOfSources(folder, ['.rs']);
  await mkdir(path.join(folder, 'src'));
  await mkdir(path.join(folder, 'target'));
  await writeFile(path.join(folder, 'src/main.rs'), 'fn main() {}');
  const first = await hash();
  await writeFile(path.join(folder, 'src/notes.md'), 'of no effect');
  await writeFile(path.join(folder, 'target/built.rs'), 'of no effect');
  await writeFile(path.join(folder, 'src/main.rs'), 'fn main() {}');
  assert.equal(await hash(), first);
  await writeFile(path.join(folder, 'src/main.rs'), 'fn main() { }');
  const changed = await hash();
  assert.notEqual(changed, first);
  await rename(path.join(folder, 'src/main.rs'), path.join(folder, 'src/other.rs'));
  assert.notEqual(await hash(), changed);
});
