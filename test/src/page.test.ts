import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { after, test } from 'node:test';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { startApplication } from './application.js';
import { assertAccessible, assertEspresso, coffee, openUploadPage, type UploadPage } from './upload-page.js';

const application = await startApplication();
after(() => application.stop());

/** Waits for a grey picture as large as coffee.jpg, and downloads it by its link. */
async function downloadGrey({ result, page }: UploadPage): Promise<Buffer> {
  await result.getByRole('img', { name: 'Grayscale of coffee.jpg' }).waitFor();
  const link = result.getByRole('link', { name: 'Download the answer' });
  const [download] = await Promise.all([page.waitForEvent('download'), link.press('Enter')]);
  assert.equal(download.suggestedFilename(), 'coffee-grayscale.png');
  return readFile(await download.path());
}

/** Lets the page send 200 kB a second and no more; the function returned lifts that. */
async function slowDown(page: Page): Promise<() => Promise<void>> {
  const devtools = await page.context().newCDPSession(page);
  const conditions = { offline: false, latency: 0, downloadThroughput: -1 };
  await devtools.send('Network.emulateNetworkConditions', { ...conditions, uploadThroughput: 200_000 });
  return () => devtools.detach();
}

/** A PNG of about 3 MB, which no compression makes smaller. */
const noise = () =>
  sharp(randomBytes(3_000_000), { raw: { width: 1000, height: 1000, channels: 3 } })
    .png()
    .toBuffer();

for (const colorScheme of ['light', 'dark'] as const) {
  test(`coffee is classified as espresso, with the five best (${colorScheme})`, async (t) => {
    const ui = await openUploadPage(t, application.url, { colorScheme });
    await assertAccessible(ui.page);
    await ui.choose(coffee);
    await ui.page.getByRole('img', { name: 'Your picture: coffee.jpg' }).waitFor();
    await assertAccessible(ui.page);
    await ui.run.click();
    await assertEspresso(ui);
    const bars = await ui.result.getByRole('listitem').allTextContents();
    assert.equal(bars.length, 5);
    assert.match(bars[0] ?? '', /^espresso[89]\d %/);
    const meters = await ui.result
      .getByRole('meter')
      .evaluateAll((all) => all.map((meter) => Number(meter.getAttribute('value'))));
    assert.deepEqual(
      meters,
      meters.toSorted((a, b) => b - a),
    );
    await ui.result.getByText(/^[\d.]+ m?s there and back$/).waitFor();
    await assertAccessible(ui.page);
  });

  test(`coffee is turned to grey and can be downloaded (${colorScheme})`, async (t) => {
    const ui = await openUploadPage(t, application.url, { colorScheme });
    await ui.choose(coffee);
    await ui.pick('Grayscale');
    await ui.run.click();
    const { channels, width, height } = await sharp(await downloadGrey(ui)).metadata();
    assert.deepEqual({ channels, width, height }, { channels: 1, width: 600, height: 400 });
    await assertAccessible(ui.page);
  });
}

test('a GIF stays one', async (t) => {
  const ui = await openUploadPage(t, application.url);
  await ui.choose({
    name: 'cup.of.coffee.gif',
    mimeType: 'image/gif',
    buffer: await sharp(coffee).gif().toBuffer(),
  });
  await ui.pick('Grayscale');
  await ui.run.click();
  const link = ui.result.getByRole('link', { name: 'Download the answer' });
  await link.waitFor();
  assert.equal(await link.getAttribute('download'), 'cup.of.coffee-grayscale.gif');
});

test('the sample picture needs no picture of one’s own', async (t) => {
  const ui = await openUploadPage(t, application.url);
  await ui.page.getByRole('button', { name: 'Try this cup of coffee' }).click();
  await ui.page.getByText('coffee.jpg, 600 × 400').waitFor();
  await ui.run.click();
  await assertEspresso(ui);
});

test('a picture can be dropped anywhere on the page', async (t) => {
  const ui = await openUploadPage(t, application.url);
  const devtools = await ui.page.context().newCDPSession(ui.page);
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const) {
    const data = { items: [], files: [coffee], dragOperationsMask: 1 };
    await devtools.send('Input.dispatchDragEvent', { type, x: 900, y: 20, data });
    if (type === 'dragOver') await ui.page.getByText('Let go to use this picture').waitFor();
  }
  await ui.page.getByText('Let go to use this picture').waitFor({ state: 'hidden' });
  await ui.run.click();
  await assertEspresso(ui);
});

test('a picture can be pasted', async (t) => {
  const ui = await openUploadPage(t, application.url);
  await ui.page
    .context()
    .grantPermissions(['clipboard-read', 'clipboard-write'], { origin: new URL(application.url).origin });
  const png = (await sharp(coffee).png().toBuffer()).toString('base64');
  await ui.page.evaluate(
    `fetch('./coffee.jpg').then(async () => {
      const bytes = Uint8Array.from(atob('${png}'), (c) => c.charCodeAt(0));
      await navigator.clipboard.write([new ClipboardItem({ 'image/png': new Blob([bytes], { type: 'image/png' }) })]);
    })`,
  );
  await ui.page.keyboard.press('ControlOrMeta+V');
  await ui.page.getByText('image.png, 600 × 400').waitFor();
  await ui.run.click();
  await assertEspresso(ui);
});

test('a file that is no picture is refused with what to do', async (t) => {
  const ui = await openUploadPage(t, application.url);
  for (const name of ['Classify', 'Grayscale'] as const) {
    await ui.choose({ name: 'notes.png', mimeType: 'image/png', buffer: Buffer.from('Buy coffee.\n') });
    await ui.page.getByText('Your browser cannot show this file.').waitFor();
    await ui.pick(name);
    await ui.run.click();
    await ui.problem.waitFor();
    assert.match(
      (await ui.problem.textContent()) ?? '',
      /not a picture it can read.*Send a PNG, JPEG, GIF, WebP or BMP\. Choose another picture/s,
    );
    await assertAccessible(ui.page);
  }
});

test('a broken picture is refused with what to do', async (t) => {
  const ui = await openUploadPage(t, application.url);
  const whole = await sharp(coffee).png().toBuffer();
  for (const name of ['Classify', 'Grayscale'] as const) {
    await ui.choose({ name: 'half.png', mimeType: 'image/png', buffer: whole.subarray(0, 5000) });
    await ui.pick(name);
    await ui.run.click();
    await ui.problem.waitFor();
    assert.match((await ui.problem.textContent()) ?? '', /picture is broken.*save it again/s);
  }
});

test('what is being sent can be cancelled, and leaves nothing behind', async (t) => {
  const ui = await openUploadPage(t, application.url);
  const speedUp = await slowDown(ui.page);
  await ui.choose({ name: 'noise.png', mimeType: 'image/png', buffer: await noise() });
  await ui.pick('Grayscale');
  await ui.run.press('Enter');
  await ui.result.getByText(/^Sending… [1-9]\d? %$/).waitFor();
  await assertAccessible(ui.page);
  const failed = ui.page.waitForEvent('requestfailed');
  await ui.page.keyboard.press('Enter');
  assert.match((await failed).url(), /\/api\/hello$/);
  await ui.result.getByText('The answer will be shown here.').waitFor();
  assert.equal(await ui.page.locator('#run:focus').count(), 1);

  await speedUp();
  await ui.choose(coffee);
  await ui.run.click();
  await downloadGrey(ui);
});

for (const [what, change] of [
  [
    'another picture',
    (ui: UploadPage) => ui.choose({ name: 'x.png', mimeType: 'image/png', buffer: Buffer.from('x') }),
  ],
  ['another function', (ui: UploadPage) => ui.pick('Grayscale')],
] as const) {
  test(`${what} takes a result away, and gives up what is under way`, async (t) => {
    const ui = await openUploadPage(t, application.url);
    await ui.choose(coffee);
    await ui.run.click();
    await assertEspresso(ui);
    await change(ui);
    await ui.result
      .getByText(/will be shown here\.$/)
      .locator('visible=true')
      .waitFor();
    assert.equal(await ui.result.getByRole('link', { name: 'espresso' }).count(), 0);

    await ui.pick('Classify');
    await ui.choose({ name: 'noise.png', mimeType: 'image/png', buffer: await noise() });
    await slowDown(ui.page);
    await ui.run.click();
    await ui.cancel.waitFor();
    const failed = ui.page.waitForEvent('requestfailed');
    await change(ui);
    await failed;
    await ui.run.waitFor();
  });
}
