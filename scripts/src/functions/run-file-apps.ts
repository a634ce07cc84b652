import { readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { isMap, isSeq, parseDocument, type YAMLMap } from 'yaml';
import { SetupError } from '../setup/errors.js';

/** The folder of the program that serves functions, below that of the run file. */
const PROGRAM = './function-service';

const FIRST_APP_PORT = 9003;
const FIRST_SIDECAR_PORT = 3500;

/** One app of a run file, and where in the text it stands. */
interface FoundApp {
  readonly id: unknown;
  readonly folder: unknown;
  readonly start: number;
  readonly end: number;
}

/**
 * Adds an app that serves functions to a run file, as a person would: behind the others, with the next ports; all else stays
 * as it is, comments too.
 *
 * @returns whether it was added; it is there already otherwise
 * @throws SetupError if the file cannot be read, or has no list of apps
 */
export async function addApp(file: string, appId: string): Promise<boolean> {
  const text = await readFile(file, 'utf8');
  const { apps, numbers } = appsIn(file, text);
  if (apps.some(({ id }) => id === appId)) return false;
  const last = apps.at(-1);
  if (last === undefined) throw new SetupError(`${file} has no apps: put back those that it had.`);
  const next = (first: number) => {
    let port = first;
    while (numbers.has(port)) port += 1;
    return port;
  };
  const block = `  - appID: ${appId}
    appDirPath: ${PROGRAM}
    appPort: ${next(FIRST_APP_PORT)}
    daprHTTPPort: ${next(FIRST_SIDECAR_PORT)}
    command: ["node", "--initial-old-space-size=64", "dist/server.js"]
    env:
      HOST: 127.0.0.1
`;
  const before = text.slice(0, last.end);
  await replace(file, `${before.endsWith('\n') ? before : `${before}\n`}${block}${text.slice(last.end)}`);
  return true;
}

/**
 * Takes an app that serves functions out of a run file.
 *
 * @returns whether it was there; one that serves something else stays
 */
export async function removeApp(file: string, appId: string): Promise<boolean> {
  const text = await readFile(file, 'utf8');
  const found = appsIn(file, text).apps.find(({ id, folder }) => id === appId && folder === PROGRAM);
  if (found === undefined) return false;
  await replace(file, text.slice(0, found.start) + text.slice(found.end));
  return true;
}

function appsIn(file: string, text: string): { apps: FoundApp[]; numbers: Set<unknown> } {
  const document = parseDocument(text);
  const list = document.get('apps');
  if (document.errors.length > 0 || !isSeq(list))
    throw new SetupError(
      `${file} is no run file with a list of apps: ${document.errors[0]?.message ?? 'apps is missing'}`,
    );
  const items = list.items.filter((item): item is YAMLMap => isMap(item));
  const apps = items.map((item) => {
    const [start = 0, , end = 0] = item.range ?? [];
    return {
      id: item.get('appID'),
      folder: item.get('appDirPath'),
      start: text.lastIndexOf('\n', start) + 1,
      end,
    };
  });
  const numbers = new Set(items.flatMap((item) => item.items.map(({ value }) => Number(value))));
  return { apps, numbers };
}

/** Never half-written. */
async function replace(file: string, text: string): Promise<void> {
  const aside = path.join(path.dirname(file), `.${path.basename(file)}.${process.pid}`);
  await writeFile(aside, text);
  await rename(aside, file);
}
