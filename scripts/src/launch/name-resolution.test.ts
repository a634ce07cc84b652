import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { execa } from 'execa';
import { components } from './fixtures/run-file.js';
import { ownNameResolution } from './name-resolution.js';

/** What Python's SQLite finds a database to be, and whether it takes a table. */
const LOOK = `
import sqlite3, sys
database = sqlite3.connect(sys.argv[1])
print(*[database.execute("pragma " + name).fetchone()[0] for name in ("journal_mode", "integrity_check", "encoding")])
database.execute("create table hosts (name text)")
database.commit()
print(database.execute("pragma integrity_check").fetchone()[0])
`;

test('sidecars find a whole database that has its write-ahead log already', async (t) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'names-test-'));
  t.after(() => rm(folder, { recursive: true }));
  await ownNameResolution(path.join(components, 'config.yaml'), folder);
  const { stdout } = await execa('python3', ['-c', LOOK, path.join(folder, 'names.db')]);
  assert.equal(stdout, 'wal ok UTF-8\nok');
});
