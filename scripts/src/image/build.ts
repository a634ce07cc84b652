import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { inForeground } from '../foreground.js';
import { root } from '../paths.js';
import { ask } from '../setup/command.js';
import { SetupError } from '../setup/errors.js';
import { type Archive, measureArchive } from './archive.js';
import type { Engine } from './engine.js';
import { version } from './image.js';

/** How an image is built. */
export interface ImageOptions {
  /** Name and tag. */
  readonly tag: string;
  /** The base image; that of deploy/Dockerfile by default. */
  readonly base?: string | undefined;
  /** Whether the image can compile its functions when it starts. */
  readonly compileAtStart: boolean;
  /** Where to write the image as an archive of the OCI. */
  readonly output?: string | undefined;
  /** What the engine gets besides, as it is. */
  readonly buildOptions: readonly string[];
}

/** The command line of an engine that builds the image. */
export async function buildArguments(engine: Engine, options: ImageOptions): Promise<string[]> {
  const { tag, base, compileAtStart, buildOptions } = options;
  const revision = await ask('git', '-C', root, 'rev-parse', 'HEAD').catch(() => '');
  const values = {
    VERSION: await version(),
    REVISION: revision.trim(),
    ...(base !== undefined && { BASE_IMAGE: base }),
    ...(compileAtStart && { COMPILE: 'start' }),
  };
  const given = Object.entries(values).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`]);
  return [...engine.build, '--file', 'deploy/Dockerfile', '--tag', tag, ...given, ...buildOptions, '.'];
}

/**
 * Builds the image, and measures it.
 *
 * @throws SetupError if it could not be built
 */
export async function buildImage(engine: Engine, options: ImageOptions): Promise<Archive> {
  const args = await buildArguments(engine, options);
  if (!(await inForeground(engine.name, args)))
    throw new SetupError(`${engine.name} did not build the image: it says why above.`);
  const folder = await mkdtemp(path.join(tmpdir(), 'dapr-wasmedge-image-'));
  try {
    const file = options.output ?? path.join(folder, 'image.tar');
    await rm(file, { force: true }); // podman and buildah would add to it.
    if (!(await inForeground(engine.name, engine.save(options.tag, file))))
      throw new SetupError(`${engine.name} did not write the image to ${file}: it says why above.`);
    return await measureArchive(file);
  } finally {
    await rm(folder, { recursive: true });
  }
}
