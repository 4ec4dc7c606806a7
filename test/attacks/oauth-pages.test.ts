import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { type Form, FormBrowser } from '../../examples/bookshop/form-browser.ts';
import { startBrowser } from '../harness/browser.ts';
import { curl } from '../harness/curl.ts';
import {
  authorizationUrl,
  formOf,
  password,
  redeem,
  refresh,
  signInAndAllow,
  startOauth,
} from '../harness/oauth.ts';
import { portcullis } from '../harness/program.ts';

/** What an attacker does with the pages: forging forms, guessing passwords, putting markup into texts. */

const { issuer, gateway, state, client: makeClient, user } = await startOauth({ after });
for (const username of ['alice', 'bob', 'carol', 'dave', 'erin']) await user({ username });
const web = makeClient({});

/** A browser whose user has signed in and sees the consent page. */
async function atConsent(username = 'alice') {
  const client = makeClient({ name: 'Asking' });
  const browser = new FormBrowser(issuer);
  const login = await browser.visit(authorizationUrl(issuer, client).url);
  const consent = await browser.submit(formOf(login), { username, password });
  return { browser, client, form: formOf(consent) };
}

function withValues(form: Form, values: Readonly<Record<string, string>>): Form {
  return { ...form, values };
}

test('a consent that the user did not give on our page is none', async () => {
  const { browser, form } = await atConsent();
  const other = (await atConsent()).form;
  const allow = { decision: 'allow' };
  const forged: readonly [what: string, form: Form, fields?: Record<string, string>][] = [
    ['no token', withValues(form, {})],
    ['an empty token', withValues(form, { token: '' })],
    ['a token of another interaction', withValues(form, { token: other.values.token! })],
    ['a token cut short', withValues(form, { token: form.values.token!.slice(0, -1) })],
    ['from another site', form, { 'sec-fetch-site': 'cross-site' }],
    ['from another host of the site', form, { 'sec-fetch-site': 'same-site' }],
    ['from a page of somebody else', form, { origin: 'https://evil.example' }],
    ['from nowhere', form, { origin: 'null' }],
  ];
  for (const [what, each, fields] of forged) {
    const page = await browser.submit(each, allow, fields);
    assert.equal(page.location, undefined, what);
    assert.match(page.text, /name="decision"/, what);
  }
  for (const odd of ['', 'ALLOW', 'yes']) {
    const page = await browser.submit(form, { decision: odd });
    assert.equal(page.location, undefined, odd);
  }
  const twice = await browser.post(form.action, `token=${form.values.token}&decision=deny&decision=allow`, {
    origin: new URL(issuer).origin,
  });
  assert.deepEqual([twice.status, twice.location], [400, undefined]);
  const right = await browser.submit(form, allow);
  assert.ok(right.location?.searchParams.get('code'));
});

test('who knows the address of a page but has not its cookie gets nowhere', async () => {
  const { form } = await atConsent();
  const stranger = new FormBrowser(issuer);
  for (const path of ['', '/consent', '/login', '/cancel']) {
    const url = new URL(`${form.action.pathname.replace(/\/consent$/, '')}${path}`, issuer);
    const page =
      path === ''
        ? await stranger.visit(url)
        : await stranger.post(url, { ...form.values, decision: 'allow', username: 'alice', password });
    assert.equal(page.status, 400, path);
    assert.match(page.text, /<h1>This page has ended<\/h1>/);
  }
  const uid = /interaction\/([^/]+)/.exec(form.action.pathname)![1];
  const resumed = await stranger.visit(`${issuer}/auth/${uid}`);
  assert.deepEqual([resumed.status, resumed.location], [400, undefined]);
  // A cookie that was made up has no signature.
  const made = await stranger.visit(`${issuer}/interaction/${uid}`, {
    cookie: `__Secure-oauth-interaction=${uid}; __Secure-oauth-interaction.sig=x`,
  });
  assert.equal(made.status, 400);
});

test('a page that was answered cannot be answered again, nor one for sign-in with a consent', async () => {
  const { browser, form } = await atConsent();
  await browser.submit(form, { decision: 'deny' });
  assert.equal((await browser.submit(form, { decision: 'allow' })).status, 400);
  const fresh = new FormBrowser(issuer);
  const login = formOf(await fresh.visit(authorizationUrl(issuer, web).url));
  const action = new URL(login.action.href.replace(/login$/, 'consent'));
  const page = await fresh.submit({ ...login, action }, { decision: 'allow' });
  assert.deepEqual([page.status, page.location], [400, undefined]);
});

test('nobody is signed in to somebody else’s account by a form of another page', async () => {
  const browser = new FormBrowser(issuer);
  const theirs = formOf(await new FormBrowser(issuer).visit(`${issuer}/apps`));
  const page = await browser.submit(theirs, { username: 'bob', password });
  assert.match(page.text, /name="password"/);
  const own = formOf(await browser.visit(`${issuer}/apps`));
  const cross = await browser.submit(own, { username: 'bob', password }, { 'sec-fetch-site': 'cross-site' });
  assert.match(cross.text, /name="password"/);
});

test('a session identifier from before the sign-in is not the one after it', async () => {
  const browser = new FormBrowser(issuer);
  const planted = 'planted-by-somebody-who-was-here-before';
  const login = await browser.visit(authorizationUrl(issuer, web).url, {
    cookie: `__Secure-oauth-session=${planted}`,
  });
  const done = await browser.submit(formOf(login), { username: 'alice', password });
  assert.ok(!String(done.fields['set-cookie']).includes(planted));
});

test('cookies go to the OAuth server alone, and to no script', async () => {
  const reply = await curl('-D', '-', authorizationUrl(issuer, web).url);
  const lines = (reply.fields.get('set-cookie') ?? '').split(/, (?=__)/);
  assert.ok(lines.length >= 4);
  for (const line of lines) {
    assert.match(line, /^__Secure-oauth-/);
    assert.match(line, /; path=\/oauth\//);
    assert.match(line, /; secure; httponly; samesite=lax|; samesite=lax; secure; httponly/i);
    assert.doesNotMatch(line, /domain=/i);
  }
  const browser = new FormBrowser(issuer);
  await signInAndAllow(browser, authorizationUrl(issuer, web).url);
  assert.deepEqual(browser.cookiesFor('/orders/1'), []);
});

const guess = async (browser: FormBrowser, username: string, tried: string, fields = {}) => {
  const login = await browser.visit(authorizationUrl(issuer, web, { prompt: 'login' }).url);
  return browser.submit(formOf(login), { username, password: tried }, fields);
};

test('guessing the password of an account ends, whether the account exists or not', async () => {
  const texts: string[] = [];
  for (const username of ['bob', 'nobody']) {
    const attempts: string[] = [];
    // From ever new addresses, as far as a client can say what its address is.
    for (let i = 0; i < 11; i++) {
      const page = await guess(new FormBrowser(issuer), username, `guess-${i}`, {
        'x-forwarded-for': `203.0.113.${i}`,
        forwarded: `for=203.0.113.${i}`,
      });
      assert.equal(page.status, i < 10 ? 403 : 429, `${username} ${i}`);
      attempts.push(/role="alert"[^>]*>([^<]*)/.exec(page.text)![1]!);
    }
    texts.push(attempts.join('\n'));
    // Nothing is looked at any more, so that nobody learns that this one was right.
    const right = await guess(new FormBrowser(issuer), username, password);
    assert.equal(right.status, 429);
    assert.match(right.fields['retry-after'] ?? '', /^\d+$/);
  }
  assert.equal(texts[0], texts[1]);
});

test('strangers who guess do not lock out a user whose browser is known', async () => {
  const own = new FormBrowser(issuer);
  await signInAndAllow(own, authorizationUrl(issuer, web).url, 'carol');
  for (let i = 0; i < 10; i++) await guess(new FormBrowser(issuer), 'carol', `guess-${i}`);
  assert.equal((await guess(new FormBrowser(issuer), 'carol', password)).status, 429);
  assert.notEqual((await guess(own, 'carol', password)).status, 429);
  // It is a count of its own, not a way around counting.
  for (let i = 0; i < 10; i++) assert.equal((await guess(own, 'carol', `guess-${i}`)).status, 403);
  assert.equal((await guess(own, 'carol', password)).status, 429);
});

test('markup in names and parameters is text', async () => {
  const nasty = `<img src=x onerror=alert(1)>"'&</script><script>alert(2)</script>`;
  const client = makeClient({ name: nasty.slice(0, 100) });
  await user({ username: 'mallory', name: nasty });
  const browser = new FormBrowser(issuer);
  const login = await browser.visit(
    authorizationUrl(issuer, client, { login_hint: nasty, ui_locales: nasty }).url,
  );
  const again = await browser.submit(formOf(login), { username: `"${nasty}`, password: nasty });
  const consent = await browser.submit(formOf(again), { username: 'mallory', password });
  const error = await browser.visit(`${issuer}/auth?client_id=${encodeURIComponent(nasty)}&error=${nasty}`);
  const unknown = await browser.visit(
    authorizationUrl(issuer, client, { prompt: nasty, redirect_uri: nasty }).url,
  );
  for (const { text, fields } of [login, again, consent, error, unknown]) {
    assert.doesNotMatch(text, /<img|<script|onerror=alert\(1\)>/);
    assert.match(
      String(fields['content-security-policy']),
      /default-src 'none'.*script-src;.*frame-ancestors 'none'/,
    );
    assert.equal(fields['x-frame-options'], 'DENY');
    assert.equal(fields['x-content-type-options'], 'nosniff');
  }
  assert.match(consent.text, /&#60;img src=x onerror=alert\(1\)&#62;/);
});

test('a browser runs nothing of it', async (t) => {
  const open = await startBrowser(t);
  const page = await (await open()).newPage();
  const ran: string[] = [];
  page.on('dialog', (dialog) => {
    ran.push(dialog.message());
    void dialog.dismiss();
  });
  const client = makeClient({ name: '<script>alert(1)</script><svg onload=alert(2)>' });
  await page.goto(authorizationUrl(issuer, client, { login_hint: '"><svg onload=alert(3)>' }).url);
  await page.getByLabel('Username').fill('erin');
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.getByRole('heading', { name: 'Allow <script>alert(1)</script><svg onload=alert(2)>' }).waitFor();
  // Were there a hole in the escaping, the policy of the page would still not run it.
  const injected = await page.evaluate(`(() => {
    const script = document.createElement('script');
    script.textContent = 'globalThis.injected = true';
    document.body.append(script);
    return globalThis.injected === true;
  })()`);
  assert.deepEqual([ran, injected], [[], false]);
});

test('a user who is disabled is out at once, and a client that is revoked as well', async () => {
  const browser = new FormBrowser(issuer);
  const asked = authorizationUrl(issuer, web);
  const { body } = await redeem(issuer, web, await signInAndAllow(browser, asked.url, 'dave'), asked);
  const disabled = await portcullis(['user', 'disable', 'dave'], { cwd: gateway.folder });
  assert.equal(disabled.code, 0, disabled.err);
  assert.equal((await refresh(issuer, web, body.refresh_token)).body.error, 'invalid_grant');
  const page = await browser.visit(authorizationUrl(issuer, web).url);
  assert.match(page.text, /name="password"/);
  const again = await browser.submit(formOf(page), { username: 'dave', password });
  assert.equal(again.status, 403);
  assert.match(again.text, /do not belong together/);

  const doomed = makeClient({ name: 'Doomed' });
  const second = authorizationUrl(issuer, doomed);
  const tokens = await redeem(
    issuer,
    doomed,
    await signInAndAllow(new FormBrowser(issuer), second.url),
    second,
  );
  assert.equal((await portcullis(['client', 'revoke', doomed.id], { cwd: gateway.folder })).code, 0);
  assert.equal((await refresh(issuer, doomed, tokens.body.refresh_token)).body.error, 'invalid_client');
  assert.equal((await new FormBrowser(issuer).visit(authorizationUrl(issuer, doomed).url)).status, 400);
});

test('who reads the files of the database has nothing to present', async () => {
  const browser = new FormBrowser(issuer);
  const waiting = authorizationUrl(issuer, web);
  const location = await signInAndAllow(browser, waiting.url);
  const kept = authorizationUrl(issuer, web);
  const { body } = await redeem(issuer, web, await signInAndAllow(browser, kept.url), kept);
  const interaction = formOf(await browser.visit(authorizationUrl(issuer, web, { prompt: 'login' }).url));
  const uid = /interaction\/([^/]+)/.exec(interaction.action.pathname)![1];
  const files = readdirSync(state).filter((name) => name.startsWith('oauth.db'));
  const content = Buffer.concat(files.map((name) => readFileSync(join(state, name)))).toString('latin1');
  assert.ok(content.includes(web.id));
  for (const [what, secret] of Object.entries({
    password,
    clientSecret: web.secret,
    code: location.searchParams.get('code'),
    refreshToken: body.refresh_token,
    accessToken: body.access_token,
  }))
    assert.ok(!content.includes(String(secret)), what);
  // The interaction names where it goes on; its cookie is signed with what is not in the database.
  assert.ok(uid);
});

test('after all of it nothing has gone wrong inside', () => {
  assert.doesNotMatch(gateway.log(), /fault|oidc-provider/);
});
