import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { type FunctionDescription, readFunctions } from '@app/function-manifest';
import { findRuntime, verifyCompiled } from '@app/wasmedge-node';
import { z } from 'zod';
import { parts } from '../paths.js';
import { setUp } from '../setup/set-up.js';
import type { Step } from '../setup/step.js';
import { moduleOf } from './fixtures/modules.js';
import { functionStep } from './steps.js';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'functions-test-'));
});
afterEach(() => rm(folder, { recursive: true }));

const source = (name: string, file = '') => path.join(folder, 'functions', name, file);
const built = (name: string, file = '') => path.join(folder, 'built', name, file);

/** Copies `source.bin`, and writes down that it ran. */
const COPY = (name: string) =>
  `build: {run: [sh, -c, 'echo ${name} >> ../../builds && cp source.bin f.wasm'], wasm: f.wasm}\n`;

/** Writes a function that a command makes of `source.bin`. */
async function write(name: string, module = moduleOf(), yaml = COPY(name)): Promise<void> {
  await mkdir(source(name), { recursive: true });
  await writeFile(source(name, 'function.yaml'), yaml);
  await writeFile(source(name, 'source.bin'), module);
}

/** Builds all functions below `built/`; returns why some could not be. */
async function build(): Promise<string[]> {
  const { functions, problems } = await readFunctions(path.join(folder, 'functions'));
  assert.deepEqual(problems, []);
  const steps = new Map<string, Step>();
  const stepOf = (each: FunctionDescription): Step => {
    const found = steps.get(each.name);
    if (found !== undefined) return found;
    const step = functionStep(each, 'full', stepOf);
    // WasmEdge is there already, and not in this folder.
    const needs = step.needs.filter(({ name }) => name !== 'wasmedge');
    const own = { ...step, needs, place: built(each.name) };
    steps.set(each.name, own);
    return own;
  };
  return (await setUp(functions.map(stepOf), folder)).map(({ message }) => message);
}

/** The functions whose command ran since this was last asked, in order. */
async function builds(): Promise<string[]> {
  const log = path.join(folder, 'builds');
  const lines = (await readFile(log, 'utf8').catch(() => '')).trim().split('\n').sort();
  await rm(log, { force: true });
  return lines.filter(Boolean);
}

test('a built function is a module, its compiled code, and one record that services accept', async () => {
  await write('one');
  assert.deepEqual(await build(), []);
  assert.deepEqual((await readdir(built('one'))).sort(), ['one.json', 'one.so', 'one.wasm']);
  const record: unknown = JSON.parse(await readFile(built('one', 'one.json'), 'utf8'));
  const keys = ['wasmSha256', 'soSha256', 'runtimeVersion', 'cpu', 'compileArguments', 'sourceSha256'];
  assert.deepEqual(Object.keys(z.record(z.string(), z.unknown()).parse(record)), keys);
  await verifyCompiled(await findRuntime(parts.wasmedge), built('one', 'one.so'));
  assert.deepEqual(await readdir(path.join(folder, 'built')), ['one']);
});

test('only the function whose files have changed is built again', async () => {
  await write('one');
  await write('two');
  await build();
  assert.deepEqual(await builds(), ['one', 'two']);
  await build();
  assert.deepEqual(await builds(), []);
  await write('two', moduleOf({ nops: 2 }));
  await build();
  assert.deepEqual(await builds(), ['two']);
});

test('a file that was touched but not changed builds nothing, nor does one that is no source', async () => {
  await write('one', moduleOf(), `${COPY('one')}folders: {/data: data}\n`);
  await mkdir(source('one', 'data'));
  await build();
  await builds();
  await utimes(source('one', 'source.bin'), new Date(), new Date());
  await writeFile(source('one', 'data/words'), 'read when it runs');
  for (const name of ['cases', 'target', 'node_modules']) {
    await mkdir(source('one', name));
    await writeFile(source('one', `${name}/some.in`), '');
  }
  await writeFile(
    source('one', 'function.yaml'),
    `title: Other\nqueue: 3\nfolders: {/data: data}\n${COPY('one')}`,
  );
  await build();
  assert.deepEqual(await builds(), []);
});

test('a function whose sources are changed without changing its module is not compiled again', async () => {
  await write('one');
  await build();
  // What is recognized as kept, as no compiler writes it.
  const marked = Buffer.concat([await readFile(built('one', 'one.so')), Buffer.from('kept')]);
  await writeFile(built('one', 'one.so'), marked);
  const record = await readFile(built('one', 'one.json'), 'utf8');
  const hash = createHash('sha256').update(marked).digest('hex');
  await writeFile(built('one', 'one.json'), record.replace(/(?<="soSha256": ")\w+/, hash));
  await writeFile(source('one', 'README.md'), 'words');
  assert.deepEqual(await build(), []);
  assert.deepEqual(await builds(), ['one', 'one']);
  assert.deepEqual(await readFile(built('one', 'one.so')), marked);
  await build();
  assert.deepEqual(await builds(), [], 'its record is of what it was built from last');
});

test('a function that was compiled for other processors is compiled again, be its module the same', async () => {
  await write('one');
  await build();
  const record = await readFile(built('one', 'one.json'), 'utf8');
  const { cpu } = z.object({ cpu: z.string() }).parse(JSON.parse(record));
  // Runs here, too, but is not what is wanted.
  const other = cpu === 'x86-64-v2' ? 'x86-64-v3' : 'x86-64-v2';
  await writeFile(built('one', 'one.json'), record.replace(`"cpu": "${cpu}"`, `"cpu": "${other}"`));
  await writeFile(source('one', 'README.md'), 'words');
  assert.deepEqual(await build(), []);
  assert.equal(JSON.parse(await readFile(built('one', 'one.json'), 'utf8')).cpu, cpu);
});

for (const file of ['one.wasm', 'one.so', 'one.json'])
  test(`a built function whose ${file} is damaged is built again`, async () => {
    await write('one');
    await build();
    await writeFile(built('one', file), '{}');
    assert.deepEqual(await build(), []);
    assert.deepEqual(await builds(), ['one', 'one']);
    await verifyCompiled(await findRuntime(parts.wasmedge), built('one', 'one.so'));
  });

test('a function that fails is named with what its command wrote, and stops no other', async () => {
  await write('good');
  await write('bad');
  assert.deepEqual(await build(), []);
  await write(
    'bad',
    moduleOf(),
    "build: {run: [sh, -c, 'echo line 7: no such word >&2; exit 3'], wasm: f.wasm}\n",
  );
  await write('good', moduleOf({ nops: 3 }));
  const [failure = '', ...others] = await build();
  assert.deepEqual(others, []);
  assert.match(failure, /^function bad: Command failed with exit code 3: sh -c .*line 7: no such word$/s);
  assert.deepEqual(await builds(), ['bad', 'good', 'good']);
  // What was built before would pass for what it is not.
  assert.deepEqual(await readdir(path.join(folder, 'built')), ['good']);

  await write('bad');
  assert.deepEqual(await build(), []);
  assert.deepEqual(await builds(), ['bad']);
});

test('a command that is not there is a failure that names it', async () => {
  await write('bad', moduleOf(), 'build: {run: [no-such-compiler], wasm: f.wasm}\n');
  assert.match((await build())[0] ?? '', /^function bad: Command failed.*no-such-compiler.*ENOENT/s);
});

test('a command that writes no module, or a link to one elsewhere, is refused with the remedy', async () => {
  await write('nothing', moduleOf(), "build: {run: ['true'], wasm: f.wasm}\n");
  await writeFile(path.join(folder, 'elsewhere.wasm'), moduleOf());
  await write('link', moduleOf(), 'build: {run: [ln, -s, ../../elsewhere.wasm, f.wasm], wasm: f.wasm}\n');
  const failures = (await build()).sort();
  assert.equal(failures.length, 2);
  assert.match(
    failures[0] ?? '',
    /^function link: `ln .*f\.wasm a link to .*elsewhere\.wasm, outside .*: let it write a file\.$/,
  );
  assert.match(
    failures[1] ?? '',
    /^function nothing: `true` has not written .*f\.wasm: correct the command, or build\.wasm/,
  );
});

test('a module that is there already is taken as it is', async () => {
  await write('ready', moduleOf(), 'build: {wasm: source.bin}\n');
  assert.deepEqual(await build(), []);
  assert.deepEqual(await readFile(built('ready', 'ready.wasm')), Buffer.from(moduleOf()));
});

test('a function with the program of another has what was built of that, and follows it', async () => {
  await write('first', moduleOf(), 'build: {function: other}\n');
  await write('other');
  assert.deepEqual(await build(), []);
  assert.deepEqual(await builds(), ['other']);
  const same = async () => {
    for (const kind of ['wasm', 'so'])
      assert.deepEqual(
        await readFile(built('first', `first.${kind}`)),
        await readFile(built('other', `other.${kind}`)),
      );
    await verifyCompiled(await findRuntime(parts.wasmedge), built('first', 'first.so'));
  };
  await same();
  assert.deepEqual(await build(), []);
  assert.deepEqual(await builds(), []);

  await write('other', moduleOf({ nops: 5 }));
  assert.deepEqual(await build(), []);
  assert.deepEqual(await builds(), ['other']);
  assert.deepEqual(await readFile(built('first', 'first.wasm')), Buffer.from(moduleOf({ nops: 5 })));
  await same();

  await write('other', Buffer.from('none'));
  const failures = (await build()).sort();
  assert.equal(failures[0], 'function first: it needs function other, which has failed.');
  assert.match(failures[1] ?? '', /^function other: other\.wasm is not a WebAssembly module/);
  assert.deepEqual(await readdir(path.join(folder, 'built')), []);
});

test('a function whose program imports WASI-NN has to say so, whoever the program is of', async () => {
  await write('first', moduleOf(), 'build: {function: other}\n');
  const module = moduleOf({ imports: [['wasi_ephemeral_nn', 'load']] });
  await write('other', module, 'build: {wasm: source.bin}\nplugins: [wasi_nn]\n');
  assert.deepEqual(await build(), [
    'function first: first.wasm imports wasi_ephemeral_nn: add plugins: [wasi_nn] to its function.yaml.',
  ]);
  assert.deepEqual(await readdir(path.join(folder, 'built')), ['other']);
});

for (const [what, module, yaml, said] of [
  [
    'imports what it may not have',
    moduleOf({
      imports: [
        ['wasi_snapshot_preview1', 'sock_open'],
        ['env', 'system'],
      ],
    }),
    'build: {wasm: source.bin}\n',
    /^function bad: bad\.wasm imports what a function may not have: wasi_snapshot_preview1\.sock_open, env\.system\. Allowed are /,
  ],
  [
    'imports WASI-NN without saying so',
    moduleOf({ imports: [['wasi_ephemeral_nn', 'load']] }),
    'build: {wasm: source.bin}\n',
    /^function bad: bad\.wasm imports wasi_ephemeral_nn: add plugins: \[wasi_nn\] to its function\.yaml\.$/,
  ],
  [
    'is no module',
    Buffer.from('\x7fELF'),
    'build: {wasm: source.bin}\n',
    /^function bad: bad\.wasm is not a WebAssembly module: /,
  ],
] as const)
  test(`a function that ${what} is refused, and the others are built`, async () => {
    await write('bad', module, yaml);
    await write('good');
    const [failure = '', ...others] = await build();
    assert.deepEqual(others, []);
    assert.match(failure, said);
    assert.deepEqual(await readdir(path.join(folder, 'built')), ['good']);
  });
