import { readFile, stat } from 'node:fs/promises';
import { SetupError } from '../setup/errors.js';

/** More than the labels of any classifier have, in bytes. */
const MAX_BYTES = 4 * 1024 ** 2;

/** What a model calls what is none of its other labels. */
const BACKGROUND = 'background';

/**
 * Reads labels, one a line, in the order of a model's scores.
 *
 * @param scores how many the model gives
 * @throws SetupError if they cannot be read, or there is not one for each score
 */
export async function readLabels(file: string, scores: number): Promise<string[]> {
  const labels = linesOf(await readText(file));
  if (labels.length === scores) return labels;
  throw new SetupError(
    `${file} has ${labels.length} ${labels.length === 1 ? 'label' : 'labels'}, and the model gives ${scores} scores: ${remedyFor(labels, scores)}.`,
  );
}

function remedyFor(labels: readonly string[], scores: number): string {
  const hasBackground = labels[0]?.trim().toLowerCase() === BACKGROUND;
  if (labels.length === scores + 1 && hasBackground)
    return `this model has no class for the background; take the first line, ${BACKGROUND}, away`;
  if (labels.length === scores - 1 && !hasBackground)
    return `a model of that many most likely has a class for the background; then put the line ${BACKGROUND} before all others`;
  return 'take the labels that came with the model; there must be one for each score, in their order';
}

async function readText(file: string): Promise<string> {
  const { size } = await stat(file);
  if (size > MAX_BYTES)
    throw new SetupError(
      `${file} has ${size} bytes, and labels have at most ${MAX_BYTES}: name another file.`,
    );
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(await readFile(file));
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    throw new SetupError(`${file} is not UTF-8 text, as labels are: save it as that.`, { cause });
  }
}

/** The lines of a text but empty ones at its end. */
function linesOf(text: string): string[] {
  const trimmed = text.trimEnd();
  return trimmed === '' ? [] : trimmed.split(/\r?\n/).map((line) => line.trim());
}
