import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import { lacks } from './machine.js';

test('what a machine lacks for a cluster is said all at once, each with the remedy', async (t) => {
  const { PATH } = process.env;
  const empty = await mkdtemp(`${tmpdir()}/empty-`);
  t.after(async () => {
    process.env.PATH = PATH;
    await rm(empty, { recursive: true });
  });
  process.env.PATH = empty;
  const said = await lacks();
  for (const [command, from] of [
    ['nsenter', 'util-linux'],
    ['ip', 'iproute2'],
    ['sysctl', 'procps'],
  ])
    assert.ok(said.includes(`${command} is not on the PATH: apt-get install ${from}`), said.join('\n'));
});
