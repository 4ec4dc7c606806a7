import assert from 'node:assert/strict';
import { constants, createPublicKey, createSecretKey, generateKeyPairSync, sign } from 'node:crypto';
import { test } from 'node:test';
import { type Algorithm, algorithms } from '../token-schema.ts';
import { keyFits, signatureHolds } from './signature.ts';
import { ed25519, type KeyPair, p256, p384, p521, rsa, signatureOf } from './testing/issuer.ts';

const pairs: Readonly<Record<string, KeyPair>> = {
  RS: rsa,
  PS: rsa,
  ES256: p256,
  ES384: p384,
  ES512: p521,
  Ed: ed25519,
};

function pairOf(algorithm: Algorithm): KeyPair {
  return (pairs[algorithm] ?? pairs[algorithm.slice(0, 2)])!;
}

const signed = 'header.claims';

for (const algorithm of algorithms) {
  test(`${algorithm} holds for what was signed, with its key, and for nothing else`, () => {
    const { publicKey } = pairOf(algorithm);
    const signature = signatureOf(algorithm, pairOf(algorithm), signed);
    assert.ok(keyFits(algorithm, publicKey));
    assert.ok(signatureHolds(algorithm, publicKey, signed, signature));
    assert.ok(!signatureHolds(algorithm, publicKey, `${signed}x`, signature));
    const flipped = Buffer.from(signature);
    flipped[flipped.length - 1]! ^= 1;
    assert.ok(!signatureHolds(algorithm, publicKey, signed, flipped));
    assert.ok(!signatureHolds(algorithm, publicKey, signed, signature.subarray(1)));
    assert.ok(!signatureHolds(algorithm, publicKey, signed, Buffer.concat([signature, Buffer.from([0])])));
  });
}

test('a key fits the algorithms of its kind and curve only', () => {
  const fitting = (pair: KeyPair): readonly string[] =>
    algorithms.filter((each) => keyFits(each, pair.publicKey));
  assert.deepEqual(fitting(rsa), ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512']);
  assert.deepEqual(fitting(p256), ['ES256']);
  assert.deepEqual(fitting(p384), ['ES384']);
  assert.deepEqual(fitting(p521), ['ES512']);
  assert.deepEqual(fitting(ed25519), ['EdDSA', 'Ed25519']);
  assert.deepEqual(fitting(generateKeyPairSync('ec', { namedCurve: 'secp256k1' })), []);
  assert.deepEqual(fitting(generateKeyPairSync('ed448')), []);
  assert.deepEqual(fitting(generateKeyPairSync('rsa', { modulusLength: 1024 })), []);
  assert.deepEqual(fitting(generateKeyPairSync('rsa-pss', { modulusLength: 2048 })), []);
});

test('private and symmetric keys fit nothing', () => {
  for (const algorithm of algorithms) {
    assert.ok(!keyFits(algorithm, pairOf(algorithm).privateKey));
    assert.ok(!keyFits(algorithm, createSecretKey(Buffer.alloc(32))));
  }
});

test('an RSA key with the exponent 1 fits nothing', () => {
  const key = createPublicKey({
    key: { ...rsa.publicKey.export({ format: 'jwk' }), e: 'AQ' },
    format: 'jwk',
  });
  assert.ok(!keyFits('RS256', key));
});

/** CVE-2022-21449: implementations have taken r = s = 0 for a signature of anything. */
test('ECDSA: zeros, and values of the order, hold for nothing', () => {
  const order = Buffer.from('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551', 'hex');
  const zero = Buffer.alloc(32);
  for (const [r, s] of [
    [zero, zero],
    [order, order],
    [zero, order],
    [order, zero],
  ] as const) {
    assert.ok(!signatureHolds('ES256', p256.publicKey, signed, Buffer.concat([r, s])));
  }
});

test('ECDSA: DER is not the form of a JWS', () => {
  const der = sign('sha256', Buffer.from(signed), p256.privateKey);
  assert.ok(!signatureHolds('ES256', p256.publicKey, signed, der));
});

test('RSA: the two paddings are not mixed up, and PSS has the salt of RFC 7518 section 3.5', () => {
  const pkcs1 = signatureOf('RS256', rsa, signed);
  const pss = signatureOf('PS256', rsa, signed);
  assert.ok(!signatureHolds('PS256', rsa.publicKey, signed, pkcs1));
  assert.ok(!signatureHolds('RS256', rsa.publicKey, signed, pss));
  const padding = constants.RSA_PKCS1_PSS_PADDING;
  const unsalted = sign('sha256', Buffer.from(signed), { key: rsa.privateKey, padding, saltLength: 0 });
  assert.ok(!signatureHolds('PS256', rsa.publicKey, signed, unsalted));
});
