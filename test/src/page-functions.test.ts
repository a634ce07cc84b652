import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { functionFolders } from './function-folders.js';
import { startRunFile } from './run-file.js';
import { startService } from './service.js';
import { assertAccessible, openUploadPage, type UploadPage } from './upload-page.js';

const folders = await functionFolders(
  { after },
  {
    // A filter that answers what it is sent, as far as that orders nothing else.
    copy: { guest: 'filter', manifest: { title: 'Copy', limits: { input: '1Mi' } } },
    upper: { guest: 'plain', manifest: { title: 'Upper case', accepts: ['text/*'], returns: 'text/plain' } },
    tidy: { guest: 'filter', manifest: { title: 'Tidy', accepts: ['application/json'] } },
  },
);
await folders.addManifest('wrong', 'build: perl\n');
const command = ['dist/server.js'];
const running = await startRunFile([
  { appID: 'web-port', appPort: 8080, folder: 'web-port', command, env: folders.env },
  { appID: 'functions', appPort: 9005, folder: 'function-service', command, env: folders.env },
]);
after(() => running.stop());
const { url = '' } = running.apps.get('web-port') ?? {};

/** A file to drop: that needs one on the disk. */
const folder = await mkdtemp(join(tmpdir(), 'page-'));
after(() => rm(folder, { recursive: true }));
const notes = join(folder, 'notes.txt');
await writeFile(notes, 'buy coffee\n');

const file = (name: string, mimeType: string, content: string | Buffer) => ({
  name,
  mimeType,
  buffer: Buffer.from(content),
});

/** Downloads the answer by its link. */
async function download({ page, result }: UploadPage): Promise<{ name: string; bytes: Buffer }> {
  const link = result.getByRole('link', { name: 'Download the answer' });
  const [download] = await Promise.all([page.waitForEvent('download'), link.press('Enter')]);
  return { name: download.suggestedFilename(), bytes: await readFile(await download.path()) };
}

test('JSON is shown as a tree, and can be downloaded as it came', async (t) => {
  const ui = await openUploadPage(t, url);
  await ui.pick('Copy');
  const json = JSON.stringify({
    counts: [1, 2, 3],
    '<b>key</b>': '<img src=x onerror=alert(1)>',
    none: null,
  });
  await ui.choose(file('data.json', 'application/json', json));
  await ui.run.click();
  await ui.result.getByText('<b>key</b>', { exact: true }).waitFor();
  await ui.result.getByText('<img src=x onerror=alert(1)>', { exact: true }).waitFor();
  assert.equal(await ui.result.locator('.string').count(), 1);
  assert.equal(await ui.result.locator('b, img:visible').count(), 0);
  assert.equal(await ui.result.getByRole('group').count(), 2);
  await assertAccessible(ui.page);
  assert.deepEqual(await download(ui), { name: 'data-copy.json', bytes: Buffer.from(json) });
});

test('of JSON that is long, deep or has many entries a part is shown, and all of it downloaded', async (t) => {
  const ui = await openUploadPage(t, url);
  await ui.pick('Copy');
  const depth = 10_000;
  const deep = `${'['.repeat(depth)}${']'.repeat(depth)}`;
  for (const [json, items] of [
    [`["${'x'.repeat(1000)}"]`, 1],
    [`[${'1,'.repeat(9999)}1]`, 501],
    [deep, 13],
  ] as const) {
    await ui.choose(file('data.json', 'application/json', json));
    await ui.run.click();
    await ui.result.locator('details').first().waitFor();
    assert.equal(await ui.result.getByRole('listitem', { includeHidden: true }).count(), items);
    assert.ok(((await ui.result.locator('#json-answer').textContent()) ?? '').length < 10_000);
    assert.equal(
      (await ui.result.getByText(`${'x'.repeat(300)}…`, { exact: true }).count()) > 0,
      items === 1,
    );
    assert.deepEqual((await download(ui)).bytes, Buffer.from(json));
  }
});

test('of a text that is long the beginning is shown, and all of it downloaded', async (t) => {
  const ui = await openUploadPage(t, url);
  await ui.pick('Upper case');
  const text = 'coffee\n'.repeat(200_000);
  await ui.choose(file('long.txt', 'text/plain', text));
  await ui.run.click();
  const answer = ui.result.getByRole('textbox', { name: 'Answer' });
  await answer.waitFor();
  const shown = await answer.inputValue();
  assert.match(shown, /^(COFFEE\n)+C?O?F?F?E?E?\n?… the download has all of it$/);
  assert.ok(shown.length < 101_000);
  assert.equal((await download(ui)).bytes.toString(), text.toUpperCase());
});

test('text is shown as it is, and the chosen text before it', async (t) => {
  const ui = await openUploadPage(t, url);
  await ui.pick('Upper case');
  assert.equal(await ui.file.getAttribute('accept'), 'text/*');
  await ui.choose(file('notes.txt', 'text/plain', 'buy coffee\nand milk\n'));
  assert.equal(
    await ui.page.getByRole('textbox', { name: 'Your file' }).inputValue(),
    'buy coffee\nand milk\n',
  );
  await ui.run.click();
  const answer = ui.result.getByRole('textbox', { name: 'Answer' });
  await answer.waitFor();
  assert.equal(await answer.inputValue(), 'BUY COFFEE\nAND MILK\n');
  await assertAccessible(ui.page);
  assert.equal((await download(ui)).name, 'notes-upper.txt');
});

test('text can be pasted where text is taken', async (t) => {
  const ui = await openUploadPage(t, url);
  await ui.pick('Upper case');
  await ui.page
    .context()
    .grantPermissions(['clipboard-read', 'clipboard-write'], { origin: new URL(url).origin });
  await ui.page.evaluate("navigator.clipboard.writeText('espresso')");
  await ui.page.keyboard.press('ControlOrMeta+V');
  await ui.page.getByText('pasted.txt, 8 bytes').waitFor();
  await ui.run.click();
  const answer = ui.result.getByRole('textbox', { name: 'Answer' });
  await answer.waitFor();
  assert.equal(await answer.inputValue(), 'ESPRESSO');

  await ui.page.evaluate(`navigator.clipboard.writeText('{"cups": 2}')`);
  await ui.pick('Tidy');
  await ui.page.keyboard.press('ControlOrMeta+V');
  await ui.page.getByText('pasted.json, 11 bytes').waitFor();
  await ui.run.click();
  await ui.result.getByText('cups').waitFor();
});

test('a file that is dropped waits for the function that takes it', async (t) => {
  const ui = await openUploadPage(t, url);
  await ui.pick('Tidy');
  const devtools = await ui.page.context().newCDPSession(ui.page);
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const) {
    const data = { items: [], files: [notes], dragOperationsMask: 1 };
    await devtools.send('Input.dispatchDragEvent', { type, x: 100, y: 20, data });
    if (type === 'dragOver') await ui.page.getByText('Let go to use this file').waitFor();
  }
  await ui.problem.getByText(/It takes application\/json, and “notes.txt” is text\/plain/).waitFor();
  await ui.run.click();
  await ui.problem.getByText('Tidy does not take that file.').waitFor();
  await assertAccessible(ui.page);
  await ui.pick('Upper case');
  assert.equal(await ui.problem.count(), 0);
  await ui.run.click();
  const answer = ui.result.getByRole('textbox', { name: 'Answer' });
  await answer.waitFor();
  assert.equal(await answer.inputValue(), 'BUY COFFEE\n');
});

test('the page names the way and the input of the function that is chosen', async (t) => {
  const ui = await openUploadPage(t, url);
  await ui.pick('Upper case');
  const way = ui.page.getByRole('region', { name: 'The way it goes' });
  await way.getByText('functions', { exact: true }).waitFor();
  await way.getByText('runs upper.wasm, in a sandbox').waitFor();
  await ui.page.getByRole('heading', { name: 'Your file' }).waitFor();
  await ui.page.getByText('Drop a file anywhere').waitFor();
  assert.equal(await ui.page.getByRole('button', { name: 'Try this cup of coffee' }).count(), 0);
});

test('an answer of no type that is known is offered for download, and an empty one says so', async (t) => {
  const ui = await openUploadPage(t, url);
  await ui.pick('Copy');
  const bytes = randomBytes(1000).fill(0, 0, 8);
  await ui.choose(file('data.bin', '', bytes));
  await ui.run.click();
  await ui.result.getByText('a file of the type application/octet-stream, 1.0 kB.').waitFor();
  assert.deepEqual(await download(ui), { name: 'data-copy.bin', bytes });
  await assertAccessible(ui.page);

  await ui.choose(file('order.txt', 'text/plain', 'nothing\n'));
  await ui.run.click();
  await ui.result.getByText('The answer is empty.').waitFor();
  assert.equal(await ui.result.getByRole('link', { name: 'Download the answer' }).count(), 0);
});

test('what a function refuses, the page says in the words of the function', async (t) => {
  const ui = await openUploadPage(t, url);
  await ui.pick('Copy');
  await ui.choose(file('order.txt', 'text/plain', 'bad input\n'));
  await ui.run.click();
  await ui.problem.waitFor();
  assert.match(
    (await ui.problem.textContent()) ?? '',
    /function refused that file.*This input is no good\./s,
  );
  await ui.choose(file('large.txt', 'text/plain', Buffer.alloc(1024 ** 2 + 1, 'x')));
  await ui.problem.getByText(/at most 1048576 bytes \(1 MiB\)/).waitFor();
});

test('a function that cannot be used is not to be chosen, and says why', async (t) => {
  const ui = await openUploadPage(t, url);
  const radio = ui.page.getByRole('radio', { name: 'wrong', exact: true });
  assert.equal(await radio.isDisabled(), true);
  await ui.page.getByText(/wrong\/function\.yaml:1: build is "perl"/).waitFor();
  assert.equal(await radio.getAttribute('aria-describedby'), 'function-wrong-problem');
  await assertAccessible(ui.page);
});

for (const colorScheme of ['light', 'dark'] as const)
  test(`a dozen functions fit a phone, and the keyboard reaches them (${colorScheme})`, async (t) => {
    const manifest = { accepts: ['text/*'] };
    const dozen = Object.fromEntries(
      Array.from({ length: 12 }, (_, n) => [
        `function-with-a-name-${n}`,
        { guest: 'plain' as const, isBuilt: false, manifest },
      ]),
    );
    const { env } = await functionFolders(t, dozen);
    const webPort = await startService(t, 'web-port', env);
    const viewport = { width: 320, height: 640 };
    const ui = await openUploadPage(t, webPort.url, { viewport, colorScheme });
    assert.equal(await ui.page.getByRole('radio').count(), 12);
    assert.equal(await ui.page.evaluate('document.documentElement.scrollWidth - innerWidth'), 0);
    await ui.page.getByRole('radio').first().focus();
    await ui.page.keyboard.press('ArrowDown');
    await ui.page.keyboard.press('ArrowDown');
    await ui.page.getByRole('button', { name: 'Run function-with-a-name-10' }).waitFor();
    await assertAccessible(ui.page);
  });
