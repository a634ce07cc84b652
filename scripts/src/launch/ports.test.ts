import assert from 'node:assert/strict';
import { test } from 'node:test';
import { settlePorts } from './ports.js';
import type { App } from './run-file.js';

const app = (appID: string, ports: Partial<App> = {}): App => ({ appID, appDirPath: '/', env: {}, ...ports });

/** Proposes these ports, one after the other and again from the first. */
function proposing(...ports: readonly number[]) {
  let next = 0;
  return () => ports[next++ % ports.length] ?? assert.fail();
}

test('a port that is chosen is none that an app further down has in the file, or by an override', async () => {
  const apps = [app('first'), app('second', { appPort: 25_001 })];
  const overrides = { second: { daprHTTPPort: 25_002 } };
  const proposed = [25_001, 25_002, 25_003, 25_004, 25_005, 25_006, 25_007];
  const settled = await settlePorts(apps, overrides, proposing(...proposed));
  const chosen = settled.flatMap(({ ports: { daprHTTPPort, daprGRPCPort, daprInternalGRPCPort } }) => [
    daprHTTPPort,
    daprGRPCPort,
    daprInternalGRPCPort,
  ]);
  assert.deepEqual(chosen.sort(), proposed.slice(1));
});

test('a port that an override has replaced may be chosen, and with free ports all of the file’s may', async () => {
  const apps = [app('first'), app('second', { appPort: 25_011 })];
  const ports = [25_011, 25_012, 25_013, 25_014, 25_015, 25_016, 25_017];
  const overrides = { second: { appPort: 25_019 } };
  const [replaced] = await settlePorts(apps, overrides, proposing(...ports));
  assert.equal(replaced?.ports.daprHTTPPort, 25_011);
  const others = ports.map((port) => port + 10);
  const [free] = await settlePorts(
    [app('first'), app('second', { appPort: 25_021 })],
    'free',
    proposing(...others),
  );
  assert.equal(free?.ports.daprHTTPPort, 25_021);
});

test('a port that the file gives twice is refused, by both its names, unless it is replaced or none counts', async () => {
  const apps = [app('one', { appPort: 25_031 }), app('two', { daprHTTPPort: 25_031 })];
  await assert.rejects(settlePorts(apps), {
    code: 'ERR_LAUNCH_PORTS',
    message:
      'Nothing was started: 25031 is appPort of one and daprHTTPPort of two. Give one of them another port.',
  });
  const [, two] = await settlePorts(apps, { two: { daprHTTPPort: 25_032 } });
  assert.equal(two?.ports.daprHTTPPort, 25_032);
  assert.equal((await settlePorts(apps, 'free')).length, 2);
});
