import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { type Migrations, openDatabase, versionOf } from './database.ts';

/**
 * Clients, users and what was granted, in a file of their own: its writers (sign-ins, refreshes) never wait for those of
 * `portcullis.db`, and either can be restored without the other.
 */
const steps: Migrations = [
  `CREATE TABLE clients (
     id TEXT PRIMARY KEY,
     kind TEXT NOT NULL,
     name TEXT NOT NULL,
     redirect_uris TEXT NOT NULL,
     logout_uris TEXT NOT NULL,
     scopes TEXT NOT NULL,
     roles TEXT NOT NULL,
     first_party INTEGER NOT NULL,
     origin TEXT NOT NULL,
     secret BLOB,
     previous_secret BLOB,
     previous_until INTEGER,
     created_at INTEGER NOT NULL,
     revoked_at INTEGER
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE users (
     id TEXT PRIMARY KEY,
     username TEXT NOT NULL UNIQUE,
     name TEXT NOT NULL,
     roles TEXT NOT NULL,
     password TEXT NOT NULL,
     created_at INTEGER NOT NULL,
     password_at INTEGER NOT NULL,
     disabled_at INTEGER
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE consents (
     account_id TEXT NOT NULL,
     client_id TEXT NOT NULL,
     openid TEXT NOT NULL,
     resources TEXT NOT NULL,
     since INTEGER NOT NULL,
     expires_at INTEGER NOT NULL,
     PRIMARY KEY (account_id, client_id)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE artifacts (
     model TEXT NOT NULL,
     key BLOB NOT NULL,
     grant_id TEXT,
     account_id TEXT,
     client_id TEXT,
     uid BLOB,
     payload TEXT NOT NULL,
     consumed_at INTEGER,
     expires_at INTEGER NOT NULL,
     PRIMARY KEY (model, key)
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX artifacts_by_grant ON artifacts (grant_id) WHERE grant_id IS NOT NULL;
   CREATE INDEX artifacts_by_account ON artifacts (account_id, client_id) WHERE account_id IS NOT NULL;
   CREATE INDEX artifacts_by_client ON artifacts (client_id) WHERE client_id IS NOT NULL;
   CREATE INDEX artifacts_by_uid ON artifacts (uid) WHERE uid IS NOT NULL;
   CREATE INDEX artifacts_by_end ON artifacts (expires_at);`,
  `ALTER TABLE users ADD COLUMN basic INTEGER NOT NULL DEFAULT 0;`,
];

/** Opens it for writing, and makes it if need be; see openDatabase(). */
export function openOauthDatabase(stateFolder: string): DatabaseSync {
  return openDatabase(oauthDatabaseFile(stateFolder), { steps });
}

/**
 * Opens it for reading only, which changes nothing.
 * @returns undefined as long as a writer has not made all of it, or has not brought it to the version of this program
 * @throws Error when a newer version of the program has written it
 */
export function openOauthDatabaseForReading(stateFolder: string): DatabaseSync | undefined {
  const file = oauthDatabaseFile(stateFolder);
  if (!existsSync(file)) return undefined;
  const database = openDatabase(file, { readOnly: true, steps });
  if (versionOf(database) === steps.length) return database;
  database.close();
  return undefined;
}

export function oauthDatabaseFile(stateFolder: string): string {
  return join(stateFolder, 'oauth.db');
}
