/** The functions of `POST /api/hello`, named as its `api` header names them. */
export type ImageFunction = 'classify' | 'grayscale';

interface Wording {
  /** On the button that starts it. */
  readonly run: string;
  /** While the function works. */
  readonly running: string;
}

/** How the page speaks of each function. */
export const wording: Readonly<Record<ImageFunction, Wording>> = {
  classify: { run: 'Classify picture', running: 'Working out what it is…' },
  grayscale: { run: 'Make it grey', running: 'Turning it to grey…' },
};
