import assert from 'node:assert/strict';
import { test } from 'node:test';
import { integer, readConfig, serverSettings } from './config.js';

test('settings that are not in the environment have their defaults', () => {
  const config = readConfig(serverSettings({ port: 9004 }), {});
  assert.deepEqual([config.HOST, config.PORT, config.SHUTDOWN_MS], ['127.0.0.1', 9004, 8000]);
  // What the functions' manifests say.
  assert.deepEqual([config.TIMEOUT_MS, config.MAX_UPLOAD_BYTES], [undefined, undefined]);
});

test('settings are read from the environment, and nothing else is', () => {
  const config = readConfig(
    { PORT: integer({ min: 0, max: 65_535 }).default(1) },
    { PORT: '9100', PATH: '/bin' },
  );
  assert.deepEqual(config, { PORT: 9100 });
});

test('a variable that is set to nothing counts as unset', () => {
  assert.equal(readConfig(serverSettings({ port: 9004 }), { PORT: '' }).PORT, 9004);
});

test('the port is PORT, or else APP_PORT, under which Dapr tells it', () => {
  const portOf = (environment: Record<string, string>) =>
    readConfig(serverSettings({ port: 9004 }), environment).PORT;
  assert.equal(portOf({ APP_PORT: '9100' }), 9100);
  assert.equal(portOf({ PORT: '', APP_PORT: '9100' }), 9100);
  assert.equal(portOf({ PORT: '9200', APP_PORT: '9100' }), 9200);
});

test('a wrong port is named as it was given', () => {
  const refused = (environment: Record<string, string>, message: RegExp) =>
    assert.throws(() => readConfig(serverSettings({ port: 1 }), environment), {
      code: 'ERR_CONFIG',
      message,
    });
  refused({ APP_PORT: '1e4' }, /^ {2}APP_PORT="1e4": must be a whole number$/m);
  refused({ PORT: 'x', APP_PORT: '9100' }, /^ {2}PORT="x": must be a whole number$/m);
});

for (const [name, value, complaint] of [
  ['PORT', 'http', 'must be a whole number'],
  ['PORT', '-1', 'must be a whole number'],
  ['PORT', '65536', 'must be at most 65535'],
  ['TIMEOUT_MS', '0', 'must be at least 1'],
  ['LOG_LEVEL', 'loud', 'Invalid option'],
] as const) {
  test(`${name}=${value} stops the start with a message that quotes it`, () => {
    assert.throws(() => readConfig(serverSettings({ port: 1 }), { [name]: value }), {
      code: 'ERR_CONFIG',
      message: new RegExp(`${name}="${value}": ${complaint}`),
    });
  });
}

test('every wrong variable is named, not only the first', () => {
  assert.throws(
    () => readConfig(serverSettings({ port: 1 }), { PORT: 'x', TIMEOUT_MS: 'y' }),
    /PORT="x"[\s\S]*TIMEOUT_MS="y"/,
  );
});
