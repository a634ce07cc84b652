import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { root } from '../paths.js';

const execute = promisify(execFile);

for (const [HOST, variable] of [
  ['127.0.0.1', 'APP_PORT'],
  ['0.0.0.0', 'PORT'],
  ['::1', 'APP_PORT'],
  ['::', 'APP_PORT'],
] as const)
  test(`an image's health check finds a service that listens on ${HOST} at ${variable}`, async (t) => {
    let status = 200;
    const server = createServer((_request, response) => response.writeHead(status).end());
    t.after(() => server.close());
    await once(server.listen(0, HOST), 'listening');
    const { port } = server.address() as AddressInfo;
    const check = () =>
      execute(process.execPath, [path.join(root, 'deploy/health.js')], {
        env: { HOST, [variable]: String(port) },
      });
    await check();
    status = 503;
    await assert.rejects(check(), { code: 1 });
  });
