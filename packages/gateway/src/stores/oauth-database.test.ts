import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { openDatabase, versionOf } from './database.ts';
import { oauthDatabaseFile, openOauthDatabase, openOauthDatabaseForReading } from './oauth-database.ts';
import { OauthUserStore } from './oauth-users.ts';
import { cheap } from './testing/oauth.ts';

function temporary(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'oauth-database-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** The first step, as it was published. */
const first = `CREATE TABLE users (
  id TEXT PRIMARY KEY, username TEXT NOT NULL UNIQUE, name TEXT NOT NULL, roles TEXT NOT NULL,
  password TEXT NOT NULL, created_at INTEGER NOT NULL, password_at INTEGER NOT NULL, disabled_at INTEGER
) STRICT, WITHOUT ROWID;`;

test('users of the first version stay, and may not use basic', async (t) => {
  const folder = temporary(t);
  const before = openDatabase(oauthDatabaseFile(folder), { steps: [first] });
  before.exec(`INSERT INTO users VALUES ('u', 'bob', 'Bob', '["a"]', 'x', 1, 1, NULL)`);
  assert.equal(openOauthDatabaseForReading(folder), undefined, 'a reader brings it to no other version');
  before.close();
  const database = openOauthDatabase(folder);
  t.after(() => database.close());
  const users = new OauthUserStore(database, { cost: cheap });
  assert.deepEqual(
    users.list().map(({ username, basic, roles }) => [username, basic, roles]),
    [['bob', false, ['a']]],
  );
  assert.equal(versionOf(database), 2);
});

test('a reader makes nothing, and sees nothing until a writer has made it', (t) => {
  const folder = temporary(t);
  assert.equal(openOauthDatabaseForReading(folder), undefined);
  assert.deepEqual(readdirSync(folder), []);
  writeFileSync(oauthDatabaseFile(folder), '');
  assert.equal(openOauthDatabaseForReading(folder), undefined);
  openOauthDatabase(folder).close();
  const reader = openOauthDatabaseForReading(folder);
  assert.ok(reader !== undefined);
  assert.throws(() => reader.exec('DELETE FROM users'), /readonly/);
  reader.close();
});

test('a newer version is refused', (t) => {
  const folder = temporary(t);
  const database = openOauthDatabase(folder);
  database.exec('PRAGMA user_version = 99');
  database.close();
  assert.throws(() => openOauthDatabaseForReading(folder), /written by a newer version/);
});
