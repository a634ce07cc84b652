import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { z } from 'zod';
import { root } from '../paths.js';
import { buildArguments } from './build.js';
import { engines } from './engine.js';
import { defaultTag } from './image.js';

const { version } = z
  .object({ version: z.string() })
  .parse(JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8')));
const plain = { tag: 'name:1', compileAtStart: false, buildOptions: [] };

test('each engine builds deploy/Dockerfile of the repository, with version and revision', async () => {
  const revision = execFileSync('git', ['-C', root, 'rev-parse', 'HEAD'], { encoding: 'utf8' }).trim();
  for (const engine of engines) {
    const args = await buildArguments(engine, plain);
    assert.deepEqual(args.slice(engine.build.length), [
      ...['--file', 'deploy/Dockerfile', '--tag', 'name:1'],
      ...['--build-arg', `VERSION=${version}`, '--build-arg', `REVISION=${revision}`, '.'],
    ]);
  }
  assert.equal(await defaultTag(), `dapr-wasmedge:${version}`);
});

test('the base image, LLVM and options of the engine are passed on', async () => {
  for (const engine of engines) {
    const buildOptions = ['--network=host', '--pull'];
    const args = await buildArguments(engine, {
      ...plain,
      base: 'base:2',
      compileAtStart: true,
      buildOptions,
    });
    assert.deepEqual(args.slice(-7), [
      ...['--build-arg', 'BASE_IMAGE=base:2', '--build-arg', 'COMPILE=start'],
      ...['--network=host', '--pull', '.'],
    ]);
  }
});

test('the arguments and files that the build names are those of the Dockerfile', async () => {
  const dockerfile = await readFile(path.join(root, 'deploy/Dockerfile'), 'utf8');
  for (const name of ['BASE_IMAGE', 'VERSION', 'REVISION', 'COMPILE'])
    assert.match(dockerfile, new RegExp(`^ARG ${name}(=|$)`, 'm'));
  const [, program = ''] = /^RUN node (\S+)/m.exec(dockerfile) ?? [];
  assert.ok(existsSync(path.join(root, program)), program);
  const own = [...dockerfile.matchAll(/"\/?(?:app\/)?([\w-]+\/[\w/-]+\.js)"/g)].map(([, file = '']) => file);
  assert.deepEqual(own, ['deploy/health.js']);
  for (const file of own) assert.ok(existsSync(path.join(root, file)), file);
});
