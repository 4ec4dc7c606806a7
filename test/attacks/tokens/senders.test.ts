import assert from 'node:assert/strict';
import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { after, test } from 'node:test';
import { Agent, request } from 'undici';
import {
  proof,
  thumbprint,
} from '../../../packages/gateway/src/policies/authentication/binding/testing/proof.ts';
import {
  jwk,
  type KeyPair,
} from '../../../packages/gateway/src/policies/authentication/jwt/testing/issuer.ts';
import { makeCertificate } from '../../harness/certificates.ts';
import { evilP256, type Members, startTarget } from './target.ts';

/** Stolen tokens: sent by somebody who does not have what they are bound to. */

const target = await startTarget(
  { after },
  {
    oauth2: 'dpop: {}',
    listen: 'https: { port: 0, selfSigned: true, clientCertificates: request },',
    threads: 2,
  },
);
const { made, refuses, accepts, send, url, trap } = target;
const holder: KeyPair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const bound = (): string => made({ cnf: { jkt: thumbprint(holder) } });
const now = (): number => Math.floor(Date.now() / 1000);

async function nonce(): Promise<string> {
  const token = bound();
  const { fields } = await send({
    authorization: `DPoP ${token}`,
    dpop: proof(holder, `GET ${url}`, token, now()),
  });
  return String(fields['dpop-nonce']);
}

/** The fields of a request with a proof that is good, but for what an attack changes. */
async function proved(
  token: string,
  {
    claims = {},
    header = {},
    pair = holder,
    line = `GET ${url}`,
  }: { claims?: Members; header?: Members; pair?: KeyPair; line?: string } = {},
): Promise<Record<string, string>> {
  const all = { nonce: await nonce(), ...claims };
  return { authorization: `DPoP ${token}`, dpop: proof(pair, line, token, now(), { claims: all, header }) };
}

test('a good proof passes, once', async () => {
  const token = bound();
  const fields = await proved(token);
  await accepts(fields);
  for (let i = 0; i < 6; i++) await refuses(fields, /dpop-proof-replayed/, 'proof-invalid');
});

test('a proof that is sent many times at once, to every thread', async () => {
  const token = bound();
  const fields = await proved(token);
  const statuses = await Promise.all(
    Array.from({ length: 40 }, async () => {
      const agent = new Agent();
      const reply = await request(url, { headers: fields, dispatcher: agent });
      await reply.body.dump();
      await agent.close();
      return reply.statusCode;
    }),
  );
  assert.deepEqual(statuses.sort(), [200, ...Array(39).fill(401)]);
});

test('a stolen token without the key', async () => {
  const token = bound();
  await refuses(token, /dpop-bound-as-bearer/, 'proof-invalid');
  await refuses({ authorization: `DPoP ${token}` }, /dpop-proof-missing/, 'proof-invalid');
  await refuses(await proved(token, { pair: evilP256 }), /dpop-proof-other-key/, 'proof-invalid');
  await refuses(
    await proved(token, { pair: evilP256, header: { jwk: jwk(holder) } }),
    /dpop-proof-signature-wrong/,
    'proof-invalid',
  );
  const withProof = { ...(await proved(token)), authorization: `Bearer ${token}` };
  await refuses(withProof, /dpop-bound-as-bearer/, 'proof-invalid');
});

const stolenProofs: readonly (readonly [
  what: string,
  parts: Parameters<typeof proved>[1],
  reason: RegExp,
])[] = [
  ['of another method', { line: `POST ${url}` }, /dpop-proof-htm/],
  ['of another path', { line: `GET ${url}/7` }, /dpop-proof-htu/],
  ['of another server', { line: 'GET https://api.evil.example/orders' }, /dpop-proof-htu/],
  ['of another token', { claims: { ath: thumbprint(holder) } }, /dpop-proof-ath/],
  ['of no token', { claims: { ath: undefined } }, /dpop-proof-ath/],
  ['of yesterday', { claims: { iat: now() - 86_400 } }, /dpop-proof-old/],
  ['for tomorrow', { claims: { iat: now() + 86_400 } }, /dpop-proof-in-future/],
  ['without a nonce', { claims: { nonce: undefined } }, /dpop-nonce-missing/],
  ['with a nonce of its own', { claims: { nonce: 'mine' } }, /dpop-nonce-unknown/],
  ['with a key from elsewhere', { header: { jwk: undefined, jku: trap, x5u: trap } }, /dpop-proof-jwk/],
  [
    'with a private key in it',
    { header: { jwk: holder.privateKey.export({ format: 'jwk' }) } },
    /dpop-proof-jwk/,
  ],
  ['that is an access token', { header: { typ: 'at+jwt' } }, /dpop-proof-typ/],
];
for (const [what, parts, reason] of stolenProofs) {
  test(`a proof ${what}`, async () => refuses(await proved(bound(), parts), reason, 'proof-invalid'));
}

test('a token that is not bound, with a proof that makes it look so', async () => {
  await refuses(await proved(made()), /token-not-dpop-bound/);
  await refuses(await proved(made({ cnf: { jwk: jwk(evilP256) } }), { pair: evilP256 }), /cnf-unknown/);
});

test('an access token in the place of a proof, and a proof in the place of a token', async () => {
  const token = bound();
  await refuses({ authorization: `DPoP ${token}`, dpop: token }, /dpop-proof-typ/, 'proof-invalid');
  const { dpop } = await proved(token);
  await refuses(dpop!, /typ-not-accepted/);
});

const mine = await makeCertificate({ names: ['mine.example'] });
const other = await makeCertificate({ names: ['other.example'] });
const x5t = (pem: string): string =>
  Buffer.from(new X509Certificate(pem).fingerprint256.replaceAll(':', ''), 'hex').toString('base64url');

async function overTls(
  token: string,
  shown: { cert: string; key: string } | undefined,
  fields: Readonly<Record<string, string>> = {},
): Promise<number> {
  const agent = new Agent({ connect: { ca: target.gateway.ca(), ...shown } });
  try {
    const headers = { authorization: `Bearer ${token}`, ...fields };
    const reply = await request(`${target.gateway.https}/orders`, { headers, dispatcher: agent });
    await reply.body.dump();
    return reply.statusCode;
  } finally {
    await agent.close();
  }
}

test("a token of another client's certificate", async () => {
  const token = made({ cnf: { 'x5t#S256': x5t(mine.cert) } });
  assert.equal(await overTls(token, mine), 200);
  assert.equal(await overTls(token, other), 401);
  assert.equal(await overTls(token, undefined), 401);
  await refuses(token, /certificate-missing/, 'proof-invalid');
  assert.equal(await overTls(token, undefined, { cookie: 'a' }), 401);
});

test('a certificate in a field is no certificate', async () => {
  const token = made({ cnf: { 'x5t#S256': x5t(mine.cert) } });
  const der = Buffer.from(mine.cert.replace(/-----[^-]+-----|\s/g, ''), 'base64').toString('base64');
  const fields = {
    'client-cert': `:${der}:`,
    'x-client-cert': encodeURIComponent(mine.cert),
    'x-ssl-client-cert': encodeURIComponent(mine.cert),
    'x-forwarded-client-cert': `Hash=${x5t(mine.cert)}`,
  };
  await refuses({ authorization: `Bearer ${token}`, ...fields }, /certificate-missing/, 'proof-invalid');
  assert.equal(await overTls(token, other, fields), 401);
});

test('a session that is resumed keeps its certificate, and lends it to nobody', async () => {
  const token = made({ cnf: { 'x5t#S256': x5t(mine.cert) } });
  // One agent resumes its sessions; connections one after the other.
  const agent = new Agent({ connections: 1, pipelining: 0, connect: { ca: target.gateway.ca(), ...mine } });
  for (let i = 0; i < 6; i++) {
    const headers = { authorization: `Bearer ${token}`, connection: 'close' };
    const reply = await request(`${target.gateway.https}/orders`, { headers, dispatcher: agent });
    await reply.body.dump();
    assert.equal(reply.statusCode, 200);
  }
  await agent.close();
  assert.equal(await overTls(token, undefined), 401);
});
