import { createPublicKey, hash, type KeyObject } from 'node:crypto';

/** Members of a key that make it a private or a symmetric one (RFC 7518 sections 6.2.2, 6.3.2, 6.4; RFC 8037). */
const secretMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];

/** Required members in the order of their names, which is the one that RFC 7638 section 3 hashes them in. */
const requiredMembers: ReadonlyMap<unknown, readonly string[]> = new Map([
  ['EC', ['crv', 'kty', 'x', 'y']],
  ['RSA', ['e', 'kty', 'n']],
  ['OKP', ['crv', 'kty', 'x']],
]); // prettier-ignore

/** Characters of a member: an RSA key of 16,384 bits has 2,731. */
const longestMember = 4096;

const plain = /^[A-Za-z0-9_-]+$/;

export interface PublicJwk {
  /** RFC 7638, SHA-256, base64url. */
  readonly thumbprint: string;
  /** @returns undefined when it is no key after all, such as a point that is not on its curve */
  readonly key: () => KeyObject | undefined;
}

/** A public key that somebody sent as a JWK; undefined when it is none, or has a secret in it (RFC 9449 section 4.3). */
export function publicJwk(value: unknown): PublicJwk | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const jwk = value as Record<string, unknown>;
  if (secretMembers.some((name) => Object.hasOwn(jwk, name))) return undefined;
  const names = requiredMembers.get(jwk['kty']);
  if (names === undefined) return undefined;
  const members: Record<string, string> = {};
  for (const name of names) {
    const member = jwk[name];
    // What needs no escape in JSON has one spelling, so that the thumbprint is that of the key.
    if (typeof member !== 'string' || member.length > longestMember || !plain.test(member)) return undefined;
    members[name] = member;
  }
  return {
    thumbprint: hash('sha256', JSON.stringify(members), 'base64url'),
    key: () => {
      try {
        return createPublicKey({ key: members, format: 'jwk' });
      } catch {
        return undefined;
      }
    },
  };
}
