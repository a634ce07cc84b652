import { type ChosenFile, readFile, requireSize, typeProblem } from './chosen-file.js';
import { element } from './element.js';
import { fetchSample, onChoose, onDrop, onPaste } from './file-sources.js';
import { chosenName, showFunctions } from './function-choice.js';
import { fetchFunctions, type PageFunction } from './functions.js';
import { sendToFunction } from './hello-request.js';
import { showInput } from './input-view.js';
import { clearOriginal, showOriginal } from './original-view.js';
import { Problem, toProblem } from './problem.js';
import { clearResult, showAnswer, showProblem, showProgress } from './result-view.js';
import { showWay } from './way-view.js';

type GetFile = (signal: AbortSignal) => File | Promise<File>;

const form = element('form', HTMLFormElement);
const file = element('file', HTMLInputElement);
const run = element('run', HTMLButtonElement);
const cancel = element('cancel', HTMLButtonElement);
const again = element('again', HTMLButtonElement);

let functions: readonly PageFunction[] = [];
let chosen: PageFunction | undefined;
/** The file to work on, which may still be on its way here. */
let taken: Promise<ChosenFile | undefined> = Promise.resolve(undefined);
let taking = new AbortController();
let working = new AbortController();

/** Gives up the function that runs, so that no late answer is ever shown, and takes a result away. */
function stopWorking(): void {
  working.abort();
  setWorking(false);
  clearResult();
}

/** Shows the one of run and cancel that is of use, if there is a function; the focus stays where it was. */
function setWorking(working: boolean): void {
  const [from, to] = working ? [run, cancel] : [cancel, run];
  const focused = document.activeElement === from;
  from.hidden = true;
  to.hidden = chosen === undefined;
  if (focused) to.focus();
}

function take(getFile: GetFile): void {
  stopWorking();
  taking.abort();
  taking = new AbortController();
  clearOriginal();
  taken = receive(getFile, taking.signal);
}

async function receive(getFile: GetFile, signal: AbortSignal): Promise<ChosenFile | undefined> {
  try {
    const file = await getFile(signal);
    requireSize(file, chosen?.maxBytes ?? Number.POSITIVE_INFINITY);
    const read = await readFile(file);
    signal.throwIfAborted();
    void showOriginal(read, signal);
    // It stays: another function may take it.
    const refusal = chosen && typeProblem(read, chosen);
    if (refusal) showProblem(refusal);
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
    const sent = await taken;
    signal.throwIfAborted();
    if (chosen === undefined)
      throw new Problem('There is no function to run.', 'Look whether the server is running.');
    if (!sent) {
      file.focus();
      throw new Problem('There is nothing to send yet.', 'Choose, drop or paste a file, or take the sample.');
    }
    requireSize({ name: sent.name, size: sent.bytes.size }, chosen.maxBytes);
    const refusal = typeProblem(sent, chosen);
    if (refusal) throw refusal;
    setWorking(true);
    await runOn(sent, chosen, signal);
  } catch (error) {
    if (!signal.aborted) showProblem(toProblem(error));
  }
  if (!signal.aborted) setWorking(false);
}

async function runOn(sent: ChosenFile, chosen: PageFunction, signal: AbortSignal): Promise<void> {
  const onSent = (part: number) => showProgress(part, `Running ${chosen.title}…`);
  onSent(0);
  const { body, ms } = await sendToFunction(chosen, sent, { signal, onSent });
  await showAnswer({ body, ms, input: sent.name, title: chosen.title, name: chosen.name, signal });
}

function choose(next: PageFunction | undefined): void {
  chosen = next;
  stopWorking();
  const focused = document.activeElement === again;
  again.hidden = chosen !== undefined;
  if (chosen === undefined) return;
  if (focused) run.focus();
  run.textContent = `Run ${chosen.title}`;
  showInput(chosen);
  showWay(chosen);
}

/** Asks for the functions; what was chosen stays chosen. */
async function loadFunctions(): Promise<void> {
  stopWorking();
  try {
    functions = await fetchFunctions();
    choose(showFunctions(functions, chosenName()));
    if (chosen === undefined)
      throw new Problem('There is no function that can be used.', 'The log of the services says why.');
  } catch (error) {
    choose(undefined);
    showProblem(toProblem(error));
  }
}

/** Takes a file; where none was given, says why and leaves the one that is there. */
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
onPaste(takeFile, () => chosen);
element('sample', HTMLButtonElement).addEventListener('click', () => take(fetchSample));
form.addEventListener('change', (event) => {
  if (event.target !== file) choose(functions.find(({ name }) => name === chosenName()));
});
form.addEventListener('submit', (event) => {
  event.preventDefault();
  if (chosen !== undefined) void runFunction();
});
cancel.addEventListener('click', () => {
  stopWorking();
  run.focus();
});
again.addEventListener('click', () => void loadFunctions());
void loadFunctions();
