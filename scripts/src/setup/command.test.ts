import assert from 'node:assert/strict';
import { test } from 'node:test';
import { run } from './command.js';

const node = (script: string) => [process.execPath, ['-e', script]] as const;

test('a command gives what it wrote to stdout, and each line as it comes', async () => {
  const lines: string[] = [];
  const script = 'console.log("one"); console.error("two"); console.log("three")';
  const output = await run(...node(script), { onLine: (line) => lines.push(line) });
  assert.equal(output, 'one\nthree');
  assert.deepEqual(lines.sort(), ['one', 'three', 'two']);
});

test('a command that fails is an error with what it said last', async () => {
  const script = 'for (let i = 0; i < 50; i++) console.error("line " + i); process.exit(3)';
  await assert.rejects(run(...node(script)), (error: Error) => {
    assert.match(error.message, /exit code 3/);
    assert.match(error.message, /line 49/);
    assert.doesNotMatch(error.message, /line 10\n/);
    return true;
  });
});

test('a command that is not there is an error with its name', async () => {
  await assert.rejects(run('no-such-command', []), { code: 'ERR_SETUP', message: /no-such-command/ });
});

test('a command ends when set-up is stopped', async () => {
  const stop = new AbortController();
  const running = run(...node('console.log("up"); setInterval(() => {}, 1000)'), {
    signal: stop.signal,
    onLine: () => stop.abort(new Error('enough')),
  });
  await assert.rejects(running, { message: 'enough' });
});
