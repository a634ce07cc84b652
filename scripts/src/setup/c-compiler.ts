import { chmod, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { root, runtimeFolder } from '../paths.js';
import { userEnvironment } from '../user-environment.js';
import { run } from './command.js';
import { SetupError } from './errors.js';
import { contentHash, identity } from './fingerprints.js';
import type { Step, Work } from './step.js';
import { existing, lacking } from './tools.js';

const NAME = 'c-compiler';

/** The compiler that the step makes. */
export const cc = path.join(runtimeFolder, NAME, 'cc');

const REQUIREMENTS = path.join(root, 'scripts/zig-requirements.txt');

/** What Zig has compiled of its libraries. Beside the product, whose record would call it damaged. */
const ZIG_CACHE = path.join(runtimeFolder, 'zig-cache');

/**
 * Takes out of a wheel what compiling for WASI takes, which is half of it: `program wheel target`. Of the C libraries of
 * other systems, and of their headers, there are 12,000 files.
 */
const EXTRACT = `
import re, sys, zipfile
others = re.compile('ziglang/lib/libc/(?!(musl|wasi|include/(wasm-wasi-musl|generic-musl))/)')
with zipfile.ZipFile(sys.argv[1]) as wheel:
    wheel.extractall(sys.argv[2], [name for name in wheel.namelist() if not others.match(name)])
`;

/**
 * A compiler for C and C++ that makes WASI modules, as `cc`: that of the wasi-sdk that WASI_SDK_PATH names, else Zig's from
 * its Python wheel.
 */
export const cCompiler: Step = {
  name: NAME,
  optional: true,
  needs: [],
  inputs: async () => {
    const clang = await installedClang();
    return clang === undefined
      ? [process.arch, await contentHash(REQUIREMENTS), EXTRACT, ZIG_STARTER]
      : [clang, await identity(clang)];
  },
  seconds: 12,
  lacks: async () => ((await installedClang()) === undefined ? lacking('python3') : []),
  make: async (work) => {
    const clang = await installedClang();
    return clang === undefined ? installZig(work) : useInstalled(clang, work);
  },
};

/** The clang of an installed wasi-sdk (https://github.com/WebAssembly/wasi-sdk), if there is one to use. */
async function installedClang(): Promise<string | undefined> {
  const { WASI_SDK_PATH: folder } = userEnvironment();
  if (!folder) return undefined;
  const [clang] = await existing([path.join(folder, 'bin/clang')]);
  if (clang === undefined)
    throw new SetupError(
      `WASI_SDK_PATH is ${folder}, but there is no ${path.join(folder, 'bin/clang')}: correct it, or leave it out, and Zig's compiler is brought in.`,
    );
  return clang;
}

async function useInstalled(clang: string, { product, signal }: Work): Promise<string> {
  await writeStarter(product, `exec '${clang.replaceAll("'", `'\\''`)}' "$@"`);
  const [version = ''] = (await run(clang, ['--version'], { signal })).split('\n');
  return `${version} of the wasi-sdk, installed at ${clang}`;
}

/** Its folder is made aside and moved: so the cache is found beside it, wherever that is. */
const ZIG_STARTER = `here=$(dirname "$0")
ZIG_GLOBAL_CACHE_DIR="$here/../${path.basename(ZIG_CACHE)}" exec "$here/ziglang/zig" cc --target=wasm32-wasi "$@"`;

async function installZig({ product, signal, report }: Work): Promise<string> {
  // What an older one has compiled is of no use.
  await rm(ZIG_CACHE, { recursive: true, force: true });
  const wheels = path.join(product, 'wheels');
  await mkdir(wheels);
  report('downloading the wheel of 80 MB');
  const pip = ['-m', 'pip', 'download', '--disable-pip-version-check', '--no-deps', '--require-hashes'];
  const only = ['--only-binary', ':all:', '--dest', wheels, '--requirement', REQUIREMENTS];
  await run('python3', [...pip, ...only], { signal });
  const [wheel = ''] = await readdir(wheels);
  report('unpacking it');
  await run('python3', ['-c', EXTRACT, path.join(wheels, wheel), product], { signal });
  await rm(wheels, { recursive: true });
  // Python's zipfile forgets that it can be executed.
  await chmod(path.join(product, 'ziglang/zig'), 0o755);
  await writeStarter(product, ZIG_STARTER);
  return `the clang of Zig ${wheel.split('-')[1]} from its Python wheel`;
}

async function writeStarter(product: string, lines: string): Promise<void> {
  await writeFile(path.join(product, 'cc'), `#!/bin/sh\n${lines}\n`, { mode: 0o755 });
}
