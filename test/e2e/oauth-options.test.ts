import assert from 'node:assert/strict';
import { generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import { after, test } from 'node:test';
import { FormBrowser } from '../../examples/bookshop/form-browser.ts';
import { curl } from '../harness/curl.ts';
import {
  ask,
  authorizationUrl,
  callback,
  claimsOf,
  formOf,
  password,
  type Registered,
  redeem,
  refresh,
  resource,
  signInAndAllow,
  startOauth,
} from '../harness/oauth.ts';

/** What a configuration may ask for besides: registration, opaque tokens, other algorithms, several resources; DPoP, PAR, CORS. */

const initialAccessToken = 'iat-0123456789-0123456789-0123456789';
const {
  issuer,
  user,
  client: makeClient,
} = await startOauth(
  { after },
  {
    env: { INITIAL_ACCESS_TOKEN: initialAccessToken },
    more: `  signing: EdDSA
  registration: { initialAccessToken: '\${INITIAL_ACCESS_TOKEN}', scopes: [orders:read] }`,
  },
);
await user({ username: 'alice', id: 'cus_1' });

async function register(metadata: object, token: string | undefined = initialAccessToken) {
  const reply = await curl(
    ...(token === undefined ? [] : ['-H', `authorization: Bearer ${token}`]),
    '-H',
    'content-type: application/json',
    '-d',
    JSON.stringify(metadata),
    `${issuer}/register`,
  );
  return { status: reply.status, body: JSON.parse(reply.body) as Record<string, unknown> };
}

const honest = { client_name: 'New app', redirect_uris: [callback] };

test('a program with the initial access token registers a client, which users are warned of', async () => {
  const { status, body } = await register(honest);
  assert.equal(status, 201, JSON.stringify(body));
  assert.equal(body.registration_access_token, undefined);
  const client: Registered = { id: String(body.client_id), secret: String(body.client_secret) };
  const browser = new FormBrowser(issuer);
  const asked = authorizationUrl(issuer, client, { scope: 'orders:read orders:write' });
  const login = await browser.visit(asked.url);
  const consent = await browser.submit(formOf(login), { username: 'alice', password });
  assert.match(consent.text, /This application registered itself/);
  assert.doesNotMatch(consent.text, /Place orders for you/);
  const back = await browser.submit(formOf(consent), { decision: 'allow' });
  const tokens = await redeem(issuer, client, back.location!, asked);
  assert.equal(tokens.body.scope, 'orders:read');
  const isPublic = await register({
    ...honest,
    token_endpoint_auth_method: 'none',
    application_type: 'native',
    redirect_uris: ['com.example.app:/cb'],
  });
  assert.deepEqual([isPublic.status, isPublic.body.client_secret], [201, undefined]);
});

const refusedRegistrations: readonly [what: string, metadata: object, token?: string][] = [
  ['no token', honest, ''],
  ['another token', honest, 'iat-x'],
  ['no redirect', { client_name: 'x' }],
  ['no name', { redirect_uris: [callback] }],
  ['a long name', { ...honest, client_name: 'x'.repeat(101) }],
  ['a name that steers', { ...honest, client_name: 'a\u202eb' }],
  ['http', { ...honest, redirect_uris: ['http://app.example/cb'] }],
  [
    'a script',
    {
      ...honest,
      application_type: 'native',
      token_endpoint_auth_method: 'none',
      redirect_uris: ['javascript:alert(1)'],
    },
  ],
  ['a wildcard', { ...honest, redirect_uris: ['https://*.example/cb'] }],
  ['client credentials', { ...honest, grant_types: ['client_credentials'] }],
  ['implicit', { ...honest, response_types: ['token'] }],
  ['nothing to respond', { ...honest, response_types: [] }],
  ['a URL for us to fetch', { ...honest, jwks_uri: 'http://169.254.169.254/' }],
  ['a sector to fetch', { ...honest, sector_identifier_uri: 'http://127.0.0.1/' }],
  ['a key of its own', { ...honest, token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [] } }],
  ['a shared key', { ...honest, token_endpoint_auth_method: 'client_secret_jwt' }],
  ['no signature', { ...honest, id_token_signed_response_alg: 'none' }],
  ['HMAC', { ...honest, id_token_signed_response_alg: 'HS256' }],
];

for (const [what, metadata, token] of refusedRegistrations) {
  test(`registration is refused: ${what}`, async () => {
    const { status, body } = await register(metadata, token);
    assert.ok(status === 400 || status === 401, `${status} ${JSON.stringify(body)}`);
    assert.equal(typeof body.error, 'string');
  });
}

test('what a client sends of scope or first party counts for nothing', async () => {
  const { body } = await register({
    ...honest,
    scope: 'openid',
    first_party: true,
    firstParty: true,
    roles: ['admin'],
  });
  const client = { id: String(body.client_id), secret: String(body.client_secret) };
  const browser = new FormBrowser(issuer);
  const login = await browser.visit(authorizationUrl(issuer, client).url);
  assert.match(
    (await browser.submit(formOf(login), { username: 'alice', password })).text,
    /name="decision"/,
  );
});

test('tokens are signed as the configuration says', async () => {
  const service = makeClient({ kind: 'service', scopes: ['orders:read'] });
  const { body } = await ask(issuer, '/token', service, { grant_type: 'client_credentials' });
  const header = JSON.parse(Buffer.from(body.access_token!.split('.')[0]!, 'base64url').toString());
  assert.equal(header.alg, 'EdDSA');
  const { keys } = JSON.parse((await curl(`${issuer}/jwks`)).body) as { keys: Record<string, unknown>[] };
  assert.deepEqual(
    [keys[0]?.kty, keys[0]?.crv, keys[0]?.kid, keys[0]?.d],
    ['OKP', 'Ed25519', header.kid, undefined],
  );
});

test('an authorization request can be pushed in advance, and is good once', async () => {
  const web = makeClient({});
  const asked = authorizationUrl(issuer, web);
  const pushed = await ask(issuer, '/par', web, Object.fromEntries(new URL(asked.url).searchParams));
  assert.equal(pushed.status, 201, JSON.stringify(pushed.body));
  const request_uri = (pushed.body as { request_uri?: string }).request_uri ?? '';
  const url = `${issuer}/auth?${new URLSearchParams({ client_id: web.id, request_uri })}`;
  const location = await signInAndAllow(new FormBrowser(issuer), url);
  assert.equal((await redeem(issuer, web, location, asked)).status, 200);
  const again = await new FormBrowser(issuer).visit(url);
  assert.match(again.location?.searchParams.get('error') ?? again.text, /invalid_request_uri/);
  const stolen = makeClient({ name: 'Thief' });
  const theirs = await new FormBrowser(issuer).visit(
    `${issuer}/auth?${new URLSearchParams({ client_id: stolen.id, request_uri })}`,
  );
  assert.notEqual(theirs.status, 200);
});

test('a page of a public client may ask for tokens, one of another origin not', async () => {
  const spa = makeClient({ kind: 'spa', redirectUris: ['https://page.example/cb'] });
  const asked = authorizationUrl(issuer, spa, { redirect_uri: 'https://page.example/cb' });
  const location = await signInAndAllow(new FormBrowser(issuer), asked.url);
  const redeemFrom = (origin: string) =>
    ask(
      issuer,
      '/token',
      spa,
      {
        grant_type: 'authorization_code',
        code: location.searchParams.get('code') ?? '',
        redirect_uri: 'https://page.example/cb',
        code_verifier: asked.verifier,
      },
      { origin },
    );
  for (const origin of ['https://evil.example', 'null']) {
    const refused = await redeemFrom(origin);
    assert.deepEqual(
      [refused.status, refused.fields['access-control-allow-origin']],
      [400, undefined],
      origin,
    );
  }
  const { status, fields } = await redeemFrom('https://page.example');
  assert.deepEqual([status, fields['access-control-allow-origin']], [200, 'https://page.example']);
  assert.equal(fields['access-control-allow-credentials'], undefined);
  const web = makeClient({});
  const server = await ask(
    issuer,
    '/token',
    web,
    { grant_type: 'refresh_token', refresh_token: 'x' },
    { origin: 'https://app.example' },
  );
  assert.equal(server.fields['access-control-allow-origin'], undefined);
  const preflight = await curl(
    '-X',
    'OPTIONS',
    '-H',
    'origin: https://page.example',
    '-H',
    'access-control-request-method: POST',
    `${issuer}/token`,
  );
  assert.equal(preflight.status, 204);
  const pages = await curl('-H', 'origin: https://page.example', authorizationUrl(issuer, spa).url);
  assert.equal(pages.fields.get('access-control-allow-origin'), undefined);
});

const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });

/** A proof of RFC 9449 section 4.2. */
function proof(more: object = {}): string {
  const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url');
  const { kty, crv, x, y } = pair.publicKey.export({ format: 'jwk' });
  const claims = {
    jti: randomUUID(),
    htm: 'POST',
    htu: `${issuer}/token`,
    iat: Math.floor(Date.now() / 1000),
    ...more,
  };
  const input = `${encode({ typ: 'dpop+jwt', alg: 'ES256', jwk: { kty, crv, x, y } })}.${encode(claims)}`;
  const signature = sign('sha256', Buffer.from(input), { key: pair.privateKey, dsaEncoding: 'ieee-p1363' });
  return `${input}.${signature.toString('base64url')}`;
}

test('tokens are bound to the key of a DPoP proof, which is good once', async () => {
  const service = makeClient({ kind: 'service', scopes: ['orders:read'] });
  const request = { grant_type: 'client_credentials' };
  const dpop = proof();
  const first = await ask(issuer, '/token', service, request, { dpop });
  assert.deepEqual([first.status, first.body.token_type], [200, 'DPoP'], JSON.stringify(first.body));
  const { cnf } = claimsOf(first.body.access_token) as { cnf?: { jkt?: string } };
  assert.match(cnf?.jkt ?? '', /^[\w-]{43}$/);
  assert.equal((await ask(issuer, '/token', service, request, { dpop })).status, 400, 'replayed');
  const both = proof();
  const replies = await Promise.all(
    [1, 2, 3].map(() => ask(issuer, '/token', service, request, { dpop: both })),
  );
  assert.ok(replies.filter(({ status }) => status === 200).length <= 1, 'replayed at the same time');
  for (const bad of [
    proof({ htm: 'GET' }),
    proof({ htu: `${issuer}/introspect` }),
    proof({ iat: 1 }),
    proof({ jti: undefined }),
  ])
    assert.equal((await ask(issuer, '/token', service, request, { dpop: bad })).status, 400);
  const spa = makeClient({ kind: 'spa' });
  const asked = authorizationUrl(issuer, spa);
  const location = await signInAndAllow(new FormBrowser(issuer), asked.url);
  const bound = await ask(
    issuer,
    '/token',
    spa,
    {
      grant_type: 'authorization_code',
      code: location.searchParams.get('code') ?? '',
      redirect_uri: callback,
      code_verifier: asked.verifier,
    },
    { dpop: proof() },
  );
  assert.equal(bound.body.token_type, 'DPoP');
  assert.equal((await refresh(issuer, spa, bound.body.refresh_token)).status, 400, 'without the key');
});

const billing = 'https://api.example/billing';

test('opaque tokens, for a resource server that asks; and each resource has tokens of its own', async (t) => {
  const oauth = await startOauth(t, {
    resources: `    ${billing}: { tokens: opaque, lifetime: 5m, scopes: { 'bills:read': See your bills } }`,
  });
  await oauth.user({ username: 'alice', id: 'cus_1' });
  const client = oauth.client({ scopes: ['orders:read', 'bills:read'] });
  const server = oauth.client({ kind: 'resource', name: 'Billing' });
  const stranger = oauth.client({ name: 'Stranger' });
  const scope = 'orders:read bills:read';
  const asked = authorizationUrl(oauth.issuer, client, { scope });
  const url = `${asked.url}&${new URLSearchParams([
    ['resource', resource],
    ['resource', billing],
  ])}`;
  const location = await signInAndAllow(new FormBrowser(oauth.issuer), url);
  const first = await redeem(oauth.issuer, client, location, asked, { resource: billing });
  assert.equal(first.status, 200, JSON.stringify(first.body));
  assert.deepEqual([first.body.scope, first.body.expires_in], ['bills:read', 300]);
  const token = first.body.access_token ?? '';
  assert.doesNotMatch(token, /\./);

  const seen = await ask(oauth.issuer, '/introspect', server, { token });
  const { active, aud, sub, scope: granted, client_id, iss } = seen.body as Record<string, unknown>;
  assert.deepEqual(
    [active, aud, sub, granted, client_id, iss],
    [true, billing, 'cus_1', 'bills:read', client.id, oauth.issuer],
  );
  assert.deepEqual((await ask(oauth.issuer, '/introspect', stranger, { token })).body, { active: false });
  assert.equal(
    (await ask(oauth.issuer, '/introspect', { id: client.id, secret: 'x' }, { token })).status,
    401,
  );

  const orders = await ask(oauth.issuer, '/token', client, {
    grant_type: 'refresh_token',
    refresh_token: first.body.refresh_token ?? '',
    resource,
  });
  assert.deepEqual([claimsOf(orders.body.access_token).aud, orders.body.scope], [resource, 'orders:read']);

  // Introspection is where a revocation takes effect at once.
  assert.equal((await ask(oauth.issuer, '/revoke', client, { token })).status, 200);
  assert.deepEqual((await ask(oauth.issuer, '/introspect', server, { token })).body, { active: false });
  // Of several resources a client has to say which one it means.
  const unnamed = await new FormBrowser(oauth.issuer).visit(
    authorizationUrl(oauth.issuer, client, { scope }).url,
  );
  const page = await new FormBrowser(oauth.issuer).submit(formOf(unnamed), { username: 'alice', password });
  assert.notEqual(page.status, 200);
});
