import assert from 'node:assert/strict';
import { appendFile, cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { folders } from '../mounts.js';
import { runScript } from '../workshop.js';

test('kubernetes renders what is missing or old, and with --check says so and fails', async (t) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'kubernetes-command-'));
  t.after(() => rm(folder, { recursive: true }));
  const settings = path.join(folder, 'settings.yaml');
  await cp(path.join(folders.repository, 'deploy/kubernetes/settings.yaml'), settings);
  const run = (...args: readonly string[]) => runScript(t, ['kubernetes', '--folder', folder, ...args]);

  const first = await run();
  assert.equal(first.exitCode, 0, first.all);
  assert.match(first.stdout, /^Wrote .*\/base\/web-port\.yaml$/m);
  const second = await run('--check');
  assert.deepEqual([second.exitCode, second.stderr], [0, '']);
  assert.match(second.stdout, /^The manifests in .* are up to date\.$/);

  await appendFile(path.join(folder, 'base/web-port.yaml'), '# by hand\n');
  await writeFile(path.join(folder, 'base/old.yaml'), '');
  const third = await run('--check');
  assert.equal(third.exitCode, 1);
  assert.match(
    third.stderr,
    /^Not as they would be rendered:\n {2}.*\/base\/old\.yaml\n {2}.*\/base\/web-port\.yaml\nRun `npm run kubernetes`\.$/,
  );
  const fourth = await run();
  assert.match(fourth.stdout, /^Removed .*\/base\/old\.yaml\nWrote .*\/base\/web-port\.yaml$/);

  await appendFile(settings, 'cpus: 3\n');
  const fifth = await run('--check');
  assert.equal(fifth.exitCode, 1);
  assert.match(fifth.stderr, /settings\.yaml is not valid:\n {2}the file: .*"cpus"/);
});
