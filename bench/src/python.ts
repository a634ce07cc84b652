import path from 'node:path';
import { root, runtimeFolder } from '@app/scripts/paths';
import { contentHash, lacking, run, type Step } from '@app/scripts/set-up';

const NAME = 'bench-python';
const REQUIREMENTS = path.join(root, 'bench/requirements.txt');

/** The interpreter of the environment that `benchPython` makes. */
export const python = path.join(runtimeFolder, NAME, 'bin/python');

/** A Python environment with LiteRT in it: what the classify function is compared with. */
export const benchPython: Step = {
  name: NAME,
  needs: [],
  inputs: async () => [await run('python3', ['--version']), await contentHash(REQUIREMENTS)],
  seconds: 20,
  lacks: () => lacking('python3'),
  make: async ({ product, signal, report }) => {
    report('making an environment');
    await run('python3', ['-m', 'venv', product], { signal });
    report('installing LiteRT for Python');
    const pip = ['-m', 'pip', 'install', '--disable-pip-version-check', '--no-deps', '--require-hashes'];
    await run(path.join(product, 'bin/python'), [...pip, '--requirement', REQUIREMENTS], { signal });
    return 'LiteRT for Python, for comparison only';
  },
};
