import assert from 'node:assert/strict';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { test } from 'node:test';
import getPort from 'get-port';
import { startApplication } from './application.js';
import { fixture, post } from './hello.js';
import { figure } from './metrics.js';
import { familyOf } from './processes.js';
import { startService } from './service.js';

const TCP_LISTEN = '0A';
const UDP_BOUND = '07';

/** The addresses on which a process takes connections or datagrams, as the kernel writes them: proc_net(5). */
async function listeningAddresses(pid: number): Promise<string[]> {
  const inodes = new Set<string>();
  for (const descriptor of await readdir(`/proc/${pid}/fd`)) {
    const target = await readlink(`/proc/${pid}/fd/${descriptor}`).catch(() => '');
    const [, inode] = /^socket:\[(\d+)\]$/.exec(target) ?? [];
    if (inode !== undefined) inodes.add(inode);
  }
  const addresses: string[] = [];
  for (const [table, listening] of [
    ['tcp', TCP_LISTEN],
    ['tcp6', TCP_LISTEN],
    ['udp', UDP_BOUND],
    ['udp6', UDP_BOUND],
  ] as const) {
    const lines = (await readFile(`/proc/${pid}/net/${table}`, 'utf8')).trim().split('\n').slice(1);
    for (const line of lines) {
      const fields = line.trim().split(/\s+/);
      const [, local = '', , state] = fields;
      if (state === listening && inodes.has(fields[9] ?? '')) addresses.push(`${table} ${local}`);
    }
  }
  return addresses;
}

// 127.0.0.0/8 as a little-endian word, and ::1 as four of them.
const LOOPBACK = /^(tcp|udp) [\dA-F]{6}7F:|^(tcp|udp)6 0{24}01000000:/;

test('services, sidecars and all that they start listen on loopback alone', async (t) => {
  const application = await startApplication();
  t.after(() => application.stop());
  for (const [name, { pid = 0, daprPid = 0 }] of application.apps) {
    const addresses = await listeningAddresses(pid);
    assert.equal(addresses.length, 1, `${name}: ${addresses}`);
    const ofSidecar = await listeningAddresses(daprPid);
    assert.ok(ofSidecar.length >= 3, `the sidecar of ${name}: ${ofSidecar}`);
    const [, ...started] = familyOf(pid);
    const children = await Promise.all(started.map((each) => listeningAddresses(each.pid)));
    assert.deepEqual(children.flat(), [], `what ${name} has started`);
    for (const address of [...addresses, ...ofSidecar])
      assert.match(address, LOOPBACK, `${name} or its sidecar listens elsewhere`);
  }
});

test('GET /metrics is 404 to who comes from another address than loopback', async (t) => {
  const own = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .find(({ internal, family }) => !internal && family === 'IPv4');
  if (own === undefined) {
    t.skip('this machine has no address but loopback to come from');
    return;
  }
  const { url } = await startService(t, 'web-port', { HOST: '0.0.0.0' });
  const elsewhere = url.replace('127.0.0.1', own.address);
  assert.equal((await fetch(`${elsewhere}/healthz`)).status, 200);
  assert.equal((await fetch(`${elsewhere}/metrics`)).status, 404);
  assert.equal((await fetch(`${url}/metrics`)).status, 200);
});

test('with METRICS_PORT there is GET /metrics on that port for everybody, and nothing of the service', async (t) => {
  const port = await getPort();
  const service = await startService(t, 'web-port', { HOST: '0.0.0.0', METRICS_PORT: String(port) });
  const url = `http://127.0.0.1:${port}`;
  const asPod = await fetch(`${url}/metrics`, { headers: { host: 'pod.example' } });
  assert.equal(asPod.status, 200);
  assert.match(await asPod.text(), /^http_request_duration_seconds_count\{method="GET",route="\/healthz"/m);
  for (const path of ['/', '/healthz', '/api/functions'])
    assert.equal((await fetch(`${url}${path}`)).status, 404, path);
  service.process.kill('SIGTERM');
  assert.equal(await service.ended, 0);
  await assert.rejects(fetch(`${url}/metrics`));
});

test('GET /metrics tells requests by route and status, how long they took, and what the pool does', async (t) => {
  const { url } = await startService(t, 'image-api-grayscale');
  assert.equal((await post(`${url}/api/image`, await fixture('coffee.png'))).status, 200);
  assert.equal((await post(`${url}/api/image`, undefined)).status, 400);
  const requests = 'method="POST",route="/api/image"';
  const duration = 'http_request_duration_seconds';
  assert.equal(await figure(url, `${duration}_count{${requests},status="200"}`), 1);
  assert.equal(await figure(url, `${duration}_count{${requests},status="400"}`), 1);
  assert.ok((await figure(url, `${duration}_sum{${requests},status="200"}`)) > 0);
  assert.equal(await figure(url, `${duration}_bucket{le="30",${requests},status="200"}`), 1);
  assert.ok((await figure(url, 'function_run_seconds{function="grayscale",quantile="0.5"}')) > 0);
  assert.ok((await figure(url, 'function_wait_seconds{function="grayscale",quantile="0.5"}')) > 0);
  assert.ok((await figure(url, 'function_started_total')) >= 1);
  assert.ok((await figure(url, 'process_resident_memory_bytes')) > 0);
  for (const name of [
    'http_requests_in_progress',
    'function_waiting',
    'function_running',
    'function_refused_total',
  ])
    assert.equal(await figure(url, name), 0);
});
