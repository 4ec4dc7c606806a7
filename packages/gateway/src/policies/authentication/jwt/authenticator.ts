import { resolve } from 'node:path';
import type { Environment } from '../../../environment.ts';
import type { Principal } from '../../../exchange.ts';
import type { MaybePromise } from '../../../policy.ts';
import { type Authenticator, rejected, type Rejected } from '../authenticator.ts';
import { cacheKey, CredentialCache } from '../cache.ts';
import { type Algorithm, algorithms, type JwtConfig } from '../schema.ts';
import { checkClaims, compileClaimRules, wordsOf } from './claims.ts';
import { candidates, type VerificationKey } from './key-set.ts';
import { assertSafe, isUrl, KeySource } from './key-source.ts';
import { signatureHolds } from './signature.ts';
import { type ParsedToken, parseToken } from './token.ts';

/** JWT bearer tokens (RFC 7519, RFC 6750, RFC 9068). */
export function jwtAuthenticator(name: string, config: JwtConfig, environment: Environment): Authenticator {
  const rules = compileClaimRules(config);
  const accepted: ReadonlySet<string> = new Set(config.algorithms);
  const types = new Set((config.types ?? ['at+jwt', 'application/at+jwt', 'jwt']).map((type) => type.toLowerCase()));
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
    const key = cacheKey(token);
    // Asks for the keys each time, so that they are read again in time even if all tokens are known.
    const keys = source.keys;
    const now = environment.now() / 1000;
    const known = cache.get(key);
    if (known !== undefined) {
      if (now < known.expiresAt) return known;
      cache.delete(key);
      return rejected('expired');
    }
    const parsed = parseToken(token);
    if ('reason' in parsed) return parsed;
    const { alg, typ } = parsed.header;
    if (!accepted.has(alg) || !isAlgorithm(alg)) return rejected('alg-not-accepted');
    if (typ !== undefined ? !types.has(typ.toLowerCase()) : config.types !== undefined) return rejected('typ-not-accepted');
    // Claims are cheap to judge and most bad tokens are merely expired, so the signature comes last.
    const fault = checkClaims(parsed.claims, rules, now);
    if (fault !== undefined) return rejected(fault);
    const outcome = keys === undefined ? undefined : settle(parsed, alg, keys, key);
    return outcome ?? source.lookAgain().then((fresh) => afterLook(parsed, alg, fresh, key));
  }

  /** Undefined when no key of the set can have signed it. */
  function settle(
    parsed: ParsedToken,
    algorithm: Algorithm,
    keys: readonly VerificationKey[],
    key: string,
  ): Principal | Rejected | undefined {
    const possible = candidates(keys, algorithm, parsed.header.kid);
    if (possible.length === 0) return undefined;
    // Without a kid all keys of the kind are tried, but no more than a few: each costs a signature check.
    const holds = possible.slice(0, 4).some((each) => signatureHolds(algorithm, each.key, parsed.signed, parsed.signature));
    if (!holds) return rejected('signature-wrong');
    const principal = principalOf(parsed.claims);
    cache.set(key, principal);
    return principal;
  }

  function afterLook(
    parsed: ParsedToken,
    algorithm: Algorithm,
    keys: readonly VerificationKey[] | undefined,
    key: string,
  ): Principal | Rejected {
    if (keys === undefined) return { kind: 'rejected', reason: 'keys-unavailable', unavailable: true };
    return settle(parsed, algorithm, keys, key) ?? rejected('key-unknown');
  }

  function principalOf(claims: Readonly<Record<string, unknown>>): Principal & { readonly expiresAt: number } {
    const client = claims['client_id'] ?? claims['azp'];
    return {
      authenticator: name,
      kind: 'jwt',
      subject: claims['sub'] as string,
      client: typeof client === 'string' ? client : undefined,
      scopes: wordsOf(claims, config.scopeClaim ?? 'scope'),
      roles: wordsOf(claims, config.rolesClaim ?? 'roles'),
      claims,
      expiresAt: (claims['exp'] as number) + rules.tolerance,
    };
  }

  return {
    name,
    kind: 'jwt',
    verify,
    credential({ fields }) {
      const value = fields.get('authorization');
      if (value === undefined || value.length < 7 || value.slice(0, 7).toLowerCase() !== 'bearer ') return undefined;
      return value.slice(7).trim();
    },
    challenge: (invalid) => (invalid ? 'Bearer error="invalid_token"' : 'Bearer'),
  };
}

function isAlgorithm(alg: string): alg is Algorithm {
  return (algorithms as readonly string[]).includes(alg);
}
