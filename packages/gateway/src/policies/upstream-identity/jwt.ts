import { sign } from 'node:crypto';
import type { Principal } from '../../exchange.ts';
import { HandOnFault } from './fault.ts';
import type { Signer } from './keys.ts';

/**
 * Explicit typing (RFC 8725 section 3.11): whoever takes access tokens, ID tokens or assertions by their `typ` never takes
 * this for one, whatever issuer and audience it names.
 */
export const identityType = 'portcullis-identity+jwt';

/** Claims that are not copied from a credential: they would say something else of this JWT, or of its caller. */
export const keptClaims: ReadonlySet<string> = new Set([
  'iss',
  'sub',
  'aud',
  'exp',
  'nbf',
  'iat',
  'jti',
  // This JWT is bound to nobody: the gateway has checked what the credential was bound to.
  'cnf',
  'client_id',
  'scope',
  'roles',
  'auth',
  'also',
  'client_address',
  'request_id',
  '__proto__',
]);

/** Characters of a whole JWT. Servers refuse heads that are much larger, and a JWT that was cut says nothing. */
export const longestToken = 8192;

export interface TokenRules {
  readonly issuer: string;
  readonly audience: string;
  /** Seconds. */
  readonly lifetime: number;
  readonly claims: readonly string[];
}

/** What of the request stands in it, where that is asked for. */
export interface RequestClaims {
  readonly client_address?: string;
  readonly request_id?: string;
}

/**
 * What the JWT says. It has no `jti`: the same one goes along with many requests, so that whoever took a second sight
 * for a replay would refuse honest ones.
 * @param now seconds since the epoch
 * @throws HandOnFault
 */
export function claimsFor(
  principal: Principal,
  { issuer, audience, lifetime, claims }: TokenRules,
  now: number,
  request: RequestClaims = {},
): Record<string, unknown> {
  const copied = claims.filter((name) => Object.hasOwn(principal.claims, name));
  return {
    ...Object.fromEntries(copied.map((name) => [name, exact(principal.claims[name], name)])),
    ...request,
    iss: issuer,
    aud: audience,
    sub: principal.subject,
    iat: now,
    exp: now + lifetime,
    client_id: principal.client,
    scope: principal.scopes.size === 0 ? undefined : scopeOf(principal),
    roles: principal.roles.size === 0 ? undefined : [...principal.roles],
    auth: { authenticator: principal.authenticator, kind: principal.kind },
    also: principal.also?.map(({ authenticator, kind, subject }) => ({ authenticator, kind, sub: subject })),
  };
}

/** A number beyond 2^53 was rounded when it was read, one beyond 10^308 is lost: what went on would be that of somebody else. */
function exact(value: unknown, name: string): unknown {
  if (
    typeof value === 'number' &&
    (Number.isInteger(value) ? !Number.isSafeInteger(value) : !Number.isFinite(value))
  )
    throw new HandOnFault(
      `the claim ${name} of the caller has a number above 2^53, which others read differently`,
    );
  if (typeof value === 'object' && value !== null) for (const each of Object.values(value)) exact(each, name);
  return value;
}

/** RFC 8693 section 4.2: a text with spaces. A scope that has one itself would become two. */
function scopeOf({ scopes }: Principal): string {
  for (const scope of scopes) {
    if (/\s/.test(scope))
      throw new HandOnFault('a scope of the caller has a space in it, and would be read as two');
  }
  return [...scopes].join(' ');
}

/**
 * A JWS in its compact form (RFC 7515 section 7.1), by ES256.
 * @throws HandOnFault when it would be too long
 */
export function signToken({ kid, key }: Signer, claims: Readonly<Record<string, unknown>>): string {
  const signed = `${encode({ alg: 'ES256', typ: identityType, kid })}.${encode(claims)}`;
  const length = signed.length + 1 + signatureLength;
  if (length > longestToken)
    throw new HandOnFault(
      `the JWT of the caller would have ${length} characters, above ${longestToken}: name fewer claims under jwt.claims`,
    );
  const signature = sign('sha256', Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' });
  return `${signed}.${signature.toString('base64url')}`;
}

/** 64 bytes in base64url. */
const signatureLength = 86;

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
