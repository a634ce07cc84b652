import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { startApplication } from './application.js';
import { fixture, formOf, post } from './hello.js';
import { startPrefixProxy } from './prefix-proxy.js';
import { assertEspresso, coffee, openUploadPage } from './upload-page.js';

const application = await startApplication();
after(() => application.stop());

test('below a path of a proxy the page works, and asks for nothing beside it', async (t) => {
  const proxy = await startPrefixProxy(t, application.url);
  const ui = await openUploadPage(t, proxy.url);
  assert.equal(ui.page.url(), `${proxy.url}static/`);
  await ui.choose(coffee);
  await ui.run.click();
  await assertEspresso(ui);
  await ui.page.getByRole('button', { name: 'Try this cup of coffee' }).click();
  await ui.page.getByText('coffee.jpg, 600 × 400').waitFor();
  await ui.pick('Grayscale');
  await ui.run.click();
  await ui.result.getByRole('img', { name: 'Grayscale of coffee.jpg' }).waitFor();
  assert.deepEqual(proxy.strays, []);
});

test('below a path of a proxy all addresses lead to the page, and pictures are answered', async (t) => {
  const proxy = await startPrefixProxy(t, application.url);
  for (const path of ['', 'static', 'static/', 'static/index.html']) {
    const page = await fetch(`${proxy.url}${path}`);
    assert.equal(page.status, 200, path);
    assert.equal(new URL('.', page.url).href, `${proxy.url}static/`);
    assert.match(await page.text(), /<title>/);
  }
  const { origin } = new URL(proxy.url);
  const answer = await post(`${proxy.url}api/hello`, formOf(await fixture('coffee.png')), { origin });
  assert.equal(answer.status, 200);
  assert.deepEqual(proxy.strays, []);
});

test('the redirect to the page says where relative to what was asked', async () => {
  for (const path of ['/', '/static']) {
    const { status, headers } = await fetch(`${application.url}${path}`, { redirect: 'manual' });
    assert.deepEqual([status, headers.get('location')], [302, 'static/']);
  }
});
