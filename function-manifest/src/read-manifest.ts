import { constants, open } from 'node:fs/promises';
import path from 'node:path';
import type { z } from 'zod';
import type { FunctionDescription } from './description.js';
import { ManifestError } from './errors.js';
import { manifestSchema } from './schema.js';
import { problemsOfBuild, problemsOfFolder } from './sources.js';
import { parseYaml, type YamlFile } from './yaml-file.js';

/** Larger is no description of a function. */
const MAX_MANIFEST_BYTES = 64 * 1024;
const WASM_PAGE_BYTES = 64 * 1024;

/**
 * Reads one `function.yaml`.
 *
 * @param folder the function's folder, absolute
 * @throws ManifestError with a line of text for each thing that is wrong
 */
export async function readManifest(folder: string): Promise<FunctionDescription> {
  const name = path.basename(folder);
  const file = path.join(folder, 'function.yaml');
  const refuse = (problems: readonly Problem[], cause?: unknown): never => {
    const lines = problems.map(
      ({ line, text }) => `${file}${line === undefined ? '' : `:${line}`}: ${text}.`,
    );
    const [line] = problems.map((problem) => problem.line).filter((each) => each !== undefined);
    throw new ManifestError(lines.join('\n'), {
      function: name,
      file,
      cause,
      ...(line !== undefined && { line }),
    });
  };

  const text = await readText(file).catch((cause: Error) =>
    refuse([{ text: `cannot be read: ${cause.message}` }], cause),
  );
  const yaml = parseYaml(text);
  if ('problem' in yaml) return refuse([{ line: yaml.line, text: `${yaml.problem}; correct it` }]);
  const parsed = manifestSchema.safeParse(yaml.value);
  if (!parsed.success) return refuse(parsed.error.issues.flatMap((issue) => describe(issue, yaml)));

  const { title, limits, folders, returns, instances, ...same } = parsed.data;
  const problems = await Promise.all([
    problemsOfBuild(folder, same.build),
    ...Object.entries(folders).map(([guest, given]) => problemsOfFolder(folder, guest, given)),
  ]);
  if (problems.flat().length > 0)
    return refuse(problems.flat().map(({ at, problem }) => problemAt(yaml, at, problem)));
  return {
    ...same,
    name,
    folder,
    title: title ?? name,
    returns,
    limits: {
      memoryPages: Math.ceil(limits.memory / WASM_PAGE_BYTES),
      timeoutMs: limits.timeout,
      inputBytes: limits.input,
      outputBytes: limits.output,
      pixels: limits.pixels,
    },
    folders: Object.fromEntries(
      Object.entries(folders).map(([guest, given]) => [guest, path.resolve(folder, given)]),
    ),
    instances,
  };
}

interface Problem {
  readonly line?: number | undefined;
  readonly text: string;
}

async function readText(file: string): Promise<string> {
  await using handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
  const status = await handle.stat();
  if (!status.isFile()) throw new Error('it is no file; make it one');
  if (status.size > MAX_MANIFEST_BYTES)
    throw new Error(`it has ${status.size} bytes, and ${MAX_MANIFEST_BYTES} may be; shorten it`);
  return handle.readFile('utf8');
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
function problemAt(yaml: YamlFile, at: readonly PropertyKey[], problem: string): Problem {
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
