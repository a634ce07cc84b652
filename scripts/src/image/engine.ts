import { ask } from '../setup/command.js';
import { SetupError } from '../setup/errors.js';
import { onPath } from '../setup/tools.js';

/** What builds images. */
export interface Engine {
  readonly name: 'docker' | 'podman' | 'buildah';
  /** Arguments that build an image from a Dockerfile, before those that all engines have in common. */
  readonly build: readonly string[];
  /** Arguments that write an image to a file as an archive of the OCI. */
  readonly save: (tag: string, file: string) => readonly string[];
  /** Fails unless the engine itself is there, not its client alone. */
  readonly probe: readonly string[];
}

/** In the order in which they are tried. */
export const engines: readonly Engine[] = [
  {
    name: 'docker',
    build: ['build'],
    save: (tag, file) => ['save', '--output', file, tag],
    probe: ['version', '--format', '{{.Server.Version}}'],
  },
  {
    name: 'podman',
    // The OCI's own format has no health check.
    build: ['build', '--format', 'docker'],
    save: (tag, file) => ['save', '--format', 'oci-archive', '--output', file, tag],
    probe: ['info'],
  },
  {
    name: 'buildah',
    build: ['build', '--layers', '--format', 'docker'],
    save: (tag, file) => ['push', '--quiet', tag, `oci-archive:${file}:${tag}`],
    probe: ['info'],
  },
];

/**
 * The first engine that works.
 *
 * @throws SetupError saying of each what is missing
 */
export async function findEngine(candidates: readonly Engine[] = engines): Promise<Engine> {
  const missing: string[] = [];
  for (const engine of candidates) {
    const [file] = await onPath(engine.name);
    if (file === undefined) {
      missing.push(`${engine.name} is not on the PATH`);
      continue;
    }
    const problem = await ask(file, ...engine.probe).then(
      () => undefined,
      (error: Error) => error.message,
    );
    if (problem === undefined) return engine;
    missing.push(`${file} does not work: ${lastLine(problem)}`);
  }
  throw new SetupError(
    `An image is built by docker, podman or buildah, and none of them works:\n${missing.map((each) => `  ${each}`).join('\n')}\nInstall one, or start its engine (Debian, Ubuntu: apt-get install --no-install-recommends buildah).`,
  );
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}
