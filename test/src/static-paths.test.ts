import assert from 'node:assert/strict';
import { test } from 'node:test';
import { talk } from './raw-http.js';
import { startService } from './service.js';

const paths = [
  '/static/../package.json',
  '/static/../../package.json',
  '/static/%2e%2e/package.json',
  '/static/%2e%2e%2f%2e%2e%2fpackage.json',
  '/static/..%2fpackage.json',
  '/static/%00',
  '/static/%zz',
  '/static/..%5cpackage.json',
  '/static/..\\package.json',
  '/static/%252e%252e/package.json',
  '/static/%c0%ae%c0%ae/package.json',
  '/static/....//package.json',
  '/static/.%00./package.json',
  '/static//etc/passwd',
  '/static/file:///etc/passwd',
  '/static/../src/page.ts',
  'http://localhost/static/../package.json',
];

test('no path below /static/, as it is, leads to a file that is not of the page', async (t) => {
  const { url, output } = await startService(t, 'web-port');
  for (const path of paths) {
    const request = `GET ${path} HTTP/1.1\r\nhost: localhost\r\n\r\n`;
    const { statuses, text } = await talk(url, [request]);
    assert.ok(statuses.length === 1 && [400, 403, 404].includes(statuses[0] ?? 0), `${path}: ${text}`);
    assert.match(text, /application\/problem\+json/);
    assert.doesNotMatch(text, /@app\/|root:|import /);
  }
  assert.doesNotMatch(output(), /"level":50/);
});
