import { mkdir, readFile, rename, stat } from 'node:fs/promises';
import path from 'node:path';
import { functionsFolder, readFunctions } from '@app/function-manifest';
import { asideFolder, closeAside, openAside, readAside } from '../functions/aside.js';
import { openSubject } from '../functions/check/subject.js';
import { refuseName } from '../functions/new.js';
import { SetupError } from '../setup/errors.js';
import { type Classifier, classifierOf } from './classifier.js';
import { fillFolder, type Normalisation } from './fill-folder.js';
import { readLabels } from './labels.js';
import { fixBatch, readModel } from './tflite.js';
import { tryModel } from './try-model.js';

/** The function whose program all models are used by. */
const PROGRAM = 'classify';

/** The largest that the plug-in takes: `MAX_MODEL_BYTES` of wasmedge-node/wasi-nn-litert/src/lib.rs. */
const MAX_MODEL_BYTES = 512 * 1024 ** 2;

/** What a byte is in a float32 picture unless told otherwise: -1 to 1, as in TensorFlow's own example, label_image. */
const USUAL: Normalisation = { mean: 127.5, std: 127.5 };

const MIB = 1024 ** 2;
const PAGES_PER_MIB = 16;

/** A model, and what is made of it. */
export interface NewModel {
  readonly name: string;
  /** What the page and each answer call it. */
  readonly title: string;
  /** Path of the model. */
  readonly model: string;
  /** Path of its labels. */
  readonly labels: string;
  /** Of a float32 model; `USUAL` unless told otherwise. */
  readonly normalisation: Partial<Normalisation>;
}

/** What was made. */
export interface AddedModel {
  readonly folder: string;
  readonly classifier: Classifier;
  /** Of a float32 model. */
  readonly normalisation: Normalisation | undefined;
  /** What it has answered when it was tried. */
  readonly answer: string;
}

/**
 * Makes a function of a model: the program of classify, with this model. Cut off or failed, it leaves nothing.
 *
 * @throws SetupError if there is such a function, the model or its labels do not fit, or TensorFlow Lite cannot use it
 */
export async function addModel(wanted: NewModel): Promise<AddedModel> {
  const { name, title } = wanted;
  await refuseName(name);
  const source = path.basename(wanted.model);
  const model = await readBytes(wanted.model);
  const classifier = classifierOf(readModel(model, wanted.model), wanted.model);
  if (classifier.isBatchOpen) fixBatch(model);
  const labels = await readLabels(wanted.labels, classifier.output.scores);
  const normalisation = normalisationOf(classifier, wanted);
  const { functions } = await readFunctions();
  const program = functions.find((each) => each.name === PROGRAM);
  if (program === undefined)
    throw new SetupError(`There is no function ${PROGRAM}, whose program it is to have: bring that back.`);
  const subject = await openSubject(PROGRAM, process.stdout);
  // The program reads the model into its memory before it hands it over, beside all that it needs for pictures.
  const memoryMiB = Math.ceil(program.limits.memoryPages / PAGES_PER_MIB + model.length / MIB);
  const aside = path.join(asideFolder, name);
  await openAside();
  try {
    await mkdir(aside);
    const parts = { title, program, memoryMiB, classifier, labels, model, source };
    await fillFolder(aside, { ...parts, normalisation });
    const { limits } = await readAside(name);
    const answer = await tryModel(subject, path.join(aside, 'model'), limits.memoryPages);
    const folder = path.join(functionsFolder, name);
    await rename(aside, folder);
    return { folder, classifier, normalisation, answer };
  } finally {
    await closeAside();
    await subject.close();
  }
}

function normalisationOf(
  { input }: Classifier,
  { model, normalisation }: NewModel,
): Normalisation | undefined {
  if (input.type === 'float32') return { ...USUAL, ...normalisation };
  if (Object.keys(normalisation).length === 0) return undefined;
  throw new SetupError(
    `${model} takes uint8, so the bytes of a picture as they are: leave --mean and --std out.`,
  );
}

async function readBytes(file: string): Promise<Buffer> {
  const status = await stat(file);
  if (!status.isFile()) throw new SetupError(`${file} is no file: name the .tflite.`);
  if (status.size > MAX_MODEL_BYTES)
    throw new SetupError(
      `${file} has ${status.size} bytes, and a model may have ${MAX_MODEL_BYTES}: a quantised one is a quarter as large.`,
    );
  return readFile(file);
}
