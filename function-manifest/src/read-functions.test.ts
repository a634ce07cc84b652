import assert from 'node:assert/strict';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { temporaryFunctions } from './fixtures/temporary-functions.js';
import { builtFunction, functionsFolder } from './places.js';
import { readFunctions } from './read-functions.js';

test('a function that says only how it is built has all defaults', async (t) => {
  const { read, write } = await temporaryFunctions(t);
  const own = await write('invert', 'build: rust\n');
  assert.deepEqual(await read(), {
    problems: [],
    functions: [
      {
        name: 'invert',
        folder: own,
        title: 'invert',
        build: 'rust',
        app: 'functions',
        accepts: ['*/*'],
        returns: undefined,
        limits: {
          memoryPages: 4096,
          timeoutMs: 30_000,
          inputBytes: 10_485_760,
          outputBytes: 67_108_864,
          pixels: 50_000_000,
        },
        folders: {},
        plugins: [],
        instances: undefined,
        queue: 32,
        requestsPerInstance: 1,
        env: {},
      },
    ],
  });
});

test('a function may say everything', async (t) => {
  const { read, write } = await temporaryFunctions(t);
  const own = await write(
    'invert-2',
    `title: Invert colours
build: {run: [make, all], wasm: out/f.wasm}
app: my-app
accepts: [image/*, text/plain]
returns: image/svg+xml
limits: {memory: 1048577, timeout: 250ms, input: 64Ki, output: 1Gi, pixels: 7}
folders: {/model: model, /etc/data: data}
plugins: [wasi_nn]
instances: 3
queue: 0
requestsPerInstance: 9
env: {LEVEL: "3"}
`,
  );
  await mkdir(path.join(own, 'model'));
  await mkdir(path.join(own, 'data'));
  assert.deepEqual((await read()).functions, [
    {
      name: 'invert-2',
      folder: own,
      title: 'Invert colours',
      build: { run: ['make', 'all'], wasm: 'out/f.wasm' },
      app: 'my-app',
      accepts: ['image/*', 'text/plain'],
      returns: 'image/svg+xml',
      limits: { memoryPages: 17, timeoutMs: 250, inputBytes: 65_536, outputBytes: 2 ** 30, pixels: 7 },
      folders: { '/model': path.join(own, 'model'), '/etc/data': path.join(own, 'data') },
      plugins: ['wasi_nn'],
      instances: 3,
      queue: 0,
      requestsPerInstance: 9,
      env: { LEVEL: '3' },
    },
  ]);
});

test('functions come by name, and one that is wrong keeps none of the others back', async (t) => {
  const { read, write } = await temporaryFunctions(t);
  await write('b', 'build: rust');
  await write('broken', 'build: cobol');
  await write('a', 'build: {wasm: f.wasm}');
  const { functions, problems } = await read();
  assert.deepEqual(
    functions.map(({ name }) => name),
    ['a', 'b'],
  );
  assert.deepEqual(
    problems.map((problem) => problem.function),
    ['broken'],
  );
});

test('a folder without a function.yaml, a hidden one and a file are no functions', async (t) => {
  const { folder, read, write } = await temporaryFunctions(t);
  await mkdir(path.join(folder, 'target'));
  await write('.hidden', 'build: rust');
  await writeFile(path.join(folder, 'function.yaml'), 'build: rust');
  assert.deepEqual(await read(), { functions: [], problems: [] });
});

/** Each: what is wrong, the file, the line that is named, and what is said after it. */
test('what a command makes need not be there yet', async (t) => {
  const { read, write } = await temporaryFunctions(t);
  await write('later', 'build: {run: [make], wasm: new/later.wasm}');
  assert.equal((await read()).functions.length, 1);
});

test('a folder of functions that is not there is an error that names it', async (t) => {
  const { folder } = await temporaryFunctions(t);
  await assert.rejects(readFunctions(path.join(folder, 'none')), {
    code: 'ERR_FUNCTION_MANIFEST',
    message: /none, the folder of the functions, cannot be read: ENOENT.*FUNCTIONS_DIR/,
  });
});

test("the repository's own functions are described rightly, and each has its built files in a folder of its own", async () => {
  assert.equal(path.basename(functionsFolder), 'functions');
  const { functions, problems } = await readFunctions();
  assert.deepEqual(problems, []);
  const apps = Object.fromEntries(functions.map(({ name, app }) => [name, app]));
  assert.equal(apps.grayscale, 'image-api-grayscale');
  assert.equal(apps.classify, 'image-api-classify');
  const place = path.resolve(functionsFolder, '../.runtime/functions/grayscale/grayscale');
  assert.deepEqual(builtFunction('grayscale'), {
    module: `${place}.wasm`,
    compiled: `${place}.so`,
    record: `${place}.json`,
  });
});

test('what has changed since the last reading is read anew', async (t) => {
  const { read, write } = await temporaryFunctions(t);
  const titles = async () => (await read()).functions.map(({ title }) => title);
  await write('invert', 'build: rust\ntitle: One');
  assert.deepEqual(await titles(), ['One']);
  const own = await write('invert', 'build: rust\ntitle: Two');
  assert.deepEqual(await titles(), ['Two']);
  await rm(path.join(own, 'Cargo.toml'));
  assert.deepEqual(await titles(), []);
  await rm(own, { recursive: true });
  assert.deepEqual(await read(), { functions: [], problems: [] });
});

test('fifty functions are read in a few milliseconds', async (t) => {
  const { read, write } = await temporaryFunctions(t);
  for (let n = 0; n < 50; n++)
    await write(
      `f${n}`,
      'title: Invert\nbuild: rust\naccepts: [image/*]\nlimits: {memory: 1Gi, output: 256Mi}\n',
    );
  const times: number[] = [];
  for (let n = 0; n < 10; n++) {
    const since = performance.now();
    assert.equal((await read()).functions.length, 50);
    times.push(performance.now() - since);
  }
  // Far above what it takes, for the sake of a busy machine.
  assert.ok(Math.min(...times) < 200, String(times));
});
