import { type Browser, chromium } from 'playwright-core';
import { parts } from './built-parts.js';

/** Starts the Chromium that CHROMIUM names, or else the one that set-up has brought in. */
export async function launchChromium(): Promise<Browser> {
  const executablePath = process.env.CHROMIUM || parts.chromium;
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
