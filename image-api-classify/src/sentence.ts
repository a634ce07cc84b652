/** How sure the model must be for each way of saying so, as the original has it: of 255. */
const LIKELIHOODS = [
  { above: 200 / 255, words: 'is very likely' },
  { above: 125 / 255, words: 'is likely' },
  { above: 50 / 255, words: 'could be' },
] as const;

/**
 * The answer as one sentence of HTML, as the original gives it.
 *
 * @param best the model's first choice, if it had any
 * @param subject what the model knows, for the sentence that says that it saw nothing of it
 */
export function sentenceOf(best: { label: string; confidence: number } | undefined, subject: string): string {
  const likelihood = LIKELIHOODS.find(({ above }) => best !== undefined && best.confidence > above);
  if (best === undefined || likelihood === undefined)
    return `It does not appear to be any ${escapeHtml(subject)} in the picture.`;
  const link = `<a href='https://www.google.com/search?q=${queryValue(best.label)}'>${escapeHtml(best.label)}</a>`;
  return `It ${likelihood.words} a ${link} in the picture`;
}

// encodeURIComponent leaves the apostrophe, which would end the attribute.
function queryValue(text: string): string {
  return encodeURIComponent(text).replaceAll("'", '%27');
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}
