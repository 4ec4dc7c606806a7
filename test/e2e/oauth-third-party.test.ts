import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { after, test } from 'node:test';
import {
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  type Configuration,
  calculatePKCECodeChallenge,
  customFetch,
  discovery,
  fetchProtectedResource,
  randomNonce,
  randomPKCECodeVerifier,
  randomState,
  refreshTokenGrant,
  tokenIntrospection,
  tokenRevocation,
} from 'openid-client';
import type { BrowserContext, Page } from 'playwright-core';
import { Agent, fetch as fetchWith } from 'undici';
import { startBrowser } from '../harness/browser.ts';
import { password, type Registered, startOauth } from '../harness/oauth.ts';
import { readability } from '../harness/readability.ts';
import { startUpstream } from '../harness/upstream.ts';
import { waitFor } from '../harness/wait.ts';

/** A third party with a client library and a browser of other people, against the OAuth server of the gateway. */

const oauth = await startOauth({ after });
const open = await startBrowser({ after });
await oauth.user({ username: 'alice', name: 'Alice Liddell', roles: ['customer'] });

// The third party: a web application, which its users come back to.
const visits: IncomingMessage[] = [];
const app = await startUpstream({ after }, (request, reply) => {
  visits.push(request);
  reply.end('<!doctype html><title>Shelf Reader</title><h1>Welcome back</h1>');
});
const redirectUri = `${app.origin}/callback`;
const registered = oauth.client({ redirectUris: [redirectUri] });

const agent = new Agent({ connect: { ca: oauth.gateway.ca() } });
after(() => agent.close());

async function configure({ id, secret }: Registered): Promise<Configuration> {
  // biome-ignore lint/suspicious/noExplicitAny: two declarations of one fetch
  const trusting = (url: string, options: any) => fetchWith(url, { ...options, dispatcher: agent }) as any;
  const configuration = await discovery(new URL(oauth.issuer), id, secret, undefined, {
    [customFetch]: trusting,
  });
  configuration[customFetch] = trusting;
  // The application's own address is http on this machine.
  allowInsecureRequests(configuration);
  return configuration;
}

const configuration = await configure(registered);
const verifier = randomPKCECodeVerifier();
const checks = { expectedState: randomState(), expectedNonce: randomNonce(), pkceCodeVerifier: verifier };
const url = buildAuthorizationUrl(configuration, {
  redirect_uri: redirectUri,
  scope: 'openid profile offline_access orders:read',
  prompt: 'consent',
  state: checks.expectedState,
  nonce: checks.expectedNonce,
  code_challenge: await calculatePKCECodeChallenge(verifier),
  code_challenge_method: 'S256',
}).href;

async function signIn(page: Page): Promise<void> {
  await page.goto(url);
  await page.getByLabel('Username').fill('alice');
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
}

const call = (token: string) =>
  fetchProtectedResource(configuration, token, new URL(`${oauth.gateway.https}/orders/1`), 'GET');

test('sign-in, consent, call, refresh, reuse, revoke', async (t) => {
  const context = await open();
  t.after(() => context.close());
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));

  await signIn(page);
  await page.getByRole('heading', { name: 'Allow Shelf Reader to use your Example account?' }).waitFor();
  assert.deepEqual(
    await page.getByRole('list', { name: 'Shelf Reader will be able to' }).locator('li').allTextContents(),
    [
      'Know who you are here',
      'See your name and username',
      'See your orders',
      'Keep its access while you are signed out',
    ],
  );
  await page.getByRole('button', { name: 'Allow' }).click();
  // A Content Security Policy that forgot where forms may lead would stop here.
  await page.getByRole('heading', { name: 'Welcome back' }).waitFor();
  assert.deepEqual(complaints, []);
  // Where the user has been is nothing for the application.
  assert.equal(visits.find(({ url }) => url?.startsWith('/callback'))?.headers.referer, undefined);

  const tokens = await authorizationCodeGrant(configuration, new URL(page.url()), checks);
  assert.equal(tokens.claims()?.preferred_username, 'alice');
  assert.equal((await call(tokens.access_token)).status, 200);

  const renewed = await refreshTokenGrant(configuration, tokens.refresh_token!);
  assert.equal((await call(renewed.access_token)).status, 200);
  assert.equal((await tokenIntrospection(configuration, renewed.refresh_token!)).active, true);

  // Somebody has the first one as well: whoever it is, all of it ends.
  await assert.rejects(refreshTokenGrant(configuration, tokens.refresh_token!), { error: 'invalid_grant' });
  await assert.rejects(refreshTokenGrant(configuration, renewed.refresh_token!), { error: 'invalid_grant' });
  assert.equal((await tokenIntrospection(configuration, renewed.refresh_token!)).active, false);
  await waitFor('the operator to be told', () =>
    /refresh token of client cl_\w+ was used twice/.test(oauth.gateway.log()),
  );

  const again = await silently(context);
  await tokenRevocation(configuration, again.refresh_token!);
  await assert.rejects(refreshTokenGrant(configuration, again.refresh_token!), { error: 'invalid_grant' });
});

test('somebody else signs in in the same browser, by a page that goes on by itself', async (t) => {
  await oauth.user({ username: 'bob' });
  const context = await open();
  t.after(() => context.close());
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => complaints.push(message.text()));
  await signIn(page);
  await page.getByRole('button', { name: 'Allow' }).click();
  await page.getByRole('heading', { name: 'Welcome back' }).waitFor();
  await page.goto(url.replace('prompt=consent', 'prompt=login'));
  await page.getByLabel('Username').fill('bob');
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.getByText('You are signed in as bob').waitFor();
  await page.getByRole('button', { name: 'Allow' }).click();
  await page.getByRole('heading', { name: 'Welcome back' }).waitFor();
  assert.deepEqual(complaints, []);
});

/** The user has signed in and consented: a visit is enough. */
async function silently(context: BrowserContext) {
  const page = await context.newPage();
  await page.goto(url.replace('prompt=consent', ''));
  await page.getByRole('heading', { name: 'Welcome back' }).waitFor();
  return authorizationCodeGrant(configuration, new URL(page.url()), checks);
}

test('the pages work without JavaScript and with the keyboard alone', async (t) => {
  const context = await open({ javaScript: false });
  t.after(() => context.close());
  const page = await context.newPage();
  await page.goto(url);
  await focused(page, 'username');
  await page.keyboard.type('alice');
  await page.keyboard.press('Tab');
  await page.keyboard.type('not the password');
  await page.keyboard.press('Enter');
  await page.getByRole('alert').waitFor();
  assert.match((await page.getByRole('alert').textContent()) ?? '', /do not belong together/);
  await focused(page, 'password');
  await page.keyboard.type(password);
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Allow' }).waitFor();
  const order: string[] = [];
  for (let i = 0; i < 3; i++) {
    await page.keyboard.press('Tab');
    order.push((await page.locator(':focus').textContent()) ?? '');
  }
  assert.deepEqual(order, ['applications with access', 'Deny', 'Allow']);
  await page.keyboard.press('Shift+Tab');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Welcome back' }).waitFor();
  assert.equal(new URL(page.url()).searchParams.get('error'), 'access_denied');
});

function focused(page: Page, field: string): Promise<void> {
  return page.locator(`#${field}:focus`).waitFor();
}

test('the pages are readable: language, title, labels, headings, contrast', async (t) => {
  for (const dark of [false, true]) {
    const context = await open({ dark });
    t.after(() => context.close());
    const page = await context.newPage();
    await signIn(page);
    await page.getByRole('button', { name: 'Allow' }).waitFor();
    const consent = await readability(page);
    await page.goto(`${oauth.issuer}/logout`);
    const logout = await readability(page);
    await page.goto(url.replace('prompt=consent', 'prompt=login'));
    const login = await readability(page);
    await page.goto(`${oauth.issuer}/auth?client_id=nobody`);
    for (const each of [consent, logout, login, await readability(page)]) {
      assert.equal(each.lang, 'en');
      assert.match(each.title, /Example$/);
      assert.equal(each.headings, 1);
      assert.deepEqual(each.unlabelled, []);
      for (const { text, contrast } of each.contrasts)
        assert.ok(contrast >= 4.5, `${text}: ${contrast} (${dark ? 'dark' : 'light'})`);
    }
  }
});
