import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { readManifest } from './model.js';

async function folderWith(t: TestContext, manifest?: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'model-'));
  t.after(() => rm(folder, { recursive: true }));
  if (manifest !== undefined) await writeFile(join(folder, 'model.json'), manifest);
  return folder;
}

test('the manifest of the bundled model is read', async () => {
  const manifest = await readManifest(
    fileURLToPath(new URL('../../functions/classify/model', import.meta.url)),
    'Mend it.',
  );
  assert.deepEqual(manifest.input, { width: 224, height: 224 });
});

for (const [what, manifest, complaint] of [
  ['is missing', undefined, /ENOENT/],
  ['is no JSON', 'name: x', /JSON/],
  ['has no input size', '{"name":"x","subject":"y"}', /input/],
  ['has a width of nothing', '{"name":"x","subject":"y","input":{"width":0,"height":224}}', /width/],
] as const) {
  test(`a manifest that ${what} is refused with a message that names the file and the remedy`, async (t) => {
    const folder = await folderWith(t, manifest);
    await assert.rejects(readManifest(folder, 'Set MODEL_DIR.'), (error: Error & { code?: string }) => {
      assert.equal(error.code, 'ERR_MODEL');
      assert.match(error.message, complaint);
      assert.ok(error.message.includes(folder) && error.message.endsWith('\nSet MODEL_DIR.'));
      return true;
    });
  });
}
