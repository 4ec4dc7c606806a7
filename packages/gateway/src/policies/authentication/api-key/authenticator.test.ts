import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { ApiKeyStore } from '../../../stores/api-keys.ts';
import { environment, exchange, type TestEnvironment } from '../../../testing/exchange.ts';
import type { Authenticator } from '../authenticator.ts';
import { Credential, several } from '../credential.ts';
import { authenticators } from '../schema.ts';
import { apiKeyAuthenticator } from './authenticator.ts';

interface Opened {
  readonly store: ApiKeyStore;
  readonly authenticator: Authenticator;
  readonly within: TestEnvironment;
  readonly verify: (key: string) => Promise<string>;
}

function opened(t: TestContext): Opened {
  const stateFolder = mkdtempSync(join(tmpdir(), 'keys-'));
  const within = environment({ stateFolder });
  const store = new ApiKeyStore(stateFolder, { now: within.now });
  const authenticator = apiKeyAuthenticator('partners', {}, within);
  t.after(() => {
    within.close();
    store.close();
    rmSync(stateFolder, { recursive: true });
  });
  const verify = async (key: string): Promise<string> => {
    const outcome = await authenticator.verify(new Credential(key), exchange());
    return outcome.kind === 'rejected' ? outcome.reason : outcome.subject;
  };
  return { store, authenticator, within, verify };
}

const partner = { name: 'Partner', subject: 'acme', scopes: ['orders:read'], roles: ['partner'] };

test('a key tells who calls', async (t) => {
  const { store, authenticator } = opened(t);
  const { id, key } = store.create(partner);
  assert.deepEqual(await authenticator.verify(new Credential(key), exchange()), {
    authenticator: 'partners',
    kind: 'api-key',
    subject: 'acme',
    client: id,
    scopes: new Set(['orders:read']),
    roles: new Set(['partner']),
    claims: { sub: 'acme', name: 'Partner' },
  });
});

test('what is no key is refused without a look', async (t) => {
  const { store, verify } = opened(t);
  const { key } = store.create(partner);
  const off = `${key.slice(0, -1)}${key.endsWith('0') ? '1' : '0'}`;
  for (const wrong of [
    '',
    'several',
    key.toUpperCase(),
    `${key} `,
    `${key},${key}`,
    off,
    'x'.repeat(100_000),
  ]) {
    assert.equal(await verify(wrong), 'key-malformed', wrong.slice(0, 50));
  }
  assert.equal(await verify('pck_0000000000000000000000000000'), 'key-malformed');
});

test('a revocation takes effect within five seconds', async (t) => {
  const { store, verify, within } = opened(t);
  const { id, key } = store.create(partner);
  assert.equal(await verify(key), 'acme');
  store.revoke(id);
  within.advance(4_999);
  assert.equal(await verify(key), 'acme');
  within.advance(1);
  assert.equal(await verify(key), 'key-unknown');
});

test('use does not keep a revoked key alive', async (t) => {
  const { store, verify, within } = opened(t);
  const { id, key } = store.create(partner);
  await verify(key);
  store.revoke(id);
  for (let seconds = 0; seconds < 5; seconds++) {
    await verify(key);
    within.advance(1_000);
  }
  assert.equal(await verify(key), 'key-unknown');
});

test('nor does a clock that is set back', async (t) => {
  const { store, verify, within } = opened(t);
  const { id, key } = store.create(partner);
  await verify(key);
  store.revoke(id);
  within.advance(-3_600_000);
  assert.equal(await verify(key), 'key-unknown');
});

test('a key ends when it expires, not five seconds later', async (t) => {
  const { store, verify, within } = opened(t);
  const { key } = store.create({ ...partner, expiresAt: within.now() + 2_000 });
  assert.equal(await verify(key), 'acme');
  within.advance(1_999);
  assert.equal(await verify(key), 'acme');
  within.advance(1);
  assert.equal(await verify(key), 'key-unknown');
});

test('a key of another installation is unknown', async (t) => {
  const { store, verify } = opened(t);
  store.create(partner);
  assert.equal(await verify(opened(t).store.create(partner).key), 'key-unknown');
});

test('the credential is the one field', (t) => {
  const { authenticator } = opened(t);
  const of = (fields: Record<string, string | string[]>): unknown => {
    const found = authenticator.credential(exchange('GET /', { fields }));
    return found instanceof Credential ? found.text : found;
  };
  assert.equal(of({}), undefined);
  assert.equal(of({ 'X-API-Key': 'a' }), 'a');
  assert.equal(of({ 'X-API-Key': '' }), '');
  assert.equal(of({ 'X-API-Key': 'ambiguous' }), 'ambiguous');
  assert.equal(of({ 'X-API-Key': ['a', 'b'] }), several);
  assert.equal(of({ 'X-API-Key': ['a', 'a'] }), several);
  assert.equal(of({ X_API_Key: 'a' }), undefined);
});

test('the field has no other meaning', () => {
  for (const header of [
    'Authorization',
    'host',
    'Cookie',
    'Connection',
    'content-length',
    'Proxy-Authorization',
    'Origin',
  ]) {
    assert.equal(authenticators.safeParse({ partners: { apiKey: { header } } }).success, false, header);
  }
  assert.equal(authenticators.safeParse({ partners: { apiKey: { header: 'X-Partner-Key' } } }).success, true);
});
