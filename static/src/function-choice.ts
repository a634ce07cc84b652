import { element } from './element.js';
import type { PageFunction } from './functions.js';

const choice = element('functions', HTMLFieldSetElement);

/** Shows the functions to choose from, the first that can be used chosen; that one, or the one that was chosen before. */
export function showFunctions(
  functions: readonly PageFunction[],
  before: string | undefined,
): PageFunction | undefined {
  const usable = functions.filter(({ available }) => available);
  const chosen = usable.find(({ name }) => name === before) ?? usable[0];
  const others = functions.filter(({ available }) => !available);
  const labels = [...usable, ...others].map((each) => label(each, each === chosen));
  const [legend] = choice.children;
  choice.replaceChildren(...(legend === undefined ? [] : [legend]), ...labels);
  choice.hidden = functions.length === 0;
  return chosen;
}

function label({ name, title, available, problem }: PageFunction, checked: boolean): HTMLLabelElement {
  const input = document.createElement('input');
  input.type = 'radio';
  input.name = 'api';
  input.value = name;
  input.id = `function-${name}`;
  input.checked = checked;
  input.disabled = !available;
  const text = document.createElement('span');
  text.id = `${input.id}-title`;
  text.textContent = title;
  input.setAttribute('aria-labelledby', text.id);
  const label = document.createElement('label');
  label.append(input, text);
  if (problem !== undefined) {
    const why = document.createElement('small');
    why.id = `${input.id}-problem`;
    why.textContent = problem;
    input.setAttribute('aria-describedby', why.id);
    label.append(why);
  }
  return label;
}

/** The name of the function that is chosen. */
export function chosenName(): string | undefined {
  return choice.querySelector<HTMLInputElement>('input:checked')?.value;
}
