import type { Head, Principal } from '../../../exchange.ts';
import type { MaybePromise } from '../../../policy.ts';
import {
  type Authenticator,
  type Challenge,
  type IssuerFacts,
  type Rejected,
  rejected,
} from '../authenticator.ts';
import { type Confirmation, confirmationOf } from '../binding/confirmation.ts';
import type { SenderCheck } from '../binding/sender-check.ts';
import type { CredentialCache } from '../cache.ts';
import type { Credential, several } from '../credential.ts';
import type { ClaimRules } from '../jwt/claims.ts';
import type { KeySource, Keys } from '../jwt/key-source.ts';
import { longestToken, type ParsedToken, shapeOf } from '../jwt/token.ts';
import type { JwtVerifier } from '../jwt/verifier.ts';
import type { TokenPlace } from '../token-place.ts';
import type { Decryption } from './decryption.ts';
import type { IntrospectionJudge } from './introspection-judge.ts';
import { type ClaimNames, principalOf } from './principal.ts';

/** What was found out about a token, for as long as it holds. */
export interface Known {
  readonly principal: Principal;
  readonly bound: Confirmation | undefined;
  /** Milliseconds since the epoch. */
  readonly since: number;
  readonly until: number;
  /** It rests on a signature, and so on keys that are still in force. */
  readonly signed: boolean;
}

/** What `authenticators.<name>` comes to, in either form, `oauth2` or `jwt`. */
export interface TokenParts {
  readonly name: string;
  readonly place: TokenPlace;
  readonly claims: ClaimRules;
  readonly names: ClaimNames;
  /** Undefined where no token is looked into. */
  readonly signed: { readonly source: KeySource; readonly verifier: JwtVerifier } | undefined;
  readonly decryption: Decryption | undefined;
  readonly introspection: IntrospectionJudge | undefined;
  readonly sender: SenderCheck;
  readonly cache: CredentialCache<Known>;
  readonly challenges: readonly Challenge[];
  readonly issuer: IssuerFacts;
  readonly now: () => number;
}

/** Access tokens of one issuer (RFC 6750, RFC 9068, RFC 7662), from whoever may send them (RFC 9449, RFC 8705). */
export class TokenAuthenticator implements Authenticator {
  readonly kind = 'jwt';
  readonly name: string;
  readonly place: string;
  readonly challenges: readonly Challenge[];
  readonly issuer: IssuerFacts;
  readonly #parts: TokenParts;

  constructor(parts: TokenParts) {
    this.#parts = parts;
    this.name = parts.name;
    this.place = parts.place.id;
    this.challenges = parts.challenges;
    this.issuer = parts.issuer;
  }

  credential(request: Head): Credential | typeof several | undefined {
    return this.#parts.place.find(request);
  }

  /** By the issuer that a token claims, before any key is tried; whom an opaque one is from only the issuer knows. */
  mayJudge(credential: Credential): boolean {
    const { signed, decryption, introspection } = this.#parts;
    switch (signed === undefined ? 'opaque' : shapeOf(credential.text)) {
      case 'jws':
        return credential.claimedIssuer === this.issuer.issuer;
      case 'jwe':
        return decryption !== undefined || introspection !== undefined;
      case 'opaque':
        return introspection !== undefined;
    }
  }

  recall(credential: Credential, request: Head): Principal | undefined {
    // An issuer is not asked for its keys because of tokens that are none of its own.
    if (credential.text.length > longestToken || this.#parts.cache.get(credential.key) === undefined)
      return undefined;
    const now = this.#parts.now();
    const keys = this.#keys(credential, now);
    if (keys instanceof Promise) return undefined;
    const known = this.#find(credential, keys, now);
    const outcome = known === undefined ? undefined : this.#settle(known, credential, request, now);
    return outcome?.kind === 'rejected' ? undefined : outcome;
  }

  verify(credential: Credential, request: Head): MaybePromise<Principal | Rejected> {
    if (credential.text.length > longestToken) return rejected('too-long');
    const now = this.#parts.now();
    // Asked for each time, so that the keys are read again in time even if all tokens are known.
    const keys = this.#keys(credential, now);
    return keys instanceof Promise
      ? keys.then((each) => this.#verifyWith(each, credential, request, now))
      : this.#verifyWith(keys, credential, request, now);
  }

  #keys({ text }: Credential, now: number): MaybePromise<Keys | undefined> {
    const { signed, introspection } = this.#parts;
    if (signed === undefined) return undefined;
    // What no key can judge must not wait for keys.
    if (introspection !== undefined && shapeOf(text) === 'opaque') return undefined;
    return signed.source.current(now);
  }

  #verifyWith(
    keys: Keys | undefined,
    credential: Credential,
    request: Head,
    now: number,
  ): MaybePromise<Principal | Rejected> {
    const known = this.#find(credential, keys, now);
    if (known !== undefined) return this.#settle(known, credential, request, now);
    const found = this.#judge(keys, credential, now);
    const settle = (outcome: Known | Rejected): Principal | Rejected => {
      if ('reason' in outcome) return outcome;
      return this.#settle(outcome, credential, request, this.#parts.now());
    };
    return found instanceof Promise ? found.then(settle) : settle(found);
  }

  #find({ key }: Credential, keys: Keys | undefined, now: number): Known | undefined {
    const { cache } = this.#parts;
    const known = cache.get(key);
    // Without keys nobody can say that a token was not signed by one that is withdrawn.
    if (known === undefined || (known.signed && keys === undefined)) return undefined;
    // A clock that was set back must not keep what was revoked alive until it has caught up.
    if (now < known.until && now >= known.since) return known;
    cache.delete(key);
    return undefined;
  }

  #settle(known: Known, credential: Credential, request: Head, now: number): Principal | Rejected {
    const { sender } = this.#parts;
    if (sender.isFree(known.bound, credential)) return known.principal;
    return sender.judge(known.bound, credential, request, now) ?? known.principal;
  }

  /** Finds out about a token that is not known. */
  #judge(keys: Keys | undefined, credential: Credential, now: number): MaybePromise<Known | Rejected> {
    const { signed, decryption, introspection } = this.#parts;
    const { text } = credential;
    const shape = shapeOf(text);
    if (signed === undefined || (introspection !== undefined && shape === 'opaque'))
      return this.#introspect(credential);
    if (shape !== 'jwe') return this.#verifySigned(signed.verifier, text, keys, credential, now);
    if (decryption !== undefined) {
      return decryption
        .decrypt(text)
        .then((inner) =>
          typeof inner === 'string'
            ? this.#verifySigned(signed.verifier, inner, keys, credential, now)
            : inner,
        );
    }
    return introspection === undefined ? rejected('jwe-not-accepted') : this.#introspect(credential);
  }

  #verifySigned(
    verifier: JwtVerifier,
    text: string,
    keys: Keys | undefined,
    credential: Credential,
    now: number,
  ): MaybePromise<Known | Rejected> {
    const outcome = verifier.verify(text, keys, now / 1000);
    return outcome instanceof Promise
      ? outcome.then((each) => this.#takeSigned(each, credential, now))
      : this.#takeSigned(outcome, credential, now);
  }

  #takeSigned(
    outcome: ParsedToken | Rejected,
    credential: Credential,
    now: number,
  ): MaybePromise<Known | Rejected> {
    if ('reason' in outcome) return outcome;
    const { name, names, claims: rules, introspection } = this.#parts;
    const { claims } = outcome;
    const bound = confirmationOf(claims);
    if (bound !== undefined && 'reason' in bound) return bound;
    const principal = principalOf(name, claims['sub'] as string, claims, names);
    const until = ((claims['exp'] as number) + rules.tolerance) * 1000;
    if (introspection?.always !== true)
      return this.#remember({ principal, bound, since: now, until, signed: true }, credential, 0);
    return introspection.judge(credential).then((answer) => {
      if ('reason' in answer) return answer;
      const { since } = answer;
      const known = { principal, bound, since, until: Math.min(until, answer.until), signed: true };
      return this.#remember(known, credential, 0);
    });
  }

  async #introspect(credential: Credential): Promise<Known | Rejected> {
    const { name, names, introspection } = this.#parts;
    if (introspection === undefined) return rejected('token-opaque');
    const answer = await introspection.judge(credential);
    if ('reason' in answer) return answer;
    const { claims, subject, since, until, size } = answer;
    const bound = confirmationOf(claims);
    if (bound !== undefined && 'reason' in bound) return bound;
    const principal = principalOf(name, subject, claims, names);
    return this.#remember({ principal, bound, since, until, signed: false }, credential, size);
  }

  /** @param more characters of what is kept besides the token's own */
  #remember(known: Known, { key, text }: Credential, more: number): Known {
    this.#parts.cache.set(key, known, text.length + more);
    return known;
  }
}
