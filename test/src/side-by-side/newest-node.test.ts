import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readlink } from 'node:fs/promises';
import { createServer } from 'node:http';
import path from 'node:path';
import { test } from 'node:test';
import { execa } from 'execa';
import { parts } from '../built-parts.js';
import { fixture, post } from '../hello.js';
import { spawnLauncher } from '../launcher.js';
import { familyOf } from '../processes.js';

test('under the newest Node, told to use a proxy, all that is on this machine is reached without it', async (t) => {
  const asked: string[] = [];
  const proxy = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    response.writeHead(502).end();
  });
  proxy.on('connect', (request, socket) => {
    asked.push(`CONNECT ${request.url}`);
    socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  t.after(() => proxy.close());
  const address = proxy.address();
  assert.ok(typeof address === 'object' && address !== null);
  const proxyUrl = `http://127.0.0.1:${address.port}`;

  const proxied = {
    NODE_USE_ENV_PROXY: '1',
    HTTP_PROXY: proxyUrl,
    http_proxy: proxyUrl,
    NO_PROXY: '',
    no_proxy: '',
  };
  // The proxy is one: what asks as one does without further ado, ends there.
  const plain = 'fetch("http://127.0.0.1:20000/").catch(() => {})';
  await execa(parts.newestNode, ['--eval', plain], { env: proxied, timeout: 10_000 });
  assert.ok(asked.length > 0);
  asked.length = 0;

  const PATH = `${path.dirname(parts.newestNode)}:${process.env.PATH}`;
  const launcher = await spawnLauncher(t, { env: { ...proxied, PATH }, node: parts.newestNode });
  const url = await launcher.url();
  const coffee = await fixture('coffee.png');
  const grey = await post(`${url}/api/hello`, coffee, { api: 'grayscale' });
  assert.deepEqual([grey.status, grey.type], [200, 'image/png']);
  const sentence = await post(`${url}/api/hello`, coffee, { api: 'classify' });
  assert.equal(sentence.status, 200, sentence.body.toString());
  assert.match(sentence.body.toString(), /espresso/);
  assert.deepEqual(asked, []);

  const programs = await Promise.all(
    familyOf(launcher.process.pid ?? 0).map(({ pid }) => readlink(`/proc/${pid}/exe`)),
  );
  const nodes = programs.filter((program) => program.endsWith('/node'));
  assert.equal(nodes.length, 4, programs.join());
  for (const node of nodes) assert.ok(node.includes('/newest-node/'), node);
  launcher.process.kill('SIGTERM');
  assert.equal(await launcher.ended, 0);
  // As in `(node:1) [DEP0040] DeprecationWarning: …`
  assert.doesNotMatch(launcher.output(), /\(node:\d+\)/);
});
