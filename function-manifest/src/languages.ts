/** The languages that `build` may name, each with the file that a function in it begins with: one of them has to be in its folder. */
export const LANGUAGES = {
  rust: ['Cargo.toml'],
  c: ['main.c'],
  cpp: ['main.cpp'],
  go: ['go.mod'],
  assemblyscript: ['main.ts'],
  javascript: ['main.ts', 'main.js'],
} as const satisfies Readonly<Record<string, readonly string[]>>;

export type Language = keyof typeof LANGUAGES;

/** All languages, in the order in which they are told. */
export const languages = Object.keys(LANGUAGES).filter((name): name is Language => name in LANGUAGES);
