import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { databaseVersion, openDatabase, upgradeDatabase, versionOf } from './database.ts';

function temporary(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'database-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

const mode = (path: string): number => statSync(path).mode & 0o777;

test('a new database: modes, pragmas, version', (t) => {
  const folder = join(temporary(t), 'state');
  const file = join(folder, 'a.db');
  const database = openDatabase(file);
  assert.equal(mode(folder), 0o700);
  assert.deepEqual(readdirSync(folder).sort(), ['a.db', 'a.db-shm', 'a.db-wal']);
  for (const name of readdirSync(folder)) assert.equal(mode(join(folder, name)), 0o600, name);
  const pragma = (name: string): unknown => Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0];
  assert.equal(pragma('journal_mode'), 'wal');
  assert.equal(pragma('synchronous'), 1);
  assert.equal(pragma('foreign_keys'), 1);
  assert.equal(pragma('busy_timeout'), 5000);
  assert.equal(versionOf(database), databaseVersion);
  database.close();
});

test('opened again it keeps what it holds, and its mode is made strict', (t) => {
  const file = join(temporary(t), 'a.db');
  const first = openDatabase(file);
  first.exec('CREATE TABLE kept (a)');
  first.close();
  chmodSync(file, 0o644);
  const second = openDatabase(file);
  assert.equal(second.prepare("SELECT count(*) AS n FROM sqlite_schema WHERE name = 'kept'").get()?.n, 1);
  assert.equal(mode(file), 0o600);
  second.close();
});

test('a reader writes nothing and makes nothing', (t) => {
  const folder = temporary(t);
  const file = join(folder, 'a.db');
  assert.throws(() => openDatabase(file, { readOnly: true }), /unable to open database file/);
  assert.deepEqual(readdirSync(folder), []);
  writeFileSync(file, '');
  const early = openDatabase(file, { readOnly: true });
  assert.equal(versionOf(early), 0);
  early.close();
  openDatabase(file).close();
  const reader = openDatabase(file, { readOnly: true });
  assert.throws(() => reader.exec('CREATE TABLE x (a)'), /readonly/);
  reader.close();
});

test('a database of a newer version is refused', (t) => {
  const file = join(temporary(t), 'a.db');
  const newer = new DatabaseSync(file);
  newer.exec(`PRAGMA user_version = ${databaseVersion + 1}`);
  newer.close();
  assert.throws(() => openDatabase(file), /a newer version of this program/);
  assert.throws(() => openDatabase(file, { readOnly: true }), /a newer version of this program/);
});

test('a database of an older version is brought to this one, and none is made', (t) => {
  const folder = temporary(t);
  const file = join(folder, 'a.db');
  upgradeDatabase(file);
  assert.deepEqual(readdirSync(folder), []);
  writeFileSync(file, '');
  upgradeDatabase(file);
  assert.equal(statSync(file).size, 0, 'one that is being made is left alone');
  const older = new DatabaseSync(file);
  older.exec(`
    CREATE TABLE api_keys (id TEXT PRIMARY KEY, hash BLOB NOT NULL UNIQUE, name TEXT NOT NULL, subject TEXT NOT NULL,
      scopes TEXT NOT NULL, roles TEXT NOT NULL, created_at INTEGER NOT NULL, expires_at INTEGER, revoked_at INTEGER
    ) STRICT, WITHOUT ROWID;
    INSERT INTO api_keys VALUES ('k_1', x'00', 'One', 'one', '[]', '[]', 1, NULL, NULL);
    PRAGMA user_version = 1`);
  older.close();
  upgradeDatabase(file);
  const reader = openDatabase(file, { readOnly: true });
  assert.equal(versionOf(reader), databaseVersion);
  const row = reader.prepare('SELECT * FROM api_keys').get()!;
  assert.deepEqual([row.addresses, row.limits, row.used_at, row.rotated_at], ['[]', '[]', null, null]);
  reader.close();
});
