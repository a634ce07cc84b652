import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, test } from 'node:test';
import waitFor from 'p-wait-for';
import { startApplication } from './application.js';
import { assertEspresso, coffee, openUploadPage } from './upload-page.js';

const application = await startApplication();
after(() => application.stop());

test('the keyboard alone is enough', async (t) => {
  const ui = await openUploadPage(t, application.url);
  const { keyboard } = ui.page;
  // Asked for early: the browser must have heard of it before Enter opens the chooser.
  const opened = ui.page.waitForEvent('filechooser');
  await keyboard.press('Tab');
  await ui.page.locator('#file:focus').waitFor({ state: 'attached' });
  await keyboard.press('Enter');
  const chooser = await opened;
  await chooser.setFiles(coffee);
  await keyboard.press('Tab');
  await keyboard.press('Tab');
  await keyboard.press('Tab');
  await keyboard.press('Enter');
  await assertEspresso(ui);
  await keyboard.press('Shift+Tab');
  await keyboard.press('ArrowRight');
  await keyboard.press('Tab');
  assert.equal(await ui.page.locator('#run:focus').textContent(), 'Run Grayscale');
  await keyboard.press('Enter');
  await ui.result.getByRole('img', { name: 'Grayscale of coffee.jpg' }).waitFor();
  await keyboard.press('Tab');
  const [download] = await Promise.all([ui.page.waitForEvent('download'), keyboard.press('Enter')]);
  assert.equal(download.suggestedFilename(), 'coffee-grayscale.png');
});

test('a result is told to those who hear the page', async (t) => {
  const ui = await openUploadPage(t, application.url);
  await ui.choose(coffee);
  await ui.run.click();
  const told = ui.result.getByRole('status');
  await waitFor(async () => /very likely a espresso/.test((await told.textContent()) ?? ''), {
    timeout: 10_000,
  });
});

test('nothing is wider than a phone', async (t) => {
  const ui = await openUploadPage(t, application.url, { viewport: { width: 320, height: 640 } });
  const overflow = () => ui.page.evaluate('document.documentElement.scrollWidth - innerWidth');
  assert.equal(await overflow(), 0);
  await ui.choose({
    name: `${'a-very-long-name'.repeat(12)}.jpg`,
    mimeType: 'image/jpeg',
    buffer: await readFile(coffee),
  });
  await ui.run.click();
  await assertEspresso(ui);
  assert.equal(await overflow(), 0);
  await ui.pick('Grayscale');
  await ui.run.click();
  await ui.result.getByRole('img', { name: /^Grayscale of / }).waitFor();
  assert.equal(await overflow(), 0);
});
