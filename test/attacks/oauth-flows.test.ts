import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { FormBrowser, type Page } from '../../examples/bookshop/form-browser.ts';
import {
  ask,
  authorizationUrl,
  callback,
  formOf,
  password,
  type Registered,
  redeem,
  refresh,
  resource,
  signInAndAllow,
  startOauth,
  type TokenReply,
} from '../harness/oauth.ts';

/** What an attacker does with codes, tokens, redirects and parameters. */

const { issuer, gateway, client: makeClient, user } = await startOauth({ after });
await user({ username: 'alice', roles: [] });
const web = makeClient({});
const rival = makeClient({ name: 'Rival', redirectUris: ['https://rival.example/cb', callback] });
const spa = makeClient({ kind: 'spa', name: 'Page' });

async function codeFor(client: Registered, more = {}) {
  const asked = authorizationUrl(issuer, client, more);
  return { asked, location: await signInAndAllow(new FormBrowser(issuer), asked.url) };
}

const isInvalidGrant = ({ status, body }: TokenReply): void =>
  assert.deepEqual([status, body.error], [400, 'invalid_grant']);

test('a code is good once; used again it ends what it gave', async () => {
  const { asked, location } = await codeFor(web);
  const first = await redeem(issuer, web, location, asked);
  assert.equal(first.status, 200);
  isInvalidGrant(await redeem(issuer, web, location, asked));
  isInvalidGrant(await refresh(issuer, web, first.body.refresh_token));
});

test('of requests with one code at the same time one is answered, and what it got ends', async () => {
  const { asked, location } = await codeFor(web);
  const replies = await Promise.all(Array.from({ length: 8 }, () => redeem(issuer, web, location, asked)));
  const good = replies.filter(({ status }) => status === 200);
  assert.ok(good.length <= 1, `${good.length} tokens for one code`);
  for (const each of good) isInvalidGrant(await refresh(issuer, web, each.body.refresh_token));
});

test('a refresh token that was used ends the grant, also when two use it at the same time', async () => {
  for (const client of [web, spa]) {
    const { asked, location } = await codeFor(client);
    const first = await redeem(issuer, client, location, asked);
    const second = await refresh(issuer, client, first.body.refresh_token);
    assert.equal(second.status, 200);
    isInvalidGrant(await refresh(issuer, client, first.body.refresh_token));
    isInvalidGrant(await refresh(issuer, client, second.body.refresh_token));
  }
  const { asked, location } = await codeFor(web);
  const { body } = await redeem(issuer, web, location, asked);
  const replies = await Promise.all(
    Array.from({ length: 6 }, () => refresh(issuer, web, body.refresh_token)),
  );
  const good = replies.filter(({ status }) => status === 200);
  assert.ok(good.length <= 1, `${good.length} tokens for one refresh token`);
  for (const each of good) isInvalidGrant(await refresh(issuer, web, each.body.refresh_token));
});

test('another client cannot use a code or a refresh token, and does not spoil it', async () => {
  const { asked, location } = await codeFor(web);
  isInvalidGrant(await redeem(issuer, rival, location, asked));
  const { status, body } = await redeem(issuer, web, location, asked);
  assert.equal(status, 200);
  isInvalidGrant(await refresh(issuer, rival, body.refresh_token));
  assert.equal((await refresh(issuer, web, body.refresh_token)).status, 200);
});

test('another client learns nothing of a token, and cannot end it', async () => {
  const { asked, location } = await codeFor(web);
  const { body } = await redeem(issuer, web, location, asked);
  const token = body.refresh_token ?? '';
  for (const other of [rival, spa])
    assert.deepEqual((await ask(issuer, '/introspect', other, { token })).body, { active: false });
  assert.equal((await ask(issuer, '/revoke', rival, { token })).status, 400);
  assert.equal((await ask(issuer, '/revoke', spa, { token })).status, 200);
  assert.equal((await refresh(issuer, web, token)).status, 200);
});

test('PKCE cannot be left out or weakened, by no client', async () => {
  for (const client of [web, spa]) {
    for (const more of [
      { code_challenge: undefined, code_challenge_method: undefined },
      { code_challenge_method: undefined },
      { code_challenge_method: 'plain' },
      { code_challenge: 'short' },
    ]) {
      const page = await new FormBrowser(issuer).visit(authorizationUrl(issuer, client, more).url);
      assert.equal(page.location?.searchParams.get('error'), 'invalid_request', JSON.stringify(more));
    }
    const { asked, location } = await codeFor(client);
    const code = location.searchParams.get('code') ?? '';
    const parts = { grant_type: 'authorization_code', code, redirect_uri: callback };
    isInvalidGrant(await ask(issuer, '/token', client, parts));
    const other = authorizationUrl(issuer, client);
    isInvalidGrant(await redeem(issuer, client, location, other));
    assert.equal((await redeem(issuer, client, location, asked)).status, 200);
  }
});

const elsewhere: readonly string[] = [
  'https://evil.example/callback',
  `${callback}/`,
  `${callback}?x=1`,
  `${callback}#x`,
  `${callback}%2F..%2Fevil`,
  `${callback}/../evil`,
  'https://app.example/%63allback',
  'https://app.example/callback%20',
  'https://APP.example/callback',
  'https://app.example:443/callback',
  'https://app.example:8443/callback',
  'http://app.example/callback',
  'https://app.example.evil.example/callback',
  'https://evil.example@app.example/callback',
  'https://app.example@evil.example/callback',
  'https://app.example\\@evil.example/callback',
  'https://app.example/callback\n',
  '//app.example/callback',
  '/callback',
  'app.example/callback',
  'javascript:alert(1)//https://app.example/callback',
  'data:text/html,x',
  '',
];

for (const redirect_uri of elsewhere) {
  test(`nobody is sent to ${JSON.stringify(redirect_uri)}`, async () => {
    for (const more of [
      {},
      { prompt: 'none' },
      { response_type: 'none' },
      { scope: undefined },
      { code_challenge: '' },
    ]) {
      const { url } = authorizationUrl(issuer, web, { redirect_uri, ...more });
      const page = await new FormBrowser(issuer).visit(url);
      assert.deepEqual([page.status, page.location], [400, undefined], JSON.stringify(more));
      assert.match(page.text, /<h1>This did not work<\/h1>/);
    }
  });
}

test('a redirect URI has to be given, and the same one for the code', async () => {
  const page = await new FormBrowser(issuer).visit(
    authorizationUrl(issuer, web, { redirect_uri: undefined }).url,
  );
  assert.deepEqual([page.status, page.location], [400, undefined]);
  const { asked, location } = await codeFor(rival, { redirect_uri: 'https://rival.example/cb' });
  isInvalidGrant(await redeem(issuer, rival, location, asked, { redirect_uri: callback }));
});

test('a native program comes back to any port of this machine, and to nothing else', async () => {
  const native = makeClient({ kind: 'native', redirectUris: ['http://127.0.0.1/cb'] });
  const visit = (redirect_uri: string): Promise<Page> =>
    new FormBrowser(issuer).visit(authorizationUrl(issuer, native, { redirect_uri }).url);
  assert.equal((await visit('http://127.0.0.1:52525/cb')).status, 200);
  for (const other of [
    'http://127.0.0.1:52525/other',
    'http://127.0.0.2/cb',
    'http://localhost/cb',
    'https://127.0.0.1/cb',
  ])
    assert.equal((await visit(other)).status, 400, other);
});

test('there are no flows but the code, and no other way back than the query', async () => {
  for (const response_type of [
    'token',
    'id_token',
    'code id_token',
    'code token',
    'none',
    'id_token token',
    'x',
  ]) {
    const page = await new FormBrowser(issuer).visit(
      authorizationUrl(issuer, web, { response_type, nonce: 'n', scope: 'openid orders:read' }).url,
    );
    const answer = page.location?.searchParams.get('error') ?? page.location?.hash ?? page.text;
    assert.match(answer, /unsupported_response_type|invalid_request/, response_type);
    assert.doesNotMatch(page.location?.href ?? '', /access_token=|id_token=/);
  }
  for (const response_mode of ['fragment', 'form_post', 'web_message', 'jwt', 'query.jwt']) {
    const browser = new FormBrowser(issuer);
    const page = await browser.visit(authorizationUrl(issuer, web, { response_mode }).url);
    assert.doesNotMatch(page.text, /name="password"/, response_mode);
  }
  for (const grant_type of [
    'password',
    'implicit',
    'urn:ietf:params:oauth:grant-type:device_code',
    'x',
    '',
  ]) {
    const reply = await ask(issuer, '/token', web, { grant_type, username: 'alice', password });
    assert.match(String(reply.body.error), /^(unsupported_grant_type|invalid_request)$/, grant_type);
  }
  // A client may do only what it is for.
  const reply = await ask(issuer, '/token', web, { grant_type: 'client_credentials', scope: 'orders:read' });
  assert.match(String(reply.body.error), /^(unauthorized_client|invalid_request)$/);
});

test('nothing is taken from elsewhere: request objects, foreign request_uri, registration in the request', async () => {
  for (const more of [
    { request: 'eyJhbGciOiJub25lIn0.e30.' },
    { request_uri: 'https://evil.example/request.jwt' },
    { request_uri: 'urn:ietf:params:oauth:request_uri:unknown' },
    { registration: '{}' },
  ]) {
    const page = await new FormBrowser(issuer).visit(authorizationUrl(issuer, web, more).url);
    assert.match(page.location?.searchParams.get('error') ?? page.text, /not_supported|invalid_request_uri/);
  }
});

test('a parameter that is there twice is refused', async () => {
  for (const [name, value] of Object.entries({
    client_id: rival.id,
    redirect_uri: 'https://rival.example/cb',
    scope: 'orders:write',
    state: 'x',
    code_challenge: 'x'.repeat(43),
    response_type: 'token',
    prompt: 'none',
  })) {
    const { url } = authorizationUrl(issuer, web, { prompt: 'login' });
    const browser = new FormBrowser(issuer);
    const page = await browser.visit(`${url}&${name}=${encodeURIComponent(value)}`);
    assert.doesNotMatch(page.text, /name="password"/, name);
    if (page.location !== undefined) assert.equal(page.location.origin, 'https://app.example', name);
  }
  const { asked, location } = await codeFor(web);
  const code = location.searchParams.get('code') ?? '';
  const good = new URLSearchParams({
    grant_type: 'authorization_code',
    code,
    redirect_uri: callback,
    code_verifier: asked.verifier,
  }).toString();
  for (const more of [
    'code=x',
    'grant_type=refresh_token',
    `code_verifier=x`,
    `client_id=${rival.id}&client_id=${web.id}`,
  ]) {
    const reply = await ask(issuer, '/token', web, `${good}&${more}`);
    assert.deepEqual([reply.status, reply.body.error], [400, 'invalid_request'], more);
  }
  assert.equal((await ask(issuer, '/token', web, good)).status, 200);
});

test('clients cannot be mixed: by id, by secret, by two ways at once', async () => {
  const credentials = {
    grant_type: 'authorization_code',
    code: 'x',
    redirect_uri: callback,
    code_verifier: 'v'.repeat(43),
  };
  const refused: readonly [what: string, reply: Promise<TokenReply>, status: number][] = [
    ['the secret of another', ask(issuer, '/token', { ...web, secret: rival.secret }, credentials), 401],
    ['no secret', ask(issuer, '/token', { ...web, secret: undefined }, credentials), 401],
    ['another id in the body', ask(issuer, '/token', web, { ...credentials, client_id: rival.id }), 400],
    [
      'a secret in the body too',
      ask(issuer, '/token', web, { ...credentials, client_secret: web.secret! }),
      400,
    ],
    ['a secret that it does not have', ask(issuer, '/token', { ...spa, secret: 'x' }, credentials), 401],
    ['an id with a zero', ask(issuer, '/token', { id: `${web.id}\0`, secret: web.secret }, credentials), 400],
    ['nobody', ask(issuer, '/token', { id: 'cl_nobody', secret: 'x' }, credentials), 401],
  ];
  for (const [what, reply, status] of refused) assert.equal((await reply).status, status, what);
});

test('scopes cannot grow: by refreshing, by another resource, by what the client was not given', async () => {
  const small = makeClient({ name: 'Small', scopes: ['orders:read'] });
  const { asked, location } = await codeFor(small, { scope: 'orders:read orders:write orders:all unknown' });
  const { body } = await redeem(issuer, small, location, asked);
  assert.equal(body.scope, 'orders:read');
  const grown = await ask(issuer, '/token', small, {
    grant_type: 'refresh_token',
    refresh_token: body.refresh_token ?? '',
    scope: 'orders:read orders:write',
  });
  assert.equal(grown.body.error, 'invalid_scope');
  const next = await codeFor(small);
  const elsewhereToken = await redeem(issuer, small, next.location, next.asked, {
    resource: 'https://billing.example',
  });
  assert.equal(elsewhereToken.body.error, 'invalid_target');
  const page = await new FormBrowser(issuer).visit(
    authorizationUrl(issuer, small, { resource: 'https://billing.example' }).url,
  );
  assert.equal(page.location?.searchParams.get('error'), 'invalid_target');
  assert.ok(resource);
});

test('paths are taken to the letter, so that no spelling is a way around a limit', async () => {
  const browser = new FormBrowser(issuer);
  for (const path of [
    '/TOKEN',
    '/token/',
    '/Token',
    '/interaction/x/LOGIN',
    '/interaction/x/login/',
    '/auth/x/y',
    '/register',
    '/me',
    '/reg',
    '/device',
    '/',
  ])
    assert.equal(
      (await browser.post(`${issuer}${path}`, { grant_type: 'client_credentials' })).status,
      404,
      path,
    );
});

test('a host that is not the issuer’s reaches nothing', async () => {
  const page = await new FormBrowser(issuer).visit(`${issuer}/auth?client_id=x`, { host: 'evil.example' });
  assert.equal(page.status, 404);
  assert.doesNotMatch(page.text, /evil\.example/);
});

test('bodies are bounded and of one kind', async () => {
  const large = await ask(issuer, '/token', web, `grant_type=x&pad=${'x'.repeat(100_000)}`);
  assert.ok([400, 413].includes(large.status), String(large.status));
  const json = await ask(issuer, '/token', web, '{"grant_type":"client_credentials"}', {
    'content-type': 'application/json',
  });
  assert.deepEqual([json.status, json.body.error], [400, 'invalid_request']);
});

test('the sign-out page sends to registered places only, and asks first', async () => {
  const app = makeClient({ name: 'With logout', logoutUris: ['https://app.example/bye'] });
  const browser = new FormBrowser(issuer);
  await signInAndAllow(browser, authorizationUrl(issuer, app).url);
  const to = (uri: string): string =>
    `${issuer}/logout?client_id=${app.id}&post_logout_redirect_uri=${encodeURIComponent(uri)}`;
  assert.equal((await browser.visit(to('https://evil.example/'))).status, 400);
  // Nobody signs a user out by an image on a page: it takes a form that only we show.
  assert.equal((await browser.post(`${issuer}/logout/confirm`, { logout: 'yes' })).status, 400);
  const page = await browser.visit(to('https://app.example/bye'));
  assert.match(String(page.fields['content-security-policy']), /form-action 'self' https:\/\/app\.example;?/);
  assert.equal(
    (await browser.submit(formOf(page), { logout: 'yes' })).location?.href,
    'https://app.example/bye',
  );
});

test('after all of it nothing has gone wrong inside', () => {
  assert.doesNotMatch(gateway.log(), /fault|oidc-provider/);
});
