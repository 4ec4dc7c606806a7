import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { proof } from '../../packages/gateway/src/policies/authentication/binding/testing/proof.ts';
import { freePort } from '../harness/bookshop.ts';
import { curl } from '../harness/curl.ts';
import { temporaryFolder } from '../harness/folder.ts';
import { startGateway } from '../harness/gateway.ts';
import { ask, makeClient } from '../harness/oauth.ts';
import { startUpstream } from '../harness/upstream.ts';
import { waitFor } from '../harness/wait.ts';

/** Both sides in one gateway: tokens of the OAuth server, of every kind, at the APIs behind it. */

const folder = temporaryFolder({ after });
const state = join(folder, '.portcullis');
mkdirSync(state, { mode: 0o700 });
const billing = makeClient(state, { kind: 'resource', name: 'Billing' });
const service = makeClient(state, {
  kind: 'service',
  scopes: ['orders:read', 'bills:read'],
  roles: ['accountant'],
});
const upstream = await startUpstream({ after });
const port = await freePort();
// What the gateway asks itself about goes in plain text to this machine: no certificate to be trusted.
const issuer = `http://localhost:${port}/oauth`;
const gateway = await startGateway(
  { after },
  {
    folder,
    env: { BILLING_SECRET: billing.secret! },
    config: `
listen:
  http: { port: ${port}, plaintext: true }
  admin: { port: 0 }
threads: 2
oauthServer:
  issuer: ${issuer}
  resources:
    https://api.example/orders: { scopes: { 'orders:read': See your orders } }
    https://api.example/bills: { tokens: opaque, scopes: { 'bills:read': See your bills } }
authenticators:
  customers:
    jwt: { issuer: '${issuer}', audience: 'https://api.example/orders', jwks: .portcullis/oauth-jwks.json, algorithms: [ES256] }
  discovered:
    oauth2: { issuer: '${issuer}', audience: 'https://api.example/orders' }
  payers:
    oauth2:
      issuer: ${issuer}
      audience: https://api.example/bills
      tokens: opaque
      introspection: { clientId: ${billing.id}, clientSecret: '\${BILLING_SECRET}', cache: 1s }
policies:
  authorization: { undeclared: authenticated }
  access-log: { to: { file: access.log } }
apis:
  orders:
    basePath: /orders
    upstream: { targets: ['${upstream.origin}'] }
    policies: { authentication: { anyOf: [customers] } }
  found:
    basePath: /found
    upstream: { targets: ['${upstream.origin}'] }
    policies: { authentication: { anyOf: [discovered] } }
  bills:
    basePath: /bills
    upstream: { targets: ['${upstream.origin}'] }
    policies: { authentication: { anyOf: [payers] }, authorization: { roles: [accountant], undeclared: authenticated } }
`,
  },
);

async function tokenFor(resource: string, fields: Readonly<Record<string, string>> = {}): Promise<string> {
  const wanted = { grant_type: 'client_credentials', resource: `https://api.example/${resource}` };
  const { status, body } = await ask(issuer, '/token', service, wanted, fields);
  assert.equal(status, 200, JSON.stringify(body));
  return body.access_token!;
}

const call = (path: string, ...fields: string[]) =>
  curl(...fields.flatMap((each) => ['-H', each]), `http://localhost:${port}${path}`);

test('an issuer that the gateway is itself is found out like any other', async () => {
  const token = await tokenFor('orders');
  await waitFor(
    'its keys',
    async () => (await call('/found', `authorization: Bearer ${token}`)).status === 200,
  );
  assert.equal((await call('/orders', `authorization: Bearer ${token}`)).status, 200);
  assert.equal((await call('/bills', `authorization: Bearer ${token}`)).status, 401, 'for another resource');
});

test('an opaque token is asked about, with its roles, and is of no use once it is revoked', async () => {
  const token = await tokenFor('bills');
  const reply = await call('/bills', `authorization: Bearer ${token}`);
  assert.equal(reply.status, 200, reply.body);
  assert.equal((await call('/orders', `authorization: Bearer ${token}`)).status, 401, 'for another resource');
  assert.equal((await ask(issuer, '/revoke', service, { token })).status, 200);
  await waitFor(
    'the revocation',
    async () => (await call('/bills', `authorization: Bearer ${token}`)).status === 401,
  );
});

for (const resource of ['orders', 'bills']) {
  test(`a token for ${resource} that is bound to a key is of no use without it`, async () => {
    const holder = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const now = (): number => Math.floor(Date.now() / 1000);
    const dpop = proof(holder, `POST ${issuer}/token`, '', now(), { claims: { ath: undefined } });
    const token = await tokenFor(resource, { dpop });
    const line = `GET http://localhost:${port}/${resource}`;
    const send = (pair: typeof holder, claims: Readonly<Record<string, unknown>> = {}) =>
      call(
        `/${resource}`,
        `authorization: DPoP ${token}`,
        `dpop: ${proof(pair, line, token, now(), { claims })}`,
      );
    const first = await send(holder);
    assert.equal(first.status, 401);
    const nonce = first.fields.get('dpop-nonce') ?? '';
    assert.notEqual(nonce, '');
    assert.equal((await send(holder, { nonce })).status, 200);
    assert.equal((await send(stranger, { nonce })).status, 401);
    assert.equal((await call(`/${resource}`, `authorization: Bearer ${token}`)).status, 401);
    assert.equal((await call(`/${resource}`, `authorization: DPoP ${token}`)).status, 401);
  });
}

test('nothing has gone wrong inside', () => {
  assert.doesNotMatch(gateway.log(), /OAuth server: (?!ready)/);
});
