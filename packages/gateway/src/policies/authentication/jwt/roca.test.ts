import assert from 'node:assert/strict';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { isRoca } from './roca.ts';

const modulusOf = (n: string): bigint => BigInt(`0x${Buffer.from(n, 'base64url').toString('hex')}`);

test('ordinary keys are not of that form', () => {
  for (let i = 0; i < 3; i++) {
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 1024 });
    assert.equal(isRoca(modulusOf(String(publicKey.export({ format: 'jwk' })['n']))), false);
  }
  for (let i = 0; i < 2_000; i++) {
    assert.equal(isRoca(BigInt(`0x${randomBytes(128).toString('hex')}`) | 1n), false);
  }
});

/** Primes of those keys are k * M + (65537^a mod M), with M the product of many small primes. */
test('numbers that are made like those keys are', () => {
  const small = [
    2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97,
  ];
  const more = [101, 103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167];
  const m = [...small, ...more].reduce((product, prime) => product * BigInt(prime), 1n);
  const power = (exponent: number): bigint => {
    let value = 1n;
    for (let i = 0; i < exponent; i++) value = (value * 65_537n) % m;
    return value;
  };
  for (const [k, a, l, b] of [
    [12_345n, 3, 99_999n, 500],
    [1n, 1, 2n, 2],
    [987_654_321n, 77, 123n, 1_234],
  ] as const) {
    assert.equal(isRoca((k * m + power(a)) * (l * m + power(b))), true);
    assert.equal(isRoca((k * m + power(a)) * (l * m + power(b)) + 2n), false);
  }
});
