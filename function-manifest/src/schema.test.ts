import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { z } from 'zod';
import { functionsFolder } from './places.js';
import { jsonSchema } from './schema.js';

interface Key {
  description?: string | undefined;
  default?: unknown;
  properties?: Readonly<Record<string, Key>> | undefined;
}
const key: z.ZodType<Key> = z.object({
  description: z.string().optional(),
  default: z.unknown().optional(),
  get properties() {
    return z.record(z.string(), key).optional();
  },
});

/** Each key that has a value of its own, as in `limits.memory`. */
function keysOf({ properties = {} }: Key, above = ''): [name: string, key: Key][] {
  return Object.entries(properties).flatMap(([name, value]) =>
    value.properties ? keysOf(value, `${above}${name}.`) : [[`${above}${name}`, value]],
  );
}

test('the schema for editors is up to date', async () => {
  const committed: unknown = JSON.parse(
    await readFile(path.join(functionsFolder, 'function.schema.json'), 'utf8'),
  );
  assert.deepEqual(
    committed,
    JSON.parse(JSON.stringify(jsonSchema())),
    'functions/function.schema.json is old: `npm run schema -w @app/function-manifest` writes it anew',
  );
});

test('the schema for editors explains each key', () => {
  const keys = keysOf(key.parse(jsonSchema()));
  assert.ok(keys.length >= 16);
  for (const [name, { description }] of keys) assert.ok(description, `${name} has no description`);
});

test('docs/settings.md names each key of a function.yaml and its default', async () => {
  const settings = await readFile(path.resolve(functionsFolder, '../docs/settings.md'), 'utf8');
  for (const [name, { default: value }] of keysOf(key.parse(jsonSchema()))) {
    const [, said] =
      new RegExp(`^\\| \`${name.replace('.', '\\.')}\` \\| (.*?) \\|`, 'm').exec(settings) ?? [];
    assert.ok(said !== undefined, `docs/settings.md has no row for ${name}`);
    if (value !== undefined) {
      const text = typeof value === 'object' ? JSON.stringify(value).replaceAll('"', '') : String(value);
      assert.equal(said, `\`${text}\``, `the default of ${name}`);
    }
  }
});
