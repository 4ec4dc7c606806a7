import assert from 'node:assert/strict';
import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { after, test } from 'node:test';
import { Agent, request } from 'undici';
import { proof } from '../../packages/gateway/src/policies/authentication/binding/testing/proof.ts';
import { makeCertificate } from '../harness/certificates.ts';
import { type GatewayUnderTest, startGateway } from '../harness/gateway.ts';
import { gatewayClient, type IdentityProvider, startIdentityProvider } from '../harness/identity-provider.ts';
import { startUpstream } from '../harness/upstream.ts';
import { waitFor } from '../harness/wait.ts';

/**
 * The gateway as a resource server of an identity provider that is not ours: oidc-provider, in a process of its own,
 * found out from its issuer identifier alone.
 */

const encryption = generateKeyPairSync('rsa', { modulusLength: 2048 });
const decryptionKey = String(encryption.privateKey.export({ type: 'pkcs8', format: 'pem' }));
const encryptionKey = String(encryption.publicKey.export({ type: 'spki', format: 'pem' }));

const provider = await startIdentityProvider({ after }, encryptionKey);
const upstream = await startUpstream({ after });

function config({ issuer }: IdentityProvider): string {
  return `
listen:
  http: { port: 0, plaintext: true }
  https: { port: 0, selfSigned: true, clientCertificates: request }
  admin: { port: 0 }
threads: 2
authenticators:
  people:
    oauth2:
      issuer: ${issuer}
      audience: orders
      introspection: { clientId: ${gatewayClient.client_id}, clientSecret: '\${GATEWAY_SECRET}', cache: 500ms }
      decryption: { key: 'file:decryption.pem' }
      dpop: {}
policies:
  authentication: { anyOf: [people] }
  access-log: { to: { file: access.log } }
apis:
  orders:
    basePath: /orders
    openapi: orders.openapi.yaml
    upstream: { targets: ['${upstream.origin}'] }
`;
}

const definition = `
openapi: 3.1.0
info: { title: Orders, version: '1' }
paths:
  /list:
    get:
      security: [{ oauth: [orders.read] }]
      responses: { '200': { description: ok } }
components:
  securitySchemes:
    oauth: { type: oauth2, flows: { clientCredentials: { tokenUrl: 'https://id.example/token', scopes: { orders.read: '' } } } }
`;

const options = {
  config: config(provider),
  files: { 'orders.openapi.yaml': definition, 'decryption.pem': decryptionKey },
  env: { GATEWAY_SECRET: gatewayClient.client_secret },
};
const gateway = await startGateway({ after }, options);

interface Got {
  readonly status: number;
  readonly fields: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

async function get(
  url: string,
  fields: Readonly<Record<string, string>> = {},
  dispatcher = new Agent(),
): Promise<Got> {
  const reply = await request(url, { headers: fields, dispatcher });
  const text = await reply.body.text();
  return { status: reply.statusCode, fields: reply.headers, text };
}

function list(by: GatewayUnderTest, text: string, scheme = 'Bearer'): Promise<Got> {
  return get(`${by.http}/orders/list`, { authorization: `${scheme} ${text}` });
}

test('a client finds its way: from the challenge to the metadata, the issuer, a token, and in', async () => {
  const refused = await get(`${gateway.http}/orders/list`);
  assert.equal(refused.status, 401);
  const [bearer] = [refused.fields['www-authenticate']].flat();
  assert.match(bearer!, /^Bearer realm="orders", scope="orders\.read", resource_metadata="/);
  const metadata = await get(/resource_metadata="([^"]*)"/.exec(bearer!)![1]!);
  assert.equal(metadata.status, 200);
  assert.equal(metadata.fields['content-type'], 'application/json');
  const { resource, authorization_servers: servers, scopes_supported: scopes } = JSON.parse(metadata.text);
  assert.equal(resource, `${gateway.http}/orders`);
  assert.deepEqual(servers, [provider.issuer]);
  assert.deepEqual(scopes, ['orders.read']);
  const token = await provider.token({ resource: 'https://orders' });
  assert.equal(token.split('.').length, 3);
  const reply = await list(gateway, token);
  assert.equal(reply.status, 200, reply.text);
  const record = await waitFor('the record', () =>
    gateway.accessLog().find(({ status, principal }) => status === 200 && principal),
  );
  assert.deepEqual(record['principal'], { authenticator: 'people', subject: 'app', client: 'app' });
});

test('a token for somebody else is refused', async () => {
  const token = await provider.token({ resource: 'https://mail' });
  const reply = await list(gateway, token);
  assert.equal(reply.status, 401);
  assert.match(reply.text, /"type":"urn:portcullis:problem:credential-invalid"/);
});

test('an opaque token is asked about, and revoked within the time of cache', async () => {
  const token = await provider.token({ resource: 'https://orders/opaque' });
  assert.equal(token.includes('.'), false);
  assert.equal((await list(gateway, token)).status, 200);
  await provider.revoke(token);
  await waitFor('the revocation', async () => (await list(gateway, token)).status === 401);
  assert.equal((await list(gateway, await provider.token({ resource: 'https://mail/opaque' }))).status, 401);
});

test('an encrypted token is judged by what is in it', async () => {
  const token = await provider.token({ resource: 'https://orders/encrypted' });
  assert.equal(token.split('.').length, 5);
  assert.equal((await list(gateway, token)).status, 200);
  const other = await provider.token({ resource: 'https://mail/encrypted' });
  assert.equal((await list(gateway, other)).status, 401);
});

for (const format of ['', '/opaque']) {
  test(`a token that is bound to a key${format}: with a proof, with a nonce, once`, async () => {
    const holder = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const now = (): number => Math.floor(Date.now() / 1000);
    // The provider asks for no `ath`: there is no access token yet.
    const dpop = proof(holder, `POST ${provider.tokenEndpoint}`, '', now(), { claims: { ath: undefined } });
    const token = await provider.token({ resource: `https://orders${format}`, dpop });
    const url = `${gateway.http}/orders/list`;
    const send = (
      claims = {},
      scheme = 'DPoP',
      made = proof(holder, `GET ${url}`, token, now(), { claims }),
    ) => get(url, { authorization: `${scheme} ${token}`, dpop: made });
    const first = await send();
    assert.equal(first.status, 401);
    assert.match([first.fields['www-authenticate']].flat().join(), /DPoP .*error="use_dpop_nonce"/);
    const nonce = String(first.fields['dpop-nonce']);
    // Each time a connection of its own, and so any thread: they agree on nonces, and on what was used.
    for (let i = 0; i < 6; i++) assert.equal((await send({ nonce })).status, 200);
    const once = proof(holder, `GET ${url}`, token, now(), { claims: { nonce } });
    const statuses = await Promise.all(Array.from({ length: 12 }, () => send({}, 'DPoP', once)));
    assert.equal(statuses.filter(({ status }) => status === 200).length, 1);
    assert.equal((await send({ nonce }, 'Bearer')).status, 401);
    assert.equal((await send({ nonce, htu: `${gateway.http}/orders/other` })).status, 401);
  });
}

test('a token that is bound to a certificate: on its connection, and on no other', async () => {
  const [mine, other] = await Promise.all(
    ['mine', 'other'].map((name) => makeCertificate({ names: [name] })),
  );
  const token = await provider.token({ resource: 'https://orders', certificate: mine!.cert });
  const ask = async (shown: { cert: string; key: string } | undefined, allowH2: boolean): Promise<Got> => {
    const agent = new Agent({ allowH2, connect: { ca: gateway.ca(), ...shown } });
    try {
      return await get(`${gateway.https}/orders/list`, { authorization: `Bearer ${token}` }, agent);
    } finally {
      await agent.close();
    }
  };
  assert.match(new X509Certificate(mine!.cert).subject, /mine/);
  for (const allowH2 of [false, true]) {
    const good = await ask(mine, allowH2);
    assert.equal(good.status, 200, good.text);
    assert.equal((await ask(other, allowH2)).status, 401);
    assert.equal((await ask(undefined, allowH2)).status, 401);
  }
  assert.equal((await list(gateway, token)).status, 401, 'nor without TLS');
});

test('other keys: the new ones are found, the old ones count no more', async () => {
  const old = await provider.token({ resource: 'https://orders' });
  assert.equal((await list(gateway, old)).status, 200);
  await provider.rotate();
  const fresh = await provider.token({ resource: 'https://orders' });
  // At once, unless the keys were read less than ten seconds ago.
  await waitFor('the new key', async () => (await list(gateway, fresh)).status === 200);
  await waitFor('the end of the old one', async () => (await list(gateway, old)).status === 401);
  for (let i = 0; i < 8; i++) assert.equal((await list(gateway, fresh)).status, 200, 'on every thread');
});

test('a provider that goes away: who is known stays known; one that is away at the start: 503, then all is well', async (t) => {
  const token = await provider.token({ resource: 'https://orders' });
  await waitFor('the token', async () => (await list(gateway, token)).status === 200);
  const opaque = await provider.token({ resource: 'https://orders/opaque' });
  await provider.stop();
  assert.equal((await list(gateway, token)).status, 200);
  assert.equal((await list(gateway, opaque)).status, 503);

  const late = await startGateway(t, options);
  await waitFor('the warning', () =>
    /authenticator people: the keys of \S+ cannot be read .*; its tokens are answered with 503/.test(
      late.log(),
    ),
  );
  const refused = await list(late, token);
  assert.equal(refused.status, 503);
  assert.equal(refused.fields['retry-after'], '5');
  assert.match(refused.text, /credential-unverifiable/);
  assert.equal((await list(late, opaque)).status, 503);
  assert.equal((await get(`${late.http}/orders/list`)).status, 401, 'who brings nothing is told how');

  await provider.restart();
  const fresh = await provider.token({ resource: 'https://orders' });
  await waitFor('the recovery', async () => (await list(late, fresh)).status === 200);
  await waitFor('the other one too', async () => (await list(gateway, fresh)).status === 200);
  assert.match(late.log(), /can be read again/);
});
