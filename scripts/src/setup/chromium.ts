import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { run } from './command.js';
import { npmPackage } from './npm-package.js';
import type { Step } from './step.js';

const source = npmPackage('test/browser');

/** Unpacks the browser, and the libraries that a machine without a desktop lacks, into TMPDIR. */
const UNPACK = `
import chromium, { inflate } from '@sparticuz/chromium';
await chromium.executablePath();
await inflate('node_modules/@sparticuz/chromium/bin/al2023.tar.br');
`;

const FONTS = `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig><dir prefix="relative">fonts</dir></fontconfig>
`;

const STARTER = `#!/bin/sh
here=\${0%/*}
export FONTCONFIG_FILE="$here/fonts.conf" LD_LIBRARY_PATH="$here/al2023/lib"
exec "$here/chromium" "$@"
`;

/** Headless Chromium for the tests of the page, as `start`, with its own fonts and libraries. */
export const chromium: Step = {
  name: 'chromium',
  needs: [],
  seconds: 15,
  inputs: async () => [process.arch, await source.inputs()],
  lacks: async () =>
    process.arch === 'x64'
      ? []
      : ['the tests’ browser is brought in for x86-64 alone: name an installed Chromium in CHROMIUM'],
  make: async ({ product, signal, report }) => {
    report('downloading the browser');
    await source.install({ product, signal });
    report('unpacking');
    await run(process.execPath, ['--input-type=module', '--eval', UNPACK], {
      cwd: product,
      signal,
      env: { TMPDIR: product },
    });
    await rm(path.join(product, 'node_modules'), { recursive: true });
    await writeFile(path.join(product, 'fonts.conf'), FONTS);
    await writeFile(path.join(product, 'start'), STARTER, { mode: 0o755 });
    return (await run(path.join(product, 'start'), ['--version'])).trim();
  },
};
