import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { execa } from 'execa';
import { folders } from '../mounts.js';

const kit = (language: string) => path.join(folders.repository, 'function-kit', language);

const WARNINGS = ['-std=c99', '-pedantic', '-Wall', '-Wextra', '-Werror'];

/** Nothing but what is here decides on what Go does. */
const GO = { CGO_ENABLED: '0', GOFLAGS: '', GOOS: '', GOARCH: '', GOTOOLCHAIN: 'local', GOWORK: 'off' };

async function emptyFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'kit-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** The blocks of code in a kit's README. */
async function examples(language: string): Promise<string[]> {
  const text = await readFile(path.join(kit(language), 'README.md'), 'utf8');
  return [...text.matchAll(/^```\w*\n(.*?)^```$/gms)].map(([, code = '']) => code);
}

/** Runs the example as the filter and the server that it is. */
async function checkExample(program: string): Promise<void> {
  const input = Buffer.from('\x02\0\0\0ab\0\0\0\0', 'latin1');
  const served = await execa(program, { input, encoding: 'buffer', env: { WASM_FUNCTION_MODE: 'serve' } });
  const reason = 'there is nothing to invert';
  assert.equal(
    Buffer.from(served.stdout).toString('latin1'),
    `WFN1\0\x02\0\0\0\x9e\x9d\x03${String.fromCharCode(reason.length)}\0\0\0${reason}`,
  );
  const refused = await execa(program, { input: '', reject: false });
  assert.deepEqual([refused.exitCode, refused.stderr], [1, reason]);
}

test("the unit tests of C's kit pass on this machine", async (t) => {
  const program = path.join(await emptyFolder(t), 'function_kit_test');
  await execa('cc', [...WARNINGS, '-o', program, 'function_kit_test.c'], { cwd: kit('c') });
  await execa(program, { timeout: 10_000 });
});

test("the unit tests of Go's kit pass on this machine", async () => {
  await execa('go', ['test', './...'], { cwd: kit('go'), env: GO, timeout: 120_000 });
});

test("the function in the README of C's kit compiles, and does what it says", async (t) => {
  const folder = await emptyFolder(t);
  const [code = assert.fail()] = await examples('c');
  await writeFile(path.join(folder, 'main.c'), code);
  await execa('cc', [...WARNINGS, '-I', kit('c'), '-o', 'invert', 'main.c'], { cwd: folder });
  await checkExample(path.join(folder, 'invert'));
});

test("the function in the README of Go's kit compiles, and does what it says", async (t) => {
  const folder = await emptyFolder(t);
  const [code = assert.fail(), module = assert.fail()] = await examples('go');
  await writeFile(path.join(folder, 'main.go'), code);
  await writeFile(path.join(folder, 'go.mod'), module.replace('../../function-kit/go', kit('go')));
  await execa('go', ['build', '-o', 'invert', '.'], { cwd: folder, env: GO, timeout: 120_000 });
  await checkExample(path.join(folder, 'invert'));
});
