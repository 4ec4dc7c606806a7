import type { Head, Principal } from '../../exchange.ts';
import type { Api } from '../../routing/apis.ts';
import { HandOnFault } from './fault.ts';
import { claimsFor, type RequestClaims, signToken, type TokenRules } from './jwt.ts';
import type { IdentityKeys } from './keys.ts';
import type { JwtConfig } from './schema.ts';

interface Kept {
  readonly token: string;
  /** Milliseconds since the epoch, as the next. */
  readonly since: number;
  readonly until: number;
  readonly generation: number;
}

/**
 * The JWT for a caller. The same one is given again until half of its lifetime is over, unless it says something of the
 * request.
 * @returns a function that throws HandOnFault when there can be none
 */
export function compileToken(
  { issuer = 'portcullis', audience, lifetime = 60_000, claims = [], request: asked = [] }: JwtConfig,
  api: Api,
  keys: IdentityKeys,
  now: () => number,
): (principal: Principal, request: Head) => string {
  const seconds = Math.floor(lifetime / 1000);
  const rules: TokenRules = { issuer, audience: audience ?? api.name, lifetime: seconds, claims };
  const make = (principal: Principal, at: number, request?: RequestClaims): string => {
    const signer = keys.signer();
    if (signer === undefined) throw new HandOnFault('there are no keys to sign with');
    return signToken(signer, claimsFor(principal, rules, Math.floor(at / 1000), request));
  };
  if (asked.length > 0) {
    const withAddress = asked.includes('address');
    const withId = asked.includes('id');
    return (principal, { clientAddress, id }) =>
      make(principal, now(), {
        ...(withAddress ? { client_address: clientAddress } : {}),
        ...(withId ? { request_id: id } : {}),
      });
  }
  const known = new WeakMap<Principal, Kept>();
  return (principal) => {
    const at = now();
    const kept = known.get(principal);
    // A clock that was set back must not have the upstream get one that is from its future.
    if (kept !== undefined && at >= kept.since && at < kept.until && kept.generation === keys.generation)
      return kept.token;
    const token = make(principal, at);
    // So that each has half its lifetime before it when it is sent.
    known.set(principal, { token, since: at, until: at + lifetime / 2, generation: keys.generation });
    return token;
  };
}
