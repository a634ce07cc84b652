import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';
import { root, runtimeFolder } from '../paths.js';
import { SetupError } from '../setup/errors.js';
import { placeOf } from '../setup/step.js';
import { imagesStep } from './images.js';
import { programs } from './programs.js';

/** What is built for the cluster, a folder each, and beside it `run`, the state of the one that is up. */
export const clusterFolder = path.join(runtimeFolder, 'cluster');

/** Scripts, manifests and modules of the cluster. */
const sources = path.join(root, 'test/cluster');

const run = path.join(clusterFolder, 'run');
/** Runs a command in the cluster's namespaces, with `kubectl` and `helm` on its PATH. */
export const enter = path.join(sources, 'enter.sh');
const READY_WITHIN_MS = 180_000;
const POLL_MS = 200;
const LINES_SHOWN = 15;

/** A Kubernetes of one node in namespaces of its own, with Dapr's control plane. */
export class Cluster {
  readonly #process: ChildProcess;
  readonly #ended: Promise<unknown>;

  /**
   * Starts it and waits until it is ready.
   *
   * @param say takes what is ready
   * @throws SetupError if one is up already, or a part of it ends
   */
  static async start(say: (what: string) => void): Promise<Cluster> {
    await refuseSecond();
    await rm(run, { recursive: true, force: true });
    const cluster = new Cluster();
    try {
      await cluster.#getReady(say);
      return cluster;
    } catch (error) {
      await cluster.stop();
      throw error;
    }
  }

  private constructor() {
    // Its standard input ends with this process, however that ends, and the cluster with it.
    this.#process = spawn(path.join(sources, 'run.sh'), [clusterFolder, run], {
      detached: true,
      cwd: '/',
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    this.#ended = once(this.#process, 'close');
  }

  /** Runs a command in the cluster's namespaces: what it wrote. */
  async command(command: string, args: readonly string[], input = ''): Promise<string> {
    const { stdout, failed, shortMessage, stderr } = await execa(enter, [command, ...args], {
      input,
      reject: false,
    });
    if (failed) throw new SetupError(`${shortMessage}\n${lastLines(stderr)}`);
    return stdout;
  }

  /** Makes an image of an archive known to the node. */
  async importImage(archive: string): Promise<void> {
    await this.command('ctr', ['--namespace', 'k8s.io', 'images', 'import', archive]);
  }

  /** Resolves when it has ended. */
  async ended(): Promise<void> {
    await this.#ended;
  }

  /** Ends all that runs in it, and resolves when nothing of it is left. */
  async stop(): Promise<void> {
    this.#process.stdin?.end();
    await this.#ended;
  }

  async #getReady(say: (what: string) => void): Promise<void> {
    await this.#until('containerd', () => this.command('ctr', ['version']));
    for (const archive of await archives()) await this.importImage(archive);
    say('images imported');
    await this.#until('the API server', () => this.kubectl('get', '--raw', '/readyz'));
    say('API server ready');
    await this.#until('the node', () =>
      this.kubectl('wait', '--for=condition=Ready', 'node/node1', '--timeout=5s'),
    );
    await this.#until('the default account', () => this.kubectl('get', 'serviceaccount', 'default'));
    say('node ready');
    for (const name of ['coredns', 'metrics-server'])
      await this.kubectl('apply', '--server-side', '-f', path.join(sources, `manifests/${name}.yaml`));
    await this.command('helm', [
      ...['upgrade', '--install', 'dapr', path.join(productOf('dapr'), 'chart')],
      ...['--namespace', 'dapr-system', '--create-namespace', '--wait', '--timeout', `${READY_WITHIN_MS}ms`],
      ...['--values', path.join(sources, 'manifests/dapr-values.yaml')],
    ]);
    say(`Dapr ${(await this.command(path.join(productOf('dapr'), 'daprd'), ['--version'])).trim()} ready`);
  }

  /** `kubectl` with these arguments, as the cluster's administrator. */
  async kubectl(...args: readonly string[]): Promise<string> {
    return this.command('kubectl', args);
  }

  /** Waits until it succeeds, as long as all parts run. */
  async #until(what: string, attempt: () => Promise<unknown>): Promise<void> {
    const giveUpAt = performance.now() + READY_WITHIN_MS;
    for (;;) {
      await this.#checkParts();
      const failure = await attempt().then(
        () => undefined,
        (cause: Error) => cause,
      );
      if (failure === undefined) return;
      if (performance.now() > giveUpAt)
        throw new SetupError(`${what} did not get ready: ${failure.message}`, { cause: failure });
      await delay(POLL_MS);
    }
  }

  async #checkParts(): Promise<void> {
    const ended = await readFile(path.join(run, 'ended'), 'utf8').catch(() => '');
    const [name] = ended.split('\n');
    if (name) throw new SetupError(`${name} has ended:\n${await logOf(name)}`);
    if (this.#process.exitCode !== null) throw new SetupError(`The node has ended:\n${await logOf('node')}`);
  }
}

function productOf(name: string): string {
  const step = programs.get(name);
  return step === undefined ? name : placeOf(step, clusterFolder);
}

async function archives(): Promise<string[]> {
  const folder = placeOf(imagesStep(clusterFolder), clusterFolder);
  return (await readdir(folder))
    .filter((name) => name.endsWith('.tar'))
    .map((name) => path.join(folder, name));
}

async function refuseSecond(): Promise<void> {
  const first = (await readFile(path.join(run, 'first-process'), 'utf8').catch(() => '')).trim();
  const command = first && (await readFile(`/proc/${first}/cmdline`, 'utf8').catch(() => ''));
  if (command.includes('node.sh'))
    throw new SetupError(`A cluster of this checkout is up already (process ${first}): end what started it.`);
}

async function logOf(name: string): Promise<string> {
  return lastLines(await readFile(path.join(run, `log/${name}.log`), 'utf8').catch(() => ''));
}

function lastLines(text: string): string {
  return text.trimEnd().split('\n').slice(-LINES_SHOWN).join('\n');
}
