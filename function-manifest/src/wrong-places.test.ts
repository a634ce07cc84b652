import assert from 'node:assert/strict';
import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { temporaryFunctions } from './fixtures/temporary-functions.js';

for (const [name, reason] of [
  [
    'Invert',
    'is no DNS label; use small letters a to z, digits and hyphens, and a letter or digit at either end',
  ],
  [
    'my_function',
    'is no DNS label; use small letters a to z, digits and hyphens, and a letter or digit at either end',
  ],
  [
    '-invert',
    'is no DNS label; use small letters a to z, digits and hyphens, and a letter or digit at either end',
  ],
  [
    'invert.2',
    'is no DNS label; use small letters a to z, digits and hyphens, and a letter or digit at either end',
  ],
  ['x'.repeat(64), 'is longer than 63 characters; give the folder a shorter name'],
  ['rs', 'is taken: it names an app or another function; give the folder another name'],
  ['go', 'is taken: it names an app or another function; give the folder another name'],
  ['web-port', 'is taken: it names an app or another function; give the folder another name'],
  ['image-api-grayscale', 'is taken: it names an app or another function; give the folder another name'],
  ['image-api-classify', 'is taken: it names an app or another function; give the folder another name'],
  ['functions', 'is taken: it names an app or another function; give the folder another name'],
] as const)
  test(`a function of the name ${name.slice(0, 30)} is refused`, async (t) => {
    const { write, onlyProblem } = await temporaryFunctions(t);
    const own = await write(name, 'build: rust');
    const problem = await onlyProblem();
    assert.equal(problem.message, `${own}: the name ${name} ${reason}.`);
    assert.deepEqual([problem.function, problem.file, problem.line], [name, own, undefined]);
  });

test('a function of 63 characters is none too long', async (t) => {
  const { read, write } = await temporaryFunctions(t);
  await write('x'.repeat(63), 'build: rust');
  assert.deepEqual((await read()).problems, []);
});

test('a symbolic link to a function is refused, not a second function', async (t) => {
  const { folder, read, write } = await temporaryFunctions(t);
  await write('invert', 'build: rust');
  await symlink('invert', path.join(folder, 'other'));
  const { functions, problems } = await read();
  assert.deepEqual(functions.length, 1);
  assert.deepEqual(
    problems.map(({ message }) => message),
    [
      `${folder}/other: the name other is a symbolic link: one folder would be two functions; put the folder itself here.`,
    ],
  );
});

const OUT =
  "leads out of the function's folder, by itself or by a symbolic link; give a path inside of it, and put what is needed there";
for (const [what, yaml, line, said] of [
  [
    'a folder above',
    'build: rust\nfolders:\n  /model: ../model',
    3,
    `folders./model is "../model" and ${OUT}`,
  ],
  ['the function itself', 'build: rust\nfolders: {/all: .}', 2, `folders./all is "." and ${OUT}`],
  ['an absolute folder', 'build: rust\nfolders: {/model: /etc}', 2, `folders./model is "/etc" and ${OUT}`],
  ['a link', 'build: rust\nfolders: {/model: link}', 2, `folders./model is "link" and ${OUT}`],
  [
    'a folder behind a link',
    'build: rust\nfolders: {/model: link/model}',
    2,
    `folders./model is "link/model" and ${OUT}`,
  ],
  ['a module above', 'build: {wasm: ../f.wasm}', 1, `build.wasm is "../f.wasm" and ${OUT}`],
  ['a module that is a link', 'build: {wasm: linked.wasm}', 1, `build.wasm is "linked.wasm" and ${OUT}`],
  [
    'a module behind a link that is not yet made',
    'build:\n  run: [make]\n  wasm: link/new.wasm',
    3,
    `build.wasm is "link/new.wasm" and ${OUT}`,
  ],
] as const)
  test(`a way out of the function's folder is refused: ${what}`, async (t) => {
    const { folder, write, onlyProblem } = await temporaryFunctions(t);
    const own = await write('wrong', yaml);
    const outside = path.join(folder, 'model');
    await mkdir(path.join(outside, 'model'), { recursive: true });
    await writeFile(path.join(folder, 'f.wasm'), '');
    await symlink(outside, path.join(own, 'link'));
    await symlink('../f.wasm', path.join(own, 'linked.wasm'));
    assert.equal((await onlyProblem()).message, `${own}/function.yaml:${line}: ${said}.`);
  });

for (const [what, yaml, said] of [
  [
    'Cargo.toml',
    'build: rust',
    'build is "rust" and needs the file OWN/Cargo.toml, which is not there; make it or name another',
  ],
  [
    'module',
    'build: {wasm: f.wasm}',
    'build.wasm is "f.wasm" and needs the file OWN/f.wasm, which is not there; make it or name another',
  ],
] as const)
  test(`a function without its ${what} is refused`, async (t) => {
    const { write, onlyProblem } = await temporaryFunctions(t);
    const own = await write('wrong', yaml);
    await rm(path.join(own, 'Cargo.toml'));
    await rm(path.join(own, 'f.wasm'));
    assert.equal((await onlyProblem()).message, `${own}/function.yaml:1: ${said.replace('OWN', own)}.`);
  });

test('a folder to read that is not there, or is a file, is refused', async (t) => {
  const { write, onlyProblem } = await temporaryFunctions(t);
  const own = await write('wrong', 'build: rust\nfolders: {/model: model, /f: f.wasm}');
  assert.deepEqual((await onlyProblem()).message.split('\n'), [
    `${own}/function.yaml:2: folders./model is "model" and needs the folder ${own}/model, which is not there; make it or name another.`,
    `${own}/function.yaml:2: folders./f is "f.wasm" and needs the folder ${own}/f.wasm, which is not there; make it or name another.`,
  ]);
});
