export type Claims = Readonly<Record<string, unknown>>;

export interface ClaimRules {
  readonly issuer: string;
  readonly audiences: ReadonlySet<string>;
  /** Seconds. */
  readonly tolerance: number;
}

/** Seconds. */
const largestTolerance = 300;
/** Characters of what names somebody: it goes into keys and records. */
const longestName = 1024;

export interface ClaimConfig {
  readonly issuer: string;
  readonly audience: string | readonly string[];
  /** Milliseconds. */
  readonly clockTolerance?: number | undefined;
}

/** @throws Error when the tolerance is too large */
export function compileClaimRules(config: ClaimConfig): ClaimRules {
  const seconds = (config.clockTolerance ?? 30_000) / 1000;
  if (seconds > largestTolerance) throw new Error('clockTolerance is at most 5m');
  const audiences = typeof config.audience === 'string' ? [config.audience] : config.audience;
  return { issuer: config.issuer, audiences: new Set(audiences), tolerance: seconds };
}

/**
 * Judges the registered claims (RFC 7519 section 4.1, RFC 9068 section 4). `exp` must be there: a token that
 * never ends cannot be taken back.
 * @param now seconds since the epoch
 * @returns the reason for the record, or undefined when all is well
 */
export function checkClaims(claims: Claims, rules: ClaimRules, now: number): string | undefined {
  if (claims.iss !== rules.issuer) return 'iss-unexpected';
  if (!hasAudience(claims.aud, rules.audiences)) return 'aud-unexpected';
  const { exp, nbf, iat, sub } = claims;
  if (!isTime(exp)) return 'exp-missing';
  if (now >= exp + rules.tolerance) return 'expired';
  if (nbf !== undefined && (!isTime(nbf) || now < nbf - rules.tolerance)) return 'not-yet-valid';
  if (iat !== undefined && (!isTime(iat) || now < iat - rules.tolerance)) return 'issued-in-future';
  if (!isName(sub)) return 'sub-missing';
  const client = clientClaim(claims);
  return client === undefined || isName(client) ? undefined : 'client-malformed';
}

/** A NumericDate (RFC 7519 section 2). JSON can write numbers that are read as infinite. */
export function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

export function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= longestName;
}

export function hasAudience(aud: unknown, accepted: ReadonlySet<string>): boolean {
  if (typeof aud === 'string') return accepted.has(aud);
  return (
    Array.isArray(aud) &&
    aud.length <= 100 &&
    aud.some((each) => typeof each === 'string' && accepted.has(each))
  );
}

function clientClaim(claims: Claims): unknown {
  return claims.client_id ?? claims.azp ?? undefined;
}

/** The client that a token was issued to (RFC 9068 section 2.2, OpenID Connect Core section 2). */
export function clientOf(claims: Claims): string | undefined {
  const client = clientClaim(claims);
  return typeof client === 'string' ? client : undefined;
}

/** A claim that is a text of words, or a list of texts; anything else is nothing. */
export function wordsOf(claims: Claims, path: string): ReadonlySet<string> {
  const value = valueAt(claims, path);
  if (typeof value === 'string') return new Set(value.split(' ').filter((word) => word !== ''));
  if (!Array.isArray(value)) return nothing;
  return new Set(value.filter((each): each is string => typeof each === 'string'));
}

function valueAt(claims: Claims, path: string): unknown {
  // A claim may have dots in its name, as URLs do; only where there is none such do dots lead inwards.
  if (Object.hasOwn(claims, path)) return claims[path];
  let value: unknown = claims;
  for (const key of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}

const nothing: ReadonlySet<string> = new Set();
