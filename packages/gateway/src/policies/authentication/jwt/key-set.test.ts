import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { candidates, readKeySet } from './key-set.ts';
import { jwk, keySet, p256, rsa } from './testing/issuer.ts';

test('keys are read', () => {
  const keys = readKeySet(
    keySet(jwk(rsa, { kid: 'r' }), jwk(p256, { alg: 'ES256', use: 'sig', key_ops: ['verify'] })),
  );
  assert.deepEqual(
    keys.map(({ kid }) => kid),
    ['r', undefined],
  );
  assert.equal(keys[0]?.algorithms.size, 6);
  assert.deepEqual([...keys[1]!.algorithms], ['ES256']);
});

test('whoever runs the gateway is told of keys that should be of use and are not', () => {
  const told = (...entries: unknown[]): string[] => {
    const all: string[] = [];
    readKeySet(keySet(...entries), (why) => all.push(why));
    return all;
  };
  assert.deepEqual(told(jwk(p256), jwk(rsa, { use: 'enc' }), { kty: 'oct', k: 'AA' }, null), []);
  assert.match(
    told({ ...p256.privateKey.export({ format: 'jwk' }), kid: 'p' })[0]!,
    /^key "p" is a private one/,
  );
  assert.match(told(jwk(small))[0]!, /^a key is too weak/);
  assert.match(told(jwk(p256, { alg: 'RS256' }))[0]!, /not for RS256$/);
  assert.match(told({ ...jwk(p256), x: 'AAAA' })[0]!, /no key at all/);
});

const small = generateKeyPairSync('rsa', { modulusLength: 1024 });
const leftOut: readonly [name: string, entry: unknown][] = [
  ['null', null],
  ['a text', 'key'],
  ['a symmetric key', { kty: 'oct', k: 'c2VjcmV0', alg: 'HS256' }],
  ['a private key', p256.privateKey.export({ format: 'jwk' })],
  ['a key for encryption', jwk(rsa, { use: 'enc' })],
  ['a key whose operations are others', jwk(rsa, { key_ops: ['encrypt'] })],
  ['a key whose operations are no list', jwk(rsa, { key_ops: 'verify' })],
  ['a key for another algorithm', jwk(rsa, { alg: 'RSA-OAEP' })],
  ['a key that says it is for HMAC', jwk(rsa, { alg: 'HS256' })],
  ['a key for an algorithm of another kind', jwk(p256, { alg: 'RS256' })],
  ['an alg that is no text', jwk(p256, { alg: 1 })],
  ['a kid that is no text', jwk(p256, { kid: ['a'] })],
  ['a short RSA key', jwk(small)],
  ['an unknown kind', { kty: 'PQC' }],
  ['a broken key', { ...jwk(p256), x: 'AAAA' }],
  ['a point that is not on the curve', { ...jwk(p256), x: jwk(p256).y }],
];

for (const [name, entry] of leftOut) {
  test(`left out: ${name}`, () => {
    const keys = readKeySet(keySet(entry, jwk(p256, { kid: 'good' })));
    assert.deepEqual(
      keys.map(({ kid }) => kid),
      ['good'],
    );
  });
}

test('what is no key set is refused', () => {
  for (const text of ['', 'null', '[]', '{}', '{"keys":{}}', '<html>', '{"keys":']) {
    assert.throws(() => readKeySet(text), /the key set/, text);
  }
  assert.throws(() => readKeySet(keySet(...new Array(101).fill(jwk(p256)))), /101 keys/);
});

test('a set without keys is a set: an issuer may withdraw all it has', () =>
  assert.deepEqual(readKeySet(keySet()), []));

test('candidates are the key that is named, or all that fit', () => {
  const other = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const keys = readKeySet(
    keySet(jwk(rsa, { kid: 'a' }), jwk(p256, { kid: 'a' }), jwk(other, { kid: 'b' }), jwk(p256)),
  );
  const found = (algorithm: 'ES256' | 'RS256' | 'ES384', kid?: string): readonly number[] =>
    candidates(keys, algorithm, kid).map((key) => keys.indexOf(key));
  assert.deepEqual(found('ES256', 'a'), [1]);
  assert.deepEqual(found('RS256', 'a'), [0]);
  assert.deepEqual(found('ES256', 'b'), [2]);
  assert.deepEqual(found('RS256', 'b'), []);
  assert.deepEqual(found('ES256', 'A'), []);
  assert.deepEqual(found('ES256', ''), []);
  assert.deepEqual(found('ES256', '../../etc/passwd'), []);
  assert.deepEqual(found('ES256'), [1, 2, 3]);
  assert.deepEqual(found('ES384'), []);
});
