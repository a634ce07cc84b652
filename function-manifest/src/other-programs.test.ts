import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { temporaryFunctions } from './fixtures/temporary-functions.js';
import { readFunctions } from './read-functions.js';
import { readManifest } from './read-manifest.js';

test('a function may have the program of another', async (t) => {
  const { read, write } = await temporaryFunctions(t);
  await write('second', 'build: {function: first}\napp: mine');
  await write('first', 'build: {wasm: f.wasm}');
  const { functions, problems } = await read();
  assert.deepEqual(problems, []);
  const [first, second] = functions;
  assert.deepEqual(second?.build, { function: first });
  assert.equal(second?.app, 'mine');
});

test('a function that is made elsewhere first has the program of one in the folder of all', async (t) => {
  const { folder, write } = await temporaryFunctions(t);
  await write('first', 'build: rust');
  const own = await write(path.join('.aside', 'second'), 'build: {function: first}');
  const { build } = await readManifest(own, folder);
  assert.ok(typeof build === 'object' && 'function' in build);
  assert.equal(build.function.folder, path.join(folder, 'first'));
  await assert.rejects(
    readManifest(own),
    /needs the file .*\.aside\/first\/function\.yaml, which is not there/,
  );
});

test('who serves what is built needs no sources, and the folders all the same', async (t) => {
  const { folder, read, write } = await temporaryFunctions(t);
  const first = await write('first', 'build: c');
  await write('second', 'build: {function: first}');
  await write('third', 'build: {wasm: gone.wasm}\nfolders: {/model: model}');
  const { problems } = await read();
  assert.equal(problems.length, 3);
  const built = await readFunctions(folder, { sources: false });
  assert.deepEqual(
    built.functions.map(({ name, build }) => [name, build]),
    [
      ['first', 'c'],
      ['second', { function: await readManifest(first, folder, { sources: false }) }],
    ],
  );
  assert.match(
    built.problems.join(),
    /third\/function\.yaml:2: folders\.\/model is "model" and needs the folder/,
  );
});

for (const [what, name, said] of [
  [
    'that is not there',
    'gone',
    'build.function is "gone" and needs the file ALL/gone/function.yaml, which is not there; make it or name another',
  ],
  [
    'whose name can be none',
    '../first',
    'build.function is "../first" and must be the name of another function, which is that of its folder',
  ],
  [
    'that has it from another itself',
    'second',
    'build.function is "second" and names a function that cannot be used; mend that (ALL/second/function.yaml:1: build.function is "first" and must not be, as it is the program of another function, too; let that one name this.)',
  ],
  [
    'that is itself',
    'third',
    'build.function is "third" and names a function that cannot be used; mend that (ALL/third/function.yaml:1: build.function is "third" and must not be, as it is the program of another function, too; let that one name this.)',
  ],
  [
    'that is wrong',
    'wrong',
    'build.function is "wrong" and names a function that cannot be used; mend that (ALL/wrong/function.yaml:1: build is "cobol" and must be rust.)',
  ],
  ['of another type', 7, 'build is {"function":7} and must be rust'],
] as const)
  test(`the program of a function ${what} is refused`, async (t) => {
    const { folder, read, write } = await temporaryFunctions(t);
    await write('first', 'build: rust');
    await write('second', 'build: {function: first}');
    await write('wrong', 'build: cobol');
    const own = await write('third', `build: {function: ${name}}`);
    const { problems } = await read();
    const problem = problems.find((each) => each.function === 'third');
    const message = (problem?.message ?? '').replace(/must be rust,.*its name}/, 'must be rust');
    assert.equal(message, `${own}/function.yaml:1: ${said.replaceAll('ALL', folder)}.`);
    assert.equal(problem?.line, 1);
  });
