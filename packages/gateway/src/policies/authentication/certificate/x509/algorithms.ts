import type { KeyObject } from 'node:crypto';
import { isRoca } from '../../jwt/roca.ts';
import { DerReader, type Element, readOid, tags } from './der.ts';

/** How something is signed. */
export interface SignatureAlgorithm {
  /** Of `crypto.verify`; null where the algorithm has its own. */
  readonly hash: string | null;
  readonly isPss: boolean;
}

/** Nothing with MD5 or SHA-1: others can be given the same hash. */
const signatures: ReadonlyMap<string, SignatureAlgorithm> = new Map([
  ['1.2.840.113549.1.1.11', { hash: 'sha256', isPss: false }],
  ['1.2.840.113549.1.1.12', { hash: 'sha384', isPss: false }],
  ['1.2.840.113549.1.1.13', { hash: 'sha512', isPss: false }],
  ['1.2.840.10045.4.3.2', { hash: 'sha256', isPss: false }],
  ['1.2.840.10045.4.3.3', { hash: 'sha384', isPss: false }],
  ['1.2.840.10045.4.3.4', { hash: 'sha512', isPss: false }],
  ['1.3.101.112', { hash: null, isPss: false }],
  ['1.3.101.113', { hash: null, isPss: false }],
]);

const pss = '1.2.840.113549.1.1.10';

const hashes: ReadonlyMap<string, string> = new Map([
  ['2.16.840.1.101.3.4.2.1', 'sha256'],
  ['2.16.840.1.101.3.4.2.2', 'sha384'],
  ['2.16.840.1.101.3.4.2.3', 'sha512'],
]);

/**
 * @param element an AlgorithmIdentifier
 * @returns undefined for what is too weak, or not known
 */
export function readSignatureAlgorithm(element: Element): SignatureAlgorithm | undefined {
  const reader = new DerReader(element.content);
  const oid = readOid(reader.next(tags.oid));
  if (oid !== pss) return signatures.get(oid);
  // RFC 4055 section 3.1: without parameters it would be SHA-1.
  const parameters = reader.optional(tags.sequence);
  const hash = parameters && new DerReader(parameters.content).optional(0xa0);
  if (hash === undefined) return undefined;
  const identifier = new DerReader(hash.content).next(tags.sequence);
  const name = hashes.get(readOid(new DerReader(identifier.content).next(tags.oid)));
  return name === undefined ? undefined : { hash: name, isPss: true };
}

const curves: ReadonlySet<string> = new Set(['prime256v1', 'secp384r1', 'secp521r1']);

/** Larger ones take so long that somebody could keep a thread busy with them. */
const longestModulus = 4_096;
const largestExponent = 2n ** 32n;

/** Whether nobody can be expected to find the private key. */
export function isStrongKey(key: KeyObject): boolean {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details = {} } = key;
  switch (type) {
    case 'ed25519':
    case 'ed448':
      return true;
    case 'ec':
      return curves.has(details.namedCurve ?? '');
    case 'rsa':
    case 'rsa-pss': {
      const { modulusLength = 0, publicExponent = 0n } = details;
      if (modulusLength < 2_048 || modulusLength > longestModulus) return false;
      if (publicExponent < 3n || publicExponent % 2n === 0n || publicExponent > largestExponent) return false;
      // The modulus of a key that is kept for RSA-PSS cannot be exported as a JWK.
      return type === 'rsa-pss' || !isRoca(modulusOf(key));
    }
    default:
      return false;
  }
}

function modulusOf(key: KeyObject): bigint {
  const { n = '' } = key.export({ format: 'jwk' });
  return BigInt(`0x${Buffer.from(n, 'base64url').toString('hex')}`);
}
