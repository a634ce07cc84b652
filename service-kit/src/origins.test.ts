import assert from 'node:assert/strict';
import { test } from 'node:test';
import { originList } from './origins.js';

test('no origin is listed unless some are', () => {
  assert.deepEqual(originList.parse(undefined), []);
});

test('origins are separated by commas, with or without blanks', () => {
  assert.deepEqual(originList.parse('https://example.org, http://localhost:3000'), [
    'https://example.org',
    'http://localhost:3000',
  ]);
  assert.deepEqual(originList.parse('*'), ['*']);
});

for (const wrong of [
  'example.org',
  'https://example.org/',
  'https://example.org/page',
  'https://*.example.org',
]) {
  test(`${wrong} is not an origin`, () => {
    assert.throws(() => originList.parse(wrong), /must be origins such as https:\/\/example\.org/);
  });
}
