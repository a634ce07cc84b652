import type { Build, Language, OwnBuild } from '@app/function-manifest';
import { assemblyscript } from './assemblyscript.js';
import type { Builder } from './builder.js';
import { c, cpp } from './c.js';
import { command } from './command.js';
import { go } from './go.js';
import { javascript } from './javascript.js';
import { module } from './module.js';
import { rust } from './rust.js';

const LANGUAGES: Readonly<Record<Language, Builder>> = { rust, c, cpp, go, assemblyscript, javascript };

/** The builder that a function with a program of its own asks for. */
export function builderOf(build: OwnBuild): Builder {
  if (typeof build === 'string') return LANGUAGES[build];
  return 'run' in build ? command(build) : module(build);
}

/** Where a program comes from, in a few words. */
export function inWords(build: Build): string {
  if (typeof build === 'string') return build;
  if ('function' in build) return `as ${build.function.name}`;
  return 'run' in build ? build.run.join(' ') : build.wasm;
}

/** The steps of set-up that bring in compilers, of all languages. */
export const toolchains = [...new Set(Object.values(LANGUAGES).flatMap(({ toolchain = [] }) => toolchain))];
