import type { FunctionDescription } from '@app/function-manifest';
import type { Step, Work } from '../../setup/step.js';

/** Makes the module of functions of one language, or of one way of building. */
export interface Builder {
  /** Steps of set-up that bring in the compiler, if the machine need not have it: done when the first function that needs it is built. */
  readonly toolchain?: readonly Step[];
  /** What the machine lacks for `build`: a sentence each, with the remedy. */
  lacks(): Promise<readonly string[]>;
  /**
   * The files that decide what module comes out, be it one that is not there. Absolute paths.
   *
   * @throws SetupError if they do not tell
   */
  sources(described: FunctionDescription): Promise<readonly string[]>;
  /**
   * Makes the module.
   *
   * @returns its absolute path
   * @throws SetupError with what the compiler said
   */
  build(described: FunctionDescription, work: Pick<Work, 'signal' | 'report'>): Promise<string>;
  /** About how long `build` takes one processor, in s. */
  readonly seconds: number;
}
