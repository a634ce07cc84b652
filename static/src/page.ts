import { parseClassification } from './classification.js';
import { element } from './element.js';
import { sendToFunction } from './hello-request.js';
import { type ImageFunction, wording } from './image-function.js';
import { clearOriginal, showOriginal } from './original-view.js';
import { type Picture, readPicture } from './picture.js';
import { fetchSample, onChoose, onDrop, onPaste } from './picture-sources.js';
import { Problem, toProblem } from './problem.js';
import {
  clearResult,
  showClassificationResult,
  showGreyResult,
  showProblem,
  showProgress,
} from './result-view.js';

type GetFile = (signal: AbortSignal) => File | Promise<File>;

const form = element('form', HTMLFormElement);
const file = element('file', HTMLInputElement);
const grayscale = element('grayscale', HTMLInputElement);
const run = element('run', HTMLButtonElement);
const cancel = element('cancel', HTMLButtonElement);

/** The picture to work on, which may still be on its way here. */
let picture: Promise<Picture | undefined> = Promise.resolve(undefined);
let taking = new AbortController();
let working = new AbortController();

/** Gives up the function that runs, so that no late answer is ever shown, and takes a result away. */
function stopWorking(): void {
  working.abort();
  setWorking(false);
  clearResult();
}

function chosenFunction(): ImageFunction {
  return grayscale.checked ? 'grayscale' : 'classify';
}

/** Shows the one of run and cancel that is of use; the focus stays where it was. */
function setWorking(working: boolean): void {
  const [from, to] = working ? [run, cancel] : [cancel, run];
  const focused = document.activeElement === from;
  from.hidden = true;
  to.hidden = false;
  if (focused) to.focus();
}

function take(getFile: GetFile): void {
  stopWorking();
  taking.abort();
  taking = new AbortController();
  clearOriginal();
  picture = receive(getFile, taking.signal);
}

async function receive(getFile: GetFile, signal: AbortSignal): Promise<Picture | undefined> {
  try {
    const read = await readPicture(await getFile(signal));
    signal.throwIfAborted();
    void showOriginal(read);
    return read;
  } catch (error) {
    if (!signal.aborted) showProblem(toProblem(error));
    return undefined;
  }
}

async function runFunction(): Promise<void> {
  stopWorking();
  working = new AbortController();
  const { signal } = working;
  try {
    const sent = await picture;
    signal.throwIfAborted();
    if (!sent) {
      file.focus();
      throw new Problem('There is no picture yet.', 'Choose, drop or paste one, or take the cup of coffee.');
    }
    setWorking(true);
    await runOn(sent, chosenFunction(), signal);
  } catch (error) {
    if (!signal.aborted) showProblem(toProblem(error));
  }
  if (!signal.aborted) setWorking(false);
}

async function runOn(sent: Picture, name: ImageFunction, signal: AbortSignal): Promise<void> {
  const onSent = (part: number) => showProgress(part, wording[name].running);
  onSent(0);
  const { body, ms } = await sendToFunction(name, sent, { signal, onSent });
  if (name === 'grayscale') return showGreyResult(body, sent.name, ms);
  const result = parseClassification(await body.text());
  signal.throwIfAborted();
  showClassificationResult(result, ms);
}

function chooseFunction(): void {
  stopWorking();
  run.textContent = wording[chosenFunction()].run;
}

/** Takes a file; where none was given, says why and leaves the picture that is there. */
function takeFile(given: File | Problem): void {
  if (given instanceof File) {
    take(() => given);
  } else {
    stopWorking();
    showProblem(given);
  }
}

onChoose(file, takeFile);
onDrop(takeFile);
onPaste(takeFile);
element('sample', HTMLButtonElement).addEventListener('click', () => take(fetchSample));
form.addEventListener('change', (event) => {
  if (event.target !== file) chooseFunction();
});
form.addEventListener('submit', (event) => {
  event.preventDefault();
  void runFunction();
});
cancel.addEventListener('click', () => {
  stopWorking();
  run.focus();
});
chooseFunction();
