import { SetupError } from '../setup/errors.js';
import { type ModelFile, OPEN, type Tensor } from './tflite.js';

/** A model that classify's program can use. */
export interface Classifier {
  /** Whether it is left open how many pictures it takes at once. */
  readonly isBatchOpen: boolean;
  readonly input: { readonly width: number; readonly height: number; readonly type: ElementType };
  readonly output: {
    readonly type: ElementType;
    /** How many scores it gives. */
    readonly scores: number;
    readonly quantisation: Tensor['quantisation'];
    /** Whether the softmax of the scores is still to be taken. */
    readonly logits: boolean;
  };
}

/** The types that a picture and its scores may have. */
type ElementType = 'uint8' | 'float32';

const CHANNELS = 3;

/**
 * Tells what a model is as a classifier.
 *
 * @param name of the file, for the message
 * @throws SetupError with what it has, and what would fit
 */
export function classifierOf({ inputs, outputs, givesProbabilities }: ModelFile, name: string): Classifier {
  const refuse = (problem: string): never => {
    throw new SetupError(
      `${name} does not fit: ${problem}.\n  It takes ${listed(inputs)} and gives ${listed(outputs)}.\n  What fits takes one picture, uint8 or float32 [1, height, width, 3], and gives one list of scores, uint8 or float32 [1, labels].`,
    );
  };
  const [input, output] = [inputs[0], outputs[0]];
  if (input === undefined || inputs.length > 1)
    return refuse(`it has ${inputs.length} inputs in place of one`);
  if (output === undefined || outputs.length > 1)
    return refuse(`it has ${outputs.length} outputs in place of one`);
  const [batch, height, width, channels] = input.shape;
  if (height === undefined || width === undefined || input.shape.length !== 4)
    return refuse(`its input has ${input.shape.length} dimensions in place of 4, so it is no picture`);
  if (channels !== CHANNELS) return refuse(problemOfChannels(input.shape));
  if (height === OPEN || width === OPEN)
    return refuse('it takes pictures of any size; convert it with a fixed one');
  if (batch !== 1 && batch !== OPEN)
    return refuse(`it takes ${batch} pictures at once; convert it with a batch of one picture`);
  if (!isElementType(input.type))
    return refuse(
      `its picture is ${input.type}; convert it with inference_input_type = tf.uint8 or tf.float32`,
    );
  if (!isElementType(output.type))
    return refuse(
      `its scores are ${output.type}; convert it with inference_output_type = tf.uint8 or tf.float32`,
    );
  const scores = output.shape.at(-1);
  const [list = 1] = output.shape.slice(0, -1);
  if (scores === undefined || output.shape.length > 2 || (list !== 1 && list !== OPEN))
    return refuse('its output is no list of scores, so it is no classifier');
  return {
    isBatchOpen: batch === OPEN || list === OPEN,
    input: { width, height, type: input.type },
    output: {
      type: output.type,
      scores,
      quantisation: output.quantisation,
      logits: !givesProbabilities && !areProbabilities(output),
    },
  };
}

function problemOfChannels([, second, , channels]: readonly number[]): string {
  if (channels === 1) return 'it takes grey pictures, of one channel';
  if (second === CHANNELS)
    return 'it takes the channels first, as PyTorch has them; convert it with the channels last (NHWC)';
  return `its picture has ${channels} channels in place of ${CHANNELS}`;
}

/** Whether no uint8 stands for anything but a number from 0 to 1, be it by what operator. */
function areProbabilities({ type, quantisation }: Tensor): boolean {
  if (type !== 'uint8' || quantisation === undefined) return false;
  const { scale, zeroPoint } = quantisation;
  return zeroPoint === 0 && 255 * scale <= 1;
}

function isElementType(type: string): type is ElementType {
  return type === 'uint8' || type === 'float32';
}

/** Tensors in words: `float32 [1, 224, 224, 3]`. */
function listed(tensors: readonly Tensor[]): string {
  return tensors.map(({ type, shape }) => `${type} [${shape.join(', ')}]`).join(' and ') || 'nothing';
}
