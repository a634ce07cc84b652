/** What went wrong, told to the person at the page: `message` says what happened, `advice` what to do about it. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly advice: string;

  constructor(message: string, advice: string, options?: ErrorOptions) {
    super(message, options);
    this.advice = advice;
  }
}

/** A `Problem` for anything that was thrown: one that nobody foresaw is told too, not swallowed. */
export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  console.error(error);
  return new Problem('Something went wrong in this page.', 'Reload the page and try again.', {
    cause: error,
  });
}
