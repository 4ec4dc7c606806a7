import { existsSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import type { KeyUse } from '../environment.ts';
import { databaseFile } from './api-keys.ts';
import { databaseVersion, openDatabase, versionOf, within } from './database.ts';

/** Each key is written at most once in this time. Milliseconds. */
const writeEvery = 60_000;
const lookEvery = 1_000;
/** Keys that are written at once: with 10 µs each the main thread is held up for 20 ms. */
const mostAtOnce = 2_000;
/** Milliseconds that another process may keep it waiting; what is not written then is written later. */
const longestWait = 100;

interface Waiting {
  /** Milliseconds since the epoch, as the following. */
  at: number;
  /** By number, for secrets that others have taken the place of. */
  readonly former: Map<number, number>;
}

/**
 * Writes down when keys were last used, for the main thread: data threads report uses and never write. Keys that are
 * used all the time are written once a minute; what waits then is written at the end. Nothing is made where there is no
 * database, and nothing depends on it: a failure is one line for the operator, and is made good a minute later.
 */
export class KeyUses {
  readonly #folder: string;
  readonly #log: (message: string) => void;
  readonly #now: () => number;
  readonly #waiting = new Map<string, Waiting>();
  /** When each key was written, in that order, as far as it was within `writeEvery`. */
  readonly #written = new Map<string, number>();
  readonly #timer: NodeJS.Timeout;
  #failed = false;

  /** @param now milliseconds, for tests */
  constructor(folder: string, log: (message: string) => void, now: () => number = Date.now) {
    this.#folder = folder;
    this.#log = log;
    this.#now = now;
    this.#timer = setInterval(() => this.write(), lookEvery);
    this.#timer.unref();
  }

  add(uses: readonly KeyUse[]): void {
    for (const [id, former, at] of uses) {
      let waiting = this.#waiting.get(id);
      if (waiting === undefined) {
        waiting = { at, former: new Map() };
        this.#waiting.set(id, waiting);
      }
      waiting.at = Math.max(waiting.at, at);
      if (former > 0) waiting.former.set(former, Math.max(waiting.former.get(former) ?? 0, at));
    }
  }

  /** Writes what is due. */
  write(): void {
    const now = this.#now();
    this.#forget(now);
    const due: [string, Waiting][] = [];
    for (const entry of this.#waiting) {
      if (due.length === mostAtOnce) break;
      if (!this.#written.has(entry[0])) due.push(entry);
    }
    this.#writeDown(due, now);
  }

  /** Writes all that waits, and nothing later. */
  end(): void {
    clearInterval(this.#timer);
    this.#writeDown([...this.#waiting], this.#now());
    this.#waiting.clear();
  }

  #writeDown(due: readonly (readonly [string, Waiting])[], now: number): void {
    if (due.length === 0) return;
    try {
      if (!writeUses(databaseFile(this.#folder), due)) return;
      this.#failed = false;
    } catch (error) {
      // Whoever lacks disk or rights is told once, not each second.
      if (!this.#failed)
        this.#log(`when API keys were used cannot be written down: ${(error as Error).message}`);
      this.#failed = true;
    }
    for (const [id] of due) {
      if (!this.#failed) this.#waiting.delete(id);
      this.#written.set(id, now);
    }
  }

  /** A clock that was set back makes all of them due. */
  #forget(now: number): void {
    for (const [id, at] of this.#written) {
      if (now - at < writeEvery && now >= at) break;
      this.#written.delete(id);
    }
  }
}

/** @returns false when there is no database of the current version */
function writeUses(file: string, uses: readonly (readonly [string, Waiting])[]): boolean {
  if (!existsSync(file)) return false;
  // Opened each time: at most once a second, and a folder that was put in the place of another is noticed.
  const database = openDatabase(file, { timeout: longestWait });
  try {
    if (versionOf(database) !== databaseVersion) return false;
    within(database, () => writeEach(database, uses));
  } finally {
    database.close();
  }
  return true;
}

/** Several gateways may share a folder: the latest use counts. */
function writeEach(database: DatabaseSync, uses: readonly (readonly [string, Waiting])[]): void {
  const key = database.prepare(
    'UPDATE api_keys SET used_at = ? WHERE id = ? AND (used_at IS NULL OR used_at < ?)',
  );
  const secret = database.prepare(
    'UPDATE former_secrets SET used_at = ? WHERE number = ? AND id = ? AND (used_at IS NULL OR used_at < ?)',
  );
  for (const [id, { at, former }] of uses) {
    key.run(at, id, at);
    for (const [number, usedAt] of former) secret.run(usedAt, number, id, usedAt);
  }
}
