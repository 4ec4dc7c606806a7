import { hash } from 'node:crypto';
import { type PreparedLimit, prepareLimit, type SharedCounters } from '../../../counters/shared-counters.ts';
import type { Head } from '../../../exchange.ts';
import { parseRequestTarget } from '../../../http/request-target.ts';
import { type Rejected, rejected } from '../authenticator.ts';
import { several } from '../credential.ts';
import { isTime } from '../jwt/claims.ts';
import { keyFits, signatureHolds } from '../jwt/signature.ts';
import { parseToken } from '../jwt/token.ts';
import { compileAlgorithms } from '../jwt/verifier.ts';
import { singleField } from '../token-place.ts';
import type { Algorithm } from '../token-schema.ts';
import type { Confirmation } from './confirmation.ts';
import type { DpopNonces } from './dpop-nonce.ts';
import { publicJwk } from './public-jwk.ts';

export interface ProofSettings {
  readonly algorithms: readonly Algorithm[];
  /** Milliseconds. */
  readonly proofAge: number;
  /** Undefined where proofs need none. */
  readonly nonces: DpopNonces | undefined;
  readonly counters: SharedCounters;
}

/** A proof may be made by a clock that is ahead by so much. Milliseconds. */
const ahead = 5_000;
/** Characters. */
const longestProof = 8_192;
const longestId = 256;

/**
 * Judges DPoP proofs (RFC 9449 section 4.3). The key is the one that the proof brings in `jwk`, the only place where
 * such a key counts for anything, as the token names it by its thumbprint.
 */
export class ProofJudge {
  readonly #settings: ProofSettings;
  readonly #algorithms: ReadonlyMap<string, Algorithm>;
  /** One use of each `jti` while a proof is good: a counter of one, which all threads share. */
  readonly #once: PreparedLimit;

  constructor(settings: ProofSettings) {
    this.#settings = settings;
    this.#algorithms = compileAlgorithms(settings.algorithms);
    const windowSeconds = (settings.proofAge + ahead) / 1000 + 1;
    // Counters of one id must have one rate.
    this.#once = prepareLimit({ id: `dpop proofs ${windowSeconds}`, quota: 1, windowSeconds });
  }

  /**
   * @param token the access token that the request carries
   * @param now milliseconds since the epoch
   * @returns why the request does not show that its sender has the key; undefined when it does
   */
  judge(request: Head, token: string, bound: Confirmation, now: number): Rejected | undefined {
    const outcome = this.#judge(request, token, bound, now);
    if (typeof outcome !== 'string') return outcome;
    const { nonces } = this.#settings;
    if (outcome !== 'dpop-nonce-missing' && outcome !== 'dpop-nonce-unknown')
      return rejected(outcome, invalidProof);
    // RFC 9449 section 9: with the nonce the client tries again by itself.
    const fields = nonces === undefined ? [] : ['dpop-nonce', nonces.current(now)];
    return rejected(outcome, { error: 'use_dpop_nonce', problem: 'proof-invalid', fields });
  }

  #judge(request: Head, token: string, bound: Confirmation, now: number): ProofFault | undefined {
    const proof = singleField(request.fields, 'dpop');
    if (proof === undefined) return 'dpop-proof-missing';
    if (proof === several) return 'dpop-proof-twice';
    if (proof.length > longestProof) return 'dpop-proof-too-long';
    const parsed = parseToken(proof);
    if ('reason' in parsed) return `dpop-proof-${parsed.reason}` as ProofFault;
    const { header, parameters, claims, signed, signature } = parsed;
    if (header.typ !== 'dpop+jwt') return 'dpop-proof-typ';
    const algorithm = this.#algorithms.get(header.alg);
    if (algorithm === undefined) return 'dpop-proof-alg-not-accepted';
    const jwk = publicJwk(parameters['jwk']);
    if (jwk === undefined) return 'dpop-proof-jwk';
    if (jwk.thumbprint !== bound.jkt) return 'dpop-proof-other-key';

    const { jti, htm, htu, iat, ath, nonce } = claims;
    if (typeof jti !== 'string' || jti === '' || jti.length > longestId) return 'dpop-proof-jti';
    if (htm !== request.method) return 'dpop-proof-htm';
    if (typeof htu !== 'string' || !isTarget(htu, request)) return 'dpop-proof-htu';
    if (!isTime(iat)) return 'dpop-proof-iat';
    if (iat * 1000 > now + ahead) return 'dpop-proof-in-future';
    if (iat * 1000 < now - this.#settings.proofAge) return 'dpop-proof-old';
    if (ath !== hash('sha256', token, 'base64url')) return 'dpop-proof-ath';

    bound.key ??= jwk.key();
    const { key } = bound;
    if (key === undefined || !keyFits(algorithm, key)) return 'dpop-proof-jwk';
    if (!signatureHolds(algorithm, key, signed, signature)) return 'dpop-proof-signature-wrong';

    const { nonces, counters } = this.#settings;
    if (nonces !== undefined) {
      if (nonce === undefined) return 'dpop-nonce-missing';
      const age = typeof nonce === 'string' ? nonces.judge(nonce, now) : 'unknown';
      if (age === 'unknown') return 'dpop-nonce-unknown';
      if (age === 'old') request.setReplyField('dpop-nonce', nonces.current(now));
    }
    // Last, so that only who has the key takes up memory with it.
    return counters.take(this.#once, `${bound.jkt} ${jti}`, 1).allowed ? undefined : 'dpop-proof-replayed';
  }
}

const invalidProof = { error: 'invalid_dpop_proof', problem: 'proof-invalid' } as const;

type ProofFault = `dpop-${string}`;

/**
 * Whether `htu` is the URL of the request as its client knows it, without query and fragment. Both are compared in the
 * one spelling that the gateway has for a target (RFC 9449 section 4.3 asks for RFC 3986 sections 6.2.2 and 6.2.3).
 */
export function isTarget(htu: string, { scheme, authority, path }: Head): boolean {
  const end = htu.search(/[?#]/);
  const target = parseRequestTarget(end < 0 ? htu : htu.slice(0, end));
  if (target.kind === 'fault' || target.authority === undefined || target.path !== path) return false;
  const named = htu.slice(0, htu.indexOf(':')).toLowerCase();
  return named === scheme && plainAuthority(target.authority, scheme) === plainAuthority(authority, scheme);
}

/** Behind a proxy that ends TLS the authority may name a port that is the default one of the client's scheme. */
function plainAuthority(authority: string, scheme: Head['scheme']): string {
  const port = scheme === 'https' ? ':443' : ':80';
  return authority.endsWith(port) ? authority.slice(0, -port.length) : authority;
}
