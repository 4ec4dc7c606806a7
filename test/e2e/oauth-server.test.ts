import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { FormBrowser } from '../../examples/bookshop/form-browser.ts';
import { freePort } from '../harness/bookshop.ts';
import { curl } from '../harness/curl.ts';
import { startGateway } from '../harness/gateway.ts';
import {
  ask,
  authorizationUrl,
  callback,
  claimsOf,
  formOf,
  oauthConfig,
  password,
  redeem,
  refresh,
  resource,
  signInAndAllow,
  startOauth,
} from '../harness/oauth.ts';
import { portcullis } from '../harness/program.ts';
import { startUpstream } from '../harness/upstream.ts';

const oauth = await startOauth({ after });
const { issuer, gateway } = oauth;
await oauth.user({ username: 'alice', id: 'cus_1', name: 'Alice Liddell', roles: ['customer'] });
await oauth.user({ username: 'root', id: 'cus_0', roles: ['admin'] });
const web = oauth.client({});
const service = oauth.client({ kind: 'service', name: 'Reports', scopes: ['orders:read'], roles: ['clerk'] });

const call = (token: string | undefined) =>
  curl('-H', `authorization: Bearer ${token}`, `${gateway.https}/orders/1`);

test('a user signs in, consents, and the client calls the API with a token for it', async () => {
  const browser = new FormBrowser(issuer);
  const asked = authorizationUrl(issuer, web, { scope: 'openid profile orders:read orders:all' });
  const login = await browser.visit(asked.url);
  assert.match(login.text, /The application <strong>Shelf Reader<\/strong> asks you to sign in/);
  const consent = await browser.submit(formOf(login), { username: 'Alice', password });
  assert.match(consent.text, /<h1>Allow Shelf Reader to use your Example account\?<\/h1>/);
  assert.match(consent.text, /Alice Liddell \(alice\)/);
  assert.match(consent.text, /sent back to <strong>app\.example<\/strong>/);
  const words = [...consent.text.matchAll(/<li>([^<]*)<\/li>/g)].map(([, text]) => text);
  // Everybody's orders are not hers to give.
  assert.deepEqual(words, ['Know who you are here', 'See your name and username', 'See your orders']);
  const back = await browser.submit(formOf(consent), { decision: 'allow' });
  assert.equal(`${back.location!.origin}${back.location!.pathname}`, callback);
  assert.equal(back.location!.searchParams.get('state'), asked.state);
  // RFC 9207: a client of several servers can tell which one answered.
  assert.equal(back.location!.searchParams.get('iss'), issuer);

  const { status, body, fields } = await redeem(issuer, web, back.location!, asked);
  assert.equal(status, 200, JSON.stringify(body));
  assert.equal(fields['cache-control'], 'no-store');
  assert.equal(body.scope, 'orders:read');
  const claims = claimsOf(body.access_token);
  assert.deepEqual(
    [claims.iss, claims.aud, claims.sub, claims.client_id, claims.scope, claims.roles, claims.amr],
    [issuer, resource, 'cus_1', web.id, 'orders:read', ['customer'], ['pwd']],
  );
  assert.equal(Number(claims.exp) - Number(claims.iat), 600);
  assert.ok(Math.abs(Number(claims.auth_time) - Number(claims.iat)) <= 10);
  const [header] = (body.access_token ?? '').split('.');
  assert.deepEqual(JSON.parse(Buffer.from(header!, 'base64url').toString()).typ, 'at+jwt');
  const identity = claimsOf(body.id_token);
  assert.deepEqual(
    [identity.sub, identity.aud, identity.name, identity.preferred_username],
    ['cus_1', web.id, 'Alice Liddell', 'alice'],
  );
  assert.equal((await call(body.access_token)).status, 200);
  assert.equal(oauth.upstream.requests.at(-1)?.headers.cookie, undefined);
  const forged = `${body.access_token?.slice(0, -6)}AAAAAA`;
  assert.equal((await call(forged)).status, 401);
});

test('consent is remembered, for what was consented to', async () => {
  const signedIn = new FormBrowser(issuer);
  const first = authorizationUrl(issuer, web, { scope: 'orders:read' });
  await signInAndAllow(signedIn, first.url);
  // The same browser is not asked again, nor another one once the user has signed in.
  const again = await signedIn.visit(authorizationUrl(issuer, web).url);
  assert.equal(again.location?.origin, 'https://app.example');
  const other = new FormBrowser(issuer);
  const login = await other.visit(authorizationUrl(issuer, web).url);
  const through = await other.submit(formOf(login), { username: 'alice', password });
  assert.equal(through.location?.origin, 'https://app.example');
  // What it wants besides has to be asked for.
  const more = await signedIn.visit(authorizationUrl(issuer, web, { scope: 'orders:read orders:write' }).url);
  assert.match(more.text, /<li>Place orders for you<\/li>/);
  const forced = await signedIn.visit(authorizationUrl(issuer, web, { prompt: 'consent' }).url);
  assert.match(forced.text, /name="decision"/);
});

test('denying sends the user back with access_denied, as cancelling does', async () => {
  const client = oauth.client({ name: 'Other' });
  const browser = new FormBrowser(issuer);
  const login = await browser.visit(authorizationUrl(issuer, client).url);
  const consent = await browser.submit(formOf(login), { username: 'alice', password });
  const denied = await browser.submit(formOf(consent), { decision: 'deny' });
  assert.equal(denied.location?.searchParams.get('error'), 'access_denied');
  const fresh = new FormBrowser(issuer);
  const page = await fresh.visit(authorizationUrl(issuer, client).url);
  const cancelled = await fresh.submit(page.forms[1]!);
  assert.equal(cancelled.location?.searchParams.get('error'), 'access_denied');
});

test('a scope with a role is granted by who has the role', async () => {
  const client = oauth.client({ name: 'Back office' });
  const asked = authorizationUrl(issuer, client, { scope: 'orders:all' });
  const { body } = await redeem(
    issuer,
    client,
    await signInAndAllow(new FormBrowser(issuer), asked.url, 'root'),
    asked,
  );
  assert.equal(body.scope, 'orders:all');
  const refused = await signInAndAllow(
    new FormBrowser(issuer),
    authorizationUrl(issuer, client, { scope: 'orders:all' }).url,
  );
  assert.equal(refused.searchParams.get('error'), 'access_denied');
});

test('a client of the operator’s own is not asked about, and gets what it may', async () => {
  const own = oauth.client({ name: 'Own shop', firstParty: true, scopes: ['orders:read'] });
  const browser = new FormBrowser(issuer);
  const asked = authorizationUrl(issuer, own, { scope: 'openid orders:read orders:write' });
  const login = await browser.visit(asked.url);
  assert.doesNotMatch(login.text, /does not get to see your password/);
  const back = await browser.submit(formOf(login), { username: 'alice', password });
  const { body } = await redeem(issuer, own, back.location!, asked);
  assert.equal(body.scope, 'orders:read');
});

test('client credentials: a token for the service itself, with the scopes that it was given', async () => {
  const { status, body } = await ask(issuer, '/token', service, {
    grant_type: 'client_credentials',
    scope: 'orders:read orders:write',
  });
  assert.equal(status, 200);
  const claims = claimsOf(body.access_token);
  assert.deepEqual(
    [claims.sub, claims.client_id, claims.scope, claims.roles, claims.aud],
    [service.id, service.id, 'orders:read', ['clerk'], resource],
  );
  assert.equal(body.refresh_token, undefined);
  assert.equal((await call(body.access_token)).status, 200);
  const named = await ask(issuer, '/token', service, { grant_type: 'client_credentials', resource });
  assert.equal(named.status, 200);
  const elsewhere = await ask(issuer, '/token', service, {
    grant_type: 'client_credentials',
    resource: 'https://billing.example',
  });
  assert.deepEqual([elsewhere.status, elsewhere.body.error], [400, 'invalid_target']);
  const wrong = await ask(
    issuer,
    '/token',
    { ...service, secret: 'pcs_x' },
    { grant_type: 'client_credentials' },
  );
  assert.deepEqual([wrong.status, wrong.body.error], [401, 'invalid_client']);
  assert.match(wrong.fields['www-authenticate'] ?? '', /^Basic /);
});

test('refresh tokens are renewed with each use, and end when the client hands one back', async () => {
  const asked = authorizationUrl(issuer, web);
  const first = await redeem(issuer, web, await signInAndAllow(new FormBrowser(issuer), asked.url), asked);
  const second = await refresh(issuer, web, first.body.refresh_token);
  assert.equal(second.status, 200, JSON.stringify(second.body));
  assert.notEqual(second.body.refresh_token, first.body.refresh_token);
  assert.equal((await call(second.body.access_token)).status, 200);

  const asks = (token: string | undefined) => ask(issuer, '/introspect', web, { token: token ?? '' });
  const active = (await asks(second.body.refresh_token)).body as Record<string, unknown>;
  assert.deepEqual([active.active, active.sub, active.client_id], [true, 'cus_1', web.id]);
  assert.equal((await ask(issuer, '/revoke', web, { token: second.body.refresh_token ?? '' })).status, 200);
  assert.deepEqual((await asks(second.body.refresh_token)).body, { active: false });
  assert.equal((await refresh(issuer, web, second.body.refresh_token)).body.error, 'invalid_grant');
  // RFC 7009 section 2.2: an unknown token is as good as revoked.
  assert.equal((await ask(issuer, '/revoke', web, { token: 'nothing' })).status, 200);
});

test('a sign-out ends what was to last only as long, and not what was to stay', async () => {
  const browser = new FormBrowser(issuer);
  const bound = authorizationUrl(issuer, web);
  const session = await redeem(issuer, web, await signInAndAllow(browser, bound.url), bound);
  const elsewhere = new FormBrowser(issuer);
  const kept = authorizationUrl(issuer, web, {
    scope: 'openid offline_access orders:read',
    prompt: 'consent',
  });
  const offline = await redeem(issuer, web, await signInAndAllow(elsewhere, kept.url), kept);
  const question = await browser.visit(`${issuer}/logout`);
  assert.match(question.text, /<h1>Sign out of Example\?<\/h1>/);
  const done = await browser.submit(formOf(question), { logout: 'yes' });
  assert.match(done.text, /You are signed out/);
  assert.equal((await refresh(issuer, web, session.body.refresh_token)).body.error, 'invalid_grant');
  assert.equal((await refresh(issuer, web, offline.body.refresh_token)).status, 200);
  assert.match((await browser.visit(authorizationUrl(issuer, web).url)).text, /name="password"/);
});

test('users see which applications have access and take it back', async () => {
  const app = oauth.client({ name: 'Forgotten app' });
  const kept = authorizationUrl(issuer, app, {
    scope: 'openid offline_access orders:read',
    prompt: 'consent',
  });
  const { body } = await redeem(issuer, app, await signInAndAllow(new FormBrowser(issuer), kept.url), kept);
  const browser = new FormBrowser(issuer);
  const login = await browser.visit(`${issuer}/apps`);
  const list = await browser.submit(formOf(login), { username: 'alice', password });
  assert.match(list.text, /<h2 id="cl_\w+">Forgotten app<\/h2>/);
  const form = list.forms.find(({ values }) => values.client === app.id)!;
  const after = await browser.submit(form);
  assert.match(after.text, /Forgotten app has no access any more/);
  assert.equal((await refresh(issuer, app, body.refresh_token)).body.error, 'invalid_grant');
  const asksAgain = await browser.visit(authorizationUrl(issuer, app).url);
  assert.match(asksAgain.text, /name="decision"/);
});

test('prompt and max_age are obeyed', async () => {
  const browser = new FormBrowser(issuer);
  const none = await browser.visit(authorizationUrl(issuer, web, { prompt: 'none' }).url);
  assert.equal(none.location?.searchParams.get('error'), 'login_required');
  await signInAndAllow(browser, authorizationUrl(issuer, web, { scope: 'openid orders:read' }).url);
  const silent = await browser.visit(authorizationUrl(issuer, web, { prompt: 'none' }).url);
  assert.ok(silent.location?.searchParams.get('code'));
  const other = oauth.client({ name: 'Not yet' });
  const unasked = await browser.visit(authorizationUrl(issuer, other, { prompt: 'none' }).url);
  assert.equal(unasked.location?.searchParams.get('error'), 'consent_required');
  for (const more of [{ prompt: 'login' }, { max_age: '0', scope: 'openid orders:read' }]) {
    const page = await browser.visit(authorizationUrl(issuer, web, more).url);
    assert.match(page.text, /name="password"/, JSON.stringify(more));
  }
  const recent = authorizationUrl(issuer, web, { max_age: '3600', scope: 'openid orders:read' });
  assert.ok((await browser.visit(recent.url)).location?.searchParams.get('code'));
});

test('the metadata is that of the issuer, wherever it is asked for', async () => {
  const openid = await curl(`${issuer}/.well-known/openid-configuration`);
  const rfc8414 = await curl(
    `${gateway.https}/.well-known/oauth-authorization-server/oauth`,
    '-H',
    'x-forwarded-host: evil.example',
  );
  assert.equal(openid.body, rfc8414.body);
  const metadata = JSON.parse(openid.body) as Record<string, unknown>;
  assert.equal(metadata.issuer, issuer);
  for (const [name, value] of Object.entries(metadata))
    if (/_endpoint$|_uri$/.test(name)) assert.ok(String(value).startsWith(`${issuer}/`), name);
  assert.deepEqual(metadata.response_types_supported, ['code']);
  assert.deepEqual(metadata.code_challenge_methods_supported, ['S256']);
  assert.deepEqual(metadata.response_modes_supported, ['query']);
  assert.equal(metadata.registration_endpoint, undefined);
  assert.ok((metadata.scopes_supported as string[]).includes('orders:write'));
});

test('records hold no code, token, secret or password', async () => {
  const asked = authorizationUrl(issuer, web, { login_hint: 'somebody@example.com' });
  const browser = new FormBrowser(issuer);
  const location = await signInAndAllow(browser, asked.url);
  const { body } = await redeem(issuer, web, location, asked);
  await browser.visit(`${issuer}/auth?code=${location.searchParams.get('code')}&token=${body.refresh_token}`);
  await ask(issuer, '/revoke', web, { token: body.refresh_token ?? '' });
  await gateway.askAdmin('/metrics');
  const records = gateway.accessLog().filter(({ api }) => api === 'oauth-server');
  const text = JSON.stringify(records) + gateway.log();
  const operations = new Set(records.map(({ operation }) => operation));
  for (const each of ['authorize', 'interaction', 'signIn', 'consent', 'resume', 'token', 'revoke'])
    assert.ok(operations.has(each), each);
  for (const secret of [
    location.searchParams.get('code'),
    body.access_token,
    body.refresh_token,
    web.secret,
    password,
    asked.verifier,
    'somebody@example.com',
  ])
    assert.ok(!text.includes(secret!), String(secret));
  assert.match(text, /"path":"\/oauth\/interaction\/\*\*\*\/login"/);
});

test('who signs in as somebody else in the same browser is that somebody, and the other one is out', async () => {
  const client = oauth.client({ name: 'Shared computer' });
  const browser = new FormBrowser(issuer);
  const first = authorizationUrl(issuer, client);
  const alices = await redeem(issuer, client, await signInAndAllow(browser, first.url), first);
  const second = authorizationUrl(issuer, client, { prompt: 'login' });
  const login = await browser.visit(second.url);
  const between = await browser.submit(formOf(login), { username: 'root', password });
  // A page that sends its form by itself; without JavaScript there is a button.
  assert.match(between.text, /<noscript>/);
  const consent = await browser.submit(formOf(between));
  const back = await browser.submit(formOf(consent), { decision: 'allow' });
  const { body } = await redeem(issuer, client, back.location!, second);
  assert.equal(claimsOf(body.access_token).sub, 'cus_0');
  assert.equal((await refresh(issuer, client, alices.body.refresh_token)).body.error, 'invalid_grant');
});

test('check says what it comes to, and explain what its requests meet', async () => {
  const check = await portcullis(['check'], { cwd: gateway.folder });
  assert.equal(check.code, 0, check.err);
  assert.match(
    check.out,
    new RegExp(`^oauth server\\n  issuer      ${issuer}\\n  signs       ES256\\n`, 'm'),
  );
  assert.match(check.out, /orders:read orders:write orders:all \(jwt\)/);
  assert.doesNotMatch(check.out, /apis\.oauth-server|oauth-jwks\.json/);
  const explain = await portcullis(['explain', 'POST', `${issuer}/token`], { cwd: gateway.folder });
  assert.match(explain.out, /operation {2}token: POST \/token/);
  assert.match(explain.out, /rate-limit +enforce +oauthServer +portcullis\.yaml:\d+/);
  const access = await portcullis(['access'], { cwd: gateway.folder });
  assert.equal(access.code, 0, access.err);
  assert.deepEqual(access.out.match(/^api .*/gm), ['api orders']);
  const taken = readFileSync(join(gateway.folder, 'portcullis.yaml'), 'utf8').replace(
    '  orders:\n',
    '  oauth-server:\n',
  );
  gateway.write('taken.yaml', taken);
  const refused = await portcullis(['check', 'taken.yaml'], { cwd: gateway.folder });
  assert.equal(refused.code, 1);
  assert.match(
    refused.err,
    /^taken\.yaml:\d+:3 {2}apis\.oauth-server {2}this name is kept for the API of oauthServer/m,
  );
  gateway.write(
    'roles.yaml',
    `${readFileSync(join(gateway.folder, 'portcullis.yaml'), 'utf8')}\nroles: { adnin: {} }\n`,
  );
  const nobody = await portcullis(['check', 'roles.yaml'], { cwd: gateway.folder });
  assert.equal(nobody.code, 1);
  assert.match(
    nobody.err,
    /^roles\.yaml:\d+:\d+ {2}oauthServer\.resources.*there is no role "admin"; did you mean "adnin"\?/m,
  );
});

test('an issuer without a path has its host to itself', async (t) => {
  const upstream = await startUpstream(t);
  const port = await freePort();
  const root = `https://localhost:${port}`;
  const other = await startGateway(t, {
    config: oauthConfig(root, upstream.origin).replace('basePath: /orders', 'basePath: /'),
  });
  const metadata = JSON.parse((await curl(`${root}/.well-known/oauth-authorization-server`)).body);
  assert.deepEqual([metadata.issuer, metadata.token_endpoint], [root, `${root}/token`]);
  const login = await curl(`${root}/apps`);
  assert.match(login.body, /<link rel="stylesheet" href="\/style\.css">/);
  assert.equal((await curl(`${root}/orders`)).status, 404);
  assert.equal((await curl(`https://127.0.0.1:${other.httpsPort}/orders`)).status, 401);
});

test('nothing has gone wrong inside', () => {
  assert.doesNotMatch(gateway.log(), /fault|oidc-provider/);
});
