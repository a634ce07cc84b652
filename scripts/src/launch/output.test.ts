import assert from 'node:assert/strict';
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { Output } from './output.js';

async function copied(chunks: (string | Buffer)[], stream = new PassThrough()): Promise<string> {
  const all = text(stream);
  await new Output(stream, ['app', 'longer']).copy('app', Readable.from(chunks));
  stream.end();
  return all;
}

test('each line stands under the name of who wrote it, in one column', async () => {
  assert.equal(await copied(['one\ntwo\r\n']), 'app    | one\napp    | two\n');
});

test('a line, and a character, may come in pieces, and the last line without its end', async () => {
  const bytes = Buffer.from('grün\nlast');
  assert.equal(await copied([bytes.subarray(0, 3), bytes.subarray(3)]), 'app    | grün\napp    | last\n');
});

test('a line without end is written in pieces instead of being kept', async () => {
  const piece = 'x'.repeat(40_000);
  const lines = (await copied([piece, piece, piece])).trimEnd().split('\n');
  assert.deepEqual(
    lines.map((line) => line.length - 'app    | '.length),
    [80_000, 40_000],
  );
});

test('names are coloured on a terminal that shows colours, and only there', async () => {
  const terminal = (colours: boolean) => Object.assign(new PassThrough(), { hasColors: () => colours });
  assert.equal(await copied(['one\n'], terminal(true)), '\x1b[36mapp    |\x1b[39m one\n');
  assert.equal(await copied(['one\n'], terminal(false)), 'app    | one\n');
});

test('a slow reader slows the source down', async () => {
  const stream = new PassThrough({ highWaterMark: 1 });
  let taken = 0;
  const source = Readable.from(
    (function* () {
      for (; taken < 1000; taken += 1) yield `line ${taken}\n`;
    })(),
    { highWaterMark: 1 },
  );
  const copying = new Output(stream, ['app']).copy('app', source);
  await new Promise(setImmediate);
  assert.ok(taken < 10, `${taken} lines were taken though nothing was read`);
  stream.resume();
  await copying;
  assert.equal(taken, 1000);
});
