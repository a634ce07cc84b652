import assert from 'node:assert/strict';
import { test } from 'node:test';
import { originList } from './origins.js';

const list = originList({ whenUnset: 'none' });

test('unless origins are listed, the list is what the service says', () => {
  assert.deepEqual(list.parse(undefined), []);
  assert.deepEqual(originList({ whenUnset: '*' }).parse(undefined), ['*']);
  assert.deepEqual(originList({ whenUnset: '*' }).parse('none'), []);
});

test('origins are separated by commas, with or without blanks', () => {
  assert.deepEqual(list.parse('https://example.org, http://localhost:3000'), [
    'https://example.org',
    'http://localhost:3000',
  ]);
  assert.deepEqual(list.parse('*'), ['*']);
});

for (const wrong of [
  'example.org',
  'https://example.org/',
  'https://example.org/page',
  'https://*.example.org',
]) {
  test(`${wrong} is not an origin`, () => {
    assert.throws(() => list.parse(wrong), /must be origins such as https:\/\/example\.org/);
  });
}
