import { createPublicKey, type KeyObject, type webcrypto } from 'node:crypto';
import { type Algorithm, algorithms } from '../schema.ts';
import { keyFits } from './signature.ts';

export interface VerificationKey {
  readonly kid: string | undefined;
  /** Set when the key is for one algorithm only (RFC 7517 section 4.4). */
  readonly alg: string | undefined;
  readonly key: KeyObject;
}

const mostKeys = 100;

/**
 * Reads a JWK Set (RFC 7517 section 5). Keys that are not for signatures, or of a kind that we do not use, are
 * left out, as section 5 asks; private and symmetric ones too: their like has no place in a published set.
 * @throws Error when the text is no key set or has no key that can be used
 */
export function readKeySet(text: string): readonly VerificationKey[] {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw new Error('the key set is not valid JSON');
  }
  const listed = (document as { keys?: unknown } | null)?.keys;
  if (!Array.isArray(listed)) throw new Error('the key set has no "keys" list (RFC 7517 section 5)');
  if (listed.length > mostKeys) throw new Error(`the key set has ${listed.length} keys; at most ${mostKeys} are read`);
  const keys = listed.map(readKey).filter((key) => key !== undefined);
  if (keys.length === 0) throw new Error('the key set has no public key for signatures');
  return keys;
}

function readKey(entry: unknown): VerificationKey | undefined {
  if (typeof entry !== 'object' || entry === null) return undefined;
  const jwk = entry as webcrypto.JsonWebKey & { use?: unknown; key_ops?: unknown; kid?: unknown; alg?: unknown };
  if (jwk.kty === 'oct' || jwk.d !== undefined) return undefined;
  if (jwk.use !== undefined && jwk.use !== 'sig') return undefined;
  if (Array.isArray(jwk.key_ops) && !jwk.key_ops.includes('verify')) return undefined;
  let key: KeyObject;
  try {
    key = createPublicKey({ key: jwk, format: 'jwk' });
  } catch {
    return undefined;
  }
  if (!algorithms.some((algorithm) => keyFits(algorithm, key))) return undefined;
  return {
    kid: typeof jwk.kid === 'string' ? jwk.kid : undefined,
    alg: typeof jwk.alg === 'string' ? jwk.alg : undefined,
    key,
  };
}

/** Keys that may have made a signature: the one named, or all that fit when the token names none. */
export function candidates(
  keys: readonly VerificationKey[],
  algorithm: Algorithm,
  kid: string | undefined,
): readonly VerificationKey[] {
  return keys.filter(
    (each) =>
      (kid === undefined || each.kid === kid) &&
      (each.alg === undefined || each.alg === algorithm) &&
      keyFits(algorithm, each.key),
  );
}
