import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { root } from '../paths.js';
import { SetupError } from '../setup/errors.js';
import { classifierOf } from './classifier.js';
import { readModel } from './tflite.js';

async function classifier(name: string) {
  const bytes = await readFile(path.join(root, 'test/fixtures/models', `${name}.tflite`));
  return classifierOf(readModel(bytes, 'm.tflite'), 'm.tflite');
}

for (const [name, input, output, logits] of [
  ['float', 'float32', 'float32', false],
  ['uint8', 'uint8', 'uint8', false],
  ['uint8-to-float', 'uint8', 'float32', false],
  ['logits', 'float32', 'float32', true],
  ['uint8-logits', 'uint8', 'uint8', true],
  ['any-batch', 'float32', 'float32', false],
] as const)
  test(`a classifier from ${input} to ${output} fits: ${name}`, async () => {
    const found = await classifier(name);
    assert.deepEqual(found.input, { width: 6, height: 8, type: input });
    const { quantisation, ...rest } = found.output;
    assert.deepEqual(rest, { type: output, scores: 3, logits });
    assert.equal(found.isBatchOpen, name === 'any-batch');
  });

const shape = (type: string, ...sizes: number[]) => ({ type, shape: sizes });
const picture = shape('uint8', 1, 8, 6, 3);
const scores = { ...shape('uint8', 1, 3), quantisation: { scale: 1 / 256, zeroPoint: 0 } };

test('uint8 scores that cannot be but from 0 to 1 are probabilities, whatever has made them', () => {
  const logitsOf = (scale: number, zeroPoint: number) =>
    classifierOf(
      {
        inputs: [picture],
        outputs: [{ ...scores, quantisation: { scale, zeroPoint } }],
        givesProbabilities: false,
      },
      'm',
    ).output.logits;
  assert.deepEqual(
    [
      [1 / 256, 0],
      [1 / 255, 0],
      [1 / 254, 0],
      [1 / 256, 1],
    ].map(([scale = 0, zeroPoint = 0]) => logitsOf(scale, zeroPoint)),
    [false, false, true, true],
  );
});

for (const [name, problem, found] of [
  [
    'two-inputs',
    'it has 2 inputs in place of one',
    'takes float32 [1, 8, 6, 3] and float32 [1, 8, 6, 3] and gives float32 [1, 3]',
  ],
  [
    'two-outputs',
    'it has 2 outputs in place of one',
    'takes float32 [1, 8, 6, 3] and gives float32 [1, 3] and float32 [1, 3]',
  ],
  [
    'channels-first',
    'it takes the channels first, as PyTorch has them; convert it with the channels last (NHWC)',
    'takes float32 [1, 3, 8, 6] and gives float32 [1, 3]',
  ],
  ['grey', 'it takes grey pictures, of one channel', 'takes float32 [1, 8, 6, 1] and gives float32 [1, 3]'],
  [
    'batch-of-2',
    'it takes 2 pictures at once; convert it with a batch of one picture',
    'takes float32 [2, 8, 6, 3] and gives float32 [1, 3]',
  ],
  [
    'int8',
    'its picture is int8; convert it with inference_input_type = tf.uint8 or tf.float32',
    'takes int8 [1, 8, 6, 3] and gives float32 [1, 3]',
  ],
  [
    'int32-scores',
    'its scores are int32; convert it with inference_output_type = tf.uint8 or tf.float32',
    'takes uint8 [1, 8, 6, 3] and gives int32 [1, 3]',
  ],
  [
    'map-of-scores',
    'its output is no list of scores, so it is no classifier',
    'takes uint8 [1, 8, 6, 3] and gives uint8 [1, 8, 6, 3]',
  ],
] as const)
  test(`a model that does not fit is refused with what it has and what would fit: ${name}`, async () => {
    await assert.rejects(
      classifier(name),
      new SetupError(
        `m.tflite does not fit: ${problem}.\n  It ${found}.\n  What fits takes one picture, uint8 or float32 [1, height, width, 3], and gives one list of scores, uint8 or float32 [1, labels].`,
      ),
    );
  });

for (const [what, inputs, outputs, problem] of [
  [
    'nothing in',
    [],
    [scores],
    /it has 0 inputs in place of one\.\n {2}It takes nothing and gives uint8 \[1, 3\]/,
  ],
  [
    'sound in',
    [shape('float32', 16_000)],
    [scores],
    /its input has 1 dimensions in place of 4, so it is no picture/,
  ],
  [
    'any size',
    [shape('uint8', 1, -1, -1, 3)],
    [scores],
    /it takes pictures of any size; convert it with a fixed one\.\n {2}It takes uint8 \[1, -1, -1, 3\] and/,
  ],
  ['five channels', [shape('uint8', 1, 8, 6, 5)], [scores], /its picture has 5 channels in place of 3/],
  ['a type of its own', [shape('type 99', 1, 8, 6, 3)], [scores], /its picture is type 99/],
  ['two lists', [picture], [shape('uint8', 2, 3)], /its output is no list of scores/],
  ['one number', [picture], [shape('uint8')], /its output is no list of scores/],
] as const)
  test(`a model with ${what} is refused`, () => {
    assert.throws(() => classifierOf({ inputs, outputs, givesProbabilities: true }, 'm'), problem);
  });
