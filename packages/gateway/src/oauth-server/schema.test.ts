import assert from 'node:assert/strict';
import { test } from 'node:test';
import { roleFaults } from './role-faults.ts';
import { oauthServer } from './schema.ts';
import { keyRulesOf, settingsOf } from './settings.ts';

const resources = { 'https://api.example': { scopes: { 'orders:read': 'See your orders' } } };

const issuers: readonly (readonly [issuer: string, fault?: RegExp])[] = [
  ['https://id.example.com/oauth'],
  ['https://id.example.com'],
  ['https://id.example.com:8443/a/b'],
  ['https://localhost:8443/oauth'],
  ['http://localhost:8080/oauth'],
  ['http://127.0.0.1:8080/oauth'],
  ['http://id.example.com/oauth', /expected https/],
  ['https://id.example.com/', /plain spelling, https:\/\/id\.example\.com$/],
  ['https://id.example.com/oauth/', /plain spelling, https:\/\/id\.example\.com\/oauth$/],
  ['https://ID.example.com/oauth', /plain spelling/],
  ['https://id.example.com:443/oauth', /plain spelling/],
  ['https://id.example.com/a/../oauth', /plain spelling/],
  ['https://id.example.com/oauth?x', /query/],
  ['https://id.example.com/oauth#x', /fragment/],
  ['https://u@id.example.com/oauth', /without a user/],
  ['https://id.example.com/o%61uth', /letters, digits/],
  ['https://id.example.com/{x}', /letters, digits|plain spelling/],
  ['id.example.com', /expected a URL/],
  ['', /expected a URL/],
];

for (const [issuer, fault] of issuers) {
  test(`issuer ${JSON.stringify(issuer)}: ${fault === undefined ? 'good' : 'refused'}`, () => {
    const outcome = oauthServer.safeParse({ issuer, resources });
    if (fault === undefined) return assert.ok(outcome.success, JSON.stringify(outcome.error?.issues));
    assert.match(outcome.error?.issues[0]?.message ?? 'good', fault);
  });
}

const refused: readonly (readonly [what: string, more: object])[] = [
  ['no resource', { resources: {} }],
  ['a resource that is no URI', { resources: { orders: { scopes: {} } } }],
  ['a resource with a fragment', { resources: { 'https://api.example/#x': { scopes: {} } } }],
  ['a scope with a space', { resources: { 'https://api.example': { scopes: { 'a b': 'x' } } } }],
  ['a scope of OpenID Connect', { resources: { 'https://api.example': { scopes: { openid: 'x' } } } }],
  ['a scope without words', { resources: { 'https://api.example': { scopes: { a: ' ' } } } }],
  [
    'a scope for nobody',
    { resources: { 'https://api.example': { scopes: { a: { words: 'x', roles: [] } } } } },
  ],
  ['tokens of a week', { resources: { 'https://api.example': { scopes: {}, lifetime: '7d' } } }],
  ['HMAC', { signing: 'HS256' }],
  ['no signature', { signing: 'none' }],
  ['keys that turn each minute', { keyRotation: '1m' }],
  ['a short initial access token', { registration: { initialAccessToken: 'short' } }],
  ['something else', { implicit: true }],
];

for (const [what, more] of refused) {
  test(`refused: ${what}`, () =>
    assert.equal(
      oauthServer.safeParse({ issuer: 'https://id.example.com/oauth', resources, ...more }).success,
      false,
    ));
}

test('defaults are in place, and keys outlive the longest token', () => {
  const minimal = oauthServer.parse({
    issuer: 'https://id.example.com/oauth',
    resources: { 'https://api.example': { scopes: {}, lifetime: '1h' } },
  });
  const settings = settingsOf(minimal, undefined);
  assert.deepEqual(
    [settings.name, settings.signing, settings.session],
    ['id.example.com', 'ES256', 43_200_000],
  );
  assert.equal(settings.registration, undefined);
  assert.ok(keyRulesOf(settings).keepFor > 3_600_000);
});

const withRoles = oauthServer.parse({
  issuer: 'https://id.example.com/oauth',
  resources: { 'https://api.example': { scopes: { all: { words: 'See all', roles: ['support'] } } } },
});

test('a scope can be granted by every role that includes the one that it asks for', () => {
  const written = {
    boss: { includes: ['admin'] },
    admin: { includes: ['support'] },
    support: {},
    customer: {},
  };
  const all = settingsOf(withRoles, written).resources.get('https://api.example')?.scopes.get('all');
  assert.deepEqual([...(all?.roles ?? [])].sort(), ['admin', 'boss', 'support']);
  assert.deepEqual(roleFaults(withRoles, written), []);
  assert.deepEqual(
    roleFaults(withRoles, undefined),
    [],
    'where no roles are written down any name may be one',
  );
});

test('a scope that asks for a role that there is not is told, with its place', () => {
  assert.deepEqual(roleFaults(withRoles, { suport: {} }), [
    {
      path: ['oauthServer', 'resources', 'https://api.example', 'scopes', 'all', 'roles', 0],
      message: 'there is no role "support"; did you mean "suport"?',
    },
  ]);
});
