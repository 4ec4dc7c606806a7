import { createHmac, type KeyObject } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { databaseVersion, openDatabase, versionOf, within } from './database.ts';
import {
  type ApiKeyRecord,
  checkExpiry,
  checkNewKey,
  limitsText,
  listText,
  type NewApiKey,
  recordOf,
  timeIn,
} from './key-record.ts';
import { looksLikeKey, makeKey } from './key-text.ts';
import { randomText } from './random-text.ts';
import { makeSecretFile, readSecretFile } from './secret-file.ts';

/** Milliseconds. */
const longestOverlap = 366 * 86_400_000;

/** Why a key that there is does not count: the whole key, or this secret of it. */
export type KeyFault = 'revoked' | 'expired' | 'superseded';

/** A key that somebody showed, as far as the store knows it. */
export interface FoundKey {
  readonly record: ApiKeyRecord;
  /** Number of the secret that it was shown by, where another one has taken its place; 0 for the present one. */
  readonly former: number;
  /** Undefined where it counts. */
  readonly fault: KeyFault | undefined;
  /** When it ends, as far as is known yet; milliseconds since the epoch. */
  readonly until: number | undefined;
}

/** The secret before the present one, while both count. */
export interface FormerSecret {
  /** Milliseconds since the epoch, as the following. */
  readonly until: number;
  readonly usedAt: number | undefined;
}

export type ListedKey = ApiKeyRecord & { readonly former: FormerSecret | undefined };

export interface Rotation {
  readonly key: string;
  /** Until when the secret before counts; undefined when it ended at once. Milliseconds since the epoch. */
  readonly formerUntil: number | undefined;
  /** An older one counted still, from the rotation before, and ended now. */
  readonly endedOlder: boolean;
}

/**
 * The API keys of a state folder, in `portcullis.db` beside the file `key-pepper`. A key itself is kept nowhere: the
 * database holds HMAC-SHA-256(pepper, key), so that who gets hold of it alone can neither use a key nor check a guess.
 * As keys are random, a slow hash would add nothing but time to each request.
 *
 * The command line writes, and the main thread of a gateway when keys were used (key-uses.ts); any number of threads
 * read, each with a store of its own. A reader that comes before the first key finds no keys until there are some, and
 * sees keys, rotations and revocations from their commit on.
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
  create(wanted: NewApiKey): { id: string; key: string } {
    const now = this.#now();
    checkNewKey(wanted, now);
    const { name, subject, scopes, roles, addresses = [], limits = [], expiresAt } = wanted;
    const { insert, pepper } = this.#writable();
    const id = `k_${randomText(12)}`;
    const key = makeKey();
    insert.run(
      id,
      hashOf(pepper, key),
      name,
      subject ?? id,
      listText(scopes),
      listText(roles),
      listText(addresses),
      limitsText(limits),
      now,
      expiresAt ?? null,
    );
    return { id, key };
  }

  /**
   * Gives a key another secret, which is returned this once; id and properties stay. The secret before counts for
   * `overlap` more, and no longer than it would have; any older one ends.
   * @param how `overlap` in milliseconds; `expiresAt` in the place of when the key expires
   * @returns undefined when there is no such key
   * @throws RangeError when the key is revoked, or expired and not given more time, or the overlap is too long
   */
  rotate(id: string, how: { overlap: number; expiresAt?: number }): Rotation | undefined {
    const now = this.#now();
    checkExpiry(how.expiresAt, now);
    if (!(how.overlap >= 0 && how.overlap <= longestOverlap))
      throw new RangeError('the secret before can count for 366 days more at most');
    const open = this.#writable();
    return within(open.database, () => {
      const row = open.byId.get(id);
      if (row === undefined) return undefined;
      const { revokedAt, expiresAt, usedAt } = recordOf(row);
      if (revokedAt !== undefined) throw new RangeError(`${id} is revoked; make a new key in its place`);
      if (expiresAt !== undefined && expiresAt <= now && how.expiresAt === undefined)
        throw new RangeError(`${id} has expired; say with --expires how long it is to be good again`);
      const key = makeKey();
      const until = Math.min(now + how.overlap, expiresAt ?? Number.POSITIVE_INFINITY);
      const ended = Number(open.endFormer.run(now, id, now).changes);
      open.keepFormer.run(row.hash as Uint8Array, id, until, usedAt ?? null);
      open.replace.run(hashOf(open.pepper, key), how.expiresAt ?? expiresAt ?? null, now, id);
      return { key, formerUntil: until > now ? until : undefined, endedOlder: ended > 0 };
    });
  }

  /** All keys, revoked and expired ones too, oldest first. */
  list(): ListedKey[] {
    const open = this.#opened();
    if (open === undefined) return [];
    const former = new Map<string, FormerSecret>();
    for (const row of open.listFormer.all(this.#now()))
      former.set(String(row.id), { until: Number(row.until), usedAt: timeIn(row.used_at) });
    return open.list.all().map((row) => {
      const record = recordOf(row);
      return { ...record, former: former.get(record.id) };
    });
  }

  /** The key of an id. */
  get(id: string): ApiKeyRecord | undefined {
    const row = this.#opened()?.byId.get(id);
    return row === undefined ? undefined : recordOf(row);
  }

  /** Ends a key from now on. False when there is no such key, or it was revoked before. */
  revoke(id: string): boolean {
    return Number(this.#writable().revoke.run(this.#now(), id).changes) === 1;
  }

  /**
   * What there is to know of a key at `now` (milliseconds); undefined for one that this store never gave out. One HMAC
   * and one or two look-ups in an index; the time that takes tells nothing, as nobody without the pepper knows which
   * hash a guess has.
   */
  find(key: string, now: number): FoundKey | undefined {
    if (!looksLikeKey(key)) return undefined;
    const open = this.#opened();
    if (open === undefined) return undefined;
    const hash = hashOf(open.pepper, key);
    const present = open.find.get(hash);
    if (present !== undefined) return found(recordOf(present), 0, undefined, now);
    const former = open.findFormer.get(hash);
    if (former === undefined) return undefined;
    return found(recordOf(former), Number(former.former_number), Number(former.former_until), now);
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

function found(record: ApiKeyRecord, former: number, formerUntil: number | undefined, now: number): FoundKey {
  const { revokedAt, expiresAt } = record;
  let fault: KeyFault | undefined;
  if (revokedAt !== undefined) fault = 'revoked';
  else if (formerUntil !== undefined && formerUntil <= now) fault = 'superseded';
  else if (expiresAt !== undefined && expiresAt <= now) fault = 'expired';
  const until =
    formerUntil === undefined ? expiresAt : Math.min(formerUntil, expiresAt ?? Number.POSITIVE_INFINITY);
  return { record, former, fault, until };
}

interface OpenStore {
  readonly database: DatabaseSync;
  readonly pepper: KeyObject;
  readonly insert: StatementSync;
  readonly list: StatementSync;
  readonly listFormer: StatementSync;
  readonly byId: StatementSync;
  readonly revoke: StatementSync;
  readonly endFormer: StatementSync;
  readonly keepFormer: StatementSync;
  readonly replace: StatementSync;
  readonly find: StatementSync;
  readonly findFormer: StatementSync;
}

function openForReading(folder: string): OpenStore | undefined {
  const file = databaseFile(folder);
  if (!existsSync(file)) return undefined;
  const pepper = readSecretFile(pepperFile(folder));
  if (pepper === undefined) return undefined;
  const database = openDatabase(file, { readOnly: true });
  if (versionOf(database) === databaseVersion) return prepared(database, pepper);
  database.close();
  return undefined;
}

function openForWriting(folder: string): OpenStore {
  const database = openDatabase(databaseFile(folder));
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
      `INSERT INTO api_keys (id, hash, name, subject, scopes, roles, addresses, limits, created_at, expires_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ),
    list: database.prepare('SELECT * FROM api_keys ORDER BY created_at, id'),
    listFormer: database.prepare('SELECT id, until, used_at FROM former_secrets WHERE until > ?'),
    byId: database.prepare('SELECT * FROM api_keys WHERE id = ?'),
    revoke: database.prepare('UPDATE api_keys SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL'),
    endFormer: database.prepare('UPDATE former_secrets SET until = ? WHERE id = ? AND until > ?'),
    keepFormer: database.prepare('INSERT INTO former_secrets (hash, id, until, used_at) VALUES (?, ?, ?, ?)'),
    replace: database.prepare('UPDATE api_keys SET hash = ?, expires_at = ?, rotated_at = ? WHERE id = ?'),
    find: database.prepare('SELECT * FROM api_keys WHERE hash = ?'),
    findFormer: database.prepare(
      `SELECT api_keys.*, former_secrets.number AS former_number, former_secrets.until AS former_until
       FROM former_secrets JOIN api_keys ON api_keys.id = former_secrets.id WHERE former_secrets.hash = ?`,
    ),
  };
}

/** Where the keys of a state folder are. */
export function databaseFile(folder: string): string {
  return join(folder, 'portcullis.db');
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
