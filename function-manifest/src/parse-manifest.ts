import type { z } from 'zod';
import { manifestSchema } from './schema.js';
import { parseYaml, type YamlFile } from './yaml-file.js';

/** Something that is wrong with a `function.yaml`. */
export interface Problem {
  readonly line?: number | undefined;
  readonly text: string;
}

/** A text that is a description, and where its values stand; or what is wrong with it. */
export type Parsed =
  | { readonly manifest: z.output<typeof manifestSchema>; readonly yaml: YamlFile }
  | { readonly problems: readonly Problem[] };

/** More texts than there are functions, as a rule. */
const MAX_KEPT = 256;

/** Who serves reads the same texts again and again, and parsing is most of it. */
const kept = new Map<string, Parsed>();

/** Parses the text of a `function.yaml`. */
export function parseManifest(text: string): Parsed {
  const before = kept.get(text);
  if (before !== undefined) return before;
  if (kept.size === MAX_KEPT) kept.clear();
  const parsed = parse(text);
  kept.set(text, parsed);
  return parsed;
}

function parse(text: string): Parsed {
  const yaml = parseYaml(text);
  if ('problem' in yaml) return { problems: [{ line: yaml.line, text: `${yaml.problem}; correct it` }] };
  const { data, error } = manifestSchema.safeParse(yaml.value);
  if (error !== undefined) return { problems: error.issues.flatMap((issue) => describe(issue, yaml)) };
  return { manifest: data, yaml };
}

function describe(issue: z.core.$ZodIssue, yaml: YamlFile): Problem[] {
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({
      line: yaml.lineOf(issue.path, key),
      text: `${[...issue.path, key].join('.')} is not a key there; correct or remove it (docs/settings.md has all)`,
    }));
  if (issue.code === 'invalid_key') {
    const key = String(issue.path.at(-1));
    const remedy = KEYS[String(issue.path[0])] ?? 'correct it';
    return [
      {
        line: yaml.lineOf(issue.path.slice(0, -1), key),
        text: `${String(issue.path[0])} has the key ${JSON.stringify(key)}; ${remedy}`,
      },
    ];
  }
  return [problemAt(yaml, issue.path, issue.message)];
}

const KEYS: Readonly<Record<string, string>> = {
  folders: 'use an absolute path of the guest, such as /model',
  env: 'use the name of an environment variable: letters, digits and underlines',
};

/** A value, and what it has to be. */
export function problemAt(yaml: YamlFile, at: readonly PropertyKey[], problem: string): Problem {
  const value = at.reduce<unknown>(
    (from, key) => (typeof from === 'object' && from !== null ? Reflect.get(from, key) : undefined),
    yaml.value,
  );
  const where = at.length === 0 ? 'the file' : at.join('.');
  return { line: yaml.lineOf(at) ?? 1, text: `${where} is ${shown(value, at)} and ${problem}` };
}

const MAX_SHOWN_CHARACTERS = 80;

function shown(value: unknown, at: readonly PropertyKey[]): string {
  if (value === undefined) return 'missing';
  if (value === null && at.length === 0) return 'empty';
  const text = JSON.stringify(value);
  return text.length <= MAX_SHOWN_CHARACTERS ? text : `${text.slice(0, MAX_SHOWN_CHARACTERS)}…`;
}
