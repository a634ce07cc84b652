import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { ManifestError } from './errors.js';
import { builtFunction, functionsFolder } from './places.js';
import { readFunctions } from './read-functions.js';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'manifest-test-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** Writes a function's folder with this `function.yaml`, and what `build: rust` and `build: {wasm: f.wasm}` need. */
async function write(name: string, yaml: string): Promise<string> {
  const own = path.join(folder, name);
  await mkdir(own, { recursive: true });
  for (const [file, text] of [
    ['function.yaml', yaml],
    ['Cargo.toml', ''],
    ['f.wasm', ''],
  ] as const)
    await writeFile(path.join(own, file), text);
  return own;
}

/** The only problem in the folder. */
async function onlyProblem(): Promise<ManifestError> {
  const { functions, problems } = await readFunctions(folder);
  assert.deepEqual(functions, []);
  const [problem, ...others] = problems;
  assert.ok(problem instanceof ManifestError);
  assert.deepEqual(others, []);
  assert.equal(problem.code, 'ERR_FUNCTION_MANIFEST');
  return problem;
}

test('a function that says only how it is built has all defaults', async () => {
  const own = await write('invert', 'build: rust\n');
  assert.deepEqual(await readFunctions(folder), {
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

test('a function may say everything', async () => {
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
  assert.deepEqual((await readFunctions(folder)).functions, [
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

test('functions come by name, and one that is wrong keeps none of the others back', async () => {
  await write('b', 'build: rust');
  await write('broken', 'build: cobol');
  await write('a', 'build: {wasm: f.wasm}');
  const { functions, problems } = await readFunctions(folder);
  assert.deepEqual(
    functions.map(({ name }) => name),
    ['a', 'b'],
  );
  assert.deepEqual(
    problems.map((problem) => problem.function),
    ['broken'],
  );
});

test('a folder without a function.yaml, a hidden one and a file are no functions', async () => {
  await mkdir(path.join(folder, 'target'));
  await write('.hidden', 'build: rust');
  await writeFile(path.join(folder, 'function.yaml'), 'build: rust');
  assert.deepEqual(await readFunctions(folder), { functions: [], problems: [] });
});

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
  [
    'no build',
    'title: Invert',
    1,
    'build is missing and must be rust, {run: [a command and its arguments], wasm: a path} or {wasm: a path}',
  ],
  [
    'another build',
    'title: x\nbuild: cobol',
    2,
    'build is "cobol" and must be rust, {run: [a command and its arguments], wasm: a path} or {wasm: a path}',
  ],
  [
    'a command that is no list',
    'build: {run: make, wasm: f.wasm}',
    1,
    'build is {"run":"make","wasm":"f.wasm"} and must be rust, {run: [a command and its arguments], wasm: a path} or {wasm: a path}',
  ],
  [
    'a command without what it makes',
    'build:\n  run: [make]',
    2,
    'build is {"run":["make"]} and must be rust, {run: [a command and its arguments], wasm: a path} or {wasm: a path}',
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
  [
    'a long value',
    `build: rust\napp: ${'x '.repeat(100)}`,
    2,
    `app is "${'x '.repeat(39)}x… and must be the id of a Dapr app, which has neither dots nor spaces`,
  ],
];

for (const [what, yaml, line, said] of WRONG)
  test(`${what} is refused with file, line, value and remedy`, async () => {
    const file = path.join(await write('wrong', yaml), 'function.yaml');
    const problem = await onlyProblem();
    assert.equal(problem.message, `${file}:${line}: ${said}.`);
    assert.deepEqual([problem.function, problem.file, problem.line], ['wrong', file, line]);
  });

test('what is no YAML is refused with its line', async () => {
  const file = path.join(await write('wrong', 'build: rust\nlimits: {memory: 1Gi\n'), 'function.yaml');
  const { message, line } = await onlyProblem();
  assert.equal(line, 3);
  assert.ok(message.startsWith(`${file}:3: is no YAML: `) && message.endsWith('; correct it.'), message);
});

test('aliases that would fill the memory are refused', async () => {
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

test('a file that is too long, and one that is none, are refused', async () => {
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

test('all that is wrong with a function is said, a line each', async () => {
  await write('wrong', 'build: rust\nqueue: -1\ntitel: x');
  const { message, line } = await onlyProblem();
  assert.equal(message.split('\n').length, 2);
  assert.match(message, /:2: queue is -1 and .*\n.*:3: titel is not a key/);
  assert.equal(line, 2);
});

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
  test(`a function of the name ${name.slice(0, 30)} is refused`, async () => {
    const own = await write(name, 'build: rust');
    const problem = await onlyProblem();
    assert.equal(problem.message, `${own}: the name ${name} ${reason}.`);
    assert.deepEqual([problem.function, problem.file, problem.line], [name, own, undefined]);
  });

test('a function of 63 characters is none too long', async () => {
  await write('x'.repeat(63), 'build: rust');
  assert.deepEqual((await readFunctions(folder)).problems, []);
});

test('a symbolic link to a function is refused, not a second function', async () => {
  await write('invert', 'build: rust');
  await symlink('invert', path.join(folder, 'other'));
  const { functions, problems } = await readFunctions(folder);
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
  test(`a way out of the function's folder is refused: ${what}`, async () => {
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
  test(`a function without its ${what} is refused`, async () => {
    const own = await write('wrong', yaml);
    await rm(path.join(own, 'Cargo.toml'));
    await rm(path.join(own, 'f.wasm'));
    assert.equal((await onlyProblem()).message, `${own}/function.yaml:1: ${said.replace('OWN', own)}.`);
  });

test('a folder to read that is not there, or is a file, is refused', async () => {
  const own = await write('wrong', 'build: rust\nfolders: {/model: model, /f: f.wasm}');
  assert.deepEqual((await onlyProblem()).message.split('\n'), [
    `${own}/function.yaml:2: folders./model is "model" and needs the folder ${own}/model, which is not there; make it or name another.`,
    `${own}/function.yaml:2: folders./f is "f.wasm" and needs the folder ${own}/f.wasm, which is not there; make it or name another.`,
  ]);
});

test('what a command makes need not be there yet', async () => {
  await write('later', 'build: {run: [make], wasm: new/later.wasm}');
  assert.equal((await readFunctions(folder)).functions.length, 1);
});

test('a folder of functions that is not there is an error that names it', async () => {
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

test('fifty functions are read in a few milliseconds', async () => {
  for (let n = 0; n < 50; n++)
    await write(
      `f${n}`,
      'title: Invert\nbuild: rust\naccepts: [image/*]\nlimits: {memory: 1Gi, output: 256Mi}\n',
    );
  const times: number[] = [];
  for (let n = 0; n < 10; n++) {
    const since = performance.now();
    assert.equal((await readFunctions(folder)).functions.length, 50);
    times.push(performance.now() - since);
  }
  // Far above what it takes, for the sake of a busy machine.
  assert.ok(Math.min(...times) < 200, String(times));
});
