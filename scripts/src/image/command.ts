import type { Command } from 'commander';
import { fromUser } from '../paths.js';
import { SetupError } from '../setup/errors.js';

interface Options {
  readonly tag?: string;
  readonly base?: string;
  readonly compileAtStart?: true;
  readonly output?: string;
  readonly buildOption: readonly string[];
}

/** Adds the command that builds the image of all services. */
export function addImageCommand(program: Command, unlock: () => void): void {
  program
    .command('image')
    .description('sets up what is missing, then builds the container image of all services')
    .option('--tag <name:tag>', 'what the image is called; dapr-wasmedge with the version otherwise')
    .option('--base <image>', 'the base image: Node on Debian; otherwise that of deploy/Dockerfile')
    .option(
      '--compile-at-start',
      'with LLVM: functions that were compiled for more than a processor has are compiled anew there',
    )
    .option('-o, --output <file>', 'write the image there, too, as an archive of the OCI')
    .option(
      '--build-option <option>',
      'pass this on to docker, podman or buildah; may be repeated',
      (option: string, before: string[]) => [...before, option],
      [],
    )
    .addHelpText(
      'after',
      `
It is built by the first of docker, podman and buildah that works; their own environment variables have effect.

For example:
  npm run image -- --tag registry.example.org/pictures:2
  npm run image -- --base node:22-trixie-slim --output image.tar
  npm run image -- --build-option=--pull --build-option=--platform=linux/amd64`,
    )
    .action(async (options: Options) => {
      const { findEngine } = await import('./engine.js');
      const { buildImage } = await import('./build.js');
      const { defaultTag } = await import('./image.js');
      const { setUpImage } = await import('../setup/index.js');
      const engine = await findEngine();
      const failures = await setUpImage();
      unlock();
      if (failures.length > 0)
        throw new SetupError(
          `${failures.map(({ message }) => message).join('\n\n')}\n\nNo image was built: it has all functions. Mend these, or take them out of functions/.`,
        );
      const { compileAtStart = false, base, output, buildOption } = options;
      const tag = options.tag ?? (await defaultTag());
      const file = output === undefined ? undefined : fromUser(output);
      const image = await buildImage(engine, {
        tag,
        base,
        compileAtStart,
        output: file,
        buildOptions: buildOption,
      });
      console.log(
        `\n${tag}, by ${engine.name}: ${megabytes(image.compressedBytes)} compressed, ${megabytes(image.unpackedBytes)} unpacked.`,
      );
      console.log(`Digest ${image.digest}`);
      if (file !== undefined) console.log(`Written to ${file}.`);
    });
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
