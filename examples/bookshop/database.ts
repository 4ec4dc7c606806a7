import { DatabaseSync, type SQLInputValue, type SQLOutputValue } from 'node:sqlite';

export type Row = Record<string, SQLOutputValue>;

/** A statement that SQLite refused, with the text of the statement. */
export class QueryError extends Error {
  readonly sql: string;
  constructor(sql: string, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.name = 'QueryError';
    this.sql = sql;
  }
}

/** The shop's storage: a thin wrapper so that every failing statement is reported with its text. */
export class ShopDatabase {
  readonly file: string;
  readonly #handle: DatabaseSync;

  /** `file` is a path, or `:memory:`. Tables are made when they are missing. */
  constructor(file: string) {
    this.file = file;
    this.#handle = new DatabaseSync(file);
    this.#handle.exec(tables);
  }

  all(sql: string, ...values: SQLInputValue[]): Row[] {
    return this.#tracked(sql, () => this.#handle.prepare(sql).all(...values));
  }

  get(sql: string, ...values: SQLInputValue[]): Row | undefined {
    return this.#tracked(sql, () => this.#handle.prepare(sql).get(...values));
  }

  /** Answers how many rows changed and the id of the last row inserted. */
  run(sql: string, ...values: SQLInputValue[]): { changes: number; lastId: number } {
    const done = this.#tracked(sql, () => this.#handle.prepare(sql).run(...values));
    return { changes: Number(done.changes), lastId: Number(done.lastInsertRowid) };
  }

  count(table: string): number {
    return Number(this.get(`SELECT count(*) AS n FROM ${table}`)?.n ?? 0);
  }

  /** All of `work` or nothing of it. */
  transaction<T>(work: () => T): T {
    this.#handle.exec('BEGIN IMMEDIATE');
    try {
      const result = work();
      this.#handle.exec('COMMIT');
      return result;
    } catch (error) {
      this.#handle.exec('ROLLBACK');
      throw error;
    }
  }

  close(): void {
    this.#handle.close();
  }

  #tracked<T>(sql: string, work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw new QueryError(sql, error);
    }
  }
}

// Columns carry the names of the JSON fields: what makes the mass assignment in customers.ts so easy to write.
const tables = `
  CREATE TABLE IF NOT EXISTS books (
    id INTEGER PRIMARY KEY, title TEXT NOT NULL, author TEXT NOT NULL, year INTEGER NOT NULL,
    genre TEXT NOT NULL, isbn TEXT NOT NULL UNIQUE, price INTEGER NOT NULL, stock INTEGER NOT NULL, coverUrl TEXT
  );
  CREATE TABLE IF NOT EXISTS customers (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, email TEXT NOT NULL UNIQUE, city TEXT NOT NULL,
    newsletter INTEGER NOT NULL DEFAULT 0, role TEXT NOT NULL DEFAULT 'customer',
    discount INTEGER NOT NULL DEFAULT 0, passwordHash TEXT NOT NULL, createdAt TEXT NOT NULL
  );
  CREATE TABLE IF NOT EXISTS orders (
    number INTEGER PRIMARY KEY, customerId TEXT NOT NULL, status TEXT NOT NULL,
    items TEXT NOT NULL, total INTEGER NOT NULL, createdAt TEXT NOT NULL
  );
  CREATE TABLE IF NOT EXISTS reviews (
    id INTEGER PRIMARY KEY, bookId INTEGER NOT NULL, customerId TEXT NOT NULL,
    rating INTEGER NOT NULL, text TEXT NOT NULL, createdAt TEXT NOT NULL
  );
`;
