import assert from 'node:assert/strict';
import { after, type TestContext } from 'node:test';
import { AxeBuilder } from '@axe-core/playwright';
import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core';
import { parts } from './built-parts.js';
import { launchChromium } from './chromium.js';

/** A photograph that lies beside the page. */
export const { coffee } = parts;

/** The browser of a test file: started for its first page, closed after its last test. */
let browser: Promise<Browser> | undefined;
after(async () => (await browser)?.close());

/** The upload page in a browser, and its parts by what a person calls them. */
export interface UploadPage {
  readonly page: Page;
  readonly file: Locator;
  readonly run: Locator;
  readonly cancel: Locator;
  /** What is in the place of the result: sentence and bars, the grey picture, a problem, or nothing yet. */
  readonly result: Locator;
  readonly problem: Locator;
  choose(file: string | { name: string; mimeType: string; buffer: Buffer }): Promise<void>;
  /** Picks a function by its title. */
  pick(title: string): Promise<void>;
}

/**
 * Opens the page in a browser context of its own, closed after the test. The test fails if the page throws, writes an
 * error to the console, offends its Content-Security-Policy, misses a file of its own or asks another host for anything.
 *
 * @param url of web-port
 */
export async function openUploadPage(
  t: TestContext,
  url: string,
  options: BrowserContextOptions = {},
): Promise<UploadPage> {
  browser ??= launchChromium();
  const context = await (await browser).newContext({ reducedMotion: 'reduce', ...options });
  const page = await context.newPage();
  const faults = watchForFaults(page, new URL(url).origin);
  page.on('requestfinished', async (request) => {
    const response = await request.response();
    if (response && response.status() >= 400) {
      t.diagnostic(`${response.status()} ${request.url()} ${await response.text().catch(() => '')}`);
    }
  });
  t.after(async () => {
    await context.close();
    assert.deepEqual(faults, []);
  });
  await page.goto(url);
  await page.getByRole('button', { name: /^(Run |Try again)/ }).waitFor();
  return {
    page,
    file: page.getByLabel(/^Choose a (picture|file)$/),
    run: page.getByRole('button', { name: /^Run / }),
    cancel: page.getByRole('button', { name: 'Cancel' }),
    result: page.getByRole('region', { name: 'Result' }),
    problem: page.getByRole('alert'),
    async choose(file) {
      await page.getByLabel(/^Choose a (picture|file)$/).setInputFiles(file);
    },
    async pick(title) {
      await page.getByRole('radio', { name: title, exact: true }).check();
    },
  };
}

function watchForFaults(page: Page, origin: string): string[] {
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(`thrown: ${error.message}`));
  page.on('console', (message) => {
    // Chromium's own line for an answer of 400 and above, or none: what answers come is for each test to say.
    if (message.text().startsWith('Failed to load resource:')) return;
    if (message.type() === 'error' || message.type() === 'warning') faults.push(`console: ${message.text()}`);
  });
  page.on('request', (request) => {
    const { protocol, origin: asked } = new URL(request.url());
    if (protocol.startsWith('http') && asked !== origin) faults.push(`asked elsewhere: ${request.url()}`);
  });
  page.on('response', (response) => {
    if (response.status() >= 400 && response.url().includes('/static/')) {
      faults.push(`missing: ${response.url()}`);
    }
  });
  return faults;
}

/** Fails, naming rule and element, if axe finds the page hard to use for somebody. */
export async function assertAccessible(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  assert.deepEqual(
    violations.flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => ({ id, html, failureSummary })),
    ),
    [],
  );
}

/** Waits for a classification as espresso, as coffee.jpg has it. */
export async function assertEspresso({ result, run }: UploadPage): Promise<void> {
  const link = result.getByRole('link', { name: 'espresso' });
  await link.waitFor();
  assert.equal(await link.getAttribute('href'), 'https://www.google.com/search?q=espresso');
  assert.equal(await link.getAttribute('rel'), 'noopener noreferrer');
  await result.getByText('It is very likely a espresso in the picture', { exact: true }).waitFor();
  await run.waitFor();
}
