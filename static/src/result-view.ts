import type { Classification } from './classification.js';
import { showClassification } from './classification-view.js';
import { element } from './element.js';
import { formatSize } from './picture.js';
import { PictureFrame } from './picture-frame.js';
import { Problem } from './problem.js';

const frame = new PictureFrame(element('grey', HTMLImageElement));
const download = element('download', HTMLAnchorElement);
const time = element('time', HTMLElement);
const progress = element('progress', HTMLProgressElement);
const progressText = element('progress-text', HTMLElement);
const announcement = element('announcement', HTMLElement);
const section = element('result', HTMLElement);
const classification = {
  sentence: element('sentence', HTMLElement),
  bars: element('bars', HTMLElement),
  model: element('model', HTMLElement),
};
const problemText = element('problem-text', HTMLElement);
const adviceText = element('advice', HTMLElement);

/** What fills the place of the result: one of these elements, by id. */
const fillings = {
  nothing: element('nothing', HTMLElement),
  working: element('working', HTMLElement),
  classification: element('classification', HTMLElement),
  grey: element('grey-print', HTMLElement),
  problem: element('problem', HTMLElement),
};

function fill(kind: keyof typeof fillings): void {
  if (kind !== 'grey') frame.clear();
  for (const [name, filling] of Object.entries(fillings)) filling.hidden = name !== kind;
  download.hidden = kind !== 'grey';
  time.textContent = '';
  if (kind !== 'nothing') section.scrollIntoView({ block: 'nearest' });
}

/** Says something to those who hear the page; it is on the screen in another form. */
function announce(text: string): void {
  announcement.textContent = text;
}

function showTime(ms: number): string {
  time.textContent =
    ms < 1000 ? `${Math.round(ms)} ms there and back` : `${(ms / 1000).toFixed(1)} s there and back`;
  return time.textContent;
}

/** Shows neither a result nor a problem. */
export function clearResult(): void {
  announce('');
  fill('nothing');
}

/** @param sent the part of the picture that has been sent, 0 to 1; at 1 the function works, nobody knows how long */
export function showProgress(sent: number, running: string): void {
  if (fillings.working.hidden) fill('working');
  if (sent < 1) {
    progress.value = sent;
    progressText.textContent = `Sending… ${Math.floor(sent * 100)} %`;
  } else {
    progress.removeAttribute('value');
    progressText.textContent = running;
    announce(running);
  }
}

/** Shows what is in the picture, and that it took `ms`. */
export function showClassificationResult(result: Classification, ms: number): void {
  showClassification(result, classification);
  fill('classification');
  announce(`${classification.sentence.textContent}, ${showTime(ms)}.`);
}

/**
 * Shows the grey picture, with a link to download it.
 * @param original name of the file that it was made from
 * @throws Problem when it is not a picture
 */
export async function showGreyResult(grey: Blob, original: string, ms: number): Promise<void> {
  const size = await frame.show(grey, `${original} in shades of grey`);
  if (!size) throw new Problem('The answer is not a picture.', 'Reload the page and try again.');
  download.href = frame.url;
  download.download = `${original.replace(/\.[^.]*$/, '')}-grey.${grey.type === 'image/gif' ? 'gif' : 'png'}`;
  fill('grey');
  announce(`The grey picture is there, ${formatSize(grey.size)}, ${showTime(ms)}.`);
}

/** Shows what went wrong, and what to do. */
export function showProblem({ message, advice }: Problem): void {
  announce('');
  fill('problem');
  problemText.textContent = message;
  adviceText.textContent = advice;
}
