import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { workshop } from '../workshop.js';

const GO_MOD = 'module function\n\ngo 1.26\n';

/** Functions that are not built, and what set-up says of each. */
const REFUSED: Readonly<Record<string, { files: Readonly<Record<string, string>>; said: string }>> = {
  'a-missing-word': {
    files: {
      'function.yaml': 'build: c\n',
      'main.c': 'int word(void);\nint main(void) { return word(); }\n',
    },
    said: 'it does not compile:\nwasm-ld: error: main.o: undefined symbol: word\n',
  },
  'a-socket': {
    files: {
      'function.yaml': 'build: c\n',
      'main.c': '#include <sys/socket.h>\nint main(void) { return socket(1, 2, 3); }\n',
    },
    said: "it does not compile:\nmain.c:2:25: error: call to undeclared function 'socket'",
  },
  'a-listener': {
    files: {
      'function.yaml': 'build: go\n',
      'go.mod': GO_MOD,
      'main.go': `package main

import (
	wire "net"
	"os"
)

func main() {
	listener, err := wire.FileListener(os.NewFile(3, "socket"))
	if err == nil {
		_, err = listener.Accept()
	}
	println(err)
}
`,
    },
    said: 'wasm_function.accept. It is asked for at main.go:4 (net).\n',
  },
  'a-package': {
    files: { 'function.yaml': 'build: go\n', 'go.mod': GO_MOD, 'words.go': 'package words\n' },
    said: 'it does not compile:\n-buildmode=exe requires exactly one main package\n',
  },
  'an-unknown-module': {
    files: {
      'function.yaml': 'build: go\n',
      'go.mod': `${GO_MOD}\nrequire example.com/words v1.0.0\n`,
      'main.go': 'package main\n\nimport "example.com/words"\n\nfunc main() { words.Say() }\n',
    },
    said: 'it does not compile:\nmain.go:3:8: missing go.sum entry for module providing package example.com/words',
  },
};

test('what compiler and linker say is told as it is, and nothing is left of these functions', async (t) => {
  const { functions, run } = await workshop(t);
  for (const [name, { files }] of Object.entries(REFUSED)) {
    await mkdir(path.join(functions, name));
    for (const [file, text] of Object.entries(files)) await writeFile(path.join(functions, name, file), text);
  }
  const { exitCode, all } = await run('setup');
  assert.equal(exitCode, 1, all);
  for (const [name, { said }] of Object.entries(REFUSED))
    await t.test(name, () => {
      const [, words = ''] = all.split(`\nfunction ${name}: `).filter((part) => !/^failed in/.test(part));
      assert.ok(words.split('\nfunction ')[0]?.includes(said), all);
    });
  assert.match(all, /^5 functions are not built; everything else is set up\.$/m);
});
