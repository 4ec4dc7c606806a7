import assert from 'node:assert/strict';
import { createPublicKey } from 'node:crypto';
import { test } from 'node:test';
import { calculateJwkThumbprint } from 'jose';
import { ed25519, jwk, p256, p384, rsa } from '../jwt/testing/issuer.ts';
import { publicJwk } from './public-jwk.ts';

/** RFC 7638 section 3.1. */
const example = {
  kty: 'RSA',
  n: '0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw',
  e: 'AQAB',
  alg: 'RS256',
  kid: '2011-04-29',
};

test('the example of the RFC', () =>
  assert.equal(publicJwk(example)?.thumbprint, 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs'));

test('thumbprints are those of another implementation, and keys the same keys', async () => {
  for (const pair of [rsa, p256, p384, ed25519]) {
    const sent = jwk(pair, { kid: 'x', use: 'sig', x5u: 'https://evil.example' });
    const read = publicJwk(sent);
    assert.equal(read?.thumbprint, await calculateJwkThumbprint(sent as never));
    assert.ok(read?.key()?.equals(createPublicKey(pair.privateKey)));
  }
});

const plain = jwk(p256);
const bad: readonly (readonly [what: string, value: unknown])[] = [
  ['none', undefined],
  ['a text', 'x'],
  ['a list', [plain]],
  ['a private key', { ...p256.privateKey.export({ format: 'jwk' }) }],
  ['a private RSA key', { ...rsa.privateKey.export({ format: 'jwk' }) }],
  ['a symmetric key', { kty: 'oct', k: 'AAAA' }],
  ['a public key with a secret beside it', { ...plain, k: 'AAAA' }],
  ['a public key with d undefined', { ...plain, d: undefined }],
  ['another type', { ...plain, kty: 'ec' }],
  ['a type of every object', { ...plain, kty: 'constructor' }],
  ['no coordinate', { ...plain, y: undefined }],
  ['a coordinate that is no text', { ...plain, y: 7 }],
  ['a coordinate with padding', { ...plain, y: `${String(plain['y'])}=` }],
  ['a coordinate with a quote', { ...plain, y: '"' }],
  ['a coordinate that is too long', { ...plain, y: 'A'.repeat(4097) }],
];
for (const [what, value] of bad)
  test(`${what} is no public key`, () => assert.equal(publicJwk(value), undefined));

test('a point that is not on its curve is no key', () =>
  assert.equal(publicJwk({ ...plain, x: plain['y'] })?.key(), undefined));
