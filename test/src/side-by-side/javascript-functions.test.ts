import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { execa } from 'execa';
import { parts } from '../built-parts.js';
import { scriptOf } from '../workshop.js';

/** What the script does with the input that has the name. */
const SOURCES = {
  'main.ts': `import { fail, Refusal } from './errors.ts';

type Behaviour = (input: Uint8Array) => unknown;

const drawnWhenBuilt = Math.random();
const decoder = new TextDecoder('utf-8', { fatal: true });
const same = (input: Uint8Array) => input;

const behaviours: Record<string, Behaviour> = {
  bytes: (input) => new Uint8Array([...input, 0, 255]).subarray(1),
  buffer: () => new Uint16Array([0x4142]).buffer,
  text: () => 'größer \\u{1F389} \\ud800.',
  value: () => ({ a: [1, null, 'ö'], nothing: undefined }),
  later: async () => (await Promise.resolve('la')) + 'ter',
  nothing: () => undefined,
  never: () => new Promise(() => {}),
  refuses: () => { throw new Refusal('line one\\nof two'); },
  fails: () => fail(7),
  failsLater: async () => { await null; fail(8); },
  throwsText: () => { throw 'a text'; },
  says: () => { console.log('one', { two: 2 }); console.error(3); return ''; },
  recurses: () => { const again = (): number => 1 + again(); return again(); },
  nests: () => JSON.parse('['.repeat(500_000)),
  groups: () => new RegExp('('.repeat(500_000)),
  draws: () => [Math.random(), drawnWhenBuilt],
  decodes: () => {
    try { decoder.decode(new Uint8Array([0x61, 0xff])); } catch (error) { return String(error); }
  },
  knows: () => [typeof setTimeout, typeof fetch, typeof Buffer, typeof process, new TextDecoder().decode(new TextEncoder().encode('\\uFEFFé'))],
};

export default (input: Uint8Array) => (behaviours[decoder.decode(input)] ?? same)(input);
`,
  'errors.ts': `export class Refusal extends Error {
  override name = 'Refusal';
}

export function fail(value: number): never {
  const reason = \`no \${value}\`;
  throw new TypeError(reason, { cause: new Error('below') });
}
`,
};

let folder: string;
const env = () => ({ FUNCTIONS_DIR: path.join(folder, 'functions'), BUILT_DIR: path.join(folder, 'built') });

async function add(name: string, files: Readonly<Record<string, string>>): Promise<void> {
  const place = path.join(folder, 'functions', name);
  await mkdir(place, { recursive: true });
  for (const [file, text] of Object.entries({ ...files, 'function.yaml': 'build: javascript\n' }))
    await writeFile(path.join(place, file), text);
}

const setup = () =>
  execa(process.execPath, ['--input-type=module', '--eval', scriptOf(['setup'])], {
    env: env(),
    all: true,
    reject: false,
    timeout: 240_000,
  });

/** Runs the function as its author would: compiled ahead of time, or interpreted. */
async function answerTo(name: string, kind: 'so' | 'wasm' = 'so') {
  const file = path.join(folder, `built/behaviours/behaviours.${kind}`);
  const { exitCode, stdout, stderr } = await execa(parts.wasmedge, [file], {
    input: name,
    reject: false,
    stripFinalNewline: false,
    timeout: 60_000,
  });
  return { exitCode, stdout, stderr };
}

before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'javascript-'));
  await add('behaviours', SOURCES);
  const { exitCode, all } = await setup();
  assert.equal(exitCode, 0, all);
});
after(() => rm(folder, { recursive: true }));

for (const [name, stdout] of Object.entries({
  bytes: 'ytes\0\ufffd',
  buffer: 'BA',
  text: 'größer 🎉 \ufffd.',
  value: '{"a":[1,null,"ö"]}',
  later: 'later',
  'something else': 'something else',
  decodes: 'TypeError: no UTF-8 from byte 1 on',
  knows: '["undefined","undefined","undefined","undefined","é"]',
}))
  test(`${name}: the answer is what the function returns`, async () => {
    for (const kind of ['so', 'wasm'] as const)
      assert.deepEqual(await answerTo(name, kind), { exitCode: 0, stdout, stderr: '' });
  });

test('an error whose name is Refusal is a bad input, in one line; every other is a fault, with the lines of the sources', async () => {
  assert.deepEqual(await answerTo('refuses'), { exitCode: 1, stdout: '', stderr: 'line one of two\n' });
  for (const [name, stderr] of Object.entries({
    fails:
      /^TypeError: no 7\n +at fail \(errors\.ts:7\)\n +at fails \(main\.ts:18\)\n[\s\S]*caused by: Error: below\n(?: +at .*\n)+TypeError: no 7\n$/,
    failsLater: /^TypeError: no 8\n +at fail \(errors\.ts:7\)\n/,
    throwsText: /^thrown: a text\n$/,
    nothing: /^TypeError: the function returned undefined: return bytes, a text, or what JSON can say\n/,
    never: /^it awaits what never comes/,
    recurses: /^RangeError: Maximum call stack size exceeded\n +at again \(main\.ts:22\)\n/,
    nests: /^RangeError: Maximum call stack size exceeded\n +at nests \(main\.ts:23\)\n/,
    groups: /^SyntaxError: .*\n/,
  })) {
    const run = await answerTo(name);
    assert.match(run.stderr, stderr);
    assert.deepEqual([run.exitCode, run.stdout], [2, ''], name);
  }
});

test('what it says goes to stderr', async () => {
  assert.deepEqual(await answerTo('says'), { exitCode: 0, stdout: '', stderr: 'one {"two":2}\n3\n' });
});

test('the top of the script is run once, when it is built; each request draws numbers of its own', async () => {
  const draws = [];
  for (let run = 0; run < 3; run++) draws.push(JSON.parse((await answerTo('draws')).stdout));
  assert.equal(new Set(draws.map(([now]) => now)).size, 3);
  assert.equal(new Set(draws.map(([, then]) => then)).size, 1);
});

test('what is wrong with a script is said when it is built, and nothing of it is left', async (t) => {
  const wrong = {
    throws: [
      "export default () => '';\n\nnothing();\n",
      /its script does not load:\nReferenceError: .*\n +at <anonymous> \(main\.ts:3\)/,
    ],
    exports: [
      "export const answer = () => '';\n",
      /does not load:\nTypeError: the script must export a function as its default/,
    ],
    waits: [
      "await new Promise(() => {});\nexport default () => '';\n",
      /does not load:\nit awaits what never comes/,
    ],
    packages: [
      "import left from 'left-pad';\nexport default left;\n",
      /Could not resolve "left-pad"\n\n +main\.ts:1:17:[\s\S]*`npm install`/,
    ],
    endless: ['for (;;);\nexport default 1;\n', /the top of its script has not ended within 5 s/],
  } as const;
  for (const [name, [source]] of Object.entries(wrong)) await add(name, { 'main.ts': source });
  await add('unlocked', {
    'main.js': 'export default 1;',
    'package.json': '{"dependencies":{"left-pad":"1.3.0"}}',
  });
  const { exitCode, all } = await setup();
  assert.equal(exitCode, 1, all);
  const blocks = all.split(/\n(?=function )/);
  const expected = Object.entries({ ...wrong, unlocked: ['', /has no package-lock\.json/] as const });
  for (const [name, [, said]] of expected)
    await t.test(name, async () => {
      const block = blocks.findLast((each) => each.startsWith(`function ${name}: `)) ?? '';
      assert.match(block, said, all);
      assert.ok(!(await readdir(path.join(folder, 'built'))).includes(name));
    });
});
