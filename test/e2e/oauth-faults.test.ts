import assert from 'node:assert/strict';
import { cpSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { FormBrowser } from '../../examples/bookshop/form-browser.ts';
import { freePort } from '../harness/bookshop.ts';
import { curl } from '../harness/curl.ts';
import { temporaryFolder } from '../harness/folder.ts';
import { startGateway } from '../harness/gateway.ts';
import {
  ask,
  authorizationUrl,
  oauthConfig,
  redeem,
  refresh,
  signInAndAllow,
  startOauth,
} from '../harness/oauth.ts';
import { startUpstream } from '../harness/upstream.ts';
import { waitFor } from '../harness/wait.ts';

/** When the OAuth server fails the gateway goes on, says so, and recovers. */

const isUp = async (issuer: string): Promise<boolean> => (await curl(`${issuer}/jwks`)).status === 200;

async function started(t: TestContext) {
  const oauth = await startOauth(t);
  await oauth.user({ username: 'alice' });
  const service = oauth.client({ kind: 'service', scopes: ['orders:read'] });
  const { body } = await ask(oauth.issuer, '/token', service, {
    grant_type: 'client_credentials',
    scope: 'orders:read',
  });
  const call = () =>
    curl('-H', `authorization: Bearer ${body.access_token}`, `${oauth.gateway.https}/orders`);
  assert.equal((await call()).status, 200);
  return { ...oauth, call };
}

test('without its socket its paths are 503 with Retry-After, and the APIs go on', async (t) => {
  const { issuer, state, gateway, call } = await started(t);
  const folder = join(state, 'oauth-socket');
  assert.equal(statSync(folder).mode & 0o777, 0o700);
  const [socket] = readdirSync(folder);
  renameSync(join(folder, socket!), join(folder, 'away'));
  // Connections that are open already serve on until they have been idle for some seconds.
  const reply = await waitFor(
    'a new connection to be needed',
    async () => {
      const each = await curl(`${issuer}/auth?client_id=x`);
      return each.status === 503
        ? each
        : new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), 5_500));
    },
    30_000,
  );
  assert.match(reply.fields.get('retry-after') ?? '', /^\d+$/);
  assert.match(JSON.parse(reply.body).type, /oauth-server-unavailable$/);
  assert.equal((await call()).status, 200);
  renameSync(join(folder, 'away'), join(folder, socket!));
  await waitFor('the socket', () => isUp(issuer));
  assert.match(gateway.log(), /ready/);
});

test('a server that cannot start is said, tried again, and is there once it can', async (t) => {
  const upstream = await startUpstream(t);
  const issuer = `https://localhost:${await freePort()}/oauth`;
  const gateway = await startGateway(t, {
    config: oauthConfig(issuer, upstream.origin, { top: 'state: state' }),
    files: { 'state/oauth-secret': 'too short' },
  });
  await waitFor('the operator to be told', () =>
    /the OAuth server cannot be started: .*oauth-secret.* must have 32 bytes and has 9.*next try in \d+ ms/.test(
      gateway.log(),
    ),
  );
  assert.equal(await gateway.metric('portcullis_oauth_server_up'), 0);
  const reply = await curl(`${issuer}/jwks`);
  assert.deepEqual([reply.status, reply.fields.has('retry-after')], [503, true]);
  assert.equal((await curl(`${gateway.https}/orders`)).status, 401);
  rmSync(join(gateway.folder, 'state', 'oauth-secret'));
  await waitFor('the OAuth server', () => isUp(issuer));
  assert.match(gateway.log(), /the OAuth server answers again/);
  assert.equal(await gateway.metric('portcullis_oauth_server_up'), 1);
  assert.equal(await gateway.stop(), 0);
});

test('a reload takes over what has changed, and keeps what does not work away', async (t) => {
  const { issuer, gateway, upstream, call } = await started(t);
  const config = oauthConfig(issuer, upstream.origin);
  assert.equal(await gateway.reload(config.replace('name: Example', 'name: Another name')), 'reloaded');
  const page = await curl(`${issuer}/apps`);
  assert.match(page.body, /Sign in to Another name/);
  assert.equal(await gateway.reload(config.replace('name: Example', 'name: ""')), 'not reloaded');
  assert.match((await curl(`${issuer}/apps`)).body, /Another name/);
  const without = config.replace(/oauthServer:[\s\S]*?(?=authenticators:)/, '');
  assert.equal(await gateway.reload(without), 'reloaded');
  assert.equal((await curl(`${issuer}/apps`)).status, 404);
  assert.equal((await call()).status, 200);
  assert.equal(await gateway.reload(config), 'reloaded');
  await waitFor('the OAuth server', () => isUp(issuer));
  assert.equal(await gateway.stop(), 0);
});

/** What docs/oauth-server.md says that a backup has to have. */
const backedUp = ['oauth.db', 'oauth-secret', 'oauth-keys.json'];

test('a restart loses nothing, nor does a restored backup', async (t) => {
  const folder = temporaryFolder(t);
  const oauth = await startOauth(t, { folder });
  const { issuer, gateway, state, upstream } = oauth;
  await oauth.user({ username: 'alice' });
  const web = oauth.client({});
  const browser = new FormBrowser(issuer);
  const asked = authorizationUrl(issuer, web);
  const tokens = await redeem(issuer, web, await signInAndAllow(browser, asked.url), asked);
  const keys = await curl(`${issuer}/jwks`);
  for (const name of backedUp) assert.equal(statSync(join(state, name)).mode & 0o777, 0o600, name);
  assert.equal(await gateway.stop(), 0);
  assert.deepEqual(readdirSync(join(state, 'oauth-socket')), [], 'nobody listens there any more');

  const saved = temporaryFolder(t);
  for (const name of backedUp) cpSync(join(state, name), join(saved, name));
  rmSync(state, { recursive: true });
  mkdirSync(state, { mode: 0o700 });
  for (const name of backedUp) cpSync(join(saved, name), join(state, name));
  const again = await startGateway(t, { config: oauthConfig(issuer, upstream.origin), folder });
  assert.equal((await curl(`${issuer}/jwks`)).body, keys.body);
  const call = await curl('-H', `authorization: Bearer ${tokens.body.access_token}`, `${again.https}/orders`);
  assert.equal(call.status, 200);
  assert.equal((await refresh(issuer, web, tokens.body.refresh_token)).status, 200);
  const silent = await browser.visit(authorizationUrl(issuer, web, { prompt: 'none' }).url);
  assert.ok(silent.location?.searchParams.get('code'));
});
