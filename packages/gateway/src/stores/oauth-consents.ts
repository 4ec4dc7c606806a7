import type { DatabaseSync, StatementSync } from 'node:sqlite';

/** Scopes that a user has let a client have. */
export interface ConsentedScopes {
  /** Those of OpenID Connect. */
  readonly openid: readonly string[];
  /** Those of APIs, by resource indicator. */
  readonly resources: Readonly<Record<string, readonly string[]>>;
}

export interface Consent extends ConsentedScopes {
  readonly accountId: string;
  readonly clientId: string;
  /** Milliseconds since the epoch, as the following. */
  readonly since: number;
  readonly until: number;
}

/**
 * What users have let clients do, remembered whichever browser it was said in. Sessions and tokens have grants of their
 * own, so that ending one of them ends no other, and is not taken for a change of mind.
 */
export class OauthConsentStore {
  readonly #database: DatabaseSync;
  readonly #now: () => number;
  readonly #find: StatementSync;

  /** @param now milliseconds since the epoch, for tests */
  constructor(database: DatabaseSync, now: () => number = Date.now) {
    this.#database = database;
    this.#now = now;
    this.#find = database.prepare(
      'SELECT * FROM consents WHERE account_id = ? AND client_id = ? AND expires_at > ?',
    );
  }

  find(accountId: string, clientId: string): Consent | undefined {
    const row = this.#find.get(accountId, clientId, this.#now());
    return row === undefined ? undefined : consentOf(row);
  }

  /** Adds to what was allowed before. @param milliseconds for which it is remembered from now on */
  remember(accountId: string, clientId: string, scopes: ConsentedScopes, milliseconds: number): void {
    const now = this.#now();
    const before = this.find(accountId, clientId);
    const openid = union(before?.openid, scopes.openid);
    const resources: Record<string, readonly string[]> = { ...before?.resources };
    for (const [indicator, added] of Object.entries(scopes.resources))
      resources[indicator] = union(resources[indicator], added);
    this.#database
      .prepare(
        `INSERT INTO consents (account_id, client_id, openid, resources, since, expires_at) VALUES (?, ?, ?, ?, ?, ?)
         ON CONFLICT (account_id, client_id) DO UPDATE SET openid = excluded.openid,
           resources = excluded.resources, since = excluded.since, expires_at = excluded.expires_at`,
      )
      .run(
        accountId,
        clientId,
        JSON.stringify(openid),
        JSON.stringify(resources),
        before?.since ?? now,
        now + milliseconds,
      );
  }

  /** @returns false when there was none */
  forget(accountId: string, clientId: string): boolean {
    const statement = this.#database.prepare('DELETE FROM consents WHERE account_id = ? AND client_id = ?');
    return Number(statement.run(accountId, clientId).changes) === 1;
  }

  forgetClient(clientId: string): void {
    this.#database.prepare('DELETE FROM consents WHERE client_id = ?').run(clientId);
  }

  /** Those of a user, as far as they count. */
  of(accountId: string): Consent[] {
    return this.#database
      .prepare('SELECT * FROM consents WHERE account_id = ? AND expires_at > ? ORDER BY since, client_id')
      .all(accountId, this.#now())
      .map(consentOf);
  }

  /** Deletes those that have ended; there is one for a user and a client at most. */
  sweep(): void {
    this.#database.prepare('DELETE FROM consents WHERE expires_at <= ?').run(this.#now());
  }
}

function union(before: readonly string[] | undefined, added: readonly string[]): string[] {
  return [...new Set([...(before ?? []), ...added])];
}

function consentOf(row: Record<string, unknown>): Consent {
  return {
    accountId: String(row.account_id),
    clientId: String(row.client_id),
    openid: JSON.parse(String(row.openid)),
    resources: JSON.parse(String(row.resources)),
    since: Number(row.since),
    until: Number(row.expires_at),
  };
}
