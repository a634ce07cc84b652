import assert from 'node:assert/strict';
import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { test } from 'node:test';
import { traceHeaders, traceId } from './trace-context.js';

function requestWith(traceparent?: string): IncomingMessage {
  const request = new IncomingMessage(new Socket());
  if (traceparent !== undefined) request.headers.traceparent = traceparent;
  return request;
}

test('the trace id is the one of the traceparent header', () => {
  const id = '4bf92f3577b34da6a3ce929d0e0e4736';
  assert.equal(traceId(requestWith(`00-${id}-00f067aa0ba902b7-01`)), id);
});

const [id, parent] = ['4bf92f3577b34da6a3ce929d0e0e4736', '00f067aa0ba902b7'];
for (const given of [
  undefined,
  '',
  'nonsense',
  `00-${'g'.repeat(32)}-${parent}-01`,
  `00-${'0'.repeat(32)}-${parent}-01`,
  `00-${id}-${'0'.repeat(16)}-01`,
  `ff-${id}-${parent}-01`,
]) {
  test(`a traceparent of ${JSON.stringify(given)} is replaced by a new one, which is forwarded`, () => {
    const request = requestWith(given);
    const id = traceId(request);
    assert.match(id, /^[\da-f]{32}$/);
    assert.match(String(request.headers.traceparent), new RegExp(`^00-${id}-[\\da-f]{16}-01$`));
  });
}

test('a trace goes on with what vendors say of it', () => {
  const request = requestWith(`00-${id}-${parent}-00`);
  request.headers.tracestate = 'vendor=1';
  traceId(request);
  assert.deepEqual(traceHeaders(request.headers), {
    traceparent: `00-${id}-${parent}-00`,
    tracestate: 'vendor=1',
  });
});

test('of a trace that is replaced nothing goes on', () => {
  const request = requestWith('nonsense');
  request.headers.tracestate = 'vendor=1';
  const made = traceId(request);
  const { traceparent, ...further } = traceHeaders(request.headers);
  assert.ok(traceparent?.includes(made));
  assert.deepEqual(further, {});
});
