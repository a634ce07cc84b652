import type { FunctionDescription } from '@app/function-manifest';
import type { ModuleImport, Optimisation } from '@app/wasmedge-node';
import type { Step, Work } from '../../setup/step.js';

/** What a builder works with. */
export interface BuildWork extends Pick<Work, 'signal' | 'report' | 'warn'> {
  /** Light is for who waits for it, where the compiler can make a module faster that does the same. */
  readonly optimisation: Optimisation;
}

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
  build(described: FunctionDescription, work: BuildWork): Promise<string>;
  /**
   * Where its sources ask for these imports, as far as they tell: a few words each, such as `main.c:12 (recv)`.
   * Only after `build`.
   */
  importers?(
    described: FunctionDescription,
    imports: readonly ModuleImport[],
    work: Pick<Work, 'signal'>,
  ): Promise<readonly string[]>;
  /** A module that a step of `toolchain` has compiled ahead of time, if the code of all its modules is the same as that one's. */
  readonly sameCode?: string;
  /** About how long one processor takes to build the module and to compile it ahead of time, in s. */
  readonly seconds: number;
}
