import type { FunctionDescription } from './description.js';

/** The name of the function whose program a function has: mostly its own. */
export function programOf({ name, build }: Pick<FunctionDescription, 'name' | 'build'>): string {
  return typeof build === 'object' && 'function' in build ? build.function.name : name;
}
