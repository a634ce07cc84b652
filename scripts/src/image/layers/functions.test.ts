import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';

const folder = await mkdtemp(path.join(tmpdir(), 'functions-layer-test-'));
after(() => rm(folder, { recursive: true }));
// Read when function-manifest is loaded.
process.env.FUNCTIONS_DIR = path.join(folder, 'functions');
process.env.BUILT_DIR = path.join(folder, 'built');
const { functionsLayer } = await import('./functions.js');

async function write(...files: readonly string[]): Promise<void> {
  for (const file of files) {
    await mkdir(path.dirname(path.join(folder, file)), { recursive: true });
    await writeFile(path.join(folder, file), 'build: c\nfolders: {/model: weights/small}\n');
  }
}

async function filesIn(layer: string): Promise<string[]> {
  const entries = await readdir(layer, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return files.map((entry) => path.relative(layer, path.join(entry.parentPath, entry.name))).sort();
}

test('an own function is in an image by its folder alone: its manifest, what it reads and what was built', async () => {
  await write(
    ...['main.c', 'function.yaml', 'cases/a.in', 'build/x.o', 'weights/large/w', 'weights/small/w'].map(
      (name) => `functions/own/${name}`,
    ),
    ...['own.wasm', 'own.so', 'own.json', 'made-from.txt'].map((name) => `built/own/${name}`),
    // No function, but what one has left.
    'functions/target/debug/x',
    'built/gone/gone.so',
  );
  const layer = path.join(folder, 'layer');
  await functionsLayer(layer);
  assert.deepEqual(await filesIn(layer), [
    'app/.runtime/functions/own/own.json',
    'app/.runtime/functions/own/own.so',
    'app/.runtime/functions/own/own.wasm',
    'app/functions/own/function.yaml',
    'app/functions/own/weights/small/w',
  ]);
});

test('without a function that cannot be served there is no image', async () => {
  const layer = path.join(folder, 'other');
  await rm(path.join(folder, 'built/own/own.so'));
  await assert.rejects(functionsLayer(layer), {
    code: 'ERR_SETUP',
    message: `The function own lacks ${folder}/built/own/own.so: run \`npm run setup\`.`,
  });
  await writeFile(path.join(folder, 'functions/own/function.yaml'), 'build: cobol\n');
  await assert.rejects(functionsLayer(layer), {
    code: 'ERR_SETUP',
    message: /functions\/own\/function\.yaml:1: build is "cobol" and must be /,
  });
});
