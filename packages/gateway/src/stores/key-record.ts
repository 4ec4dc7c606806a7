import { prepareRate } from '../counters/gcra.ts';
import { compileAddressSet } from '../http/address-set.ts';

const mostNames = 100;
const longestName = 200;
const mostLimits = 4;

/** So many requests in a window. */
export interface KeyLimit {
  readonly quota: number;
  /** Milliseconds. */
  readonly window: number;
}

export interface ApiKeyRecord {
  /** Public: `k_...`. */
  readonly id: string;
  /** What people call the key. */
  readonly name: string;
  /** Whom the key stands for. */
  readonly subject: string;
  readonly scopes: readonly string[];
  readonly roles: readonly string[];
  /** Networks in CIDR notation from which it may be used; empty for all. */
  readonly addresses: readonly string[];
  readonly limits: readonly KeyLimit[];
  /** Milliseconds since the epoch, as all that follow. */
  readonly createdAt: number;
  readonly expiresAt: number | undefined;
  readonly revokedAt: number | undefined;
  /** When its present secret took the place of another. */
  readonly rotatedAt: number | undefined;
  /** To within a minute or so; undefined when it was never used. */
  readonly usedAt: number | undefined;
}

export interface NewApiKey {
  readonly name: string;
  /** Default: the id of the key. */
  readonly subject?: string;
  /** Scope tokens of RFC 6749 section 3.3. */
  readonly scopes: readonly string[];
  readonly roles: readonly string[];
  readonly addresses?: readonly string[];
  readonly limits?: readonly KeyLimit[];
  /** Milliseconds since the epoch. */
  readonly expiresAt?: number;
}

/** @throws RangeError for what no key can have; TypeError would be about the program, not about the key */
export function checkNewKey(wanted: NewApiKey, now: number): void {
  const { name, subject, scopes, roles, addresses = [], limits = [], expiresAt } = wanted;
  checkName('name', name);
  if (subject !== undefined) checkName('subject', subject);
  checkNames('scope', scopes, /^[\x21\x23-\x5B\x5D-\x7E]+$/);
  checkNames('role', roles, /^[^\p{C}]+$/u);
  checkAddresses(addresses);
  checkLimits(limits);
  checkExpiry(expiresAt, now);
}

/** The last time that a Date can say. */
const latest = 8_640_000_000_000_000;

/** @throws RangeError */
export function checkExpiry(expiresAt: number | undefined, now: number): void {
  if (expiresAt === undefined) return;
  if (!(Number.isInteger(expiresAt) && expiresAt > now))
    throw new RangeError('a key must expire in the future');
  if (expiresAt > latest) throw new RangeError('a key must expire sooner, or never');
}

/** A row of the table `api_keys`. */
export function recordOf(row: Record<string, unknown>): ApiKeyRecord {
  return {
    id: String(row.id),
    name: String(row.name),
    subject: String(row.subject),
    scopes: listIn(row.scopes),
    roles: listIn(row.roles),
    addresses: listIn(row.addresses),
    limits: listIn<[quota: number, window: number]>(row.limits).map(([quota, window]) => ({ quota, window })),
    createdAt: Number(row.created_at),
    expiresAt: timeIn(row.expires_at),
    revokedAt: timeIn(row.revoked_at),
    rotatedAt: timeIn(row.rotated_at),
    usedAt: timeIn(row.used_at),
  };
}

/** As the columns of the table hold lists. */
export function listText(list: readonly unknown[]): string {
  return JSON.stringify([...new Set(list)]);
}

export function limitsText(limits: readonly KeyLimit[]): string {
  return JSON.stringify(limits.map(({ quota, window }) => [quota, window]));
}

export function timeIn(value: unknown): number | undefined {
  return value === null || value === undefined ? undefined : Number(value);
}

function listIn<T = string>(value: unknown): T[] {
  // Most lists are empty, and are read for each key that is not remembered.
  return value === '[]' ? [] : (JSON.parse(String(value)) as T[]);
}

function checkAddresses(addresses: readonly string[]): void {
  if (addresses.length > mostNames) throw new RangeError(`a key can have ${mostNames} networks at most`);
  try {
    compileAddressSet(addresses);
  } catch (error) {
    throw new RangeError((error as Error).message);
  }
}

function checkLimits(limits: readonly KeyLimit[]): void {
  if (limits.length > mostLimits) throw new RangeError(`a key can have ${mostLimits} limits at most`);
  for (const { quota, window } of limits) prepareRate(quota, window / 1000);
  if (new Set(limits.map(({ window }) => window)).size < limits.length)
    throw new RangeError('a key can have one limit for a window: of two the larger one would mean nothing');
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
