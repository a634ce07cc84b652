import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parts } from './built-parts.js';

/** What a function of a test is. */
export interface TestFunction {
  /** The guest of test/guests that it is. */
  readonly guest: string;
  /** Its `function.yaml` beside `build`; every JSON text is YAML. */
  readonly manifest?: Readonly<Record<string, unknown>>;
  /** Whether it is built, too; unless told otherwise it is. */
  readonly isBuilt?: boolean;
}

/** Folders of functions, as `functions/` and `.runtime/functions/` are. */
export interface FunctionFolders {
  /** What tells services where they are. */
  readonly env: { readonly FUNCTIONS_DIR: string; readonly BUILT_DIR: string };
  add(name: string, parts: TestFunction): Promise<void>;
  /** Adds a function whose manifest is this text. */
  addManifest(name: string, text: string): Promise<void>;
  remove(name: string): Promise<void>;
}

/** Makes folders of functions; they are gone after the test. */
export async function functionFolders(
  t: { after(cleanUp: () => Promise<void>): void },
  functions: Readonly<Record<string, TestFunction>>,
): Promise<FunctionFolders> {
  const folder = await mkdtemp(join(tmpdir(), 'functions-'));
  t.after(() => rm(folder, { recursive: true }));
  const env = { FUNCTIONS_DIR: join(folder, 'functions'), BUILT_DIR: join(folder, 'built') };
  const addManifest = async (name: string, text: string) => {
    await mkdir(join(env.FUNCTIONS_DIR, name), { recursive: true });
    await writeFile(join(env.FUNCTIONS_DIR, name, 'function.yaml'), text);
  };
  const add = async (name: string, { guest, manifest = {}, isBuilt = true }: TestFunction) => {
    const [source, built] = [join(env.FUNCTIONS_DIR, name), join(env.BUILT_DIR, name)];
    // As set-up does: code that runs is never written over.
    await rm(built, { recursive: true, force: true });
    for (const folder of [source, built]) await mkdir(folder, { recursive: true });
    await copyFile(parts.guest(guest, 'wasm'), join(source, `${name}.wasm`));
    if (isBuilt)
      for (const kind of ['wasm', 'so', 'json'] as const)
        await copyFile(parts.guest(guest, kind), join(built, `${name}.${kind}`));
    // The manifest comes last: whoever reads it finds the rest.
    await addManifest(name, JSON.stringify({ build: { wasm: `${name}.wasm` }, ...manifest }));
  };
  const remove = (name: string) => rm(join(env.FUNCTIONS_DIR, name), { recursive: true });
  await mkdir(env.FUNCTIONS_DIR);
  for (const [name, parts] of Object.entries(functions)) await add(name, parts);
  return { env, add, addManifest, remove };
}
