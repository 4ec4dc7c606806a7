import type { DatabaseSync, StatementSync } from 'node:sqlite';
import {
  hashPassword,
  type PasswordCost,
  passwordMatches,
  unmatchedHash,
  usualCost,
} from './password-hash.ts';
import { randomText } from './random-text.ts';

export interface OauthUser {
  /** The `sub` of tokens; never given to somebody else. */
  readonly id: string;
  /** What the user signs in with, folded to one spelling. */
  readonly username: string;
  /** What people call the user. */
  readonly name: string;
  readonly roles: readonly string[];
  /** Whether the password may be sent with each request (`authenticators.<name>.basic`), besides signing in with it. */
  readonly basic: boolean;
  /** Milliseconds since the epoch, as the following two. */
  readonly createdAt: number;
  readonly passwordAt: number;
  readonly disabledAt: number | undefined;
}

export interface NewUser {
  readonly username: string;
  /** Default: the username. */
  readonly name?: string;
  /** Default: a random one, `usr_...`. */
  readonly id?: string;
  readonly roles: readonly string[];
  /** Default false. */
  readonly basic?: boolean;
  readonly password: string;
}

/** What a pair of username and password comes to. */
export interface CheckedPair {
  /** The user of that name, disabled or not, whatever the password; undefined when there is none. */
  readonly user: OauthUser | undefined;
  /** Whether the password is the user's. */
  readonly matches: boolean;
  /** The user was given another password meanwhile, so that this says nothing about the next attempt. */
  readonly outdated: boolean;
}

/** Characters of a password; the longest in bytes, so that hashing has a bound. */
export const shortestPassword = 12;
export const longestPassword = 256;
const longestName = 200;
const mostRoles = 100;

/**
 * Who may sign in at the OAuth server. Passwords are kept as scrypt hashes only. One process or several write, each with
 * a connection of its own; each look-up sees what was committed by then.
 */
export class OauthUserStore {
  readonly #database: DatabaseSync;
  readonly #now: () => number;
  readonly #cost: PasswordCost;
  readonly #byName: StatementSync;
  readonly #byId: StatementSync;
  readonly #unmatched: string;

  /** @param options `now` in milliseconds and the cost of hashes, for tests */
  constructor(database: DatabaseSync, options: { now?: () => number; cost?: PasswordCost } = {}) {
    this.#database = database;
    this.#now = options.now ?? Date.now;
    this.#cost = options.cost ?? usualCost;
    this.#byName = database.prepare('SELECT * FROM users WHERE username = ?');
    this.#byId = database.prepare('SELECT * FROM users WHERE id = ?');
    this.#unmatched = unmatchedHash(this.#cost);
  }

  /** @throws RangeError for unusable properties, and when the username or id is taken */
  async create({ username, name, id, roles, basic = false, password }: NewUser): Promise<OauthUser> {
    const folded = foldUsername(username);
    checkText('username', folded);
    checkText('name', name ?? username);
    if (id !== undefined) checkText('subject', id);
    if (roles.length > mostRoles) throw new RangeError(`a user can have ${mostRoles} roles at most`);
    for (const role of roles) checkText('role', role);
    checkPassword(password, folded);
    if (this.#byName.get(folded) !== undefined) throw new RangeError(`there is a user ${folded} already`);
    if (id !== undefined && this.#byId.get(id) !== undefined)
      throw new RangeError(`there is a user with the subject ${id} already`);
    const hash = await hashPassword(password, this.#cost);
    const now = this.#now();
    const user: OauthUser = {
      id: id ?? `usr_${randomText(16)}`,
      username: folded,
      name: name ?? username,
      roles: [...new Set(roles)],
      basic,
      createdAt: now,
      passwordAt: now,
      disabledAt: undefined,
    };
    this.#database
      .prepare(
        `INSERT INTO users (id, username, name, roles, basic, password, created_at, password_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      )
      .run(user.id, folded, user.name, JSON.stringify(user.roles), Number(basic), hash, now, now);
    return user;
  }

  /** All users, disabled ones too, oldest first. */
  list(): OauthUser[] {
    return this.#database.prepare('SELECT * FROM users ORDER BY created_at, id').all().map(userOf);
  }

  /** By id; undefined for one who does not exist or is disabled. */
  find(id: string): OauthUser | undefined {
    const user = this.known(id);
    return user?.disabledAt === undefined ? user : undefined;
  }

  /** By id, disabled or not. */
  known(id: string): OauthUser | undefined {
    const row = this.#byId.get(id);
    return row === undefined ? undefined : userOf(row);
  }

  /** By username, disabled or not. */
  named(username: string): OauthUser | undefined {
    const row = this.#byName.get(foldUsername(username));
    return row === undefined ? undefined : userOf(row);
  }

  /** The user with these credentials, unless there is none or the user is disabled; see check(). */
  async authenticate(username: string, password: string): Promise<OauthUser | undefined> {
    const { user, matches } = await this.check(username, password);
    return matches && user?.disabledAt === undefined ? user : undefined;
  }

  /**
   * Takes one scrypt in every case, so that the time tells neither whether a user exists nor whether one is disabled.
   * The user is given as it is afterwards.
   */
  async check(username: string, password: string): Promise<CheckedPair> {
    const row = this.#byName.get(foldUsername(username));
    const usable = Buffer.byteLength(password) <= longestPassword;
    const stored = row === undefined || !usable ? this.#unmatched : String(row.password);
    const matches = await passwordMatches(usable ? password : '', stored);
    if (row === undefined) return { user: undefined, matches: false, outdated: false };
    // Asked again: while the hash was computed the user may have been disabled, or given another password.
    const after = this.#byId.get(String(row.id));
    const outdated = after?.password !== row.password;
    return {
      user: after === undefined ? undefined : userOf(after),
      matches: matches && usable && !outdated,
      outdated,
    };
  }

  /** @returns false when there is no such user, or it was so before */
  setDisabled(id: string, disabled: boolean): boolean {
    const statement = disabled
      ? 'UPDATE users SET disabled_at = ? WHERE id = ? AND disabled_at IS NULL'
      : 'UPDATE users SET disabled_at = ? WHERE id = ? AND disabled_at IS NOT NULL';
    const at = disabled ? this.#now() : null;
    return Number(this.#database.prepare(statement).run(at, id).changes) === 1;
  }

  /** @returns false when there is no such user, or it was so before */
  setBasic(id: string, allowed: boolean): boolean {
    const statement = 'UPDATE users SET basic = ? WHERE id = ? AND basic <> ?';
    const value = Number(allowed);
    return Number(this.#database.prepare(statement).run(value, id, value).changes) === 1;
  }

  /** @throws RangeError for an unusable password */
  async setPassword({ id, username }: OauthUser, password: string): Promise<void> {
    checkPassword(password, username);
    const hash = await hashPassword(password, this.#cost);
    this.#database
      .prepare('UPDATE users SET password = ?, password_at = ? WHERE id = ?')
      .run(hash, this.#now(), id);
  }
}

/** One spelling for what looks and is typed the same (RFC 8265 section 3.3). */
export function foldUsername(username: string): string {
  return username.normalize('NFKC').trim().toLowerCase();
}

function checkText(what: string, text: string): void {
  if (text === '' || text.length > longestName || /[\p{C}\p{Zl}\p{Zp}]/u.test(text))
    throw new RangeError(`a ${what} must have 1 to ${longestName} printable characters`);
}

/** Length is what makes a password hard to guess; rules about its characters do not (NIST SP 800-63B section 3.1.1.2). */
function checkPassword(password: string, username: string): void {
  if ([...password].length < shortestPassword)
    throw new RangeError(`a password must have ${shortestPassword} characters at least`);
  if (Buffer.byteLength(password) > longestPassword)
    throw new RangeError(`a password can have ${longestPassword} bytes at most`);
  if (/[\p{Cc}]/u.test(password)) throw new RangeError('a password must not have control characters');
  if (username.length >= 4 && password.toLowerCase().includes(username))
    throw new RangeError('a password must not contain the username');
}

function userOf(row: Record<string, unknown>): OauthUser {
  return {
    id: String(row.id),
    username: String(row.username),
    name: String(row.name),
    roles: JSON.parse(String(row.roles)),
    basic: row.basic === 1,
    createdAt: Number(row.created_at),
    passwordAt: Number(row.password_at),
    disabledAt: row.disabled_at === null ? undefined : Number(row.disabled_at),
  };
}
