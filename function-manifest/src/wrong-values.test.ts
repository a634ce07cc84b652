import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { temporaryFunctions } from './fixtures/temporary-functions.js';
import { languages } from './languages.js';

/** What `build` may be, in words. */
const BUILDS = `${languages.join(', ')}, {run: [a command and its arguments], wasm: a path}, {wasm: a path} or {function: its name}`;

/** Each: what is wrong, the file, the line that is named, and what is said after it. */
const WRONG: [what: string, yaml: string, line: number, said: string][] = [
  [
    'an unknown key',
    'build: rust\ntitel: Invert',
    2,
    'titel is not a key there; correct or remove it (docs/settings.md has all)',
  ],
  [
    'an unknown key below another',
    'build: rust\nlimits:\n  memory: 1Gi\n  ram: 1Gi',
    4,
    'limits.ram is not a key there; correct or remove it (docs/settings.md has all)',
  ],
  [
    'the key __proto__',
    'build: rust\n__proto__: {app: x}',
    2,
    '__proto__ is not a key there; correct or remove it (docs/settings.md has all)',
  ],
  ['no build', 'title: Invert', 1, `build is missing and must be ${BUILDS}`],
  ['another build', 'title: x\nbuild: cobol', 2, `build is "cobol" and must be ${BUILDS}`],
  [
    'a command that is no list',
    'build: {run: make, wasm: f.wasm}',
    1,
    `build is {"run":"make","wasm":"f.wasm"} and must be ${BUILDS}`,
  ],
  [
    'a command without what it makes',
    'build:\n  run: [make]',
    2,
    `build is {"run":["make"]} and must be ${BUILDS}`,
  ],
  [
    'a title of another type',
    'build: rust\ntitle: 7',
    2,
    'title is 7 and must be text of 1 to 100 characters',
  ],
  [
    'an empty title',
    'build: rust\ntitle: " "',
    2,
    'title is " " and must be text of 1 to 100 characters, in one line',
  ],
  [
    'an id that no Dapr app can have',
    'build: rust\napp: my.app',
    2,
    'app is "my.app" and must be the id of a Dapr app, which has neither dots nor spaces',
  ],
  [
    'what is no media type',
    'build: rust\naccepts: [image/*, png]',
    2,
    'accepts.1 is "png" and must be a media type, such as image/* or text/plain',
  ],
  [
    'no list of media types',
    'build: rust\naccepts: image/*',
    2,
    'accepts is "image/*" and must be a list of media types, such as [image/*, text/plain]',
  ],
  [
    'an empty list of media types',
    'build: rust\naccepts: []',
    2,
    'accepts is [] and must name a media type; leave the key out to take any',
  ],
  [
    'an answer of any type',
    'build: rust\nreturns: image/*',
    2,
    'returns is "image/*" and must be a media type, such as text/plain',
  ],
  [
    'limits that are no mapping',
    'build: rust\nlimits: 1Gi',
    2,
    'limits is "1Gi" and must be a mapping, such as {memory: 256Mi, timeout: 30s}',
  ],
  [
    'a size in another unit',
    'build: rust\nlimits: {memory: 1GB}',
    2,
    'limits.memory is "1GB" and must be a size, such as 256Mi, 64Ki or 1048576',
  ],
  [
    'a size below zero',
    'build: rust\nlimits: {input: -1}',
    2,
    'limits.input is -1 and must be a size, such as 256Mi, 64Ki or 1048576',
  ],
  [
    'more memory than WebAssembly has',
    'build: rust\nlimits: {memory: 5Gi}',
    2,
    'limits.memory is "5Gi" and must be a size from 1Mi to 4Gi',
  ],
  [
    'a time without a unit',
    'build: rust\nlimits: {timeout: 30}',
    2,
    'limits.timeout is 30 and must be a time with its unit, such as 10s or 250ms',
  ],
  [
    'no time at all',
    'build: rust\nlimits: {timeout: 0s}',
    2,
    'limits.timeout is "0s" and must be a time from 1ms to 600s',
  ],
  [
    'a part of a pixel',
    'build: rust\nlimits: {pixels: 1.5}',
    2,
    'limits.pixels is 1.5 and must be a whole number from 1 to 1000000000',
  ],
  ['no instance', 'build: rust\ninstances: 0', 2, 'instances is 0 and must be a whole number from 1 to 500'],
  [
    'a queue of text',
    'build: rust\nqueue: "32"',
    2,
    'queue is "32" and must be a whole number from 0 to 10000',
  ],
  [
    'a sandbox for no request',
    'build: rust\nrequestsPerInstance: 0',
    2,
    'requestsPerInstance is 0 and must be a whole number from 1 to 1000000',
  ],
  [
    'a plug-in that there is none of',
    'build: rust\nplugins: [wasi_nn, wasi_crypto]',
    2,
    'plugins.1 is "wasi_crypto" and must be one of WasmEdge\'s plug-ins that a function may use: wasi_nn',
  ],
  [
    'a variable that is no text',
    'build: rust\nenv: {LEVEL: 3}',
    2,
    'env.LEVEL is 3 and must be text: put a number, true or false in quotes',
  ],
  [
    'a name that no variable has',
    'build: rust\nenv:\n  A: b\n  MY-LEVEL: "3"',
    4,
    'env has the key "MY-LEVEL"; use the name of an environment variable: letters, digits and underlines',
  ],
  [
    'a relative path of the guest',
    'build: rust\nfolders: {model: model}',
    2,
    'folders has the key "model"; use an absolute path of the guest, such as /model',
  ],
  [
    'a path of the guest that climbs',
    'build: rust\nfolders: {/a/../..: model}',
    2,
    'folders has the key "/a/../.."; use an absolute path of the guest, such as /model',
  ],
  [
    'a long value',
    `build: rust\napp: ${'x '.repeat(100)}`,
    2,
    `app is "${'x '.repeat(39)}x… and must be the id of a Dapr app, which has neither dots nor spaces`,
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
