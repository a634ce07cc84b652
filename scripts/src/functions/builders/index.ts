import type { Build, Language } from '@app/function-manifest';
import type { Builder } from './builder.js';
import { command } from './command.js';
import { module } from './module.js';
import { rust } from './rust.js';

const LANGUAGES: Readonly<Record<Language, Builder>> = { rust };

/** The builder that a function asks for. */
export function builderOf(build: Build): Builder {
  if (typeof build === 'string') return LANGUAGES[build];
  return 'run' in build ? command(build) : module(build);
}

/** The steps of set-up that bring in compilers, of all languages. */
export const toolchains = [...new Set(Object.values(LANGUAGES).flatMap(({ toolchain = [] }) => toolchain))];
