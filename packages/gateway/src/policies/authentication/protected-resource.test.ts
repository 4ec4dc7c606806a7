import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { SecurityAlternative } from '../../openapi/definition.ts';
import type { Api } from '../../routing/apis.ts';
import { api, environment, exchange, operation, preparePolicy } from '../../testing/exchange.ts';
import { authentication } from './policy.ts';
import type { AuthenticatorConfig } from './schema.ts';

const issuer = 'https://id.example.com';
const oauth = (...scopes: readonly string[]): SecurityAlternative => [
  { scheme: 'o', type: 'oauth2', scopes },
];
const orders: Api = {
  ...api('orders', [
    operation('GET /', { security: [oauth('write', 'read')] }),
    operation('POST /', { security: [oauth('read'), [{ scheme: 'k', type: 'apiKey', scopes: ['keys'] }]] }),
  ]),
  basePath: '/orders',
};

async function opened(
  t: TestContext,
  more: Readonly<Record<string, unknown>> = {},
  of: Api | undefined = orders,
  config: Readonly<Record<string, unknown>> = {},
) {
  const authenticators = {
    customers: { oauth2: { issuer, audience: 'orders', ...more } },
    staff: { jwt: { issuer: 'https://staff.example', audience: 'o', jwks: 'k.json', algorithms: ['ES256'] } },
    partners: { apiKey: {} },
  } as Record<string, AuthenticatorConfig>;
  const within = environment({ api: of, authenticators });
  t.after(() => within.close());
  return preparePolicy(authentication, { anyOf: ['customers', 'staff', 'partners'], ...config }, within);
}

const path = '/.well-known/oauth-protected-resource';

test('who issues tokens for the API, for the name by which it was asked', async (t) => {
  const { head, wellKnown } = await opened(t);
  assert.deepEqual(wellKnown, ['oauth-protected-resource']);
  const answer = await head!(exchange(`GET ${path}/orders`, { authority: 'api.example.com:8443' }));
  assert.ok(answer?.kind === 'answer');
  assert.equal(answer.status, 200);
  assert.equal(answer.fields[1], 'application/json');
  assert.deepEqual(JSON.parse(answer.body!), {
    resource: 'https://api.example.com:8443/orders',
    resource_name: 'orders',
    authorization_servers: [issuer, 'https://staff.example'],
    bearer_methods_supported: ['header'],
    scopes_supported: ['read', 'write'],
  });
});

test('an API at the root', async (t) => {
  const { head } = await opened(t, {}, api('all'));
  const answer = await head!(exchange(`GET ${path}`, { scheme: 'http' }));
  assert.ok(answer?.kind === 'answer');
  assert.equal(JSON.parse(answer.body!).resource, 'http://api.example.com');
});

test('what DPoP and certificates have to do with it', async (t) => {
  const of = async (more: object, names: readonly string[]): Promise<Record<string, unknown>> => {
    const { head } = await opened(t, more as never, orders, { anyOf: names });
    const answer = await head!(exchange(`GET ${path}/orders`));
    assert.ok(answer?.kind === 'answer');
    return JSON.parse(answer.body!) as Record<string, unknown>;
  };
  const needed = await of({ binding: 'dpop', dpop: { algorithms: ['ES256'] } }, ['customers']);
  assert.deepEqual(needed['dpop_signing_alg_values_supported'], ['ES256']);
  assert.equal(needed['dpop_bound_access_tokens_required'], true);
  const possible = await of({ binding: 'dpop' }, ['customers', 'staff']);
  assert.equal(possible['dpop_bound_access_tokens_required'], undefined, 'not by all');
  const certificates = await of({ binding: 'mtls' }, ['customers']);
  assert.equal(certificates['tls_client_certificate_bound_access_tokens'], true);
  assert.equal(certificates['dpop_signing_alg_values_supported'], undefined);
});

test('it is read, and nothing else', async (t) => {
  const { head } = await opened(t);
  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
    const verdict = await head!(exchange(`${method} ${path}/orders`));
    assert.ok(verdict?.kind === 'refuse', method);
    assert.equal(verdict.problem, 'method-unknown');
    assert.deepEqual(verdict.fields, ['allow', 'GET, HEAD']);
  }
  assert.equal((await head!(exchange(`HEAD ${path}/orders`)))?.kind, 'answer');
});

test('other paths are no business of it', async (t) => {
  const { head } = await opened(t);
  for (const other of [
    path,
    `${path}/`,
    `${path}/orders/`,
    `${path}/orders/7`,
    '/orders',
    `/orders${path}`,
  ]) {
    assert.equal(await head!(exchange(`GET ${other}`)), undefined, other);
  }
});

test('where there is none', async (t) => {
  assert.equal((await opened(t, {}, orders, { anyOf: ['partners'] })).head, undefined, 'no issuer');
  assert.equal((await opened(t, {}, orders, { anyOf: ['staff'] })).head, undefined, 'not unasked for jwt');
  assert.ok((await opened(t, {}, orders, { anyOf: ['staff'], metadata: true })).head);
  assert.equal((await opened(t, {}, orders, { metadata: false })).head, undefined);
  const nobody = environment({ authenticators: { customers: { oauth2: { issuer, audience: 'o' } } } });
  assert.equal(
    (await preparePolicy(authentication, { anyOf: ['customers'] }, nobody)).head,
    undefined,
    'no API',
  );
});

test('challenges say where it is, and for which scopes', async (t) => {
  const { identity } = await opened(t, { dpop: {} });
  const where = 'resource_metadata="https://api.example.com/.well-known/oauth-protected-resource/orders"';
  const verdict = await identity!(exchange('GET /orders', { operation: orders.operations![0] }));
  assert.ok(verdict?.kind === 'refuse');
  assert.deepEqual(verdict.fields, [
    'www-authenticate',
    `Bearer realm="orders", scope="write read", ${where}`,
    'www-authenticate',
    `DPoP realm="orders", algs="ES256 PS256 RS256 EdDSA Ed25519", scope="write read", ${where}`,
    'www-authenticate',
    'ApiKey realm="orders", header="x-api-key"',
  ]);
  const invalid = await identity!(exchange('GET /orders', { fields: { authorization: 'Bearer x' } }));
  assert.ok(invalid?.kind === 'refuse');
  assert.equal(invalid.fields?.[1], `Bearer realm="orders", error="invalid_token", ${where}`);
});

test('a client that named no host is told no place', async (t) => {
  const { identity } = await opened(t);
  const verdict = await identity!(exchange('GET /orders', { authority: '' }));
  assert.ok(verdict?.kind === 'refuse');
  assert.equal(verdict.fields?.[1], 'Bearer realm="orders"');
});
