import { constants, open } from 'node:fs/promises';
import path from 'node:path';
import type { z } from 'zod';
import { buildOf, type ReadProgram } from './build-of.js';
import type { FunctionDescription } from './description.js';
import { ManifestError } from './errors.js';
import { type Problem, parseManifest, problemAt } from './parse-manifest.js';
import { manifestSchema } from './schema.js';
import { problemsOfFolder } from './sources.js';

/** Larger is no description of a function. */
const MAX_MANIFEST_BYTES = 64 * 1024;
const WASM_PAGE_BYTES = 64 * 1024;

/**
 * Reads one `function.yaml`.
 *
 * @param folder the function's folder, absolute
 * @param functions the folder of the function whose program it may have
 * @param options `sources`: whether what it is built from has to be there; who serves what is built needs none of it
 * @throws ManifestError with a line of text for each thing that is wrong
 */
export async function readManifest(
  folder: string,
  functions: string = path.dirname(folder),
  { sources = true }: { sources?: boolean } = {},
): Promise<FunctionDescription> {
  return read(folder, {
    functions,
    sources,
    readProgram: (program) => read(program, { functions, sources }),
  });
}

async function read(
  folder: string,
  { functions, sources, readProgram }: { functions: string; sources: boolean; readProgram?: ReadProgram },
): Promise<FunctionDescription> {
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
  const parsed = parseManifest(text);
  if ('problems' in parsed) return refuse(parsed.problems);

  const { title, build: given, limits, folders, returns, instances, ...same } = parsed.manifest;
  const [build, ...problems] = await Promise.all([
    buildOf(folder, given, { functions, sources, readProgram }),
    ...Object.entries(folders).map(([guest, given]) => problemsOfFolder(folder, guest, given)),
  ]);
  const all = [...('problems' in build ? build.problems : []), ...problems.flat()];
  if ('problems' in build || all.length > 0)
    return refuse(all.map(({ at, problem }) => problemAt(parsed.yaml, at, problem)));
  return {
    ...same,
    ...build,
    name,
    folder,
    title: title ?? name,
    returns,
    limits: limitsOf(limits),
    folders: Object.fromEntries(
      Object.entries(folders).map(([guest, given]) => [guest, path.resolve(folder, given)]),
    ),
    instances,
  };
}

/** Limits as the schema has them, in the units of a description. */
function limitsOf(given: z.output<typeof manifestSchema>['limits']): FunctionDescription['limits'] {
  return {
    memoryPages: Math.ceil(given.memory / WASM_PAGE_BYTES),
    timeoutMs: given.timeout,
    inputBytes: given.input,
    outputBytes: given.output,
    pixels: given.pixels,
  };
}

/** The limits of a function whose `function.yaml` names none. */
export const defaultLimits = limitsOf(manifestSchema.parse({ build: 'rust' }).limits);

async function readText(file: string): Promise<string> {
  await using handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
  const status = await handle.stat();
  if (!status.isFile()) throw new Error('it is no file; make it one');
  if (status.size > MAX_MANIFEST_BYTES)
    throw new Error(`it has ${status.size} bytes, and ${MAX_MANIFEST_BYTES} may be; shorten it`);
  return handle.readFile('utf8');
}
