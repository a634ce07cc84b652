import assert from 'node:assert/strict';
import sharp from 'sharp';
import { bitmapOf } from '../bitmap.js';
import { fixture } from '../hello.js';
import type { LanguageTest } from './language-test.js';

/** How often each shade of a colour occurs, as sharp decodes the picture. */
async function histogramOf(picture: Buffer, channel: number): Promise<number[]> {
  const { data, info } = await sharp(picture).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  const shades = Array.from({ length: 256 }, () => 0);
  for (let at = channel; at < data.length; at += info.channels) {
    const shade = data[at] ?? 0;
    shades[shade] = (shades[shade] ?? 0) + 1;
  }
  return shades;
}

export const c: LanguageTest = {
  language: 'c',
  input: async () => bitmapOf(await fixture('coffee.png')),
  types: { input: 'image/bmp', answer: 'application/json' },
  verify: async (answer) => {
    const picture = await fixture('coffee.png');
    const { width, height } = await sharp(picture).metadata();
    const [red, green, blue] = await Promise.all([0, 1, 2].map((each) => histogramOf(picture, each)));
    assert.deepEqual(JSON.parse(String(answer)), { width, height, red, green, blue });
  },
  large: async () => {
    const picture = await sharp({ create: { width: 3400, height: 1000, channels: 3, background: 'teal' } })
      .png()
      .toBuffer();
    return bitmapOf(picture);
  },
  bad: { input: (good) => good.subarray(0, good.length - 1000), reason: /The bitmap ends too early/ },
  broken: {
    files: {
      'main.c': '#include "words/word.h"\nint main(void) { return word(); }\n',
      'words/word.h': 'int word(void);\n',
      'words/word.c': '#include "word.h"\nint word(void) {\n  return 1 +;\n}\n',
    },
    said: /it does not compile:\nwords\/word\.c:3:13: error: expected expression\n/,
  },
  forbidden: {
    files: {
      'main.c': 'int listen_to(int socket);\nint main(void) { return listen_to(3); }\n',
      'net/listen.c':
        '#include <sys/socket.h>\nint listen_to(int socket) {\n  return accept(socket, 0, 0);\n}\n',
    },
    said: /imports what a function may not have: wasi_snapshot_preview1\.sock_accept\. .* It is asked for at net\/listen\.c:3 \(accept\)\.$/m,
  },
};
