import assert from 'node:assert/strict';
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { verifyChecksums } from '@app/wasmedge-node';
import { execa } from 'execa';
import { parts } from './built-parts.js';
import { folders } from './mounts.js';

test('git, told to give texts the line ends of Windows, checks out what the checksums are of', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'checkout-'));
  t.after(() => rm(folder, { recursive: true }));
  const [origin, clone] = [join(folder, 'origin'), join(folder, 'clone')];
  const model = 'functions/classify/model';
  await cp(parts.model, join(origin, model), { recursive: true });
  await cp(join(folders.repository, '.gitattributes'), join(origin, '.gitattributes'));
  const git = execa({ cwd: origin });
  await git`git init --quiet`;
  await git`git add --all`;
  await git`git -c user.name=test -c user.email=test@example.org commit --quiet --message test`;
  await git`git -c core.autocrlf=true clone --quiet ${origin} ${clone}`;
  await verifyChecksums(join(clone, model));
  const labels = await readFile(join(clone, model, 'labels.txt'), 'utf8');
  assert.ok(labels.includes('\n') && !labels.includes('\r'));
});
