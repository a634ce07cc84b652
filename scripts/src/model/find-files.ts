import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { SetupError } from '../setup/errors.js';

/** Text files that are beside a model as often as not, and have no labels. */
const NO_LABELS = /^(readme|licen[cs]e|notice|requirements)\b/i;

/**
 * Finds a model and its labels.
 *
 * @param given a folder with both, or the model; absolute
 * @param labels absolute; otherwise they lie beside the model
 * @throws SetupError if one of them is not there, or there are several
 */
export async function findFiles(given: string, labels?: string): Promise<{ model: string; labels: string }> {
  const isFolder = (await statusOf(given)).isDirectory();
  const folder = isFolder ? given : path.dirname(given);
  const files = await readdir(folder);
  const model = isFolder ? only(folder, filesWith(files, '.tflite'), 'model', '.tflite') : given;
  if (labels === undefined) return { model, labels: only(folder, labelsIn(files), 'labels', '.txt') };
  if (!(await statusOf(labels)).isFile())
    throw new SetupError(`${labels} is no file: name the file with the labels.`);
  return { model, labels };
}

function labelsIn(files: readonly string[]): readonly string[] {
  const texts = filesWith(files, '.txt').filter((file) => !NO_LABELS.test(file));
  const named = texts.filter((file) => /label/i.test(file));
  return named.length > 0 ? named : texts;
}

function filesWith(files: readonly string[], extension: string): readonly string[] {
  return files.filter((file) => file.toLowerCase().endsWith(extension)).sort();
}

function only(folder: string, files: readonly string[], what: 'model' | 'labels', extension: string): string {
  const [file, ...others] = files;
  const call = 'npm run model -- add model.tflite labels.txt';
  if (file === undefined)
    throw new SetupError(
      `${folder} has no ${what}, a file whose name ends in ${extension}: put it there, or name both: ${call}`,
    );
  if (others.length > 0)
    throw new SetupError(`${folder} has ${files.join(', ')}: say which is to be taken: ${call}`);
  return path.join(folder, file);
}

async function statusOf(file: string) {
  return stat(file).catch((cause: Error) => {
    throw new SetupError(
      `${file} cannot be read (${cause.message}): give a folder with a model and its labels, or the model's .tflite.`,
      { cause },
    );
  });
}
