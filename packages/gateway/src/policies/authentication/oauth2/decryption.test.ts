import assert from 'node:assert/strict';
import { createSecretKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { test } from 'node:test';
import { deflateRawSync } from 'node:zlib';
import { CompactEncrypt } from 'jose';
import { encode } from '../jwt/testing/issuer.ts';
import { Decryption } from './decryption.ts';

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const x25519 = generateKeyPairSync('x25519');
const pem = (key: KeyObject): string => String(key.export({ type: 'pkcs8', format: 'pem' }));

async function encrypted(
  text: string | Buffer,
  key: KeyObject,
  header: Readonly<Record<string, unknown>>,
): Promise<string> {
  return new CompactEncrypt(Buffer.from(text)).setProtectedHeader(header as never).encrypt(key);
}

async function read(outcome: ReturnType<Decryption['decrypt']>): Promise<string> {
  const settled = await outcome;
  return typeof settled === 'string' ? settled : `refused: ${settled.reason}`;
}

const usual: readonly (readonly [
  alg: string,
  enc: string,
  pair: { publicKey: KeyObject; privateKey: KeyObject },
])[] = [
  ['RSA-OAEP-256', 'A256GCM', rsa],
  ['RSA-OAEP-256', 'A128CBC-HS256', rsa],
  ['ECDH-ES', 'A128GCM', ec],
  ['ECDH-ES+A128KW', 'A256CBC-HS512', ec],
  ['ECDH-ES+A256KW', 'A256GCM', x25519],
];
for (const [alg, enc, pair] of usual) {
  test(`${alg} with ${enc}`, async () => {
    const decryption = new Decryption({ key: pem(pair.privateKey) });
    const token = await encrypted('what is inside', pair.publicKey, { alg, enc });
    assert.equal(await read(decryption.decrypt(token)), 'what is inside');
  });
}

test('a key as a JWK, and several keys', async () => {
  const old = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const asJwk = JSON.stringify({ ...rsa.privateKey.export({ format: 'jwk' }), kid: 'new' });
  const decryption = new Decryption({ key: [asJwk, pem(old.privateKey)] });
  const header = { alg: 'RSA-OAEP-256', enc: 'A256GCM' };
  assert.equal(await read(decryption.decrypt(await encrypted('a', rsa.publicKey, header))), 'a');
  assert.equal(await read(decryption.decrypt(await encrypted('b', old.publicKey, header))), 'b');
  const named = await encrypted('c', rsa.publicKey, { ...header, kid: 'new' });
  assert.equal(await read(decryption.decrypt(named)), 'c');
  const misnamed = await encrypted('d', rsa.publicKey, { ...header, kid: 'other' });
  assert.equal(await read(decryption.decrypt(misnamed)), 'refused: jwe-not-for-us');
});

test('only what is configured is accepted', async () => {
  const decryption = new Decryption({ key: pem(rsa.privateKey), encryptions: ['A256GCM'] });
  const header = { alg: 'RSA-OAEP-256', enc: 'A256GCM' };
  const of = async (more: Record<string, unknown>): Promise<string> =>
    read(decryption.decrypt(await encrypted('x', rsa.publicKey, { ...header, ...more })));
  assert.equal(await of({ alg: 'RSA-OAEP' }), 'refused: jwe-alg-not-accepted');
  assert.equal(await of({ enc: 'A128GCM' }), 'refused: jwe-enc-not-accepted');
  const secret = createSecretKey(Buffer.alloc(32, 1));
  for (const alg of ['dir', 'A256KW', 'A256GCMKW', 'PBES2-HS256+A128KW']) {
    const token = await encrypted('x', secret, { alg, enc: 'A256GCM' });
    assert.equal(await read(decryption.decrypt(token)), 'refused: jwe-alg-not-accepted', alg);
  }
});

test('a key is used with algorithms of its kind only', async () => {
  const decryption = new Decryption({ key: pem(ec.privateKey) });
  const token = await encrypted('x', rsa.publicKey, { alg: 'RSA-OAEP-256', enc: 'A256GCM' });
  assert.equal(await read(decryption.decrypt(token)), 'refused: jwe-no-key-fits');
});

/** The header of a token, changed: whatever is changed, the tag does not fit any more. */
function withHeader(token: string, header: unknown): string {
  return [encode(header), ...token.split('.').slice(1)].join('.');
}

test('what is compressed, marked critical or changed is refused', async () => {
  const decryption = new Decryption({ key: pem(rsa.privateKey) });
  const header = { alg: 'RSA-OAEP-256', enc: 'A256GCM' };
  const token = await encrypted(deflateRawSync('x'.repeat(100_000)), rsa.publicKey, header);
  assert.equal(
    await read(decryption.decrypt(withHeader(token, { ...header, zip: 'DEF' }))),
    'refused: jwe-compressed',
  );
  assert.equal(
    await read(decryption.decrypt(withHeader(token, { ...header, crit: ['x'], x: 1 }))),
    'refused: jwe-crit-unknown',
  );
  assert.equal(
    await read(decryption.decrypt(withHeader(token, { ...header, kid: 'x' }))),
    'refused: jwe-not-for-us',
  );
  const [first, key, iv, ciphertext, tag] = token.split('.');
  for (const changed of [
    [first, key, iv, `${ciphertext}AA`, tag],
    [first, key, iv, ciphertext, tag!.slice(0, 8)],
    [first, key, iv, ciphertext, ''],
    [first, '', iv, ciphertext, tag],
    [first, `A${key!.slice(1)}`, iv, ciphertext, tag],
    [first, key, '', ciphertext, tag],
  ]) {
    assert.match(await read(decryption.decrypt(changed.join('.'))), /^refused: jwe-not-for-us$/);
  }
  assert.equal(await read(decryption.decrypt('e.e.e.e.e')), 'refused: jwe-header-base64');
  const twice = '{"alg":"RSA-OAEP-256","alg":"RSA-OAEP-256","enc":"A256GCM"}';
  assert.equal(await read(decryption.decrypt(withHeader(token, twice))), 'refused: jwe-header-member-twice');
});

/** Whose point is not on the curve: such answers leak the private key bit by bit where they are computed. */
test('an ephemeral key that is none', async () => {
  const decryption = new Decryption({ key: pem(ec.privateKey) });
  const token = await encrypted('x', ec.publicKey, { alg: 'ECDH-ES', enc: 'A256GCM' });
  const point = Buffer.alloc(32, 7).toString('base64url');
  for (const epk of [
    { kty: 'EC', crv: 'P-256', x: point, y: point },
    { kty: 'EC', crv: 'P-384', x: point, y: point },
    { kty: 'OKP', crv: 'X25519', x: Buffer.alloc(32).toString('base64url') },
    'none',
    undefined,
  ]) {
    const header = { alg: 'ECDH-ES', enc: 'A256GCM', epk };
    assert.equal(await read(decryption.decrypt(withHeader(token, header))), 'refused: jwe-not-for-us');
  }
});

test('keys that are none say so, and nothing of what they are', () => {
  const short = generateKeyPairSync('rsa', { modulusLength: 1024 });
  const curve = generateKeyPairSync('ec', { namedCurve: 'secp256k1' });
  const signing = generateKeyPairSync('ed25519');
  const bad: readonly (readonly [string, RegExp])[] = [
    ['s3cret', /expected a private key/],
    ['{"kty":"RSA","d":"s3cret"}', /expected a private key/],
    ['{ s3cret', /expected a private key/],
    [String(rsa.publicKey.export({ type: 'spki', format: 'pem' })), /expected a private key/],
    [pem(short.privateKey), /2048 bits/],
    [pem(curve.privateKey), /P-256/],
    [pem(signing.privateKey), /P-256/],
  ];
  for (const [key, message] of bad) {
    assert.throws(
      () => new Decryption({ key }),
      (error: Error) => message.test(error.message) && !error.message.includes('s3cret'),
    );
  }
});
