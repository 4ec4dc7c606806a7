import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type NewClient, OauthClientStore } from './oauth-clients.ts';
import { key, temporaryDatabase } from './testing/oauth.ts';

const web: NewClient = {
  kind: 'web',
  name: 'Shelf Reader',
  redirectUris: ['https://app.example/cb'],
  logoutUris: [],
  scopes: ['orders:read'],
  roles: [],
  firstParty: false,
};

test('a client is made; its secret is told once and kept as a hash', (t) => {
  const database = temporaryDatabase(t);
  const clients = new OauthClientStore(database, key, () => 1000);
  const { client, secret } = clients.create(web);
  assert.match(client.id, /^cl_[0-9A-Za-z]{16}$/);
  assert.match(secret ?? '', /^pcs_[\w-]{43}$/);
  assert.deepEqual(clients.find(client.id), client);
  const kept = JSON.stringify(database.prepare('SELECT * FROM clients').all());
  assert.ok(!kept.includes(secret!));
  assert.equal(clients.secretMatches(client, secret!), true);
  for (const wrong of ['', 'x', secret!.slice(0, -1), `${secret} `, secret!.toUpperCase()])
    assert.equal(clients.secretMatches(client, wrong), false);
  // The hash is of this client: the secret of one is none of another.
  const other = clients.create(web);
  assert.equal(clients.secretMatches(other.client, secret!), false);
});

test('a secret is good as long as it overlaps with the next one', (t) => {
  let now = 1000;
  const clients = new OauthClientStore(temporaryDatabase(t), key, () => now);
  const { client, secret } = clients.create(web);
  const matches = (given: string): boolean => clients.secretMatches(clients.find(client.id)!, given);
  const second = clients.rotateSecret(client.id, 500);
  assert.deepEqual([matches(secret!), matches(second)], [true, true]);
  now = 1500;
  assert.deepEqual([matches(secret!), matches(second)], [false, true]);
  const third = clients.rotateSecret(client.id, 0);
  assert.deepEqual([matches(second), matches(third)], [false, true]);
});

test('a client that is revoked is gone, and stays in the list', (t) => {
  const clients = new OauthClientStore(temporaryDatabase(t), key);
  const { client, secret } = clients.create(web);
  assert.equal(clients.revoke(client.id), true);
  assert.equal(clients.revoke(client.id), false);
  assert.equal(clients.find(client.id), undefined);
  assert.equal(clients.secretMatches(clients.get(client.id)!, secret!), false);
  assert.throws(() => clients.rotateSecret(client.id, 0), /there is no client/);
  assert.equal(clients.list().length, 1);
});

test('a public client has no secret', (t) => {
  const clients = new OauthClientStore(temporaryDatabase(t), key);
  const { client, secret } = clients.create({ ...web, kind: 'spa' });
  assert.equal(secret, undefined);
  assert.equal(clients.secretMatches(client, ''), false);
  assert.throws(() => clients.rotateSecret(client.id, 0), /has no secret/);
});

const refused: readonly (readonly [what: string, more: Partial<NewClient>, why: RegExp])[] = [
  ['no name', { name: ' ' }, /client name must have/],
  ['a name that steers', { name: 'a\u001b[2Jb' }, /client name must have/],
  ['a long name', { name: 'x'.repeat(101) }, /client name must have/],
  ['no redirect', { redirectUris: [] }, /needs a redirect URI/],
  ['a bad redirect', { redirectUris: ['http://app.example/'] }, /must be https/],
  ['a bad way out', { logoutUris: ['https://app.example/#x'] }, /fragment/],
  [
    '21 redirects',
    { redirectUris: Array.from({ length: 21 }, (_, i) => `https://app.example/${i}`) },
    /20 URIs/,
  ],
  ['a scope with a space', { scopes: ['a b'] }, /no usable scope/],
  ['roles of a web client', { roles: ['admin'] }, /only a service/],
  ['a service with a redirect', { kind: 'service' }, /signs nobody in/],
  ['a service of the first party', { kind: 'service', redirectUris: [], firstParty: true }, /means nothing/],
  ['a resource server with scopes', { kind: 'resource', redirectUris: [] }, /has no scopes/],
  ['an id with a slash', { id: 'a/b' }, /client id must have/],
  ['a taken id', { id: 'taken' }, /there is a client taken already/],
];

test('what cannot be a client is refused', (t) => {
  const clients = new OauthClientStore(temporaryDatabase(t), key);
  clients.create({ ...web, id: 'taken' });
  for (const [what, more, why] of refused)
    assert.throws(() => clients.create({ ...web, ...more }), why, what);
  assert.equal(clients.list().length, 1);
});
