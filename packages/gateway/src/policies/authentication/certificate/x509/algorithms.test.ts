import assert from 'node:assert/strict';
import { createPublicKey, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { isStrongKey } from './algorithms.ts';

/** As anybody could write one into a certificate; nobody needs the private half. */
function rsa(bits: number, exponent: bigint): boolean {
  const modulus = randomBytes(Math.ceil(bits / 8));
  const top = (bits - 1) % 8;
  modulus[0] = (modulus[0]! & ((1 << top) - 1)) | (1 << top);
  modulus[modulus.length - 1]! |= 1;
  const hex = exponent.toString(16);
  const e = Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex').toString('base64url');
  return isStrongKey(
    createPublicKey({ key: { kty: 'RSA', n: modulus.toString('base64url'), e }, format: 'jwk' }),
  );
}

const vectors: readonly (readonly [bits: number, exponent: bigint, strong: boolean])[] = [
  [2_047, 65_537n, false],
  [2_048, 65_537n, true],
  [4_096, 65_537n, true],
  [4_097, 65_537n, false],
  [2_048, 1n, false],
  [2_048, 3n, true],
  [2_048, 65_536n, false],
  [2_048, 2n ** 32n - 1n, true],
  [2_048, 2n ** 32n + 1n, false],
];

for (const [bits, exponent, strong] of vectors) {
  test(`RSA of ${bits} bits with the exponent ${exponent} is ${strong ? 'strong' : 'weak'}`, () =>
    assert.equal(rsa(bits, exponent), strong));
}
