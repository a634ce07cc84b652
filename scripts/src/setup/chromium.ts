import { copyFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { root } from '../paths.js';
import { run } from './command.js';
import { contentHash } from './fingerprints.js';
import type { Step } from './step.js';

/** An npm package and its lock file, beside the workspaces: who does not test need not download a browser. */
const SOURCES = path.join(root, 'test/browser');
const MANIFESTS = ['package.json', 'package-lock.json'];

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
  inputs: () => Promise.all(MANIFESTS.map((file) => contentHash(path.join(SOURCES, file)))),
  lacks: async () => [],
  make: async ({ product, signal, report }) => {
    report('downloading the browser');
    for (const file of MANIFESTS) await copyFile(path.join(SOURCES, file), path.join(product, file));
    const options = { cwd: product, signal };
    await run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], options);
    report('unpacking');
    await run(process.execPath, ['--input-type=module', '--eval', UNPACK], {
      ...options,
      env: { TMPDIR: product },
    });
    await rm(path.join(product, 'node_modules'), { recursive: true });
    await writeFile(path.join(product, 'fonts.conf'), FONTS);
    await writeFile(path.join(product, 'start'), STARTER, { mode: 0o755 });
    return (await run(path.join(product, 'start'), ['--version'])).trim();
  },
};
