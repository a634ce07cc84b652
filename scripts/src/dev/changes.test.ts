import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { type Change, watchPlaces } from './changes.js';

/** Watches a folder of its own; `next` is the change that comes next. */
async function watched(t: TestContext) {
  const folder = await mkdtemp(path.join(tmpdir(), 'changes-test-'));
  const changes: Change[] = [];
  let onChange = () => {};
  const watcher = await watchPlaces([folder], (change) => {
    changes.push(change);
    onChange();
  });
  t.after(async () => {
    await watcher.close();
    await rm(folder, { recursive: true });
  });
  const next = async (): Promise<string[]> => {
    if (changes.length === 0) await new Promise<void>((resolve) => (onChange = resolve));
    const { files = new Set<string>() } = changes.shift() ?? {};
    return [...files].map((file) => path.relative(folder, file)).sort();
  };
  return { folder, next, changes };
}

test('files that are written together are one change', async (t) => {
  const { folder, next } = await watched(t);
  await Promise.all(['a', 'b', 'c'].map((name) => writeFile(path.join(folder, name), 'x')));
  assert.deepEqual(await next(), ['a', 'b', 'c']);
});

test('a file that an editor puts in the place of another one has changed', async (t) => {
  const { folder, next } = await watched(t);
  await writeFile(path.join(folder, 'main.c'), 'one');
  await next();
  await writeFile(path.join(folder, '.main.c.swp'), 'two');
  await writeFile(path.join(folder, 'main.c~'), 'one');
  await rename(path.join(folder, '.main.c.swp'), path.join(folder, 'main.c'));
  assert.deepEqual(await next(), ['main.c']);
});

test('a folder that is moved in is a change of what is in it', async (t) => {
  const { folder, next } = await watched(t);
  const aside = await mkdtemp(path.join(tmpdir(), 'changes-aside-'));
  await writeFile(path.join(aside, 'function.yaml'), 'build: c');
  await rename(aside, path.join(folder, 'words'));
  assert.ok((await next()).includes('words/function.yaml'));
});

test('what is built is no change', async (t) => {
  const { folder, next, changes } = await watched(t);
  await mkdir(path.join(folder, 'target'));
  await writeFile(path.join(folder, 'target/x.o'), 'x');
  await writeFile(path.join(folder, 'source'), 'x');
  assert.deepEqual(await next(), ['source']);
  assert.equal(changes.length, 0);
});

test('a file that is written all the time keeps nobody waiting for long', async (t) => {
  const { folder, next } = await watched(t);
  let isDone = false;
  const writing = (async () => {
    while (!isDone) {
      await writeFile(path.join(folder, 'log'), 'x');
      await delay(20);
    }
  })();
  assert.deepEqual(await next(), ['log']);
  isDone = true;
  await writing;
});
