import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { collectorOf } from './collector.js';

const files = { program: process.execPath, page: '/page', configuration: '/config.yaml' };

test('where no collector is set up, nothing is started, and the message says what brings it in', async () => {
  await assert.rejects(collectorOf(false, { ...files, program: '/nowhere/jaeger' }), {
    code: 'ERR_LAUNCH_COLLECTOR',
    message:
      'Nothing was started: there is no collector at /nowhere/jaeger. `npm start -- --traces` brings it in.',
  });
});

test('a collector that finds its usual ports taken gets others, and learns them', async (t) => {
  const taken = createServer().listen(16_686);
  t.after(() => taken.close());
  await Promise.race([once(taken, 'listening'), once(taken, 'error')]);
  const { endpoint, page, process } = await collectorOf(false, files);
  const { PAGE_PORT, OTLP_PORT, PAGE_FOLDER } = process.env;
  assert.notEqual(PAGE_PORT, '16686');
  assert.deepEqual(
    [endpoint, page, PAGE_FOLDER],
    [`http://127.0.0.1:${OTLP_PORT}`, `http://localhost:${PAGE_PORT}/`, '/page'],
  );
});
