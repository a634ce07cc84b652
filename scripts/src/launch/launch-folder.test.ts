import assert from 'node:assert/strict';
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { components } from './fixtures/run-file.js';
import { LaunchFolder } from './launch-folder.js';

test('each of two Configurations with the same file name is kept', async (t) => {
  const sources = await mkdtemp(path.join(tmpdir(), 'launch-test-'));
  t.after(() => rm(sources, { recursive: true, force: true }));
  const content = await readFile(path.join(components, 'config.yaml'), 'utf8');
  const files = ['first', 'second'].map((name) => path.join(sources, name, 'config.yaml'));
  for (const file of files) {
    await mkdir(path.dirname(file));
    await writeFile(file, `${content}source: ${file}\n`);
  }
  const folder = await LaunchFolder.make();
  t.after(() => folder.remove());
  for (const file of files) {
    const used = await folder.configurationFor(file);
    assert.equal(path.relative(folder.path, used).startsWith('..'), false, used);
    const written = await readFile(used, 'utf8');
    assert.ok(written.includes(`source: ${file}`), written);
    assert.ok(written.includes(`connectionString: ${path.join(folder.path, 'names.db')}`), written);
  }
});

test('a Configuration that comes later leaves the database of names as it is', async (t) => {
  const folder = await LaunchFolder.make();
  t.after(() => folder.remove());
  const later = path.join(folder.path, 'later.yaml');
  await copyFile(path.join(components, 'config.yaml'), later);
  await folder.configurationFor(path.join(components, 'config.yaml'));
  const names = path.join(folder.path, 'names.db');
  await writeFile(names, 'names of those that run');
  await folder.configurationFor(later);
  assert.equal(await readFile(names, 'utf8'), 'names of those that run');
});

test('a Configuration that could not be read is read again when it is asked for again', async (t) => {
  const folder = await LaunchFolder.make();
  t.after(() => folder.remove());
  const file = path.join(folder.path, 'mended.yaml');
  await assert.rejects(folder.configurationFor(file), { code: 'ERR_LAUNCH_RUN_FILE' });
  await copyFile(path.join(components, 'config.yaml'), file);
  assert.notEqual(await folder.configurationFor(file), file);
});
