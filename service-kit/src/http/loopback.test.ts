import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isLoopback, namesLoopback } from './access.js';

for (const [address, expected] of [
  ['127.0.0.1', true],
  ['127.8.9.10', true],
  ['::1', true],
  ['::ffff:127.0.0.1', true],
  ['localhost', true],
  ['0.0.0.0', false],
  ['::', false],
  ['192.0.2.1', false],
  ['::ffff:192.0.2.1', false],
  ['example.org', false],
  ['', false],
] as const) {
  test(`${JSON.stringify(address)} is ${expected ? '' : 'not '}loopback`, () => {
    assert.equal(isLoopback(address), expected);
  });
}

for (const [header, expected] of [
  ['127.0.0.1:9003', true],
  ['localhost', true],
  ['LOCALHOST:9003', true],
  ['[::1]:9003', true],
  ['web.localhost', true],
  ['example.org', false],
  ['127.0.0.1.example.org', false],
  ['localhost.example.org:9003', false],
  ['example.org/127.0.0.1', false],
  ['', false],
  [undefined, false],
  ['a b', false],
] as const) {
  test(`the header Host: ${header} ${expected ? 'names' : 'does not name'} loopback`, () => {
    assert.equal(namesLoopback(header), expected);
  });
}
