import assert from 'node:assert/strict';
import sharp from 'sharp';
import { fixture } from '../hello.js';
import type { LanguageTest } from './language-test.js';

const GO_MOD = 'module function\n\ngo 1.26\n';

export const go: LanguageTest = {
  language: 'go',
  input: async () =>
    sharp(await fixture('coffee.png'))
      .jpeg()
      .toBuffer(),
  types: { input: 'image/jpeg', answer: 'image/jpeg' },
  verify: async (answer, input) => {
    const { data, info } = await sharp(answer).raw().toBuffer({ resolveWithObject: true });
    const { width, height } = await sharp(input).metadata();
    assert.equal(Math.max(info.width, info.height), 48);
    assert.ok(Math.abs(info.width / info.height - width / height) < 0.05, `${info.width} x ${info.height}`);
    const mean = { width: 3, height: 3, kernel: Array.from({ length: 9 }, () => 1) };
    // One by one: sharp would blur before it shrinks.
    const small = await sharp(input).resize(info.width, info.height, { fit: 'fill' }).png().toBuffer();
    const expected = await sharp(small).convolve(mean).removeAlpha().raw().toBuffer();
    const distance = data.reduce((sum, value, at) => sum + Math.abs(value - (expected[at] ?? 0)), 0);
    assert.ok(distance / data.length < 7, `${distance / data.length} from what sharp makes of it`);
  },
  large: async () =>
    sharp({ create: { width: 6000, height: 4000, channels: 3, background: 'teal' } })
      .jpeg({ quality: 40 })
      .toBuffer(),
  bad: { input: (good) => good.subarray(0, good.length / 2), reason: /Invalid JPEG format/ },
  broken: {
    files: {
      'go.mod': GO_MOD,
      'main.go': 'package main\n\nimport "function/words"\n\nfunc main() { print(words.Word()) }\n',
      'words/word.go': 'package words\n\nfunc Word() string {\n\treturn wrod\n}\n',
    },
    said: /it does not compile:\n# function\/words\nwords\/word\.go:4:9: undefined: wrod/,
  },
  forbidden: {
    files: {
      'go.mod': GO_MOD,
      'main.go': `package main

import "os"

//go:wasmimport wasi_snapshot_preview1 sock_open
func openSocket(family, kind int32, socket *int32) int32

func main() { var socket int32; os.Exit(int(openSocket(0, 0, &socket))) }
`,
    },
    said: /imports what a function may not have: wasi_snapshot_preview1\.sock_open\. .* It is asked for at main\.go:5 \(wasi_snapshot_preview1 sock_open\)\.$/m,
  },
};
