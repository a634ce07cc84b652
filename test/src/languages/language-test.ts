/** Files of a function: path in its folder to text. */
export type Files = Readonly<Record<string, string>>;

/** A function that set-up does not build, and what it says of that. */
export interface Refused {
  /** Its files beside `function.yaml`. */
  readonly files: Files;
  /** What set-up says, after the function's name. */
  readonly said: RegExp;
}

/** What a language is tried with. */
export interface LanguageTest {
  /** As `npm run new -- --lang` has it. */
  readonly language: string;
  /** Makes an input for the function of its template. */
  readonly input: () => Promise<Buffer>;
  /** Media type of the input, and of the answer. */
  readonly types: { readonly input: string; readonly answer: string };
  /** Checks an answer against what something else than the function makes of the input. */
  readonly verify: (answer: Buffer, input: Buffer) => Promise<void>;
  /** An input about as large as the service lets through. */
  readonly large: () => Promise<Buffer>;
  /** An input that the template refuses with status 422, and its reason. */
  readonly bad: { readonly input: (good: Buffer) => Buffer; readonly reason: RegExp };
  /** A function with an error in its second file, if the language has one. */
  readonly broken: Refused;
  /** A function that imports what it may not have, such as a socket. */
  readonly forbidden: Refused;
}
