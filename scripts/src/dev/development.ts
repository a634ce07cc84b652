import path from 'node:path';
import { functionsFolder } from '@app/function-manifest';
import { type Launched, readRunFile } from '../launch/launch.js';
import { root } from '../paths.js';
import { type Change, watchPlaces } from './changes.js';
import { Functions } from './functions.js';
import { Lane } from './lane.js';
import type { PageServer } from './page-server.js';
import { packageFolders, Services } from './services.js';
import { reasonOf } from './words.js';

/** What the files of the page are. */
const PAGE = path.join(root, 'static/public');

/** What Rust functions share. */
const KITS = path.join(root, 'function-kit');

/** What development needs of who starts it. */
export interface Surroundings {
  readonly launched: Launched;
  /** The run file. */
  readonly file: string;
  readonly pages: PageServer;
  /** Waits until no other command builds, and keeps others from it until what it resolves with is called. */
  readonly lock: () => Promise<() => void>;
}

/** Watches the files of a running application, and brings what runs up to date with them. */
export class Development {
  readonly launched: Launched;
  readonly pages: PageServer;
  readonly lock: () => Promise<() => void>;
  /** Tells who works on it what happened. */
  readonly say: (text: string) => void;
  /** Resolves when the apps are those of the run file. */
  readonly untilAppsAre = () => this.#apps.idle();
  readonly #file: string;
  readonly #functions = new Functions(this);
  readonly #services = new Services(this);
  readonly #apps: Lane;
  readonly #code: Lane;
  #watcher: { close(): Promise<void> } | undefined;

  private constructor({ launched, file, pages, lock }: Surroundings) {
    this.launched = launched;
    this.pages = pages;
    this.lock = lock;
    this.#file = file;
    this.say = (text) => {
      for (const line of text.split('\n')) launched.say('dev', line);
    };
    const onError = (what: string) => (error: unknown) => {
      const message = reasonOf(error);
      pages.tell(what, message);
      this.say(`${what}: ${message}`);
    };
    this.#apps = new Lane((signal) => this.#updateApps(signal), onError('the run file'));
    this.#code = new Lane((signal, at) => this.#services.update(signal, at), onError('TypeScript'));
  }

  static async begin(surroundings: Surroundings): Promise<Development> {
    const development = new Development(surroundings);
    await development.#services.begin();
    await development.#functions.begin();
    const sources = (await packageFolders()).map((folder) => path.join(folder, 'src'));
    const places = [functionsFolder, KITS, PAGE, development.#file, ...sources];
    development.#watcher = await watchPlaces(places, (change) => development.#onChange(change, sources));
    development.say('watching functions, services, page and run file');
    return development;
  }

  /** The folder of each app of the run file. */
  async appFolders(): Promise<[string, string][]> {
    return (await readRunFile(this.#file)).map(({ appID, appDirPath }) => [appID, appDirPath]);
  }

  /** Breaks off what is being done. */
  async close(): Promise<void> {
    await this.#watcher?.close();
    await Promise.all([this.#functions.close(), this.#code.close(), this.#apps.close()]);
  }

  #onChange({ files, at }: Change, sources: readonly string[]): void {
    const filesIn = (...folders: readonly string[]) =>
      new Set(
        [...files].filter((file) =>
          folders.some((folder) => file === folder || file.startsWith(`${folder}${path.sep}`)),
        ),
      );
    if (filesIn(...sources).size > 0) this.#code.ask(at);
    if (filesIn(PAGE).size > 0) {
      this.pages.reload();
      this.say('the page is loaded again');
    }
    const ofFunctions = filesIn(functionsFolder, KITS);
    if (ofFunctions.size > 0)
      this.#functions.change({ files: ofFunctions, at }).catch((error: unknown) => this.say(String(error)));
    if (filesIn(this.#file).size > 0) this.#apps.ask(at);
  }

  async #updateApps(signal: AbortSignal): Promise<void> {
    // An app that joins with its first function finds it built.
    await this.#functions.untilBuilt();
    signal.throwIfAborted();
    const { added, removed } = await this.launched.update();
    await this.#services.noteApps();
    this.pages.tell('the run file', undefined);
    for (const id of removed) this.say(`${id}: stopped, as the run file has it no longer`);
    for (const id of added) this.say(`${id}: started, as the run file has it`);
  }
}
