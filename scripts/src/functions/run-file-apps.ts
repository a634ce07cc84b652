import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { isMap, isSeq, parseDocument } from 'yaml';
import { SetupError } from '../setup/errors.js';

/** The folder of the program that serves functions, below that of the run file. */
const PROGRAM = './function-service';

const FIRST_APP_PORT = 9003;
const FIRST_SIDECAR_PORT = 3500;

/** A run file as it is to be; nothing is written yet. */
export interface RunFileChange {
  readonly file: string;
  readonly text: string;
}

/** One app of a run file, and where in the text it stands. */
interface FoundApp {
  readonly id: unknown;
  /** The folder of its program, absolute. */
  readonly folder: string;
  /** All that the file says of it. */
  readonly content: unknown;
  readonly start: number;
  readonly end: number;
  /** What stands before the dash that begins it. */
  readonly indent: string;
}

/**
 * A run file with an app that serves functions, as a person would add it: behind the others, with the next ports; all else
 * stays as it is, comments too.
 *
 * @returns `undefined` if the app is there already
 * @throws SetupError if the file cannot be read, its apps are not below each other, or the app is there and of another program
 */
export async function withApp(file: string, appId: string): Promise<RunFileChange | undefined> {
  const text = await readRunFile(file);
  const { apps, numbers } = appsIn(file, text);
  const taken = apps.find(({ id }) => id === appId);
  if (taken !== undefined && taken.folder !== programOf(file))
    throw new SetupError(
      `${file} has an app ${appId} already, of ${taken.folder}, which serves no functions: give that app, or the function, another name.`,
    );
  if (taken !== undefined) return undefined;
  const last = apps.at(-1);
  if (last === undefined) throw new SetupError(`${file} has no apps: put back those that it had.`);
  const next = (first: number) => {
    let port = first;
    while (numbers.has(port)) port += 1;
    return port;
  };
  const lineBreak = text.includes('\r\n') ? '\r\n' : '\n';
  const block = [
    `- appID: ${appId}`,
    `  appDirPath: ${PROGRAM}`,
    `  appPort: ${next(FIRST_APP_PORT)}`,
    `  daprHTTPPort: ${next(FIRST_SIDECAR_PORT)}`,
    '  command: ["node", "--initial-old-space-size=64", "dist/server.js"]',
    '  env:',
    '    HOST: 127.0.0.1',
  ].map((line) => `${last.indent}${line}${lineBreak}`);
  const before = text.slice(0, last.end);
  const changed = `${before.endsWith('\n') ? before : `${before}${lineBreak}`}${block.join('')}${text.slice(last.end)}`;
  const added = appsIn(file, changed).apps.find(({ id }) => id === appId);
  requireSame(file, changed, [...apps, ...(added === undefined ? [] : [added])]);
  return { file, text: changed };
}

/**
 * A run file without an app that serves functions.
 *
 * @returns `undefined` if it is not there; one that serves something else stays
 * @throws SetupError if the file cannot be read, or its apps are not below each other
 */
export async function withoutApp(file: string, appId: string): Promise<RunFileChange | undefined> {
  const text = await readRunFile(file);
  const { apps } = appsIn(file, text);
  const found = apps.find(({ id, folder }) => id === appId && folder === programOf(file));
  if (found === undefined) return undefined;
  const changed = text.slice(0, found.start) + text.slice(found.end);
  requireSame(
    file,
    changed,
    apps.filter((app) => app !== found),
  );
  return { file, text: changed };
}

/** Writes a run file, never half of it. What a cut-off one leaves, the next takes away; Git does not see it. */
export async function writeRunFile({ file, text }: RunFileChange): Promise<void> {
  const aside = path.join(path.dirname(file), `.${path.basename(file)}.new`);
  try {
    await writeFile(aside, text);
    await rename(aside, file);
  } catch (error) {
    await rm(aside, { force: true }).catch(() => {});
    throw error;
  }
}

async function readRunFile(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((cause: Error) => {
    throw new SetupError(`${file} cannot be read (${cause.message}): --file names the run file.`, { cause });
  });
}

function programOf(file: string): string {
  return path.resolve(path.dirname(file), PROGRAM);
}

function appsIn(file: string, text: string): { apps: FoundApp[]; numbers: Set<unknown> } {
  const document = parseDocument(text);
  const list = document.get('apps');
  const [error] = document.errors;
  if (error !== undefined || !isSeq(list))
    throw new SetupError(
      `${file} is no run file with a list of apps: ${error?.message.trim() ?? 'apps is missing'}`,
    );
  const apps = list.items.map((item) => {
    const [at = 0, , end = 0] = isMap(item) ? (item.range ?? []) : [];
    const start = text.lastIndexOf('\n', at - 1) + 1;
    const indent = /^( *)- +$/.exec(text.slice(start, at))?.[1];
    if (!isMap(item) || indent === undefined || list.flow)
      throw new SetupError(
        `${file} does not have its apps below each other, each from a line that begins with "- ": write them so, as the project's own dapr.yaml does.`,
      );
    const folder = path.resolve(path.dirname(file), String(item.get('appDirPath')));
    return { id: item.get('appID'), folder, content: item.toJS(document), start, end, indent };
  });
  const numbers = new Set(
    list.items.flatMap((item) => (isMap(item) ? item.items.map(({ value }) => Number(value)) : [])),
  );
  return { apps, numbers };
}

/** What is written by hand may stand in ways that nobody has thought of: then nothing is changed. */
function requireSame(file: string, changed: string, expected: readonly FoundApp[]): void {
  const contents = (apps: readonly FoundApp[]) => apps.map(({ content }) => content);
  if (!isDeepStrictEqual(contents(appsIn(file, changed).apps), contents(expected)))
    throw new SetupError(`${file} is written in a way that its apps cannot be changed in: do it by hand.`);
}
