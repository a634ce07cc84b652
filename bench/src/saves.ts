import { cp, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { root } from '@app/scripts/paths';
import { execa } from 'execa';
import pWaitFor from 'p-wait-for';

/** The first function of a language brings its compiler along. */
const TIMEOUT_MS = 600_000;

/** `npm run dev` of the shared app, in whose functions things are saved. */
export class Saves {
  readonly #folder: string;
  readonly #dev: ReturnType<typeof startDev>;
  #said = '';

  private constructor(folder: string) {
    this.#folder = folder;
    this.#dev = startDev(folder);
    this.#dev.all.on('data', (chunk) => (this.#said += chunk));
  }

  /** @param folder an empty folder of its own */
  static async begin(folder: string): Promise<Saves> {
    await mkdir(path.join(folder, 'functions'));
    const components = path.join(root, 'components');
    const app = {
      appID: 'functions',
      appDirPath: path.join(root, 'function-service'),
      appPort: 9005,
      command: [process.execPath, 'dist/server.js'],
    };
    const common = {
      resourcesPaths: [components],
      configFilePath: path.join(components, 'config.yaml'),
      logLevel: 'error',
      enableAppHealthCheck: true,
      appHealthCheckPath: '/healthz',
      appHealthProbeInterval: 1,
    };
    // Every JSON text is YAML.
    await writeFile(path.join(folder, 'dapr.yaml'), JSON.stringify({ version: 1, common, apps: [app] }));
    const saves = new Saves(folder);
    await saves.#until(/watching functions/);
    return saves;
  }

  /**
   * Makes the function of a template, and saves changes of it, each when the one before is served; then it goes.
   *
   * @param save makes another change each time
   * @returns how long each took until it was served, ms
   */
  async of(
    language: string,
    count: number,
    save: (place: string, round: number) => Promise<void>,
  ): Promise<number[]> {
    const name = `in-${language}`;
    const place = path.join(this.#folder, 'functions', name);
    const aside = path.join(this.#folder, `${name}-aside`);
    await cp(path.join(root, 'templates', language), aside, { recursive: true });
    this.#said = '';
    await rename(aside, place);
    const served = new RegExp(`${name}: served after ([\\d.]+) s .*cases? holds?$`, 'ms');
    await this.#until(served);
    const times: number[] = [];
    for (let round = 0; round < count; round += 1) {
      this.#said = '';
      await save(place, round);
      times.push(Number(await this.#until(served)) * 1000);
    }
    // What is compiled of it in the background would keep the next one waiting.
    await rm(place, { recursive: true });
    await this.#until(new RegExp(`${name}: gone`));
    return times;
  }

  async end(): Promise<void> {
    this.#dev.kill('SIGINT');
    await this.#dev;
  }

  /** Waits for something to be said; resolves with its first group. */
  async #until(pattern: RegExp): Promise<string | undefined> {
    const isOver = () =>
      [pattern, /is not served:/].some((each) => each.test(this.#said)) || this.#dev.exitCode !== null;
    await pWaitFor(isOver, { interval: 20, timeout: TIMEOUT_MS }).catch(() => {}); // What was said tells why.
    const found = pattern.exec(this.#said);
    if (found === null) throw new Error(`npm run dev did not say ${pattern}:\n${this.#said}`);
    return found[1];
  }
}

function startDev(folder: string) {
  const env = {
    FUNCTIONS_DIR: path.join(folder, 'functions'),
    BUILT_DIR: path.join(folder, 'built'),
    LOG_FORMAT: 'pretty',
  };
  const args = ['scripts/bootstrap.mjs', 'dev', '--free-ports', '--file', path.join(folder, 'dapr.yaml')];
  return execa(process.execPath, args, { cwd: root, env, all: true, reject: false });
}
