import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import sharp from 'sharp';
import { startApplication } from './application.js';
import { startService } from './service.js';
import { assertAccessible, coffee, openUploadPage } from './upload-page.js';

const file = (name: string, buffer: Buffer) => ({ name, mimeType: 'image/png', buffer });

test('what the server takes above 10 MiB, the page sends; and no more than that', async (t) => {
  const application = await startApplication({ env: { MAX_UPLOAD_BYTES: '15000000' } });
  t.after(() => application.stop());
  const ui = await openUploadPage(t, application.url);
  const large = await sharp(randomBytes(12_000_000), { raw: { width: 2000, height: 2000, channels: 3 } })
    .png()
    .toBuffer();
  assert.ok(large.length > 12_000_000);
  await ui.choose(file('large.png', large));
  await ui.pick('Grayscale');
  await ui.run.click();
  await ui.result.getByRole('img', { name: 'Grayscale of large.png' }).waitFor();

  await ui.choose(file('huge.png', Buffer.alloc(15_000_001)));
  await ui.problem.waitFor();
  assert.match(
    (await ui.problem.textContent()) ?? '',
    /too large.*“huge.png” has 15000001 bytes; at most 15000000 bytes \(14.31 MiB\)/s,
  );
});

test('a picture above a small limit of the server is refused before it is sent', async (t) => {
  const webPort = await startService(t, 'web-port', { MAX_UPLOAD_BYTES: '1000' });
  const ui = await openUploadPage(t, webPort.url);
  const sent: string[] = [];
  ui.page.on('request', (request) => request.method() === 'POST' && sent.push(request.url()));
  await ui.choose(coffee);
  await ui.problem.waitFor();
  assert.match((await ui.problem.textContent()) ?? '', /too large.*at most 1000 bytes can be sent/s);
  await ui.run.click();
  await ui.problem.getByText('There is nothing to send yet.').waitFor();
  assert.deepEqual(sent, []);
});

for (const [what, answer] of [
  ['is not answered', { status: 503 }],
  ['is answered with something else', { status: 200, body: '{"functions":[{"name":"x"}]}' }],
] as const) {
  test(`a page whose question for the functions ${what} says so, and asks again`, async (t) => {
    const webPort = await startService(t, 'web-port');
    const ui = await openUploadPage(t, webPort.url);
    await ui.page.route('**/api/functions', (route) => route.fulfill(answer));
    await ui.page.reload();
    await ui.problem.waitFor();
    assert.match((await ui.problem.textContent()) ?? '', /list of functions did not come.*try again/s);
    await assertAccessible(ui.page);
    await ui.choose(coffee);
    await ui.page.getByText('coffee.jpg, 600 × 400').waitFor();
    assert.equal(await ui.page.locator('button.primary').isVisible(), false);
    await ui.page.unroute('**/api/functions');
    await ui.page.getByRole('button', { name: 'Try again' }).press('Enter');
    await ui.run.waitFor();
    assert.equal(await ui.page.locator('#run:focus').textContent(), 'Run Classify');
    assert.deepEqual(await ui.page.getByRole('radio').count(), 2);
  });
}

test('the chooser asks for what can be answered, so that a phone makes a JPEG of its HEIC', async (t) => {
  const { url } = await startService(t, 'web-port');
  const ui = await openUploadPage(t, url);
  assert.equal(await ui.file.getAttribute('accept'), 'image/png,image/jpeg,image/gif,image/webp,image/bmp');
});
