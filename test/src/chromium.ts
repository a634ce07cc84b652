import { access, constants } from 'node:fs/promises';
import { type Browser, chromium } from 'playwright-core';

/**
 * Starts the Chromium that CHROMIUM names, or else Debian's.
 *
 * @throws Error that says what to install when there is none
 */
export async function launchChromium(): Promise<Browser> {
  const executablePath = process.env.CHROMIUM || '/usr/bin/chromium';
  await access(executablePath, constants.X_OK).catch((cause) => {
    throw new Error(
      `The tests of the page need Chromium, and there is none at ${executablePath}. ` +
        'Install it (Debian: apt-get install chromium), or name the one to use in CHROMIUM.',
      { cause },
    );
  });
  return chromium.launch({
    executablePath,
    args: [
      // As root, in a container, Chromium has no sandbox; it opens no page here but ours.
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      // Whatever it would ask of its maker's hosts.
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}
