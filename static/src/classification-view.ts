import { type Classification, type Prediction, sentenceParts } from './classification.js';

/** A confidence for people: `95 %`, `0.4 %`. */
function formatConfidence(confidence: number): string {
  const percent = confidence * 100;
  return `${percent.toFixed(percent > 0 && percent < 1 ? 1 : 0)} %`;
}

function searchLink(label: string): HTMLAnchorElement {
  const url = new URL('https://www.google.com/search');
  url.searchParams.set('q', label);
  const link = document.createElement('a');
  link.href = url.href;
  link.target = '_blank';
  link.rel = 'noopener noreferrer';
  link.textContent = label;
  return link;
}

function bar({ label, confidence }: Prediction, index: number): HTMLLIElement {
  const name = document.createElement('label');
  name.textContent = label;
  name.htmlFor = `prediction-${index}`;
  const value = document.createElement('span');
  value.textContent = formatConfidence(confidence);
  const meter = document.createElement('meter');
  meter.id = name.htmlFor;
  meter.value = confidence;
  meter.textContent = value.textContent;
  const item = document.createElement('li');
  item.append(name, value, meter);
  return item;
}

/** Shows a classification: the sentence, with a link on the label, and a bar for each prediction. */
export function showClassification(
  { label, sentence, predictions, model }: Classification,
  into: { sentence: HTMLElement; bars: HTMLElement; model: HTMLElement },
): void {
  const { before, after } = sentenceParts(sentence);
  into.sentence.replaceChildren(before);
  if (label !== null && after !== undefined) into.sentence.append(searchLink(label), after);
  into.bars.replaceChildren(...predictions.map(bar));
  into.model.textContent = model;
}
