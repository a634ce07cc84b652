// Sends one picture again and again: a process of its own, so that what it takes is not the bench's.
// The orders come as JSON in the one argument, the result goes to stdout as one line of JSON.
import { readFile } from 'node:fs/promises';
import autocannon from 'autocannon';
import { LoadOrders, type LoadResult } from './load.js';
import { quantile } from './sample.js';

const { url, headers, file, connections, seconds, amount } = LoadOrders.parse(
  JSON.parse(process.argv[2] ?? ''),
);

const statuses: Record<string, number> = {};
const times: number[] = [];
const count = (status: string) => {
  statuses[status] = (statuses[status] ?? 0) + 1;
};
const body = await readFile(file);
const startedAt = performance.now();
const cpuAtStart = process.cpuUsage();
await new Promise<void>((resolve, reject) => {
  const run = autocannon(
    {
      url,
      method: 'POST',
      headers: { 'content-type': 'image/jpeg', ...headers },
      body,
      connections,
      // A connection may wait long to be accepted: libuv takes one in each turn of the event loop.
      timeout: 600,
      ...(amount === undefined ? { duration: seconds } : { amount }),
    },
    (error) => (error ? reject(error) : resolve()),
  );
  run.on('response', (_client, status, _bytes, ms) => {
    count(String(status));
    if (status === 200) times.push(ms);
  });
  run.on('reqError', (error: Error) => count(error.message));
});

const cpu = process.cpuUsage(cpuAtStart);
const result: LoadResult = {
  statuses,
  perSecond: (times.length * 1000) / (performance.now() - startedAt),
  p50Ms: quantile(times, 0.5),
  p99Ms: quantile(times, 0.99),
  cpuMs: (cpu.user + cpu.system) / 1000,
};
console.log(JSON.stringify(result));
