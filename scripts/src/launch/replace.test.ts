import assert from 'node:assert/strict';
import { copyFile, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { parse, stringify } from 'yaml';
import { appOf, isRunning, limit, start, until } from './fixtures/launching.js';
import { command, components } from './fixtures/run-file.js';

test('an app is replaced while it is called, and no call is lost', limit, async (t) => {
  const { launched } = await start(t, { areReplaceable: true });
  const url = `${appOf(launched, 'caller').daprUrl}/v1.0/invoke/callee/method/hello`;
  const before = appOf(launched, 'callee').pid;
  let isDone = false;
  const statuses = new Map<number, number>();
  const calling = Promise.all(
    [1, 2, 3].map(async () => {
      while (!isDone) {
        const { status } = await fetch(url);
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
      }
    }),
  );
  assert.equal(await launched.replace('callee'), true);
  const { pid } = appOf(launched, 'callee');
  assert.ok(pid !== undefined && pid !== before);
  await until(async () => !(await isRunning(before ?? 0)));
  isDone = true;
  await calling;
  assert.deepEqual([...statuses.keys()], [200]);
});

test('one that does not come to serve leaves the one before in its place', limit, async (t) => {
  const { launched, lines, folder } = await start(t, {
    areReplaceable: true,
    env: { END_IF_THERE: 'broken' },
  });
  const { pid } = appOf(launched, 'callee');
  await writeFile(path.join(folder, 'broken'), '');
  assert.equal(await launched.replace('callee'), false);
  assert.equal(appOf(launched, 'callee').pid, pid);
  assert.match(lines(), /callee ended before it was ready \(exit code 3\).*; the one before serves on/);
  const url = `${appOf(launched, 'caller').daprUrl}/v1.0/invoke/callee/method/hello`;
  assert.equal((await fetch(url)).status, 200);
});

test(
  'an app that never comes to serve keeps no other from it, and serves when it is mended',
  limit,
  async (t) => {
    const { launched, lines } = await start(t, { areReplaceable: true, env: { END_AT_START: 'callee' } });
    assert.equal(appOf(launched, 'callee').pid, undefined);
    assert.match(lines(), /callee ended before it was ready .*; it waits for a change/);
    const caller = await fetch(`${appOf(launched, 'caller').url}/hello`);
    assert.equal(caller.status, 200);
  },
);

test('an app that joins the run file is started, and one that leaves it is stopped', limit, async (t) => {
  const { launched, folder } = await start(t, { areReplaceable: true });
  const file = path.join(folder, 'dapr.yaml');
  const content = parse(await readFile(file, 'utf8'));
  const [caller, callee] = content.apps;
  const gone = appOf(launched, 'callee').pid;
  // One with a Configuration that no other has: its names are those of the launch all the same.
  const configFilePath = path.join(folder, 'own.yaml');
  await copyFile(path.join(components, 'config.yaml'), configFilePath);
  const third = { appID: 'third', appDirPath: '.', appPort: 9999, command, configFilePath };
  await writeFile(file, stringify({ ...content, apps: [caller, third] }));
  assert.deepEqual(await launched.update(), { added: ['third'], removed: ['callee'] });
  assert.deepEqual([...launched.apps.keys()], ['caller', 'third']);
  const invoke = (id: string) =>
    fetch(`${appOf(launched, 'caller').daprUrl}/v1.0/invoke/${id}/method/hello`).then((answer) =>
      answer.text(),
    );
  assert.equal(await invoke('third'), 'third got /hello');
  assert.equal(await isRunning(gone ?? 0), false);
  await writeFile(file, stringify({ ...content, apps: [caller, callee] }));
  await launched.update();
  assert.equal(await invoke('callee'), 'callee got /hello');
});
