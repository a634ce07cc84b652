import { element } from './element.js';
import type { PageFunction } from './functions.js';
import { chooserTypes, inputWord, takesPictures } from './media-types.js';

const heading = element('input-heading', HTMLElement);
const invitation = element('invitation-text', HTMLElement);
const choose = element('choose', HTMLElement);
const file = element('file', HTMLInputElement);
const sample = element('sample', HTMLButtonElement);
const dropHint = element('drop-hint', HTMLElement);

/** Asks for what a function takes. */
export function showInput(chosen: PageFunction): void {
  const what = inputWord(chosen);
  heading.textContent = `Your ${what}`;
  invitation.textContent = `Drop a ${what} anywhere`;
  choose.textContent = `Choose a ${what}`;
  dropHint.textContent = `Let go to use this ${what}`;
  const types = chooserTypes(chosen);
  if (types === '') file.removeAttribute('accept');
  else file.accept = types;
  sample.hidden = !takesPictures(chosen);
}
