import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { execa } from 'execa';
import sharp from 'sharp';
import { parts } from './built-parts.js';

/** Runs a guest of test/guests with the plug-in, the bundled model in /model and the small ones in /models. */
function runGuest(name: string, kind: 'wasm' | 'so', args: string[], input = new Uint8Array()) {
  const folders = [`/model:${parts.model}:readonly`, `/models:${parts.smallModels}:readonly`];
  return execa(
    parts.wasmedge,
    [...folders.flatMap((folder) => ['--dir', folder]), parts.guest(name, kind), ...args],
    { input, encoding: 'buffer', env: { WASMEDGE_PLUGIN_PATH: parts.plugins }, timeout: 60_000 },
  );
}

/** nn_errno of the WASI-NN standard. */
const errno = {
  success: 0,
  invalidArgument: 1,
  invalidEncoding: 2,
  runtimeError: 5,
  unsupported: 6,
  tooLarge: 7,
};

/** The cases of the guest wasi-nn-misuse that do not get invalid_argument. */
const otherCodes: Record<string, number> = {
  'load: encoding onnx': errno.invalidEncoding,
  'load: encoding 99': errno.invalidEncoding,
  'load: encoding max': errno.invalidEncoding,
  'load: tensors of i16': errno.unsupported,
  load_by_name: errno.unsupported,
  load: errno.success,
  'compute: inputs not set': errno.runtimeError,
  'compute: second input not set': errno.runtimeError,
  set_input: errno.success,
  'set_input: second': errno.success,
  'get_output: nothing computed': errno.runtimeError,
  compute: errno.success,
  'get_output: buffer too small': errno.tooLarge,
  'get_output: bytes needed': 16,
  get_output: errno.success,
  "two contexts: the first's sum": errno.success,
  "two contexts: the second's sum": errno.success,
  'load: too many graphs': errno.tooLarge,
  'init_execution_context: too many contexts': errno.tooLarge,
  'after all of it, the sum': errno.success,
};
/** How many cases the guest has: one that is lost must not go unnoticed. */
const CASES = 71;

/** Little-endian bytes of the two inputs of a + b, and of their sum. */
const additions = {
  f32: {
    inputs: new Float32Array([1, -2.5, 3e9, 0, 10, 20, 30, 0.5]),
    sum: new Float32Array([11, 17.5, 3e9 + 30, 0.5]),
  },
  i32: {
    inputs: new Int32Array([1, -2, 3, 2 ** 30, 10, 20, 30, -1]),
    sum: new Int32Array([11, 18, 33, 2 ** 30 - 1]),
  },
  i64: {
    inputs: new BigInt64Array([1n, -2n, 3n, 2n ** 40n, 10n, 20n, 30n, -1n]),
    sum: new BigInt64Array([11n, 18n, 33n, 2n ** 40n - 1n]),
  },
};

const bytes = (array: ArrayBufferView<ArrayBuffer>) => new Uint8Array(array.buffer);

for (const [kind, mode] of [
  ['wasm', 'interpreted'],
  ['so', 'compiled ahead of time'],
] as const) {
  test(`every misuse of WASI-NN gets its error code and ends nothing (${mode})`, async () => {
    const { stdout, stderr } = await runGuest('wasi-nn-misuse', kind, []);
    const lines = Buffer.from(stdout).toString().trimEnd().split('\n');
    const codes = Object.fromEntries(
      lines.map((line) => [
        line.slice(0, line.lastIndexOf(' ')),
        Number(line.slice(line.lastIndexOf(' ') + 1)),
      ]),
    );
    const expected = Object.fromEntries(
      Object.keys(codes).map((name) => [name, otherCodes[name] ?? errno.invalidArgument]),
    );
    assert.deepEqual(codes, expected);
    assert.equal(lines.length, CASES);
    for (const line of Buffer.from(stderr).toString().trimEnd().split('\n')) {
      assert.match(line, /^\[wasi_nn\] /, 'stderr has the reasons, and nothing of LiteRT');
    }
  });

  for (const [type, { inputs, sum }] of Object.entries(additions)) {
    test(`a model of ${type} tensors adds right (${mode})`, async () => {
      const { stdout } = await runGuest(
        'wasi-nn-infer',
        kind,
        [`/models/add_${type}.tflite`, type, '1x4'],
        bytes(inputs),
      );
      assert.deepEqual(Buffer.from(stdout), Buffer.from(bytes(sum)));
    });
  }

  test(`coffee.png is an espresso (${mode})`, async () => {
    const picture = await sharp(parts.picture('coffee.png'))
      .removeAlpha()
      .resize(224, 224, { fit: 'fill' })
      .raw()
      .toBuffer();
    const labels = (await readFile(`${parts.model}/labels.txt`, 'utf8')).trimEnd().split('\n');
    const { stdout } = await runGuest(
      'wasi-nn-infer',
      kind,
      ['/model/model.tflite', 'u8', '1x224x224x3'],
      picture,
    );
    assert.equal(stdout.length, labels.length);
    const best = stdout.indexOf(Math.max(...stdout));
    assert.equal(labels[best], 'espresso');
    assert.ok((stdout[best] ?? 0) > 200, 'very likely');
  });
}
