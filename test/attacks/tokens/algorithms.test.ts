import { createHmac, type KeyObject } from 'node:crypto';
import { after, test } from 'node:test';
import { jwk } from '../../../packages/gateway/src/policies/authentication/jwt/testing/issuer.ts';
import { encode, p256, rsa, startTarget } from './target.ts';

/** Forgeries that make the verifier use another algorithm than the key is for (RFC 8725 sections 2.1 and 3.1). */

const target = await startTarget({ after });

test('a good token passes', () => target.accepts(target.made()));

const nones = [
  'none',
  'None',
  'NONE',
  'nOnE',
  ' none',
  'none ',
  'none\u0000',
  'n\u043Ene',
  '',
  'null',
  'NONE\n',
];
for (const alg of nones) {
  test(`alg ${JSON.stringify(alg)}`, async () => {
    const signed = `${encode({ alg, typ: 'at+jwt', kid: 'ec' })}.${encode(target.claims())}`;
    const { 2: signature } = target.made().split('.');
    await target.refuses(`${signed}.`, /signature-base64/);
    await target.refuses(`${signed}.${signature}`, /alg-not-accepted/);
    await target.refuses(`${signed}.AA`, /alg-not-accepted/);
    await target.refuses(signed, /not-a-jws/);
  });
}

for (const alg of [null, undefined, 0, true, ['ES256'], { alg: 'ES256' }]) {
  test(`an alg that is ${JSON.stringify(alg) ?? 'not there'}`, async () => {
    const signed = `${encode({ alg, typ: 'at+jwt', kid: 'ec' })}.${encode(target.claims())}`;
    await target.refuses(`${signed}.${target.made().split('.')[2]}`, /alg-missing/);
  });
}

/** What an attacker can have of a public key, and could take for the secret of an HMAC. */
const spellings = (key: KeyObject, type: 'rsa' | 'ec'): readonly (readonly [string, string | Buffer])[] => [
  ['PEM (SPKI)', key.export({ type: 'spki', format: 'pem' })],
  ['PEM without the last newline', String(key.export({ type: 'spki', format: 'pem' })).trimEnd()],
  ['DER (SPKI)', key.export({ type: 'spki', format: 'der' })],
  ...(type === 'rsa'
    ? ([
        ['PEM (PKCS #1)', key.export({ type: 'pkcs1', format: 'pem' })],
        ['DER (PKCS #1)', key.export({ type: 'pkcs1', format: 'der' })],
      ] as const)
    : []),
  ['JWK', JSON.stringify(key.export({ format: 'jwk' }))],
  [
    'the modulus or x of the JWK',
    Buffer.from(String(key.export({ format: 'jwk' })[type === 'rsa' ? 'n' : 'x']), 'base64url'),
  ],
  ['nothing', ''],
];
for (const [kid, pair, own] of [
  ['rsa', rsa, 'RS256'],
  ['ec', p256, 'ES256'],
] as const) {
  for (const [what, secret] of spellings(pair.publicKey, kid)) {
    for (const [alg, digest] of [
      ['HS256', 'sha256'],
      ['HS384', 'sha384'],
      ['HS512', 'sha512'],
      [own, 'sha256'],
    ] as const) {
      test(`key confusion: ${alg} with the ${kid} key as ${what}`, async () => {
        const signed = `${encode({ alg, typ: 'at+jwt', kid })}.${encode(target.claims())}`;
        const mac = createHmac(digest, secret).update(signed).digest('base64url');
        await target.refuses(`${signed}.${mac}`, alg === own ? /signature-wrong/ : /alg-not-accepted/);
      });
    }
  }
}

test('an algorithm that is not configured, though the key could do it', async () => {
  await target.refuses(target.made({}, {}, rsa, 'RS512'), /alg-not-accepted/);
  await target.refuses(target.made({}, { alg: 'ES256K' }), /alg-not-accepted/);
  await target.accepts(target.made({}, {}, rsa, 'PS256'));
});

test('the key of one algorithm with a signature of another', async () => {
  // The set says of the key that it is for ES256; of the other one nothing, so that both paddings of RSA are good.
  await target.refuses(target.made({}, { kid: 'ec' }, rsa, 'RS256'), /kid-unknown/);
  await target.refuses(target.made({}, { kid: 'rsa' }, p256, 'ES256'), /kid-unknown/);
  await target.refuses(target.made({}, { alg: 'PS256' }, rsa, 'RS256'), /signature-wrong/);
  await target.refuses(target.made({}, { alg: 'RS256' }, rsa, 'PS256'), /signature-wrong/);
  await target.refuses(target.made({}, { alg: 'RS256', kid: 'rsa' }, p256), /signature-wrong/);
});

test('an encryption in the place of a signature', async () => {
  const header = encode({ alg: 'dir', enc: 'A256GCM', typ: 'at+jwt' });
  await target.refuses(`${header}..AAAA.AAAA.AAAA`, /jwe-not-accepted/);
  await target.refuses(
    `${encode({ alg: 'RSA-OAEP', enc: 'A256GCM', jwk: jwk(rsa) })}.A.A.A.A`,
    /jwe-not-accepted/,
  );
});
