import { resolve } from 'node:path';
import type { Environment } from '../../../environment.ts';
import type { Principal } from '../../../exchange.ts';
import type { MaybePromise } from '../../../policy.ts';
import { type Authenticator, type Rejected, rejected } from '../authenticator.ts';
import { CredentialCache, cacheKey } from '../cache.ts';
import { bearerChallenge } from '../challenges.ts';
import type { Algorithm, JwtConfig } from '../schema.ts';
import { type Claims, checkClaims, clientOf, compileClaimRules, wordsOf } from './claims.ts';
import { assertSafe } from './key-location.ts';
import { candidates } from './key-set.ts';
import { isUrl, KeySource, type Keys } from './key-source.ts';
import { signatureHolds } from './signature.ts';
import { longestToken, type ParsedToken, parseToken } from './token.ts';

/** Keys that are tried where the token names none; each costs a signature check. */
const mostTried = 4;

/** JWT bearer tokens (RFC 7519, RFC 6750, RFC 9068, RFC 8725). */
export function jwtAuthenticator(name: string, config: JwtConfig, environment: Environment): Authenticator {
  const rules = compileClaimRules(config);
  const accepted: ReadonlyMap<string, Algorithm> = new Map(config.algorithms.map((each) => [each, each]));
  const types = new Set((config.types ?? ['at+jwt', 'jwt']).map(plainType));
  const cache = new CredentialCache<Principal & { readonly expiresAt: number }>();
  const location = isUrl(config.jwks) ? config.jwks : resolve(environment.folder, config.jwks);
  if (isUrl(location)) assertSafe(location);
  const source = new KeySource({
    location,
    refresh: config.refresh ?? 600_000,
    now: environment.now,
    warn: (message) => environment.warn(`authenticator ${name}: ${message}`),
    // A key that was withdrawn must not live on in what it has signed.
    onChange: () => cache.clear(),
  });
  environment.onClose(() => source.close());

  function verify(token: string): MaybePromise<Principal | Rejected> {
    if (token.length > longestToken) return rejected('too-long');
    // Asked for each time, so that the keys are read again in time even if all tokens are known.
    const keys = source.current();
    return keys instanceof Promise ? keys.then((each) => verifyWith(each, token)) : verifyWith(keys, token);
  }

  function verifyWith(keys: Keys | undefined, token: string): MaybePromise<Principal | Rejected> {
    const now = environment.now() / 1000;
    const key = cacheKey(token);
    // Without keys nobody can say that a token was not signed by one that is withdrawn.
    const known = keys === undefined ? undefined : cache.get(key);
    if (known !== undefined) {
      if (now < known.expiresAt) return known;
      cache.delete(key);
      return rejected('expired');
    }
    const parsed = parseToken(token);
    if ('reason' in parsed) return parsed;
    const { alg, typ } = parsed.header;
    const algorithm = accepted.get(alg);
    if (algorithm === undefined) return rejected('alg-not-accepted');
    if (typ === undefined ? config.types !== undefined : !types.has(plainType(typ)))
      return rejected('typ-not-accepted');
    // Claims are cheap to judge and most bad tokens are merely expired, so the signature comes last.
    const fault = checkClaims(parsed.claims, rules, now);
    if (fault !== undefined) return rejected(fault);
    const outcome = keys === undefined ? undefined : settle(parsed, algorithm, keys, key);
    return outcome ?? source.lookAgain().then((fresh) => afterLook(parsed, algorithm, keys, fresh, key));
  }

  /** Undefined when the keys do not tell: the one that is named is not among them, or none is named and none fits. */
  function settle(
    parsed: ParsedToken,
    algorithm: Algorithm,
    keys: Keys,
    key: string,
  ): Principal | Rejected | undefined {
    const { header, claims, signed, signature } = parsed;
    const possible = candidates(keys, algorithm, header.kid);
    if (possible.length === 0) return undefined;
    const holds = possible
      .slice(0, mostTried)
      .some((each) => signatureHolds(algorithm, each.key, signed, signature));
    if (!holds) return header.kid === undefined ? undefined : rejected('signature-wrong');
    const principal = principalOf(claims);
    cache.set(key, principal, signed.length);
    return principal;
  }

  function afterLook(
    parsed: ParsedToken,
    algorithm: Algorithm,
    before: Keys | undefined,
    keys: Keys | undefined,
    key: string,
  ): Principal | Rejected {
    if (keys === undefined) return { kind: 'rejected', reason: 'keys-unavailable', unavailable: true };
    const outcome = keys === before ? undefined : settle(parsed, algorithm, keys, key);
    return outcome ?? rejected(parsed.header.kid === undefined ? 'no-key-fits' : 'kid-unknown');
  }

  function principalOf(claims: Claims): Principal & { readonly expiresAt: number } {
    return {
      authenticator: name,
      kind: 'jwt',
      subject: claims.sub as string,
      client: clientOf(claims),
      scopes: wordsOf(claims, config.scopeClaim ?? 'scope'),
      roles: wordsOf(claims, config.rolesClaim ?? 'roles'),
      claims,
      expiresAt: (claims.exp as number) + rules.tolerance,
    };
  }

  return {
    name,
    kind: 'jwt',
    place: 'authorization',
    verify,
    credential({ fields }) {
      const value = fields.get('authorization');
      // Another scheme is no credential of this kind: who sends it learns which one is (RFC 6750 section 3.1).
      if (value === undefined || value.length < 7 || value.slice(0, 7).toLowerCase() !== 'bearer ')
        return undefined;
      return value.slice(7).trim();
    },
    challenge: bearerChallenge,
  };
}

/** A media type as `typ` may spell it (RFC 7515 section 4.1.9): in any case, with or without `application/`. */
function plainType(type: string): string {
  const lower = type.toLowerCase();
  return lower.startsWith('application/') && lower.indexOf('/', 12) < 0 ? lower.slice(12) : lower;
}
