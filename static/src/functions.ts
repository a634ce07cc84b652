import { Problem } from './problem.js';

/** A function, as `GET /api/functions` tells of it. */
export interface PageFunction {
  /** What the header `api` calls it. */
  readonly name: string;
  readonly title: string;
  /** Media types that it takes, such as `image/*`; any: `*\/*`. */
  readonly accepts: readonly string[];
  /** The media type of its answers; `null` where the answer tells. */
  readonly returns: string | null;
  /** The most bytes that its input may have. */
  readonly maxBytes: number;
  /** The Dapr app that serves it; `null` if nobody knows. */
  readonly app: string | null;
  /** Whether it can be used, or else why not. */
  readonly available: boolean;
  readonly problem?: string;
}

/** The two of the article come first. */
const FIRST = ['classify', 'grayscale'];

/**
 * Asks which functions there are.
 * @throws Problem if there is no answer that makes sense
 */
export async function fetchFunctions(): Promise<readonly PageFunction[]> {
  try {
    const response = await fetch('../api/functions', { signal: AbortSignal.timeout(5000) });
    const answer: unknown = await response.json();
    if (typeof answer !== 'object' || answer === null || !('functions' in answer)) throw new Error('no list');
    const { functions } = answer;
    if (!Array.isArray(functions) || !functions.every(isFunction)) throw new Error('no list of functions');
    return functions.toSorted((a, b) => rankOf(a) - rankOf(b) || (a.name < b.name ? -1 : 1));
  } catch (cause) {
    throw new Problem(
      'The list of functions did not come.',
      'Look whether the server is running, then try again.',
      { cause },
    );
  }
}

function rankOf({ name }: PageFunction): number {
  const rank = FIRST.indexOf(name);
  return rank < 0 ? FIRST.length : rank;
}

function isFunction(value: unknown): value is PageFunction {
  return (
    typeof value === 'object' &&
    value !== null &&
    'name' in value &&
    typeof value.name === 'string' &&
    'title' in value &&
    typeof value.title === 'string' &&
    'accepts' in value &&
    Array.isArray(value.accepts) &&
    value.accepts.every((type) => typeof type === 'string') &&
    'returns' in value &&
    (value.returns === null || typeof value.returns === 'string') &&
    'maxBytes' in value &&
    typeof value.maxBytes === 'number' &&
    'app' in value &&
    (value.app === null || typeof value.app === 'string') &&
    'available' in value &&
    typeof value.available === 'boolean' &&
    (!('problem' in value) || typeof value.problem === 'string')
  );
}
