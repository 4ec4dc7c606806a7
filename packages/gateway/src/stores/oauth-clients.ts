import { createHmac, type KeyObject, randomBytes, timingSafeEqual } from 'node:crypto';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { randomText } from './random-text.ts';
import { redirectUriFault } from './redirect-uri.ts';

/**
 * What a client is: a web application with a server that keeps a secret; a page that runs in the browser; a program on the
 * user's device; a service that acts for itself; a resource server that only asks about tokens.
 */
export const clientKinds = ['web', 'spa', 'native', 'service', 'resource'] as const;
export type ClientKind = (typeof clientKinds)[number];

export interface OauthClient {
  /** The client_id: public, `cl_...`. */
  readonly id: string;
  readonly kind: ClientKind;
  /** What users see. */
  readonly name: string;
  readonly redirectUris: readonly string[];
  /** Where it may send users after they signed out. */
  readonly logoutUris: readonly string[];
  /** What it may ask for. */
  readonly scopes: readonly string[];
  /** Of a service: the roles that its tokens carry. */
  readonly roles: readonly string[];
  /** Belongs to whoever runs the API, so that users are not asked for consent. */
  readonly firstParty: boolean;
  /** Who made it. */
  readonly origin: 'operator' | 'registration';
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly revokedAt: number | undefined;
  readonly secret: StoredSecret | undefined;
}

export interface StoredSecret {
  readonly hash: Buffer;
  /** The one before, good until `previousUntil` (milliseconds since the epoch). */
  readonly previous: Buffer | undefined;
  readonly previousUntil: number;
}

export interface NewClient {
  readonly kind: ClientKind;
  readonly name: string;
  readonly redirectUris: readonly string[];
  readonly logoutUris: readonly string[];
  readonly scopes: readonly string[];
  readonly roles: readonly string[];
  readonly firstParty: boolean;
  /** Default: a random one. */
  readonly id?: string;
}

const longestName = 100;
const mostUris = 20;
const mostNames = 100;

/** RFC 6749 section 3.3. */
const scopeToken = /^[\x21\x23-\x5b\x5d-\x7e]{1,200}$/;

export function needsSecret(kind: ClientKind): boolean {
  return kind === 'web' || kind === 'service' || kind === 'resource';
}

export function signsUsersIn(kind: ClientKind): boolean {
  return kind === 'web' || kind === 'spa' || kind === 'native';
}

/**
 * The clients of the OAuth server. A secret is 256 random bits and kept as HMAC-SHA-256(key, id and secret) only: who gets
 * hold of the database alone can neither use one nor check a guess.
 */
export class OauthClientStore {
  readonly #database: DatabaseSync;
  readonly #key: KeyObject;
  readonly #now: () => number;
  readonly #byId: StatementSync;

  /**
   * @param key see OauthSecrets
   * @param now milliseconds since the epoch, for tests
   */
  constructor(database: DatabaseSync, key: KeyObject, now: () => number = Date.now) {
    this.#database = database;
    this.#key = key;
    this.#now = now;
    this.#byId = database.prepare('SELECT * FROM clients WHERE id = ?');
  }

  /**
   * @returns the client, and its secret this once where it has one
   * @throws RangeError for unusable properties
   */
  create(wanted: NewClient): { client: OauthClient; secret: string | undefined } {
    const secret = needsSecret(wanted.kind) ? newSecret() : undefined;
    return { client: this.insert(wanted, 'operator', secret), secret };
  }

  /** Keeps a client with a secret that somebody else made. @throws RangeError for unusable properties */
  insert(wanted: NewClient, origin: OauthClient['origin'], secret: string | undefined): OauthClient {
    checkClient(wanted);
    const id = wanted.id ?? `cl_${randomText(16)}`;
    if (!/^[A-Za-z0-9._~-]{1,64}$/.test(id))
      throw new RangeError('a client id must have 1 to 64 letters, digits, or . _ ~ -');
    if (this.#byId.get(id) !== undefined) throw new RangeError(`there is a client ${id} already`);
    this.#database
      .prepare(
        `INSERT INTO clients
           (id, kind, name, redirect_uris, logout_uris, scopes, roles, first_party, origin, secret, created_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      )
      .run(
        id,
        wanted.kind,
        wanted.name,
        JSON.stringify([...new Set(wanted.redirectUris)]),
        JSON.stringify([...new Set(wanted.logoutUris)]),
        JSON.stringify([...new Set(wanted.scopes)]),
        JSON.stringify([...new Set(wanted.roles)]),
        wanted.firstParty ? 1 : 0,
        origin,
        secret === undefined ? null : this.#hash(id, secret),
        this.#now(),
      );
    return this.#existing(id);
  }

  /** All clients, revoked ones too, oldest first. */
  list(): OauthClient[] {
    return this.#database.prepare('SELECT * FROM clients ORDER BY created_at, id').all().map(clientOf);
  }

  /** Undefined for one that does not exist or is revoked. */
  find(id: string): OauthClient | undefined {
    const client = this.get(id);
    return client?.revokedAt === undefined ? client : undefined;
  }

  /** Revoked or not. */
  get(id: string): OauthClient | undefined {
    const row = this.#byId.get(id);
    return row === undefined ? undefined : clientOf(row);
  }

  /** @returns false when there is no such client, or it was revoked before */
  revoke(id: string): boolean {
    const statement = 'UPDATE clients SET revoked_at = ?, secret = NULL, previous_secret = NULL WHERE id = ?';
    const { changes } = this.#database.prepare(`${statement} AND revoked_at IS NULL`).run(this.#now(), id);
    return Number(changes) === 1;
  }

  /**
   * Gives a client a new secret; the old one stays good for `overlap` milliseconds.
   * @returns the secret, this once
   * @throws RangeError when there is no such client, or it has no secret
   */
  rotateSecret(id: string, overlap: number): string {
    const client = this.find(id);
    if (client === undefined) throw new RangeError(`there is no client ${id}`);
    if (client.secret === undefined)
      throw new RangeError(`${id} is of the kind ${client.kind}, which has no secret`);
    const secret = newSecret();
    const previous = overlap > 0 ? client.secret.hash : null;
    this.#database
      .prepare('UPDATE clients SET secret = ?, previous_secret = ?, previous_until = ? WHERE id = ?')
      .run(this.#hash(id, secret), previous, this.#now() + overlap, id);
    return secret;
  }

  /** Whether a secret is the client's, in a time that does not depend on where it differs. */
  secretMatches({ id, secret }: Pick<OauthClient, 'id' | 'secret'>, given: string): boolean {
    if (secret === undefined) return false;
    const hash = this.#hash(id, given);
    const isCurrent = timingSafeEqual(hash, secret.hash);
    const isPrevious = secret.previous !== undefined && timingSafeEqual(hash, secret.previous);
    return isCurrent || (isPrevious && this.#now() < secret.previousUntil);
  }

  #hash(id: string, secret: string): Buffer {
    return createHmac('sha256', this.#key).update(`${id}\n${secret}`).digest();
  }

  #existing(id: string): OauthClient {
    const client = this.get(id);
    if (client === undefined) throw new Error(`client ${id} vanished`);
    return client;
  }
}

/** `pcs_` and 256 random bits; the prefix lets a scanner tell a leaked one from any other word. */
export function newSecret(): string {
  return `pcs_${randomBytes(32).toString('base64url')}`;
}

function checkClient({ kind, name, redirectUris, logoutUris, scopes, roles, firstParty }: NewClient): void {
  checkName('client name', name, longestName);
  const forUsers = signsUsersIn(kind);
  if (forUsers && redirectUris.length === 0)
    throw new RangeError('a client that signs users in needs a redirect URI');
  if (!forUsers && (redirectUris.length > 0 || logoutUris.length > 0))
    throw new RangeError(`a client of the kind ${kind} signs nobody in and has no redirect URI`);
  if (!forUsers && firstParty)
    throw new RangeError(
      `a client of the kind ${kind} never asks for consent, so that first-party means nothing`,
    );
  if (kind !== 'service' && roles.length > 0)
    throw new RangeError('only a service has roles of its own; a user brings those of the user');
  if (kind === 'resource' && scopes.length > 0)
    throw new RangeError('a resource server gets no tokens and has no scopes');
  if (redirectUris.length > mostUris || logoutUris.length > mostUris)
    throw new RangeError(`a client can have ${mostUris} URIs at most`);
  for (const uri of [...redirectUris, ...logoutUris]) {
    const fault = redirectUriFault(uri, kind === 'native' ? 'native' : 'web');
    if (fault !== undefined) throw new RangeError(`the URI ${uri.slice(0, 200)} ${fault}`);
  }
  if (scopes.length > mostNames || roles.length > mostNames)
    throw new RangeError(`a client can have ${mostNames} scopes and roles at most`);
  for (const scope of scopes)
    if (!scopeToken.test(scope)) throw new RangeError(`${scope} is no usable scope`);
  for (const role of roles) checkName('role', role, 200);
}

/** Without characters that would steer a terminal or turn the reading direction of a page around. */
function checkName(what: string, text: string, longest: number): void {
  if (text.trim() === '' || text.length > longest || /[\p{C}\p{Zl}\p{Zp}]/u.test(text))
    throw new RangeError(`a ${what} must have 1 to ${longest} printable characters`);
}

function clientOf(row: Record<string, unknown>): OauthClient {
  return {
    id: String(row.id),
    kind: row.kind as ClientKind,
    name: String(row.name),
    redirectUris: JSON.parse(String(row.redirect_uris)),
    logoutUris: JSON.parse(String(row.logout_uris)),
    scopes: JSON.parse(String(row.scopes)),
    roles: JSON.parse(String(row.roles)),
    firstParty: Number(row.first_party) === 1,
    origin: row.origin as OauthClient['origin'],
    createdAt: Number(row.created_at),
    revokedAt: row.revoked_at === null ? undefined : Number(row.revoked_at),
    secret:
      row.secret === null
        ? undefined
        : {
            hash: Buffer.from(row.secret as Uint8Array),
            previous:
              row.previous_secret === null ? undefined : Buffer.from(row.previous_secret as Uint8Array),
            previousUntil: Number(row.previous_until ?? 0),
          },
  };
}
