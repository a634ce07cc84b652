import assert from 'node:assert/strict';
import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { readFunctions } from '@app/function-manifest';
import { execa } from 'execa';
import { parts } from '../built-parts.js';
import { folders } from '../mounts.js';
import { workshop } from '../workshop.js';

/** A Git repository with what `new` and `remove` may change of the project's. */
async function repository(t: TestContext) {
  const shop = await workshop(t);
  const runFile = path.join(shop.folder, 'dapr.yaml');
  for (const file of ['dapr.yaml', '.gitignore'])
    await copyFile(path.join(folders.repository, file), path.join(shop.folder, file));
  const git = async (...args: readonly string[]) => {
    const identity = ['-c', 'user.name=Test', '-c', 'user.email=test@example.com'];
    return (await execa('git', [...identity, ...args], { cwd: shop.folder })).stdout;
  };
  await git('init', '--quiet');
  await writeFile(path.join(shop.folder, '.git/info/exclude'), '/built/\n');
  await git('add', '.');
  await git('commit', '--quiet', '--message', 'all');
  const status = () => git('status', '--porcelain');
  const run = (command: 'new' | 'remove', ...args: readonly string[]) =>
    shop.run(command, ...args, '--file', runFile);
  return { ...shop, runFile, status, run };
}

const plain = parts.guest('plain', 'wasm');

test('Git sees the folder of a new function, the run file the first time, and nothing after it is removed', async (t) => {
  const { status, run } = await repository(t);
  assert.equal((await run('new', 'first')).exitCode, 0);
  assert.equal(await status(), ' M dapr.yaml\n?? functions/first/');
  assert.equal((await run('new', 'second', '--from', plain)).exitCode, 0);
  assert.equal(await status(), ' M dapr.yaml\n?? functions/first/\n?? functions/second/');
  const removed = await run('remove', 'second', '--yes');
  assert.doesNotMatch(removed.all, /the app/);
  const last = await run('remove', 'first', '--yes');
  assert.match(
    last.all,
    /^What goes of first:\n {2}\/.*\/functions\/first\/, also what Git does not have of it\n {2}the app functions in .*dapr\.yaml, as it serves nothing else$/m,
  );
  assert.equal(await status(), '');
});

test('where the run file cannot take the app, there is no folder either', async (t) => {
  const { runFile, status, run } = await repository(t);
  await mkdir(path.join(path.dirname(runFile), '.dapr.yaml.new'));
  const unwritable = await run('new', 'x', '--from', plain);
  assert.equal(unwritable.exitCode, 1);
  assert.match(unwritable.all, /EISDIR/);
  assert.equal(await status(), '');
  for (const [text, message] of [
    ['apps: [{appID: a}]\n', /does not have its apps below each other/],
    ['apps:\n- appID: x\n  appDirPath: ./x\n', /has an app x already, of .*\/x, which serves no functions/],
  ] as const) {
    await writeFile(runFile, text);
    const { exitCode, all } = await run('new', 'x', '--app', '--from', plain);
    assert.equal(exitCode, 1);
    assert.match(all, message);
    assert.equal(await status(), ' M dapr.yaml');
    assert.equal(await readFile(runFile, 'utf8'), text);
  }
});

test('the shared app stays for a function whose manifest is wrong, which is removed like any other', async (t) => {
  const { functions, status, run } = await repository(t);
  for (const name of ['right', 'wrong']) await run('new', name, '--from', plain);
  const manifest = path.join(functions, 'wrong/function.yaml');
  await writeFile(manifest, 'bild: rust\n');
  assert.equal((await run('remove', 'right', '--yes')).exitCode, 0);
  assert.equal(await status(), ' M dapr.yaml\n?? functions/wrong/');
  assert.equal((await run('remove', 'wrong', '--yes')).exitCode, 0);
  assert.equal(await status(), '');
});

test('whatever the name and the title, the manifest says just that', async (t) => {
  const { functions, run } = await repository(t);
  const titles = { true: undefined, 'no-1': 'Costs $& more', '3d': '# "it\'s": 7', null: '0x1F' };
  for (const [name, title] of Object.entries(titles)) {
    const { exitCode, all } = await run(
      'new',
      name,
      '--from',
      plain,
      ...(title === undefined ? [] : ['--title', title]),
    );
    assert.equal(exitCode, 0, all);
  }
  const read = await readFunctions(functions);
  assert.deepEqual(read.problems, []);
  assert.deepEqual(Object.fromEntries(read.functions.map(({ name, title }) => [name, title])), {
    ...titles,
    true: 'True',
  });
});

test('whatever the name, Cargo takes the package and its lock file as they are', async (t) => {
  const { functions, run } = await repository(t);
  for (const name of ['3d', 'image', 'build', 'zz-top']) {
    assert.equal((await run('new', name)).exitCode, 0);
    const cwd = path.join(functions, name);
    const lock = await readFile(path.join(cwd, 'Cargo.lock'), 'utf8');
    const { stdout } = await execa('cargo', ['metadata', '--format-version', '1'], { cwd });
    assert.match(JSON.parse(stdout).resolve.root, new RegExp(`function-${name}@1\\.0\\.0$`));
    assert.equal(await readFile(path.join(cwd, 'Cargo.lock'), 'utf8'), lock);
  }
});

test('a module that imports WASI-NN gets the plug-in that has it', async (t) => {
  const { functions, run } = await repository(t);
  assert.equal((await run('new', 'nn', '--from', parts.guest('wasi-nn-infer', 'wasm'))).exitCode, 0);
  const { functions: read, problems } = await readFunctions(functions);
  assert.deepEqual(problems, []);
  assert.deepEqual(read[0]?.plugins, ['wasi_nn']);
});

test('what a command that was cut off has left is taken away by the next', async (t) => {
  const { functions, status, run } = await repository(t);
  await mkdir(path.join(functions, '.aside/half'), { recursive: true });
  await writeFile(path.join(functions, '.aside/half/function.yaml'), 'build: rust\n');
  await writeFile(path.join(functions, '../.dapr.yaml.new'), 'half of i');
  assert.equal(await status(), '');
  assert.equal((await run('new', 'x', '--from', plain)).exitCode, 0);
  assert.equal((await run('remove', 'x', '--yes')).exitCode, 0);
  assert.equal(await status(), '');
  for (const folder of [functions, path.dirname(functions)])
    assert.deepEqual(
      (await readdir(folder)).filter((name) => /aside|\.new/.test(name)),
      [],
    );
});
