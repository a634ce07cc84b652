/** One thing that the model sees, and how sure it is: from 0 to 1. */
export interface Prediction {
  readonly label: string;
  /** 0 to 1. */
  readonly confidence: number;
}

/** The JSON answer of a function that classifies. */
export interface Classification {
  /** The best label; none when nothing is likely enough. */
  readonly label: string | null;
  /** HTML, and so never put into the page as it is: see `sentenceParts`. */
  readonly sentence: string;
  /** The five best, best first. */
  readonly predictions: readonly Prediction[];
  readonly model: string;
}

function isPrediction(value: unknown): value is Prediction {
  return (
    typeof value === 'object' &&
    value !== null &&
    'label' in value &&
    typeof value.label === 'string' &&
    'confidence' in value &&
    typeof value.confidence === 'number' &&
    value.confidence >= 0 &&
    value.confidence <= 1
  );
}

function isClassification(value: unknown): value is Classification {
  return (
    typeof value === 'object' &&
    value !== null &&
    'label' in value &&
    (value.label === null || typeof value.label === 'string') &&
    'sentence' in value &&
    typeof value.sentence === 'string' &&
    'predictions' in value &&
    Array.isArray(value.predictions) &&
    value.predictions.every(isPrediction) &&
    'model' in value &&
    typeof value.model === 'string'
  );
}

/** A value of JSON as a classification; `undefined` if it is anything else. */
export function parseClassification(value: unknown): Classification | undefined {
  return isClassification(value) ? value : undefined;
}

/**
 * The sentence as text: what stands before the link on the label, and after it; the link's own text and address are
 * taken from the label, not from here. Without exactly such a link all of it is `before` and there is no `after`.
 */
export function sentenceParts(sentence: string): { before: string; after?: string } {
  const [, before, after] = /^([^<>&]*)<a [^<>]*>[^<>]*<\/a>([^<>&]*)$/.exec(sentence) ?? [];
  return before === undefined || after === undefined ? { before: sentence } : { before, after };
}
