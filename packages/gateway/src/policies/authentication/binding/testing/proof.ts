import { hash, randomUUID } from 'node:crypto';
import { jwk, type KeyPair, token } from '../../jwt/testing/issuer.ts';
import type { Algorithm } from '../../token-schema.ts';
import { publicJwk } from '../public-jwk.ts';

/** RFC 7638 thumbprint of a key, as tokens name it in `cnf.jkt`. */
export function thumbprint(pair: KeyPair): string {
  return publicJwk(jwk(pair))!.thumbprint;
}

export interface ProofParts {
  readonly header?: Readonly<Record<string, unknown>>;
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly algorithm?: Algorithm;
}

/**
 * A DPoP proof.
 * @param line method and URL
 * @param accessToken which it goes with
 * @param now seconds since the epoch
 */
export function proof(
  pair: KeyPair,
  line: string,
  accessToken: string,
  now: number,
  { header = {}, claims = {}, algorithm = 'ES256' }: ProofParts = {},
): string {
  const [htm, htu] = line.split(' ');
  return token(
    pair,
    { typ: 'dpop+jwt', alg: algorithm, jwk: jwk(pair), ...header },
    { jti: randomUUID(), htm, htu, iat: now, ath: hash('sha256', accessToken, 'base64url'), ...claims },
    algorithm,
  );
}
