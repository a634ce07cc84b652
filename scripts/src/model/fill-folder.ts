import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { FunctionDescription } from '@app/function-manifest';
import { stringify } from 'yaml';
import type { Classifier } from './classifier.js';
import { samplePicture } from './sample-picture.js';

/** How a byte of a picture becomes a float32: `(byte - mean) / std`. */
export interface Normalisation {
  readonly mean: number;
  readonly std: number;
}

/** All that a function with a model of its own is made of. */
export interface ModelFunction {
  readonly title: string;
  /** The function whose program it has; what that takes and gives, this one does. */
  readonly program: FunctionDescription;
  readonly memoryMiB: number;
  readonly classifier: Classifier;
  /** Of a float32 model. */
  readonly normalisation: Normalisation | undefined;
  readonly labels: readonly string[];
  readonly model: Buffer;
  /** Name of the model's file. */
  readonly source: string;
}

/** Writes the function to an empty folder. */
export async function fillFolder(folder: string, made: ModelFunction): Promise<void> {
  for (const name of ['model', 'cases']) await mkdir(path.join(folder, name));
  const files = {
    'function.yaml': functionYaml(made),
    ...modelFiles(made),
    'cases/sample.in': samplePicture(),
    'cases/sample.json': json({ model: made.title }),
    'cases/text.in': 'no picture\n',
    'cases/text.err': 'unsupported format\n',
  };
  for (const [name, content] of Object.entries(files)) await writeFile(path.join(folder, name), content);
}

function functionYaml({ title, program, memoryMiB }: ModelFunction): string {
  const { name, app, accepts, returns, plugins } = program;
  return `# yaml-language-server: $schema=../function.schema.json
${stringify({ title }, { lineWidth: 0 })}build: {function: ${name}}
app: ${app}
accepts: [${accepts.join(', ')}]
${returns === undefined ? '' : `returns: ${returns}\n`}limits: {memory: ${memoryMiB}Mi}
folders: {/model: model}
plugins: [${plugins.join(', ')}]
`;
}

/** The model's folder: functions/classify/model/README.md says what is what. */
function modelFiles({ title, classifier, normalisation, labels, model, source }: ModelFunction) {
  const { width, height, type } = classifier.input;
  const { output } = classifier;
  const manifest = {
    name: title,
    input: { width, height, type, ...normalisation },
    output: {
      type: output.type,
      ...(output.type === 'uint8' && output.quantisation),
      ...(output.logits && { logits: true }),
    },
    subject: 'known object',
    source,
  };
  const text = labels.map((label) => `${label}\n`).join('');
  return {
    'model/model.tflite': model,
    'model/labels.txt': text,
    'model/model.json': json(manifest),
    'model/SHA256SUMS': `${sha256(model)}  model.tflite\n${sha256(text)}  labels.txt\n`,
  };
}

function json(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

function sha256(content: Buffer | string): string {
  return createHash('sha256').update(content).digest('hex');
}
