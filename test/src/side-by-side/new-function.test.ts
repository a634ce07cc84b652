import assert from 'node:assert/strict';
import { copyFile, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import pWaitFor from 'p-wait-for';
import sharp from 'sharp';
import { parts } from '../built-parts.js';
import { fixture, post } from '../hello.js';
import { folders } from '../mounts.js';
import { startRunFile } from '../run-file.js';
import { killGroup, workshop } from '../workshop.js';

/** A workshop with a copy of the run file. */
async function open(t: TestContext) {
  const shop = await workshop(t);
  const runFile = path.join(shop.folder, 'dapr.yaml');
  await copyFile(path.join(folders.repository, 'dapr.yaml'), runFile);
  const make = (...args: readonly string[]) => shop.run('new', ...args, '--file', runFile);
  const remove = (...args: readonly string[]) => shop.run('remove', ...args, '--file', runFile);
  const own = async () => (await readdir(shop.functions)).filter((name) => !name.startsWith('.'));
  return { ...shop, runFile, make, remove, own };
}

const plain = parts.guest('plain', 'wasm');

test('a new function is one folder and, the first time, an app in dapr.yaml; removed, nothing of it is left', async (t) => {
  const { functions, runFile, make, remove, own } = await open(t);
  const before = await readFile(runFile, 'utf8');
  const made = await make('first-one', '--title', 'First: one', '--from', plain);
  assert.equal(made.exitCode, 0, made.all);
  const after = await readFile(runFile, 'utf8');
  assert.equal(
    after,
    `${before}  - appID: functions
    appDirPath: ./function-service
    appPort: 9005
    daprHTTPPort: 3503
    command: ["node", "--initial-old-space-size=64", "dist/server.js"]
    env:
      HOST: 127.0.0.1
`,
  );
  assert.match(
    await readFile(path.join(functions, 'first-one/function.yaml'), 'utf8'),
    /^# yaml-language-server: \$schema=\.\.\/function\.schema\.json\ntitle: "First: one"\nbuild: \{wasm: first-one\.wasm\}\n/,
  );
  const second = await make('second', '--from', plain);
  assert.equal(second.exitCode, 0, second.all);
  assert.equal(await readFile(runFile, 'utf8'), after);
  const third = await make('third', '--app', '--from', plain);
  assert.equal(third.exitCode, 0, third.all);
  assert.match(
    await readFile(runFile, 'utf8'),
    /- appID: third\n {4}appDirPath: \.\/function-service\n {4}appPort: 9006\n {4}daprHTTPPort: 3504\n/,
  );
  assert.match(await readFile(path.join(functions, 'third/function.yaml'), 'utf8'), /^app: third$/m);

  for (const name of ['third', 'first-one']) assert.equal((await remove(name, '--yes')).exitCode, 0);
  assert.equal(await readFile(runFile, 'utf8'), after);
  assert.equal((await remove('second', '--yes')).exitCode, 0);
  assert.equal(await readFile(runFile, 'utf8'), before);
  assert.deepEqual(await own(), []);
});

test('what stands behind the apps of a run file, and every comment, stays', async (t) => {
  const { runFile, make, remove } = await open(t);
  const text = `# mine
version: 1
apps: # all of them
  - appID: web-port # the edge
    appDirPath: ./web-port
    appPort: 9003
    daprHTTPPort: 3501 # not 3500

# behind
common:
  logLevel: error
`;
  await writeFile(runFile, text);
  assert.equal((await make('one', '--from', plain)).exitCode, 0);
  const changed = await readFile(runFile, 'utf8');
  const block = changed.slice(changed.indexOf('  - appID: functions'), changed.indexOf('127.0.0.1\n') + 10);
  assert.match(block, /appPort: 9004\n {4}daprHTTPPort: 3500\n/);
  assert.equal(changed.replace(block, ''), text);
  assert.equal((await remove('one', '--yes')).exitCode, 0);
  assert.equal(await readFile(runFile, 'utf8'), text);
});

for (const [what, args, message] of [
  ['a name that is no DNS label', ['Invert_It'], /"Invert_It" can be no function: it is no DNS label/],
  ['a name that leads outside', ['../x'], /"\.\.\/x" can be no function/],
  ['a reserved name', ['rs'], /"rs" can be no function: it is taken/],
  ['no name, without a terminal', [], /Give the function a name: npm run new -- invert/],
  [
    'a language without a template',
    ['x', '--lang', 'cobol'],
    /'--lang <language>' argument 'cobol' is invalid\. Allowed choices are rust\b/,
  ],
  ['a module that is not there', ['x', '--from', '/nowhere/x.wasm'], /\/nowhere\/x\.wasm cannot be read/],
  [
    'a module that imports what it may not',
    ['x', '--from', parts.guest('escape', 'wasm')],
    /escape\.wasm imports what a function may not have: .*sock_open/,
  ],
  ['an empty title', ['x', '--title', ''], /functions\/x\/function\.yaml:2: title is "" and must be text/],
  [
    'a title that is too long',
    ['x', '--title', 'x'.repeat(101)],
    /title is "x+… and must be text of 1 to 100 characters/,
  ],
] as const)
  test(`${what} is refused, and nothing is made`, async (t) => {
    const { runFile, make, own } = await open(t);
    const before = await readFile(runFile, 'utf8');
    const { exitCode, all } = await make(...args);
    assert.equal(exitCode, 1, all);
    assert.match(all, message);
    assert.deepEqual(await own(), []);
    assert.equal(await readFile(runFile, 'utf8'), before);
  });

test('a name that is taken is refused, and what has it stays', async (t) => {
  const { functions, make } = await open(t);
  assert.equal((await make('mine', '--from', plain)).exitCode, 0);
  const { exitCode, all } = await make('mine');
  assert.equal(exitCode, 1);
  assert.match(all, /functions\/mine already: choose another name, or .*npm run remove -- mine/);
  assert.deepEqual((await readdir(path.join(functions, 'mine'))).sort(), [
    'cases',
    'function.yaml',
    'mine.wasm',
  ]);
});

test('one that is not there, one of the article, or one without a yes is not removed', async (t) => {
  const { make, remove, own } = await open(t);
  assert.equal((await make('mine', '--from', plain)).exitCode, 0);
  for (const [args, message] of [
    [['yours', '--yes'], /no function "yours" to remove; there are mine/],
    [['grayscale', '--yes'], /one of the article's two functions/],
    [['../functions/mine', '--yes'], /no function "\.\.\/functions\/mine"/],
    [['mine'], /Nothing was removed: without a terminal, say --yes/],
  ] as const) {
    const { exitCode, all } = await remove(...args);
    assert.equal(exitCode, 1, all);
    assert.match(all, message);
  }
  assert.deepEqual(await own(), ['mine']);
});

test('killed at any moment, new leaves a whole function or none', async (t) => {
  const { functions, runFile, make, own } = await open(t);
  for (const ms of [50, 150, 250, 300, 350, 400, 500]) {
    const child = make(`cut-${ms}`);
    await delay(ms);
    killGroup(child.pid);
    await child;
  }
  assert.ok((await own()).length < 7, 'at least one was cut off');
  for (const name of await own())
    assert.deepEqual((await readdir(path.join(functions, name))).sort(), [
      'Cargo.lock',
      'Cargo.toml',
      'README.md',
      'cases',
      'function.yaml',
      'src',
    ]);
  assert.equal((await make('whole')).exitCode, 0);
  for (const folder of [functions, path.dirname(runFile)])
    assert.deepEqual(
      (await readdir(folder)).filter((name) => name.startsWith('.') && name !== '.cargo'),
      [],
    );
});

test('a new function in Rust is built, checked, listed and served through its sidecar', async (t) => {
  const { functions, built, run, make } = await open(t);
  assert.equal((await make('small-one')).exitCode, 0);
  const lock = await readFile(path.join(functions, 'small-one/Cargo.lock'), 'utf8');
  assert.match(lock, /^name = "function-small-one"$/m);
  const checked = await run('check', 'small-one');
  assert.equal(checked.exitCode, 0, checked.all);
  assert.match(checked.all, /^ok {2}case small: a result of \d+ bytes$/m);
  assert.match(checked.all, /^All as it should be\.$/m);
  const listed = await run('list');
  assert.match(listed.all, /^small-one +filter +functions +rust +1024 MiB, 30 s, input 10 MiB +built$/m);

  const env = { FUNCTIONS_DIR: functions, BUILT_DIR: built };
  const command = ['dist/server.js'];
  const running = await startRunFile([
    { appID: 'web-port', appPort: 8080, folder: 'web-port', command, env },
    { appID: 'functions', appPort: 9005, folder: 'function-service', command, env },
  ]);
  t.after(() => running.stop());
  const hello = `${running.apps.get('web-port')?.url}/api/hello`;
  const photo = await sharp(await fixture('coffee.png'))
    .jpeg()
    .toBuffer();
  await pWaitFor(async () => (await post(hello, photo, { api: 'small-one' })).status === 200, {
    timeout: 20_000,
    interval: 100,
  });
  const { body, type } = await post(hello, photo, { api: 'small-one' });
  assert.equal(type, 'image/png');
  const [thumbnail, original] = await Promise.all([sharp(body).metadata(), sharp(photo).metadata()]);
  assert.equal(Math.max(thumbnail.width, thumbnail.height), 256);
  assert.ok(Math.abs(thumbnail.width / thumbnail.height - original.width / original.height) < 0.01);
  const [means, expected] = await Promise.all([body, photo].map(meansOf));
  for (const [channel, mean] of (means ?? []).entries())
    assert.ok(Math.abs(mean - (expected?.[channel] ?? 0)) < 3, `${means} in place of ${expected}`);
  // What takes the most memory of all that the service lets through.
  const largest = await sharp({ create: { width: 10_000, height: 5000, channels: 3, background: 'teal' } })
    .toColourspace('cmyk')
    .jpeg({ progressive: true, quality: 40 })
    .toBuffer();
  const small = await post(hello, largest, { api: 'small-one' });
  assert.equal(small.status, 200, String(small.body));
  const refused = await post(hello, Buffer.from('no picture'), { api: 'small-one' });
  assert.equal(refused.status, 415);
});

/** The mean of each colour. */
async function meansOf(picture: Buffer): Promise<number[]> {
  const { channels } = await sharp(picture).removeAlpha().stats();
  return channels.map(({ mean }) => mean);
}
