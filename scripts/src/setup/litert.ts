import { mkdir, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { root } from '../paths.js';
import { run } from './command.js';
import { SetupError } from './errors.js';
import { contentHash } from './fingerprints.js';
import type { Step } from './step.js';
import { lacking } from './tools.js';

const REQUIREMENTS = path.join(root, 'scripts/litert-requirements.txt');

/** Node's name of the processor to that of the wheels. */
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'x86_64', arm64: 'aarch64' };

/** Takes one file out of a wheel: `program wheel member target`. */
const EXTRACT = `
import shutil, sys, zipfile
with zipfile.ZipFile(sys.argv[1]).open(sys.argv[2]) as member, open(sys.argv[3], 'wb') as target:
    shutil.copyfileobj(member, target)
`;

/** `libLiteRt.so`: TensorFlow Lite under its present name, out of its Python wheel; Python itself does not load it. */
export const litert: Step = {
  name: 'litert',
  needs: [],
  inputs: async () => [process.arch, await contentHash(REQUIREMENTS)],
  seconds: 5,
  lacks: () => lacking('python3'),
  make: async ({ product, signal, report }) => {
    const architecture = ARCHITECTURES[process.arch];
    if (process.platform !== 'linux' || architecture === undefined) {
      throw new SetupError(
        `There is no LiteRT for ${process.platform} on ${process.arch}: use Linux on x86_64 or aarch64.`,
      );
    }
    const wheels = path.join(product, 'wheels');
    await mkdir(wheels);
    report('downloading the wheel');
    const pip = ['-m', 'pip', 'download', '--disable-pip-version-check', '--no-deps', '--require-hashes'];
    // Any Python's wheel holds the same library; this one is pinned.
    const wheel = ['--only-binary', ':all:', '--python-version', '3.11'];
    const platform = ['--platform', `manylinux_2_27_${architecture}`];
    await run('python3', [...pip, ...wheel, ...platform, '--dest', wheels, '--requirement', REQUIREMENTS], {
      signal,
    });
    const [file = ''] = await readdir(wheels);
    const target = path.join(product, 'libLiteRt.so');
    await run('python3', ['-c', EXTRACT, path.join(wheels, file), 'ai_edge_litert/libLiteRt.so', target], {
      signal,
    });
    await rm(wheels, { recursive: true });
    return `LiteRT ${file.split('-')[1]} from its Python wheel`;
  },
};
