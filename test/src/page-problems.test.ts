import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request } from 'node:http';
import { type TestContext, test } from 'node:test';
import getPort from 'get-port';
import { startService } from './service.js';
import { startSilentServer } from './silent-server.js';
import { assertAccessible, coffee, openUploadPage, type UploadPage } from './upload-page.js';

/** web-port without the services behind it, and the page that it serves. */
async function open(t: TestContext, env?: Record<string, string>) {
  const missing = String(await getPort());
  const webPort = await startService(t, 'web-port', { DAPR_HTTP_PORT: missing, LOG_LEVEL: 'silent', ...env });
  return { webPort, ui: await openUploadPage(t, webPort.url) };
}

async function assertProblem({ problem, run, page }: UploadPage, text: RegExp): Promise<void> {
  await problem.waitFor();
  assert.match((await problem.textContent()) ?? '', text);
  await run.waitFor();
  await assertAccessible(page);
}

const file = (name: string, buffer: Buffer) => ({ name, mimeType: 'image/png', buffer });

test('when the sidecar cannot be reached, the problem names the service', async (t) => {
  const { ui } = await open(t);
  await ui.choose(coffee);
  await ui.pick('Grayscale');
  await ui.run.click();
  await assertProblem(ui, /cannot be reached.*image-api-grayscale.*Try again/s);
});

test('when the time is up, the problem says so', async (t) => {
  const sidecar = await startSilentServer();
  t.after(sidecar.stop);
  const { ui } = await open(t, { DAPR_HTTP_PORT: String(sidecar.port), TIMEOUT_MS: '500' });
  await ui.choose(coffee);
  await ui.pick('Grayscale');
  await ui.run.click();
  await assertProblem(ui, /took too long.*smaller picture/s);
});

test('when the server is too busy, the problem says when to try again', async (t) => {
  const { webPort, ui } = await open(t, { MAX_REQUESTS: '1' });
  const held = request(`${webPort.url}/api/hello`, {
    method: 'POST',
    headers: { api: 'classify', 'Content-Length': '1000', Expect: '100-continue' },
  });
  held.on('error', () => {});
  t.after(() => held.destroy());
  held.flushHeaders();
  await once(held, 'continue');

  await ui.choose(coffee);
  await ui.run.click();
  await assertProblem(ui, /Too busy.*again in 1 s/s);
});

test('a picture of more than 10 MiB is refused before it is sent', async (t) => {
  const { ui } = await open(t);
  await ui.choose(coffee);
  await ui.choose(file('huge.png', Buffer.alloc(10 * 1024 ** 2 + 1)));
  await assertProblem(ui, /too large.*huge\.png.*10 MiB.*choose another/s);
  assert.equal(await ui.page.getByRole('img', { name: /Your picture/ }).count(), 0);
});

test('an empty file is refused before it is sent', async (t) => {
  const { ui } = await open(t);
  await ui.choose(file('nothing.png', Buffer.alloc(0)));
  await assertProblem(ui, /empty.*nothing\.png.*Choose another/s);
});

test('a file whose name says that it is no picture is refused before it is sent', async (t) => {
  const { ui } = await open(t);
  const sent: string[] = [];
  ui.page.on('request', (request) => request.method() === 'POST' && sent.push(request.url()));
  await ui.choose({ name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('Buy coffee.\n') });
  const text =
    /Classify does not take that file.*takes pictures.*“notes.txt” is text\/plain.*Choose another/s;
  await assertProblem(ui, text);
  await ui.pick('Grayscale');
  await ui.run.click();
  await assertProblem(ui, /Grayscale does not take that file/);
  assert.deepEqual(sent, []);
});

test('without a picture, the button leads to choosing one', async (t) => {
  const { ui } = await open(t);
  await ui.run.click();
  await assertProblem(ui, /nothing to send yet.*Choose, drop or paste/s);
  assert.equal(await ui.page.locator('#file:focus').count(), 1);
});

test('offline, the problem says so, and the picture can be sent again', async (t) => {
  const { ui } = await open(t);
  await ui.choose(coffee);
  await ui.pick('Grayscale');
  await ui.page.context().setOffline(true);
  await ui.run.click();
  await assertProblem(ui, /offline.*Connect/s);
  await ui.page.context().setOffline(false);
  await ui.run.click();
  await assertProblem(ui, /image-api-grayscale/);
});

test('when web-port is gone, the problem says what to look at', async (t) => {
  const { webPort, ui } = await open(t);
  await ui.choose(coffee);
  webPort.process.kill('SIGTERM');
  await webPort.ended;
  await ui.run.click();
  await assertProblem(ui, /server cannot be reached.*running/s);
});

test('pasted text is no picture, and leaves the one that is there', async (t) => {
  const { webPort, ui } = await open(t);
  await ui.page.context().grantPermissions(['clipboard-read', 'clipboard-write'], { origin: webPort.url });
  await ui.choose(coffee);
  await ui.page.evaluate("navigator.clipboard.writeText('espresso')");
  await ui.page.keyboard.press('ControlOrMeta+V');
  await assertProblem(ui, /no picture to paste.*Copy a picture/s);
  assert.ok(await ui.page.getByRole('img', { name: 'Your picture: coffee.jpg' }).isVisible());
});

const hostile = '<img src=x onerror=alert(1)>';
const prediction = { label: hostile, confidence: 0.9 };
const answers = [
  { what: 'HTML', type: 'text/html', body: `<h1>Welcome</h1>${hostile}`, shown: /<h1>Welcome<\/h1>/ },
  { what: 'JSON that is none', type: 'application/json', body: `{"a": ${hostile}`, shown: /\{"a": <img/ },
] as const;
for (const { what, type, body, shown } of answers)
  test(`an answer that is ${what} is shown as text`, async (t) => {
    const { ui } = await open(t);
    await ui.page.route('**/api/hello', (route) => route.fulfill({ contentType: type, body }));
    await ui.choose(coffee);
    await ui.run.click();
    const answer = ui.result.getByRole('textbox', { name: 'Answer' });
    await answer.waitFor();
    assert.match(await answer.inputValue(), shown);
    assert.equal(await ui.result.locator('img:visible, h1').count(), 0);
    await assertAccessible(ui.page);
  });

test('an answer that is a picture which the browser cannot show is offered for download', async (t) => {
  const { ui } = await open(t);
  await ui.page.route('**/api/hello', (route) => route.fulfill({ contentType: 'image/tiff', body: 'II*' }));
  await ui.choose(coffee);
  await ui.run.click();
  await ui.result.getByText('a file of the type image/tiff, 3 bytes. Your browser cannot show it.').waitFor();
  await ui.result.getByRole('link', { name: 'Download the answer' }).waitFor();
  await assertAccessible(ui.page);
});

test('a classification with a confidence above 1 is shown as any other JSON', async (t) => {
  const { ui } = await open(t);
  const body = JSON.stringify({
    label: 'x',
    sentence: hostile,
    predictions: [{ label: 'x', confidence: 2 }],
  });
  await ui.page.route('**/api/hello', (route) => route.fulfill({ contentType: 'application/json', body }));
  await ui.choose(coffee);
  await ui.run.click();
  await ui.result.getByText(hostile).waitFor();
  assert.equal(await ui.result.locator('img:visible').count(), 0);
  assert.equal(await ui.result.getByRole('meter').count(), 0);
  await assertAccessible(ui.page);
});

for (const sentence of [
  `It is likely a <a href='javascript:alert(1)'>${hostile}</a> in the picture`,
  "It is likely a <a href='javascript:alert(1)' onclick='alert(1)'>x</a> in the picture",
  `${hostile}<a href=x>y</a>`,
]) {
  test(`nothing of an answer is taken as HTML: ${sentence}`, async (t) => {
    const { ui } = await open(t);
    const body = JSON.stringify({ ...prediction, sentence, predictions: [prediction], model: hostile });
    await ui.page.route('**/api/hello', (route) => route.fulfill({ contentType: 'application/json', body }));
    await ui.choose(coffee);
    await ui.run.click();
    await ui.result.getByRole('list').waitFor();
    assert.equal(await ui.result.locator('img:visible').count(), 0);
    const links = await ui.result
      .getByRole('link')
      .evaluateAll((all) => all.map((a) => a.getAttribute('href')));
    const search = `https://www.google.com/search?${new URLSearchParams({ q: hostile })}`;
    assert.ok(
      links.every((link) => link === search),
      String(links),
    );
    await ui.result.getByText(hostile).first().waitFor();
  });
}
