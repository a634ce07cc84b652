import { kindOf } from './answer-kind.js';
import { formatSize } from './chosen-file.js';
import { showClassification } from './classification-view.js';
import { element } from './element.js';
import { jsonTree } from './json-view.js';
import { extensionOf } from './media-types.js';
import { PictureFrame } from './picture-frame.js';
import type { Problem } from './problem.js';

const frame = new PictureFrame(element('answer-picture', HTMLImageElement));
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
  picture: element('picture-answer', HTMLElement),
  json: element('json-answer', HTMLElement),
  text: element('text-answer', HTMLTextAreaElement),
  other: element('other-answer', HTMLElement),
  problem: element('problem', HTMLElement),
};

/** The longest text that is shown, in characters; the download has all of it. */
const MAX_TEXT = 100_000;

/** An answer, and what it is of. */
export interface ShownAnswer {
  readonly body: Blob;
  readonly ms: number;
  /** Name of the file that was sent. */
  readonly input: string;
  /** Of the function. */
  readonly title: string;
  readonly name: string;
  readonly signal: AbortSignal;
}

function fill(kind: keyof typeof fillings): void {
  if (kind !== 'picture') frame.clear();
  for (const [name, filling] of Object.entries(fillings)) filling.hidden = name !== kind;
  if (kind === 'nothing' || kind === 'working' || kind === 'problem') offer(undefined);
  time.textContent = '';
  if (kind !== 'nothing') section.scrollIntoView({ block: 'nearest' });
}

/** Offers an answer for download; nothing takes an earlier offer away. */
function offer(answer: ShownAnswer | undefined): void {
  URL.revokeObjectURL(download.href);
  download.hidden = answer === undefined;
  if (answer === undefined) return;
  const { body, input, name } = answer;
  download.href = URL.createObjectURL(body);
  download.download = `${input.replace(/\.[^.]*$/, '')}-${name}.${extensionOf(body.type)}`;
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

/** @param sent the part of the file that has been sent, 0 to 1; at 1 the function works, nobody knows how long */
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

/** Shows an answer as its type says, and offers it for download. */
export async function showAnswer(answer: ShownAnswer): Promise<void> {
  const { body, ms, input, title, signal } = answer;
  const shown = await kindOf(body);
  signal.throwIfAborted();
  switch (shown.kind) {
    case 'classification':
      showClassification(shown.classification, classification);
      fill('classification');
      announce(`${classification.sentence.textContent}, ${showTime(ms)}.`);
      return;
    case 'picture':
      if (await frame.show(body, `${title} of ${input}`)) fill('picture');
      else showSentence(`${descriptionOf(body)}. Your browser cannot show it.`);
      break;
    case 'json':
      fillings.json.replaceChildren(jsonTree(shown.value));
      fill('json');
      break;
    case 'text':
      fillings.text.textContent = shown.text.slice(0, MAX_TEXT);
      if (!shown.isWhole || shown.text.length > MAX_TEXT)
        fillings.text.append('… the download has all of it');
      fill('text');
      break;
    case 'file':
      showSentence(`${descriptionOf(body)}.`);
      break;
    case 'empty':
      showSentence('The answer is empty.');
  }
  offer(shown.kind === 'empty' ? undefined : answer);
  announce(`The answer of ${title} is there, ${formatSize(body.size)}, ${showTime(ms)}.`);
}

function descriptionOf({ type, size }: Blob): string {
  return `The answer is a file of the type ${type || 'unknown'}, ${formatSize(size)}`;
}

/** Shows what there is to say of an answer that is not itself shown. */
function showSentence(sentence: string): void {
  fillings.other.textContent = sentence;
  fill('other');
}

/** Shows what went wrong, and what to do. */
export function showProblem({ message, advice }: Problem): void {
  announce('');
  fill('problem');
  problemText.textContent = message;
  adviceText.textContent = advice;
}
