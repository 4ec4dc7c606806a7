import { constants, type KeyObject, verify } from 'node:crypto';
import type { Algorithm } from '../token-schema.ts';

interface Method {
  readonly digest: string | undefined;
  /** Key type, and curve for elliptic ones, which the algorithm belongs to. */
  readonly key: string;
  readonly curve?: string;
  readonly signatureLength?: number;
  readonly pss?: true;
}

/** RFC 7518 section 3.1, RFC 8037 section 3.1, RFC 9864. */
const methods: Readonly<Record<Algorithm, Method>> = {
  RS256: { digest: 'sha256', key: 'rsa' },
  RS384: { digest: 'sha384', key: 'rsa' },
  RS512: { digest: 'sha512', key: 'rsa' },
  PS256: { digest: 'sha256', key: 'rsa', pss: true },
  PS384: { digest: 'sha384', key: 'rsa', pss: true },
  PS512: { digest: 'sha512', key: 'rsa', pss: true },
  ES256: { digest: 'sha256', key: 'ec', curve: 'prime256v1', signatureLength: 64 },
  ES384: { digest: 'sha384', key: 'ec', curve: 'secp384r1', signatureLength: 96 },
  ES512: { digest: 'sha512', key: 'ec', curve: 'secp521r1', signatureLength: 132 },
  EdDSA: { digest: undefined, key: 'ed25519', signatureLength: 64 },
  Ed25519: { digest: undefined, key: 'ed25519', signatureLength: 64 },
};

/** RFC 7518 section 3.3. */
const shortestRsa = 2048;

/** Whether a key may be used with an algorithm at all; the header of a token must not get to choose that. */
export function keyFits(algorithm: Algorithm, key: KeyObject): boolean {
  const method = methods[algorithm];
  if (key.type !== 'public' || key.asymmetricKeyType !== method.key) return false;
  const details = key.asymmetricKeyDetails;
  // With the exponent 1, any text would be its own signature.
  if (method.key === 'rsa')
    return (details?.modulusLength ?? 0) >= shortestRsa && (details?.publicExponent ?? 0n) >= 3n;
  return method.curve === undefined || details?.namedCurve === method.curve;
}

/** @param signed the ASCII text that the signature is over */
export function signatureHolds(
  algorithm: Algorithm,
  key: KeyObject,
  signed: string,
  signature: Buffer,
): boolean {
  const method = methods[algorithm];
  if (method.signatureLength !== undefined && signature.length !== method.signatureLength) return false;
  const data = Buffer.from(signed, 'latin1');
  if (method.pss === true) {
    const options = {
      key,
      padding: constants.RSA_PKCS1_PSS_PADDING,
      saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
    };
    return verify(method.digest, data, options, signature);
  }
  if (method.key === 'ec') return verify(method.digest, data, { key, dsaEncoding: 'ieee-p1363' }, signature);
  return verify(method.digest, data, key, signature);
}
