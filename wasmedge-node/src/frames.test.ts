import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FrameReader, FramingError, requestHeader } from './frames.js';

function answerBytes(status: number, payload: string): Buffer {
  const header = Buffer.from([status, 0, 0, 0, 0]);
  header.writeUInt32LE(payload.length, 1);
  return Buffer.concat([header, Buffer.from(payload)]);
}

function readyReader(maxPayloadBytes = 100): FrameReader {
  const reader = new FrameReader(maxPayloadBytes);
  assert.equal(reader.push(Buffer.from('WFN1')), 'ready');
  return reader;
}

test('a request header is the length as u32 little-endian', () => {
  assert.deepEqual([...requestHeader(0x01020304)], [4, 3, 2, 1]);
});

test('the ready mark is taken in pieces of any size', () => {
  const reader = new FrameReader(100);
  assert.equal(reader.push(Buffer.from('W')), undefined);
  assert.equal(reader.push(Buffer.from('FN')), undefined);
  assert.equal(reader.push(Buffer.from('1')), 'ready');
});

test('answers are taken byte by byte, one after the other', () => {
  const reader = readyReader();
  for (const payload of ['first', '', 'third']) {
    const said = [...answerBytes(1, payload)].map((byte) => reader.push(Buffer.from([byte])));
    assert.deepEqual(said.slice(0, -1), said.slice(0, -1).fill(undefined));
    assert.deepEqual(said.at(-1), { status: 1, payload: Buffer.from(payload) });
  }
});

test('an answer in one piece is taken whole', () => {
  assert.deepEqual(readyReader().push(answerBytes(0, 'result')), {
    status: 0,
    payload: Buffer.from('result'),
  });
});

for (const [what, bytes] of [
  ['text in the place of a status', Buffer.from('[2026-01-01] [error] trap')],
  ['bytes after the end of an answer', Buffer.concat([answerBytes(0, 'x'), Buffer.from('y')])],
  ['a payload longer than allowed', Buffer.from([0, 101, 0, 0, 0])],
] as const) {
  test(`${what} break the framing`, () => {
    assert.throws(() => readyReader().push(bytes), FramingError);
  });
}

test('anything before the ready mark breaks the framing, and the error quotes it', () => {
  assert.throws(() => new FrameReader(100).push(Buffer.from('hello')), /before it was ready: "hello"/);
});

test('bytes right behind the ready mark break the framing', () => {
  assert.throws(() => new FrameReader(100).push(Buffer.from('WFN1!')), /before it was asked: "!"/);
});
