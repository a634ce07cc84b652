// A text on stdin, what it consists of as JSON on stdout. What is no text ends with exit code 1 and a line that says why.

import { statistics } from './statistics';
import { invalidUtf8At } from './utf8';

/** Bytes that stdin is first asked for. */
const FIRST_READ = 65536;

main();

function main(): void {
  const input = readAll();
  const invalid = invalidUtf8At(Uint8Array.wrap(input));
  if (invalid >= 0) {
    process.stderr.write(`the text is not UTF-8: byte ${invalid} begins no character\n`);
    process.exit(1);
  }
  process.stdout.write(statistics(String.UTF8.decode(input)));
}

/** All of stdin. */
function readAll(): ArrayBuffer {
  let buffer = new ArrayBuffer(FIRST_READ);
  let length = 0;
  while (true) {
    const read = process.stdin.read(buffer, length);
    if (read === 0) return buffer.slice(0, length);
    length += read;
    if (length < buffer.byteLength) continue;
    const larger = new ArrayBuffer(buffer.byteLength * 2);
    memory.copy(changetype<usize>(larger), changetype<usize>(buffer), length);
    buffer = larger;
  }
}
