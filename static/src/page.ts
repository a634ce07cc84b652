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

const form = element('form', HTMLFormElement);
const file = element('file', HTMLInputElement);
const grayscale = element('grayscale', HTMLInputElement);
const run = element('run', HTMLButtonElement);
const cancel = element('cancel', HTMLButtonElement);

let picture: Picture | undefined;
/** What the page does now; begun anew it aborts, so that no late answer is ever shown. */
let work = new AbortController();

/** Ends what the page does, takes its result away, and begins something else. */
function begin(): AbortSignal {
  work.abort();
  work = new AbortController();
  clearResult();
  return work.signal;
}

/** Runs a piece of work to its end, unless it is aborted; what fails is shown. */
async function finish(signal: AbortSignal, steps: () => Promise<void>): Promise<void> {
  try {
    await steps();
  } catch (error) {
    if (!signal.aborted) showProblem(toProblem(error));
  }
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

async function take(getFile: (signal: AbortSignal) => File | Promise<File>): Promise<void> {
  const signal = begin();
  setWorking(false);
  picture = undefined;
  clearOriginal();
  await finish(signal, async () => {
    const read = await readPicture(await getFile(signal));
    signal.throwIfAborted();
    picture = read;
    await showOriginal(read);
  });
}

async function runFunction(): Promise<void> {
  const signal = begin();
  await finish(signal, async () => {
    if (!picture) {
      file.focus();
      throw new Problem('There is no picture yet.', 'Choose, drop or paste one, or take the cup of coffee.');
    }
    setWorking(true);
    const name = chosenFunction();
    const onSent = (part: number) => showProgress(part, wording[name].running);
    onSent(0);
    const { body, ms } = await sendToFunction(name, picture, { signal, onSent });
    if (name === 'grayscale') return await showGreyResult(body, picture.name, ms);
    const result = parseClassification(await body.text());
    signal.throwIfAborted();
    showClassificationResult(result, ms);
  });
  if (!signal.aborted) setWorking(false);
}

function chooseFunction(): void {
  begin();
  setWorking(false);
  run.textContent = wording[chosenFunction()].run;
}

/** Takes a file; where none was given, says why and leaves the picture that is there. */
function takeFile(given: File | Problem): void {
  if (given instanceof File) return void take(() => given);
  begin();
  setWorking(false);
  showProblem(given);
}

onChoose(file, takeFile);
onDrop(takeFile);
onPaste(takeFile);
element('sample', HTMLButtonElement).addEventListener('click', () => void take(fetchSample));
form.addEventListener('change', (event) => {
  if (event.target !== file) chooseFunction();
});
form.addEventListener('submit', (event) => {
  event.preventDefault();
  void runFunction();
});
cancel.addEventListener('click', () => {
  begin();
  setWorking(false);
  run.focus();
});
chooseFunction();
