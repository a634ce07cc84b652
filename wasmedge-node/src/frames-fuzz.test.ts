import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Answer, FrameReader, FramingError, READY_MARK } from './frames.js';

const RUNS = { numRuns: 2000, includeErrorInReport: true };
const MAX_PAYLOAD_BYTES = 64;
const HEADER_BYTES = 5;

const bytes = (maxLength: number) => fc.uint8Array({ maxLength }).map((array) => Buffer.from(array));
const answer = fc.record(
  { status: fc.nat({ max: 2 }), payload: bytes(MAX_PAYLOAD_BYTES) },
  { noNullPrototype: true },
);
const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 8 });

function encoded({ status, payload }: Answer): Buffer {
  const header = Buffer.from([status, 0, 0, 0, 0]);
  header.writeUInt32LE(payload.length, 1);
  return Buffer.concat([header, payload]);
}

/** The bytes in pieces that end at these fractions of them; some may be empty. */
function cutAt(whole: Buffer, fractions: readonly number[]): Buffer[] {
  const ends = fractions.map((fraction) => Math.round(fraction * whole.length)).sort((a, b) => a - b);
  return [...ends, whole.length].map((end, i) => whole.subarray(ends[i - 1] ?? 0, end));
}

test('however a valid stream is cut up, the reader says the same', () => {
  fc.assert(
    fc.property(cuts, fc.array(fc.tuple(answer, cuts), { maxLength: 5 }), (markCuts, answers) => {
      const reader = new FrameReader(MAX_PAYLOAD_BYTES);
      const said = (pieces: Buffer[]) =>
        pieces.map((piece) => reader.push(piece)).filter((frame) => frame !== undefined);
      assert.deepEqual(said(cutAt(READY_MARK, markCuts)), ['ready']);
      for (const [sent, answerCuts] of answers)
        assert.deepEqual(said(cutAt(encoded(sent), answerCuts)), [sent]);
    }),
    RUNS,
  );
});

/** Streams that are nearly right: frames, damaged ones and noise in pieces of any size. */
const header = fc
  .record({ status: fc.nat({ max: 3 }), length: fc.oneof(fc.nat({ max: 80 }), fc.nat({ max: 2 ** 32 - 1 })) })
  .map(({ status, length }) => {
    const header = Buffer.from([status, 0, 0, 0, 0]);
    header.writeUInt32LE(length, 1);
    return header;
  });
const piece = fc.oneof(fc.constant(Buffer.from(READY_MARK)), answer.map(encoded), header, bytes(80));
const anything = fc.tuple(fc.boolean(), fc.array(piece, { maxLength: 12 }));

test('of any bytes the reader makes the frames that they are, or a FramingError', () => {
  fc.assert(
    fc.property(anything, ([marked, pieces]) => {
      const stream = marked ? [Buffer.from(READY_MARK), ...pieces] : pieces;
      const reader = new FrameReader(MAX_PAYLOAD_BYTES);
      const understood: Buffer[] = [];
      let taken = 0;
      try {
        for (const chunk of stream) {
          const said = reader.push(chunk);
          taken += chunk.length;
          if (said === 'ready') understood.push(READY_MARK);
          else if (said !== undefined) understood.push(encoded(said));
        }
      } catch (error) {
        assert.ok(error instanceof FramingError, String(error));
        assert.equal(error.code, 'ERR_FRAMING');
      }
      const frames = Buffer.concat(understood);
      assert.deepEqual(frames, Buffer.concat(stream).subarray(0, frames.length));
      assert.ok(taken - frames.length < HEADER_BYTES + MAX_PAYLOAD_BYTES, 'a whole frame was not given');
    }),
    RUNS,
  );
});

test('whatever length is announced, no more memory is taken than the limit', () => {
  const limit = 256 * 1024;
  const slack = 64 * 1024;
  fc.assert(
    fc.property(fc.oneof(fc.nat({ max: 2 * limit }), fc.nat({ max: 2 ** 32 - 1 })), (length) => {
      const reader = new FrameReader(limit);
      reader.push(READY_MARK);
      const header = Buffer.alloc(HEADER_BYTES);
      header.writeUInt32LE(length, 1);
      const before = process.memoryUsage().arrayBuffers;
      const push = () => reader.push(header);
      if (length > limit) assert.throws(push, FramingError);
      else push();
      assert.ok(process.memoryUsage().arrayBuffers - before <= Math.min(length, limit) + slack);
    }),
    RUNS,
  );
});
