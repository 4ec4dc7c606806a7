import { createHmac, type KeyObject } from 'node:crypto';
import type { DatabaseSync, StatementSync } from 'node:sqlite';

/** What oidc-provider keeps of one code, token, session, interaction or grant. */
export type Payload = Record<string, unknown>;

/** Used refresh tokens of one grant that are kept, so that their use again is noticed. */
const mostUsedTokens = 50;

/** Models that anybody can have us keep without a credential, with how many at once. */
const mostOf: Readonly<Record<string, number>> = {
  Interaction: 100_000,
  Session: 500_000,
  PushedAuthorizationRequest: 100_000,
  ReplayDetection: 500_000,
};

const deletedAtOnce = 500;

/** There are as many of a kind as may be: whoever asks has to come again later. */
export class StoreFull extends Error {}

/**
 * What the OAuth server hands out, by model and id. An id is mostly the credential itself (a code, a refresh token, the
 * cookie of a session), so that only HMAC-SHA-256(key, model and id) is kept and the id is taken out of the payload: who
 * gets hold of the database alone has nothing to present. Ids of grants are no credential and link the rest.
 */
export class OauthArtifactStore {
  readonly #database: DatabaseSync;
  readonly #key: KeyObject;
  readonly #now: () => number;
  readonly #statements: Statements;
  readonly #bounds: Readonly<Record<string, number>>;
  readonly #counts = new Map<string, number>();

  /**
   * @param key see OauthSecrets
   * @param now milliseconds since the epoch, for tests; as the bounds are
   */
  constructor(
    database: DatabaseSync,
    key: KeyObject,
    now: () => number = Date.now,
    bounds: Readonly<Record<string, number>> = mostOf,
  ) {
    this.#database = database;
    this.#key = key;
    this.#now = now;
    this.#bounds = bounds;
    this.#statements = prepare(database);
    for (const model of Object.keys(bounds)) this.#recount(model);
  }

  /**
   * @param seconds for which it counts
   * @throws StoreFull
   */
  put(model: string, id: string, payload: Payload, seconds: number): void {
    const key = this.#hash(model, id);
    this.#bound(model, key);
    const { jti: _, ...stored } = payload;
    if (model === 'Interaction') stored.session = withoutCookie(stored.session);
    const { grantId, accountId, clientId } = linksOf(model, id, payload);
    this.#statements.put.run(
      model,
      key,
      grantId,
      accountId,
      clientId,
      model === 'Session' ? this.#hash('uid', String(payload.uid)) : null,
      JSON.stringify(stored),
      this.#now() + seconds * 1000,
    );
    if (model === 'RefreshToken') this.#statements.dropUsed.run(grantId, grantId, mostUsedTokens);
  }

  /** Like put(), for what must be new. @returns false when it is there already and still counts */
  putNew(model: string, id: string, payload: Payload, seconds: number): boolean {
    const row = this.#statements.get.get(model, this.#hash(model, id));
    if (row !== undefined && Number(row.expires_at) > this.#now()) return false;
    this.put(model, id, payload, seconds);
    return true;
  }

  /** With `jti`, and `consumed` in seconds since the epoch where it was used up. What has expired may still be found. */
  get(model: string, id: string): Payload | undefined {
    const row = this.#statements.get.get(model, this.#hash(model, id));
    if (row === undefined) return undefined;
    return { ...payloadOf(row), jti: id };
  }

  /** The session of this `uid`; its own id is not known here, and left out. */
  sessionByUid(uid: string): Payload | undefined {
    const row = this.#statements.byUid.get(this.#hash('uid', uid));
    return row === undefined ? undefined : payloadOf(row);
  }

  /** @returns false when it was used up before, by a request that came at the same time: only one of them may go on */
  consume(model: string, id: string): boolean {
    const { changes } = this.#statements.consume.run(this.#now(), model, this.#hash(model, id));
    return Number(changes) === 1;
  }

  delete(model: string, id: string): void {
    const { changes } = this.#statements.delete.run(model, this.#hash(model, id));
    const count = this.#counts.get(model);
    if (count !== undefined) this.#counts.set(model, count - Number(changes));
  }

  /** Ends the tokens and codes of a grant, but not the grant itself. */
  endTokensOf(grantId: string): void {
    this.#statements.endTokens.run(grantId);
  }

  /** Ends a grant with all that came of it. @returns false when there was nothing */
  endGrant(grantId: string): boolean {
    return Number(this.#statements.endGrant.run(grantId).changes) > 0;
  }

  /** Ends everything of a user: sessions, consents, tokens. */
  endAccount(accountId: string): void {
    this.#statements.endAccount.run(accountId);
  }

  /** Ends what a user let a client do: grants, codes, tokens. */
  endAccess(accountId: string, clientId: string): void {
    this.#statements.endAccess.run(accountId, clientId);
  }

  /** Ends everything of a client. */
  endClient(clientId: string): void {
    this.#statements.endClient.run(clientId);
  }

  /** Deletes what has ended, in short steps, so that nobody waits long. @param slack seconds after the end */
  *sweep(slack: number): Generator<void> {
    const before = this.#now() - slack * 1000;
    while (Number(this.#statements.sweep.run(before, deletedAtOnce).changes) === deletedAtOnce) yield;
    for (const model of Object.keys(this.#bounds)) this.#recount(model);
  }

  #hash(model: string, id: string): Buffer {
    return createHmac('sha256', this.#key).update(`${model}\n${id}`).digest();
  }

  #bound(model: string, key: Buffer): void {
    const most = this.#bounds[model];
    if (most === undefined || this.#statements.get.get(model, key) !== undefined) return;
    const count = (this.#counts.get(model) ?? 0) + 1;
    if (count > most) throw new StoreFull(`there are ${most} of ${model}`);
    this.#counts.set(model, count);
  }

  #recount(model: string): void {
    const row = this.#database.prepare('SELECT count(*) AS n FROM artifacts WHERE model = ?').get(model);
    this.#counts.set(model, Number(row?.n ?? 0));
  }
}

type Statements = Readonly<
  Record<
    | 'put'
    | 'get'
    | 'byUid'
    | 'consume'
    | 'delete'
    | 'dropUsed'
    | 'endTokens'
    | 'endGrant'
    | 'endAccount'
    | 'endClient'
    | 'endAccess'
    | 'sweep',
    StatementSync
  >
>;

function prepare(database: DatabaseSync): Statements {
  const sql = (text: string): StatementSync => database.prepare(text);
  return {
    put: sql(
      `INSERT INTO artifacts (model, key, grant_id, account_id, client_id, uid, payload, expires_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (model, key) DO UPDATE SET grant_id = excluded.grant_id, account_id = excluded.account_id,
         client_id = excluded.client_id, uid = excluded.uid, payload = excluded.payload,
         expires_at = excluded.expires_at`,
    ),
    get: sql('SELECT * FROM artifacts WHERE model = ? AND key = ?'),
    byUid: sql('SELECT * FROM artifacts WHERE uid = ? ORDER BY expires_at DESC LIMIT 1'),
    consume: sql('UPDATE artifacts SET consumed_at = ? WHERE model = ? AND key = ? AND consumed_at IS NULL'),
    delete: sql('DELETE FROM artifacts WHERE model = ? AND key = ?'),
    dropUsed: sql(
      `DELETE FROM artifacts WHERE model = 'RefreshToken' AND grant_id = ? AND key IN (
         SELECT key FROM artifacts WHERE model = 'RefreshToken' AND grant_id = ? AND consumed_at IS NOT NULL
         ORDER BY consumed_at DESC LIMIT -1 OFFSET ?)`,
    ),
    endTokens: sql(`DELETE FROM artifacts WHERE grant_id = ? AND model <> 'Grant'`),
    endGrant: sql('DELETE FROM artifacts WHERE grant_id = ?'),
    endAccount: sql('DELETE FROM artifacts WHERE account_id = ?'),
    endClient: sql('DELETE FROM artifacts WHERE client_id = ?'),
    endAccess: sql('DELETE FROM artifacts WHERE account_id = ? AND client_id = ?'),
    sweep: sql(
      `DELETE FROM artifacts WHERE (model, key) IN (
         SELECT model, key FROM artifacts WHERE expires_at <= ? ORDER BY expires_at LIMIT ?)`,
    ),
  };
}

function payloadOf(row: Record<string, unknown>): Payload {
  const payload = JSON.parse(String(row.payload)) as Payload;
  if (row.consumed_at !== null) payload.consumed = Math.floor(Number(row.consumed_at) / 1000);
  return payload;
}

/** An interaction notes the cookie of the session that it began in, which nothing reads again. */
function withoutCookie(session: unknown): unknown {
  if (typeof session !== 'object' || session === null) return session;
  const { cookie: _, ...rest } = session as Payload;
  return rest;
}

/** What ends it besides time: its grant, its user, its client. */
function linksOf(
  model: string,
  id: string,
  payload: Payload,
): Record<'grantId' | 'accountId' | 'clientId', string | null> {
  if (model === 'Interaction') {
    const { session, params } = payload as { session?: Payload; params?: Payload };
    return {
      grantId: null,
      accountId: textOrNull(session?.accountId),
      clientId: textOrNull(params?.client_id),
    };
  }
  return {
    grantId: model === 'Grant' ? id : textOrNull(payload.grantId),
    accountId: textOrNull(payload.accountId),
    clientId: textOrNull(payload.clientId),
  };
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
