import { chmodSync, closeSync, existsSync, openSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { stateFolder } from './state-folder.ts';

/** How long a statement waits for another process that writes. */
const busyTimeoutMs = 5000;

/**
 * The tables of a database, as the steps that lead to them: step n leads from `user_version` n to n + 1. Steps that were
 * published are never changed, only added to.
 */
export type Migrations = readonly string[];

/** Of `portcullis.db`. */
const migrations: Migrations = [
  `CREATE TABLE api_keys (
     id TEXT PRIMARY KEY,
     hash BLOB NOT NULL UNIQUE,
     name TEXT NOT NULL,
     subject TEXT NOT NULL,
     scopes TEXT NOT NULL,
     roles TEXT NOT NULL,
     created_at INTEGER NOT NULL,
     expires_at INTEGER,
     revoked_at INTEGER
   ) STRICT, WITHOUT ROWID;`,
  // 1.7 s for a million keys, our measurement: no row is changed, but a strict table is checked for each new column.
  `ALTER TABLE api_keys ADD COLUMN addresses TEXT NOT NULL DEFAULT '[]';
   ALTER TABLE api_keys ADD COLUMN limits TEXT NOT NULL DEFAULT '[]';
   ALTER TABLE api_keys ADD COLUMN rotated_at INTEGER;
   ALTER TABLE api_keys ADD COLUMN used_at INTEGER;
   CREATE TABLE former_secrets (
     number INTEGER PRIMARY KEY,
     hash BLOB NOT NULL UNIQUE,
     id TEXT NOT NULL REFERENCES api_keys (id),
     until INTEGER NOT NULL,
     used_at INTEGER
   ) STRICT;
   CREATE INDEX former_secrets_of ON former_secrets (id, until);`,
];

/** The `user_version` of a database that this program understands. */
export const databaseVersion = migrations.length;

/**
 * Opens the gateway's database. A writer makes it if need be, its folder with mode 0700 and the file with 0600 (SQLite
 * gives its companions `-wal` and `-shm` the mode of the file), and brings it to the current version. In WAL mode one
 * process writes while any number of threads and processes read, and each statement sees what is committed by then.
 *
 * A reader changes nothing; it throws when the file is not there, and may find `user_version` 0 in one just made.
 * Throws when the file was written by a newer version of the program.
 * @param file path of the database
 * @param options `steps` for a database other than `portcullis.db`; `timeout`, milliseconds for which a statement waits
 *   for another process that writes
 */
export function openDatabase(
  file: string,
  {
    readOnly = false,
    steps = migrations,
    timeout = busyTimeoutMs,
  }: { readOnly?: boolean; steps?: Migrations; timeout?: number } = {},
): DatabaseSync {
  if (!readOnly) {
    stateFolder(dirname(resolve(file)));
    // Made before SQLite does, which would make it readable by all.
    closeSync(openSync(file, 'a', 0o600));
    chmodSync(file, 0o600);
  }
  const database = new DatabaseSync(file, {
    readOnly,
    timeout,
    enableForeignKeyConstraints: true,
  });
  try {
    if (versionOf(database) > steps.length) {
      throw new Error(`the database ${JSON.stringify(file)} was written by a newer version of this program`);
    }
    if (!readOnly) {
      database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;');
      migrate(database, steps);
    }
  } catch (error) {
    database.close();
    throw error;
  }
  return database;
}

/**
 * Brings a database that an older version of the program wrote to the current version, as readers take no other; makes
 * none where there is none.
 */
export function upgradeDatabase(file: string): void {
  if (!existsSync(file)) return;
  const reader = new DatabaseSync(file, { readOnly: true, timeout: busyTimeoutMs });
  const version = versionOf(reader);
  reader.close();
  // What has no version yet is being made at this moment, or empty.
  if (version > 0 && version < databaseVersion) openDatabase(file).close();
}

export function versionOf(database: DatabaseSync): number {
  return Number(database.prepare('PRAGMA user_version').get()?.user_version ?? 0);
}

function migrate(database: DatabaseSync, steps: Migrations): void {
  if (versionOf(database) === steps.length) return;
  // Takes the lock for writing first, so that of two processes that start together one migrates and one waits.
  within(database, () => {
    for (const step of steps.slice(versionOf(database))) database.exec(step);
    database.exec(`PRAGMA user_version = ${steps.length}`);
  });
}

/** One transaction, that nobody else writes in between. */
export function within<T>(database: DatabaseSync, action: () => T): T {
  database.exec('BEGIN IMMEDIATE');
  try {
    const outcome = action();
    database.exec('COMMIT');
    return outcome;
  } catch (error) {
    database.exec('ROLLBACK');
    throw error;
  }
}
