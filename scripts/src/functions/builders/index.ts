import type { Build } from '@app/function-manifest';
import type { Builder } from './builder.js';
import { command } from './command.js';
import { module } from './module.js';
import { rust } from './rust.js';

const LANGUAGES = { rust } as const satisfies Record<string, Builder>;

/** The builder that a function asks for. */
export function builderOf(build: Build): Builder {
  if (typeof build === 'string') return LANGUAGES[build];
  return 'run' in build ? command(build) : module(build);
}
