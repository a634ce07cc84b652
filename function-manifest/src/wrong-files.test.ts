import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { temporaryFunctions } from './fixtures/temporary-functions.js';

/** Each: what is wrong, the file, the line that is named, and what is said after it. */
const WRONG: [what: string, yaml: string, line: number, said: string][] = [
  [
    'an empty file',
    '',
    1,
    'the file is empty and must be a mapping of keys, of which only build is needed, such as build: rust',
  ],
  [
    'a file of comments',
    '# build: rust\n',
    1,
    'the file is empty and must be a mapping of keys, of which only build is needed, such as build: rust',
  ],
  [
    'a list',
    '- build: rust',
    1,
    'the file is [{"build":"rust"}] and must be a mapping of keys, of which only build is needed, such as build: rust',
  ],
  ['a key twice', 'build: rust\napp: a\napp: b', 3, 'is no YAML: Map keys must be unique; correct it'],
  [
    'a second document',
    'build: rust\n---\nbuild: rust',
    2,
    'is no YAML: Source contains multiple documents; please use YAML.parseAllDocuments(); correct it',
  ],
  [
    'a tag',
    'build: rust\ntitle: !!js/function x',
    2,
    'is no YAML: Unresolved tag: tag:yaml.org,2002:js/function; correct it',
  ],
];

for (const [what, yaml, line, said] of WRONG)
  test(`${what} is refused with file, line, value and remedy`, async (t) => {
    const { write, onlyProblem } = await temporaryFunctions(t);
    const file = path.join(await write('wrong', yaml), 'function.yaml');
    const problem = await onlyProblem();
    assert.equal(problem.message, `${file}:${line}: ${said}.`);
    assert.deepEqual([problem.function, problem.file, problem.line], ['wrong', file, line]);
  });
test('what is no YAML is refused with its line', async (t) => {
  const { write, onlyProblem } = await temporaryFunctions(t);
  const file = path.join(await write('wrong', 'build: rust\nlimits: {memory: 1Gi\n'), 'function.yaml');
  const { message, line } = await onlyProblem();
  assert.equal(line, 3);
  assert.ok(message.startsWith(`${file}:3: is no YAML: `) && message.endsWith('; correct it.'), message);
});

test('aliases that would fill the memory are refused', async (t) => {
  const { write, onlyProblem } = await temporaryFunctions(t);
  const levels = Array.from(
    { length: 12 },
    (_, n) => `l${n + 1}: &l${n + 1} [${Array(10).fill(`*l${n}`).join(', ')}]`,
  );
  await write('wrong', ['l0: &l0 [x]', ...levels].join('\n'));
  assert.match(
    (await onlyProblem()).message,
    /function\.yaml:1: is no YAML that can be read: Excessive alias count.*; correct it\.$/,
  );
});

test('a file that is too long, and one that is none, are refused', async (t) => {
  const { folder, write, onlyProblem } = await temporaryFunctions(t);
  await write('wrong', `build: rust # ${'x'.repeat(70_000)}`);
  assert.match(
    (await onlyProblem()).message,
    /function\.yaml: cannot be read: it has 70014 bytes, and 65536 may be; shorten it\.$/,
  );
  await rm(path.join(folder, 'wrong/function.yaml'));
  execFileSync('mkfifo', [path.join(folder, 'wrong/function.yaml')]);
  assert.match(
    (await onlyProblem()).message,
    /function\.yaml: cannot be read: it is no file; make it one\.$/,
  );
});

test('all that is wrong with a function is said, a line each', async (t) => {
  const { write, onlyProblem } = await temporaryFunctions(t);
  await write('wrong', 'build: rust\nqueue: -1\ntitel: x');
  const { message, line } = await onlyProblem();
  assert.equal(message.split('\n').length, 2);
  assert.match(message, /:2: queue is -1 and .*\n.*:3: titel is not a key/);
  assert.equal(line, 2);
});
