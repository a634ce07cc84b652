import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { root } from '../paths.js';
import { SetupError } from '../setup/errors.js';
import { fixBatch, type ModelFile, readModel } from './tflite.js';

const modelOf = (name: string) => readFile(path.join(root, 'test/fixtures/models', `${name}.tflite`));
const PICTURE = [1, 8, 6, 3];

for (const [name, expected] of [
  [
    'float',
    {
      inputs: [{ type: 'float32', shape: PICTURE }],
      outputs: [{ type: 'float32', shape: [1, 3] }],
      givesProbabilities: true,
    },
  ],
  [
    'uint8',
    {
      inputs: [
        { type: 'uint8', shape: PICTURE, quantisation: { scale: Math.fround(1 / 127.5), zeroPoint: 128 } },
      ],
      outputs: [{ type: 'uint8', shape: [1, 3], quantisation: { scale: 1 / 256, zeroPoint: 0 } }],
      givesProbabilities: true,
    },
  ],
  [
    'uint8-logits',
    {
      inputs: [
        { type: 'uint8', shape: PICTURE, quantisation: { scale: Math.fround(1 / 127.5), zeroPoint: 128 } },
      ],
      outputs: [
        { type: 'uint8', shape: [1, 3], quantisation: { scale: Math.fround(4 / 127.5), zeroPoint: 128 } },
      ],
      givesProbabilities: false,
    },
  ],
  [
    'logits',
    {
      inputs: [{ type: 'float32', shape: PICTURE }],
      outputs: [{ type: 'float32', shape: [3] }],
      givesProbabilities: false,
    },
  ],
  [
    'two-inputs',
    {
      inputs: [
        { type: 'float32', shape: PICTURE },
        { type: 'float32', shape: PICTURE },
      ],
      outputs: [{ type: 'float32', shape: [1, 3] }],
      givesProbabilities: false,
    },
  ],
] as const satisfies readonly (readonly [string, ModelFile])[])
  test(`a model is read as it was made: ${name}`, async () => {
    assert.deepEqual(readModel(await modelOf(name), 'm.tflite'), expected);
  });

test('scores that a softmax has made in another form are probabilities', async () => {
  assert.equal(readModel(await modelOf('uint8-to-float'), 'm.tflite').givesProbabilities, true);
});

test('a batch that is left open is fixed at one, and nothing else is changed', async () => {
  const bytes = await modelOf('any-batch');
  const before = Buffer.from(bytes);
  const shapes = () => {
    const { inputs, outputs } = readModel(bytes, 'm.tflite');
    return [...inputs, ...outputs].map(({ shape }) => shape);
  };
  assert.deepEqual(shapes(), [
    [-1, 8, 6, 3],
    [-1, 3],
  ]);
  fixBatch(bytes);
  assert.deepEqual(shapes(), [PICTURE, [1, 3]]);
  assert.equal(bytes.filter((byte, at) => byte !== before[at]).length, 2 * 4);

  const fixed = await modelOf('float');
  const same = Buffer.from(fixed);
  fixBatch(fixed);
  assert.deepEqual(fixed, same);
});

test("the bundled model is a softmax's 1000 uint8 for a picture of 224 x 224", async () => {
  const bundled = readModel(await readFile(path.join(root, 'functions/classify/model/model.tflite')), 'm');
  assert.deepEqual(
    [bundled.inputs.map(({ type, shape }) => [type, ...shape]), bundled.outputs, bundled.givesProbabilities],
    [
      [['uint8', 1, 224, 224, 3]],
      [{ type: 'uint8', shape: [1, 1000], quantisation: { scale: 1 / 256, zeroPoint: 0 } }],
      true,
    ],
  );
});

for (const [what, bytes, said] of [
  ['is empty', Buffer.alloc(0), 'm.tflite is no TensorFlow Lite model: it is empty.'],
  [
    'is an archive',
    Buffer.from('PK\x03\x04TFL3'),
    'm.tflite is no TensorFlow Lite model: it is a ZIP archive; unpack it, and give the .tflite in it.',
  ],
  [
    'is text',
    Buffer.from('a text of some length'),
    "m.tflite is no TensorFlow Lite model: one has TFL3 at its fifth byte; convert yours with TensorFlow's TFLiteConverter.",
  ],
  [
    'has the identifier and nothing behind it',
    Buffer.from('\x08\0\0\0TFL3', 'latin1'),
    'm.tflite is damaged, or not all of it is there: what it refers to lies outside of it.',
  ],
] as const)
  test(`a file that ${what} is refused`, () => {
    assert.throws(() => readModel(bytes, 'm.tflite'), new SetupError(said));
  });

test('whatever is cut off or damaged is read or refused, quickly', async () => {
  const whole = await modelOf('uint8-to-float');
  const tried = (bytes: Buffer) => {
    try {
      readModel(bytes, 'm.tflite');
      return 'read';
    } catch (error) {
      assert.ok(error instanceof SetupError, String(error));
      return 'refused';
    }
  };
  const cut = Array.from({ length: whole.length }, (_, length) => tried(whole.subarray(0, length)));
  assert.ok(cut.filter((each) => each === 'refused').length > whole.length / 2);
  for (let at = 0; at < whole.length; at += 1)
    for (const value of [0, 0x7f, 0x80, 0xff]) {
      const damaged = Buffer.from(whole);
      damaged[at] = value;
      tried(damaged);
    }
  for (let count = 0; count < 500; count += 1)
    tried(Buffer.concat([Buffer.from('\x10\0\0\0TFL3', 'latin1'), randomBytes(200)]));
});
