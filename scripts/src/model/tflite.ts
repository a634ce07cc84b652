import { SetupError } from '../setup/errors.js';
import { Table } from './flat-buffer.js';

/** One of a model's inputs or outputs. */
export interface Tensor {
  /** The type of its elements, by TensorFlow's name, such as `float32`. */
  readonly type: string;
  /** The size of each dimension; `OPEN` where it is not fixed. */
  readonly shape: readonly number[];
  /** Of integers that stand for other numbers: a number is `(integer - zeroPoint) * scale`. */
  readonly quantisation?: { readonly scale: number; readonly zeroPoint: number };
}

/** What a TensorFlow Lite model takes and gives. */
export interface ModelFile {
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  /** Whether its first output is made by a softmax or a sigmoid: are its values probabilities? */
  readonly givesProbabilities: boolean;
}

/** The size of a dimension that is not fixed. */
export const OPEN = -1;

/** What a model's file has at its fifth byte: the schema's identifier. */
const IDENTIFIER = 'TFL3';

/** `TensorType` of TensorFlow Lite's schema (tensorflow/compiler/mlir/lite/schema/schema.fbs), whose fields are numbered below. */
const TYPES = [
  ...['float32', 'float16', 'int32', 'uint8', 'int64', 'string', 'bool', 'int16', 'complex64', 'int8'],
  ...['float64', 'complex128', 'uint64', 'resource', 'variant', 'uint32', 'uint16', 'int4'],
];

const MODEL = { operatorCodes: 1, subgraphs: 2 };
const OPERATOR_CODE = { deprecated: 0, builtin: 3 };
const SUBGRAPH = { tensors: 0, inputs: 1, outputs: 2, operators: 3 };
const OPERATOR = { code: 0, inputs: 1, outputs: 2 };
const TENSOR = { shape: 0, type: 1, quantisation: 4, shapeSignature: 7 };
const QUANTISATION = { scale: 2, zeroPoint: 3 };

/** `BuiltinOperator`: logistic, softmax. */
const MAKE_PROBABILITIES = new Set([14, 25]);

/** `BuiltinOperator`s that give what they take in another form: dequantize, reshape, squeeze, quantize. */
const CHANGE_FORM = new Set([6, 22, 43, 114]);

/**
 * Reads what a model takes and gives.
 *
 * @param name of the file, for the message
 * @throws SetupError if that cannot be told: then it is no model of TensorFlow Lite's, or not a whole one
 */
export function readModel(bytes: Buffer, name: string): ModelFile {
  const problem = problemOfStart(bytes);
  if (problem !== undefined) throw new SetupError(`${name} is no TensorFlow Lite model: ${problem}.`);
  try {
    return describe(Table.root(bytes));
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new SetupError(
      `${name} is damaged, or not all of it is there: what it refers to lies outside of it.`,
      { cause },
    );
  }
}

function problemOfStart(bytes: Buffer): string | undefined {
  if (bytes.length === 0) return 'it is empty';
  if (bytes.subarray(0, 2).toString('latin1') === 'PK')
    return 'it is a ZIP archive; unpack it, and give the .tflite in it';
  if (bytes.subarray(4, 8).toString('latin1') !== IDENTIFIER)
    return `one has ${IDENTIFIER} at its fifth byte; convert yours with TensorFlow's TFLiteConverter`;
  return undefined;
}

function describe(model: Table): ModelFile {
  const [graph] = model.tables(MODEL.subgraphs);
  if (graph === undefined) throw new RangeError('there is no graph');
  const tensors = graph.tables(SUBGRAPH.tensors);
  const tensorsIn = (field: number) =>
    graph.int32s(field).map((index) => {
      const tensor = tensors[index];
      if (tensor === undefined) throw new RangeError(`there is no tensor ${index}`);
      return describeTensor(tensor);
    });
  return {
    inputs: tensorsIn(SUBGRAPH.inputs),
    outputs: tensorsIn(SUBGRAPH.outputs),
    givesProbabilities: givesProbabilities(model, graph),
  };
}

function describeTensor(tensor: Table): Tensor {
  const number = tensor.uint8(TENSOR.type);
  const quantisation = tensor.table(TENSOR.quantisation);
  const [scale] = quantisation?.float32s(QUANTISATION.scale) ?? [];
  const [zeroPoint = 0] = quantisation?.int64s(QUANTISATION.zeroPoint) ?? [];
  const signature = tensor.int32s(TENSOR.shapeSignature);
  return {
    type: TYPES[number] ?? `type ${number}`,
    shape: signature.length > 0 ? signature : tensor.int32s(TENSOR.shape),
    ...(scale !== undefined && { quantisation: { scale, zeroPoint } }),
  };
}

/**
 * Fixes at one, in the bytes of a model that could be read, how many pictures it takes at once. `from_keras_model` of
 * TensorFlow's converter leaves that open, and WASI-NN takes tensors of a fixed size alone.
 */
export function fixBatch(bytes: Buffer): void {
  const [graph] = Table.root(bytes).tables(MODEL.subgraphs);
  const tensors = graph?.tables(SUBGRAPH.tensors) ?? [];
  for (const field of [SUBGRAPH.inputs, SUBGRAPH.outputs])
    for (const index of graph?.int32s(field) ?? []) tensors[index]?.setFirstInt32(TENSOR.shapeSignature, 1);
}

/** Follows the first output back to the operator that has made its values. */
function givesProbabilities(model: Table, graph: Table): boolean {
  const codes = model
    .tables(MODEL.operatorCodes)
    .map((code) => Math.max(code.uint8(OPERATOR_CODE.deprecated), code.uint32(OPERATOR_CODE.builtin)));
  let [tensor] = graph.int32s(SUBGRAPH.outputs);
  for (const operator of graph.tables(SUBGRAPH.operators).reverse()) {
    if (tensor === undefined) return false;
    if (!operator.int32s(OPERATOR.outputs).includes(tensor)) continue;
    const code = codes[operator.uint32(OPERATOR.code)] ?? -1;
    if (MAKE_PROBABILITIES.has(code)) return true;
    if (!CHANGE_FORM.has(code)) return false;
    [tensor] = operator.int32s(OPERATOR.inputs);
  }
  return false;
}
