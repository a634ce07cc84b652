import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { replacedModules } from './go-modules.js';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'go-modules-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function goModule(name: string, text = `module example.com/${name}\n`): Promise<string> {
  const place = path.join(folder, name);
  await mkdir(place, { recursive: true });
  await writeFile(path.join(place, 'go.mod'), text);
  return place;
}

test('the folders that replace modules are found, whatever they are written like; other replacements are none', async () => {
  const others = await Promise.all(
    ['kit', 'with space', 'f/inner', 'versioned', 'absolute'].map((name) => goModule(name)),
  );
  const top = await goModule(
    'f',
    `module function

go 1.26

require (
	example.com/kit v0.0.0 // => ../not-this
	example.com/other v1.2.3
)

replace example.com/kit => ../kit // ours
// replace example.com/kit => ../nor-this
replace (
	example.com/space v1.0.0 => "../with space"
	example.com/inner => ./inner
	example.com/versioned v1.2.3=>../versioned
	example.com/absolute => ${path.join(folder, 'absolute')}
	example.com/other => example.com/fork v1.2.4
)
`,
  );
  assert.deepEqual(await replacedModules(top), others.sort());
});

test('a module without replacements is alone', async () => {
  assert.deepEqual(await replacedModules(await goModule('f')), []);
});

test('a folder that is not there, or is no module, is named with the go.mod', async () => {
  const top = await goModule('f', 'module function\nreplace example.com/kit => ../nowhere\n');
  await assert.rejects(replacedModules(top), {
    code: 'ERR_SETUP',
    message: new RegExp(
      `^${folder}/f/go\\.mod takes a module from ${folder}/nowhere, which cannot be read: ENOENT`,
    ),
  });
});
