import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { ApiKeyStore } from '../../../stores/api-keys.ts';
import { environment, exchange, type TestEnvironment } from '../../../testing/exchange.ts';
import type { Authenticator } from '../authenticator.ts';
import { Credential, several } from '../credential.ts';
import { type ApiKeyConfig, authenticators } from '../schema.ts';
import { apiKeyAuthenticator } from './authenticator.ts';

interface Opened {
  readonly store: ApiKeyStore;
  readonly authenticator: Authenticator;
  readonly within: TestEnvironment;
  readonly verify: (key: string, clientAddress?: string) => Promise<string>;
}

function opened(t: TestContext, config: ApiKeyConfig = {}): Opened {
  const stateFolder = mkdtempSync(join(tmpdir(), 'keys-'));
  const within = environment({ stateFolder });
  const store = new ApiKeyStore(stateFolder, { now: within.now });
  const authenticator = apiKeyAuthenticator('partners', config, within);
  t.after(() => {
    within.close();
    store.close();
    rmSync(stateFolder, { recursive: true });
  });
  const verify = async (key: string, clientAddress = '203.0.113.7'): Promise<string> => {
    const outcome = await authenticator.verify(new Credential(key), exchange('GET /', { clientAddress }));
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
  assert.equal(await verify(key), 'key-revoked');
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
  assert.equal(await verify(key), 'key-revoked');
});

test('nor does a clock that is set back', async (t) => {
  const { store, verify, within } = opened(t);
  const { id, key } = store.create(partner);
  await verify(key);
  store.revoke(id);
  within.advance(-3_600_000);
  assert.equal(await verify(key), 'key-revoked');
});

test('a key ends when it expires, not five seconds later', async (t) => {
  const { store, verify, within } = opened(t);
  const { key } = store.create({ ...partner, expiresAt: within.now() + 2_000 });
  assert.equal(await verify(key), 'acme');
  within.advance(1_999);
  assert.equal(await verify(key), 'acme');
  within.advance(1);
  assert.equal(await verify(key), 'key-expired');
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
    assert.notEqual(typeof found, 'string');
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

test('or the one parameter of the query', (t) => {
  const { authenticator } = opened(t, { query: 'api_key' });
  const of = (query: string): unknown => {
    const request = exchange(`GET /?${query}`);
    const found = authenticator.credential(request);
    assert.equal(request.added.get('cache-control'), found === undefined ? undefined : 'no-store', query);
    return found instanceof Credential ? found.text : found;
  };
  const vectors: readonly [query: string, expected: unknown][] = [
    ['', undefined],
    ['a=1&API_KEY=a&api-key=b&xapi_key=c&api_keyx=d', undefined],
    ['a=api_key=1', undefined],
    ['a=1;api_key=b', undefined],
    ['a=1&api_key=b', 'b'],
    ['api_key', ''],
    ['api_key=', ''],
    ['api_key=a%62', 'ab'],
    // Another spelling of the name is the name, as for whoever stands behind the gateway.
    ['%61pi_key=b', 'b'],
    ['%61pi%5Fkey=b&a=1', 'b'],
    ['api_key=b&api_key=b', several],
    ['api_key=b&%61pi_key=c', several],
    ['api_key&api_key=b', several],
    ['api_key=b&a=%', several],
    ['a=%zz', several],
    ['a=%ff', several],
    ['a=%00', several],
  ];
  for (const [query, expected] of vectors) assert.equal(of(query), expected, query);
  assert.equal(authenticator.place, 'query api_key');
  assert.deepEqual(authenticator.challenges, [
    { scheme: 'ApiKey', parameters: ', query="api_key"', offered: true },
  ]);
});

test('a field or a parameter, not both', () => {
  const accepted = (apiKey: object) => authenticators.safeParse({ partners: { apiKey } }).success;
  assert.equal(accepted({ query: 'api_key' }), true);
  assert.equal(accepted({ query: 'api_key', header: 'x-key' }), false);
  for (const query of ['', 'a b', 'a&b', 'a=b', 'a%62', 'ä', '"', 'x'.repeat(65)])
    assert.equal(accepted({ query }), false, query);
});

test('elsewhere a key is refused, remembered or not', async (t) => {
  const { store, verify } = opened(t);
  const { key } = store.create({ ...partner, addresses: ['203.0.113.0/24', '2001:db8::/32', 'fe80::/10'] });
  const vectors: readonly [address: string, expected: string][] = [
    ['198.51.100.1', 'key-address'],
    ['203.0.113.9', 'acme'],
    ['203.0.114.1', 'key-address'],
    ['::ffff:203.0.113.9', 'acme'],
    ['2001:db8:1::1', 'acme'],
    ['2001:db9::1', 'key-address'],
    ['fe80::1%eth0', 'acme'],
    ['', 'key-address'],
    ['unknown', 'key-address'],
  ];
  for (const [address, expected] of vectors) assert.equal(await verify(key, address), expected, address);
});

test('a rotated key is good by both secrets, and by the old one until the overlap ends', async (t) => {
  const { store, verify, within } = opened(t);
  const { id, key } = store.create(partner);
  const { key: next } = store.rotate(id, { overlap: 7_000 })!;
  assert.deepEqual([await verify(key), await verify(next)], ['acme', 'acme']);
  within.advance(6_999);
  assert.equal(await verify(key), 'acme');
  within.advance(1);
  assert.deepEqual([await verify(key), await verify(next)], ['key-superseded', 'acme']);
});

test('a rotation without overlap takes effect within five seconds', async (t) => {
  const { store, verify, within } = opened(t);
  const { id, key } = store.create(partner);
  await verify(key);
  const { key: next } = store.rotate(id, { overlap: 0 })!;
  assert.equal(await verify(next), 'acme');
  within.advance(5_000);
  assert.equal(await verify(key), 'key-superseded');
});

test('a key has its limits with it', async (t) => {
  const { store, authenticator } = opened(t);
  const limits = [
    { quota: 5, window: 1_000 },
    { quota: 100, window: 3_600_000 },
  ];
  const { id, key } = store.create({ ...partner, limits });
  const outcome = await authenticator.verify(new Credential(key), exchange());
  assert.ok(outcome.kind !== 'rejected');
  assert.deepEqual(outcome.limits, [
    { name: 'key/1s', quota: 5, window: 1_000, counter: id },
    { name: 'key/1h', quota: 100, window: 3_600_000, counter: id },
  ]);
});

test('a use is reported as often as the key is looked up, and only where it counts', async (t) => {
  const { store, verify, within } = opened(t);
  const { id, key } = store.create({ ...partner, addresses: ['203.0.113.0/24'] });
  await verify(key, '192.0.2.1');
  await verify(`${key.slice(0, -1)}${key.endsWith('x') ? 'y' : 'x'}`);
  assert.deepEqual(within.uses, []);
  for (let i = 0; i < 3; i++) await verify(key);
  const first = within.now();
  assert.deepEqual(within.uses, [[id, 0, first]]);
  store.rotate(id, { overlap: 60_000 });
  within.advance(5_000);
  await verify(key);
  assert.deepEqual(within.uses.slice(1), [[id, 1, first + 5_000]]);
  store.revoke(id);
  within.advance(5_000);
  await verify(key);
  assert.equal(within.uses.length, 2);
});
