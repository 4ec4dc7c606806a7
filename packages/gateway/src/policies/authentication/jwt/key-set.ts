import { createPublicKey, type KeyObject, type webcrypto } from 'node:crypto';
import { type Algorithm, algorithms } from '../token-schema.ts';
import { isRoca } from './roca.ts';
import { keyFits } from './signature.ts';

export interface VerificationKey {
  readonly kid: string | undefined;
  /** What it may be used with: the key decides, never the header of a token (RFC 8725 section 3.1). */
  readonly algorithms: ReadonlySet<Algorithm>;
  readonly key: KeyObject;
}

const mostKeys = 100;

/**
 * Reads a JWK Set (RFC 7517 section 5). Keys that are not for signatures, or of a kind that we do not use, are
 * left out, as section 5 asks; private and symmetric ones too: their like has no place in a published set.
 * @param tell told of each key that should be of use and is not, and why
 * @returns an empty list when no key can be used, as where an issuer withdraws all it has
 * @throws Error when the text is no key set
 */
export function readKeySet(text: string, tell: (why: string) => void = () => {}): readonly VerificationKey[] {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw new Error('the key set is not valid JSON');
  }
  const listed = (document as { keys?: unknown } | null)?.keys;
  if (!Array.isArray(listed)) throw new Error('the key set has no "keys" list (RFC 7517 section 5)');
  if (listed.length > mostKeys)
    throw new Error(`the key set has ${listed.length} keys; at most ${mostKeys} are read`);
  return listed.map((entry) => readKey(entry, tell)).filter((key) => key !== undefined);
}

type Jwk = webcrypto.JsonWebKey & { use?: unknown; key_ops?: unknown; kid?: unknown; alg?: unknown };

function readKey(entry: unknown, tell: (why: string) => void): VerificationKey | undefined {
  if (typeof entry !== 'object' || entry === null) return undefined;
  const jwk = entry as Jwk;
  if (jwk.use !== undefined && jwk.use !== 'sig') return undefined;
  if (jwk.key_ops !== undefined && !(Array.isArray(jwk.key_ops) && jwk.key_ops.includes('verify')))
    return undefined;
  const { kid, alg } = jwk;
  if (!isTextOrAbsent(kid) || !isTextOrAbsent(alg)) return undefined;
  const unusable = (why: string): undefined =>
    tell(`${kid === undefined ? 'a key' : `key ${JSON.stringify(kid.slice(0, 64))}`} ${why}`) as undefined;
  if (jwk.kty === 'oct') return undefined;
  if (jwk.d !== undefined) return unusable('is a private one: whoever reads the set can sign tokens with it');
  let key: KeyObject;
  try {
    key = createPublicKey({ key: jwk, format: 'jwk' });
  } catch {
    return unusable('is of no kind that is known, or no key at all');
  }
  if (jwk.kty === 'RSA' && isRoca(modulusOf(jwk))) return unusable('can be broken (CVE-2017-15361)');
  // A key that names its algorithm is for that one only (RFC 7517 section 4.4).
  const fitting = algorithms.filter((each) => (alg === undefined || alg === each) && keyFits(each, key));
  if (fitting.length > 0) return { kid, algorithms: new Set(fitting), key };
  return unusable(
    alg === undefined ? 'is too weak, or for no algorithm that is known' : `is too weak, or not for ${alg}`,
  );
}

function modulusOf({ n = '' }: Jwk): bigint {
  return BigInt(`0x0${Buffer.from(n, 'base64url').toString('hex')}`);
}

function isTextOrAbsent(value: unknown): value is string | undefined {
  return value === undefined || typeof value === 'string';
}

/** Keys that may have made a signature: the one named, or all that fit when the token names none. */
export function candidates(
  keys: readonly VerificationKey[],
  algorithm: Algorithm,
  kid: string | undefined,
): readonly VerificationKey[] {
  return keys.filter((each) => (kid === undefined || each.kid === kid) && each.algorithms.has(algorithm));
}
