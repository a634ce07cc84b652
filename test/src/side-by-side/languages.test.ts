import assert from 'node:assert/strict';
import { copyFile, cp, mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { languages } from '@app/function-manifest';
import { execa } from 'execa';
import { parts } from '../built-parts.js';
import { post } from '../hello.js';
import { assemblyscript } from '../languages/assemblyscript.js';
import { c } from '../languages/c.js';
import { cpp } from '../languages/cpp.js';
import { go } from '../languages/go.js';
import { javascript } from '../languages/javascript.js';
import type { LanguageTest } from '../languages/language-test.js';
import { folders } from '../mounts.js';
import { type RunningApps, startRunFile } from '../run-file.js';
import { scriptOf } from '../workshop.js';

/** All but Rust, which new-function.test.ts has. */
const LANGUAGES: readonly LanguageTest[] = [c, cpp, go, assemblyscript, javascript];

let folder: string;
let running: RunningApps;
const functions = () => path.join(folder, 'functions');
const built = () => path.join(folder, 'built');
const env = () => ({ FUNCTIONS_DIR: functions(), BUILT_DIR: built() });
const nameOf = ({ language }: LanguageTest) => `made-in-${language}`;

/** `npm run` with these arguments. */
const run = (...args: readonly string[]) =>
  execa(process.execPath, ['--input-type=module', '--eval', scriptOf(args)], {
    env: env(),
    all: true,
    reject: false,
    timeout: 120_000,
  });

before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'languages-'));
  await mkdir(functions());
  await copyFile(path.join(folders.repository, 'dapr.yaml'), path.join(folder, 'dapr.yaml'));
});
after(async () => {
  await running?.stop();
  await rm(folder, { recursive: true });
});

test('each language has a row here', () => {
  assert.deepEqual(['rust', ...LANGUAGES.map(({ language }) => language)].sort(), [...languages].sort());
});

for (const each of LANGUAGES)
  test(`a new function in ${each.language} is built, and check finds nothing wrong with it`, async () => {
    const name = nameOf(each);
    const made = await run('new', name, '--lang', each.language, '--file', path.join(folder, 'dapr.yaml'));
    assert.equal(made.exitCode, 0, made.all);
    await putCompiled(each.language, name);
    const { exitCode, stdout, all } = await run('check', name, '--json');
    assert.equal(exitCode, 0, all);
    const { findings } = JSON.parse(stdout);
    const cases = findings.filter(({ what }: { what: string }) => what.startsWith('case '));
    assert.ok(cases.length > 1, stdout);
  });

/** Has what set-up has compiled of the template taken over, which it is only if the module comes out as it did there. */
async function putCompiled(language: string, name: string): Promise<void> {
  const place = path.join(built(), name);
  await cp(parts.template(language), place, { recursive: true });
  for (const kind of ['wasm', 'so', 'json'])
    await rename(path.join(place, `${language}.${kind}`), path.join(place, `${name}.${kind}`));
}

test('the new functions are served through their sidecar', async () => {
  const command = ['dist/server.js'];
  const apps = [
    { appID: 'web-port', appPort: 8080, folder: 'web-port', command, env: env() },
    { appID: 'functions', appPort: 9005, folder: 'function-service', command, env: env() },
  ];
  running = await startRunFile(apps, { maxBodySize: '16Mi' });
});

for (const each of LANGUAGES)
  test(`the function in ${each.language} answers as something else says it should, and refuses bad input`, async () => {
    const hello = `${running.apps.get('web-port')?.url}/api/hello`;
    const headers = { api: nameOf(each), 'content-type': each.types.input };
    const input = await each.input();
    const answer = await post(hello, input, headers);
    assert.equal(answer.status, 200, String(answer.body));
    assert.equal(answer.type.split(';')[0], each.types.answer);
    await each.verify(answer.body, input);
    const ofLargest = await post(hello, await each.large(), headers);
    assert.equal(ofLargest.status, 200, String(ofLargest.body));
    const refused = await post(hello, each.bad.input(input), headers);
    assert.equal(refused.status, 422, String(refused.body));
    assert.match(String(refused.body), each.bad.reason);
  });

for (const each of LANGUAGES)
  test(`the function in ${each.language} is removed whole`, async () => {
    const removed = await run('remove', nameOf(each), '--yes', '--file', path.join(folder, 'dapr.yaml'));
    assert.equal(removed.exitCode, 0, removed.all);
    for (const place of [functions(), built()])
      assert.ok(!(await readdir(place)).includes(nameOf(each)), place);
  });

test('a function that does not compile, or imports a socket, is named with its source, and nothing of it is left', async (t) => {
  for (const { language, broken, forbidden } of LANGUAGES)
    for (const [name, { files }] of Object.entries({ broken, forbidden }))
      for (const [file, text] of Object.entries({ ...files, 'function.yaml': `build: ${language}\n` })) {
        const place = path.join(functions(), `${name}-${language}`, file);
        await mkdir(path.dirname(place), { recursive: true });
        await writeFile(place, text);
      }
  const { exitCode, all } = await run('setup');
  assert.equal(exitCode, 1, all);
  for (const { language, ...refused } of LANGUAGES)
    for (const name of ['broken', 'forbidden'] as const)
      await t.test(`${name} in ${language}`, async () => {
        const of = `${name}-${language}`;
        const [, said = ''] =
          new RegExp(`^(function ${of}: (?!failed).*?)(?=\\n(?:function|\\d))`, 'ms').exec(all) ?? [];
        assert.match(said, refused[name].said, all);
        assert.equal(said.split(refused[name].said).length, 2, 'said once');
        assert.ok(!(await readdir(built())).includes(of));
      });
});

test('what the C compiler warns of is shown, and the function is built', async () => {
  const place = path.join(functions(), 'careless');
  await mkdir(place);
  await writeFile(path.join(place, 'function.yaml'), 'build: c\n');
  await writeFile(path.join(place, 'main.c'), 'int main(void) {\n  int unused;\n  return 0;\n}\n');
  const { all } = await run('setup');
  assert.match(
    all,
    /^function careless: compiled with warnings:\nmain\.c:2:7: warning: unused variable 'unused'/m,
  );
  assert.match(all, /^function careless: done \(c\)/m);
});
