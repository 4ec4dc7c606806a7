import { createHmac, type KeyObject, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { bodyLength, checksum, digits, looksLikeKey, prefix } from './api-key-format.ts';
import { databaseVersion, openDatabase, versionOf } from './database.ts';
import { makeSecretFile, readSecretFile } from './secret-file.ts';

const mostNames = 100;
const longestName = 200;

export interface ApiKeyRecord {
  /** Public: `k_...`. */
  readonly id: string;
  /** What people call the key. */
  readonly name: string;
  /** Whom the key stands for. */
  readonly subject: string;
  readonly scopes: readonly string[];
  readonly roles: readonly string[];
  /** Milliseconds since the epoch, as the following two. */
  readonly createdAt: number;
  readonly expiresAt: number | undefined;
  readonly revokedAt: number | undefined;
}

export interface NewApiKey {
  readonly name: string;
  /** Default: the id of the key. */
  readonly subject?: string;
  /** Scope tokens of RFC 6749 section 3.3. */
  readonly scopes: readonly string[];
  readonly roles: readonly string[];
  /** Milliseconds since the epoch. */
  readonly expiresAt?: number;
}

function randomText(length: number): string {
  let text = '';
  while (text.length < length) {
    for (const byte of randomBytes(length)) {
      // 248 is 4 times 62: the bytes above would make the first characters likelier.
      if (byte < 248 && text.length < length) text += digits.charAt(byte % 62);
    }
  }
  return text;
}

/**
 * The API keys of a state folder, in `portcullis.db` beside the file `key-pepper`. A key itself is kept nowhere: the
 * database holds HMAC-SHA-256(pepper, key), so that who gets hold of it alone can neither use a key nor check a guess.
 * As keys are random, a slow hash would add nothing but time to each request.
 *
 * One process writes (the command line), any number of threads read, each with a store of its own. A reader that comes
 * before the first key finds no keys until there are some, and sees keys and revocations from their commit on.
 */
export class ApiKeyStore {
  readonly #folder: string;
  readonly #readOnly: boolean;
  readonly #now: () => number;
  #open: OpenStore | undefined;

  /**
   * @param folder see stateFolder()
   * @param options `readOnly` for a reader, which never writes to the folder; `now` in milliseconds, for tests
   */
  constructor(folder: string, options: { readOnly?: boolean; now?: () => number } = {}) {
    this.#folder = folder;
    this.#readOnly = options.readOnly ?? false;
    this.#now = options.now ?? Date.now;
    this.#opened();
  }

  /** Makes a key. It is returned this once, and cannot be had again. Throws a RangeError for unusable properties. */
  create({ name, subject, scopes, roles, expiresAt }: NewApiKey): { id: string; key: string } {
    const now = this.#now();
    checkName('name', name);
    if (subject !== undefined) checkName('subject', subject);
    checkNames('scope', scopes, /^[\x21\x23-\x5B\x5D-\x7E]+$/);
    checkNames('role', roles, /^[^\p{C}]+$/u);
    if (expiresAt !== undefined && !(Number.isSafeInteger(expiresAt) && expiresAt > now)) {
      throw new RangeError('a key must expire in the future');
    }
    const { insert, pepper } = this.#writable();
    const id = `k_${randomText(12)}`;
    const text = prefix + randomText(bodyLength);
    const key = text + checksum(text);
    insert.run(
      id,
      hashOf(pepper, key),
      name,
      subject ?? id,
      JSON.stringify([...new Set(scopes)]),
      JSON.stringify([...new Set(roles)]),
      now,
      expiresAt ?? null,
    );
    return { id, key };
  }

  /** All keys, revoked and expired ones too, oldest first. */
  list(): ApiKeyRecord[] {
    return this.#opened()?.list.all().map(recordOf) ?? [];
  }

  /** Ends a key from now on. False when there is no such key, or it was revoked before. */
  revoke(id: string): boolean {
    return Number(this.#writable().revoke.run(this.#now(), id).changes) === 1;
  }

  /**
   * The record of a key that is valid at `now` (milliseconds), or undefined. One HMAC and one look-up in an index; the
   * time that takes tells nothing, as nobody without the pepper knows which hash a guess has.
   */
  find(key: string, now: number): ApiKeyRecord | undefined {
    if (!looksLikeKey(key)) return undefined;
    const open = this.#opened();
    const row = open?.find.get(hashOf(open.pepper, key));
    if (row === undefined) return undefined;
    const record = recordOf(row);
    if (record.revokedAt !== undefined) return undefined;
    return record.expiresAt === undefined || record.expiresAt > now ? record : undefined;
  }

  close(): void {
    this.#open?.database.close();
    this.#open = undefined;
  }

  #writable(): OpenStore {
    const open = this.#readOnly ? undefined : this.#opened();
    if (open === undefined) throw new Error('this store of API keys is open for reading only');
    return open;
  }

  /** Undefined for a reader as long as the writer has not made all of it. */
  #opened(): OpenStore | undefined {
    this.#open ??= this.#readOnly ? openForReading(this.#folder) : openForWriting(this.#folder);
    return this.#open;
  }
}

interface OpenStore {
  readonly database: DatabaseSync;
  readonly pepper: KeyObject;
  readonly insert: StatementSync;
  readonly list: StatementSync;
  readonly revoke: StatementSync;
  readonly find: StatementSync;
}

function openForReading(folder: string): OpenStore | undefined {
  const file = join(folder, 'portcullis.db');
  if (!existsSync(file)) return undefined;
  const pepper = readSecretFile(pepperFile(folder));
  if (pepper === undefined) return undefined;
  const database = openDatabase(file, { readOnly: true });
  if (versionOf(database) === databaseVersion) return prepared(database, pepper);
  database.close();
  return undefined;
}

function openForWriting(folder: string): OpenStore {
  const database = openDatabase(join(folder, 'portcullis.db'));
  try {
    return prepared(database, readSecretFile(pepperFile(folder)) ?? makePepper(folder, database));
  } catch (error) {
    database.close();
    throw error;
  }
}

function prepared(database: DatabaseSync, pepper: KeyObject): OpenStore {
  return {
    database,
    pepper,
    insert: database.prepare(
      `INSERT INTO api_keys (id, hash, name, subject, scopes, roles, created_at, expires_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    ),
    list: database.prepare('SELECT * FROM api_keys ORDER BY created_at, id'),
    revoke: database.prepare('UPDATE api_keys SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL'),
    find: database.prepare('SELECT * FROM api_keys WHERE hash = ?'),
  };
}

function pepperFile(folder: string): string {
  return join(folder, 'key-pepper');
}

function makePepper(folder: string, database: DatabaseSync): KeyObject {
  const file = pepperFile(folder);
  // A new pepper would quietly end every key that there is.
  if (database.prepare('SELECT 1 FROM api_keys LIMIT 1').get() !== undefined) {
    throw new Error(
      `${JSON.stringify(file)} is missing, without which no key can be checked; restore it from a backup`,
    );
  }
  return makeSecretFile(file);
}

function hashOf(pepper: KeyObject, key: string): Buffer {
  return createHmac('sha256', pepper).update(key).digest();
}

function recordOf(row: Record<string, unknown>): ApiKeyRecord {
  return {
    id: String(row.id),
    name: String(row.name),
    subject: String(row.subject),
    scopes: JSON.parse(String(row.scopes)),
    roles: JSON.parse(String(row.roles)),
    createdAt: Number(row.created_at),
    expiresAt: row.expires_at === null ? undefined : Number(row.expires_at),
    revokedAt: row.revoked_at === null ? undefined : Number(row.revoked_at),
  };
}

function checkName(what: string, text: string): void {
  if (text.length === 0 || text.length > longestName || /\p{C}/u.test(text)) {
    throw new RangeError(`a ${what} must have 1 to ${longestName} printable characters`);
  }
}

function checkNames(what: string, names: readonly string[], form: RegExp): void {
  if (names.length > mostNames) throw new RangeError(`a key can have ${mostNames} ${what}s at most`);
  for (const name of names) {
    checkName(what, name);
    if (!form.test(name)) throw new RangeError(`${JSON.stringify(name)} is no usable ${what}`);
  }
}
