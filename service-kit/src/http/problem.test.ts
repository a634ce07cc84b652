import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FunctionError, type FunctionErrorCode } from '@app/wasmedge-node';
import { Problem, problemOf } from './problem.js';

for (const [code, message, status, detail] of [
  ['ERR_FUNCTION_INPUT', 'cannot be decoded: damaged GIF', 422, 'Cannot be decoded: damaged GIF.'],
  ['ERR_FUNCTION_INPUT_TOO_LARGE', 'too large: 30000 frames', 413, 'Too large: 30000 frames.'],
  ['ERR_FUNCTION_INPUT_FORMAT', 'unsupported format: send a PNG', 415, 'Unsupported format: send a PNG.'],
  ['ERR_FUNCTION_INPUT_EMPTY', 'empty: nothing there', 400, 'Empty: nothing there.'],
  ['ERR_FUNCTION_TIMEOUT', 'gave no answer', 504, 'Gave no answer.'],
  ['ERR_FUNCTION_BUSY', '32 wait already', 503, '32 wait already.'],
  [
    'ERR_FUNCTION_UNAVAILABLE',
    'secret path',
    503,
    'The function cannot be run right now; the log says why. Try again in a moment.',
  ],
  ['ERR_FUNCTION_CLOSED', 'is being closed', 503, 'Is being closed.'],
  ['ERR_FUNCTION_FAILED', 'secret path', 500, 'The function failed on this input; the log says how.'],
  ['ERR_FUNCTION_TRAPPED', 'secret path', 500, 'The function failed on this input; the log says how.'],
] as const satisfies readonly (readonly [FunctionErrorCode, string, number, string])[]) {
  test(`${code} «${message}» is ${status}`, () => {
    const error = new FunctionError(code, message);
    const problem = problemOf(error);
    assert.deepEqual([problem.status, problem.code, problem.message], [status, code, detail]);
    assert.equal(problem.retryAfter, status === 503 ? 1 : undefined);
    assert.equal(problem.cause, error);
  });
}

test('a problem stays what it is', () => {
  const problem = new Problem(400, 'ERR_X', 'x');
  assert.equal(problemOf(problem), problem);
});

test('the end of the time is 504', () => {
  assert.equal(problemOf(new DOMException('late', 'TimeoutError')).status, 504);
});

test('what a client did wrong keeps its status', () => {
  assert.equal(problemOf(Object.assign(new Error('bad path'), { status: 400 })).status, 400);
});

for (const error of [
  new Error('secret'),
  'secret',
  undefined,
  Object.assign(new Error('secret'), { status: 599 }),
]) {
  test(`${String(error)} is 500 and tells nothing`, () => {
    const problem = problemOf(error);
    assert.equal(problem.status, 500);
    assert.doesNotMatch(JSON.stringify(problem), /secret/);
  });
}
