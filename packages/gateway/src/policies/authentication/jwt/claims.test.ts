import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JwtConfig } from '../token-schema.ts';
import { checkClaims, clientOf, compileClaimRules, wordsOf } from './claims.ts';

const config: JwtConfig = {
  issuer: 'https://id.example.com',
  audience: ['orders', 'books'],
  jwks: '/keys.json',
  algorithms: ['ES256'],
};
const rules = compileClaimRules(config);
const now = 1_700_000_000;
const good = { iss: config.issuer, aud: 'orders', sub: 'alice', exp: now + 60 };

const vectors: readonly [
  name: string,
  change: Readonly<Record<string, unknown>>,
  reason: string | undefined,
][] = [
  ['all well', {}, undefined],
  ['iss with a slash more', { iss: 'https://id.example.com/' }, 'iss-unexpected'],
  ['iss in capitals', { iss: 'https://ID.example.com' }, 'iss-unexpected'],
  ['iss a list', { iss: [config.issuer] }, 'iss-unexpected'],
  ['no iss', { iss: undefined }, 'iss-unexpected'],
  ['aud another', { aud: 'mail' }, 'aud-unexpected'],
  ['aud a part of ours', { aud: 'order' }, 'aud-unexpected'],
  ['aud a list with ours', { aud: ['mail', 'books'] }, undefined],
  ['aud a list without ours', { aud: ['mail'] }, 'aud-unexpected'],
  ['aud an empty list', { aud: [] }, 'aud-unexpected'],
  ['aud a list in a list', { aud: [['orders']] }, 'aud-unexpected'],
  ['aud an object', { aud: { 0: 'orders', length: 1 } }, 'aud-unexpected'],
  ['aud of 101', { aud: [...new Array(100).fill('x'), 'orders'] }, 'aud-unexpected'],
  ['no aud', { aud: undefined }, 'aud-unexpected'],
  ['no exp', { exp: undefined }, 'exp-missing'],
  ['exp a text', { exp: String(now + 60) }, 'exp-missing'],
  ['exp endless', { exp: JSON.parse('1e999') }, 'exp-missing'],
  ['exp null', { exp: null }, 'exp-missing'],
  ['exp 29 s ago', { exp: now - 29 }, undefined],
  ['exp a moment inside the tolerance', { exp: now - 29.999 }, undefined],
  ['exp 30 s ago', { exp: now - 30 }, 'expired'],
  ['exp negative', { exp: -1 }, 'exp-missing'],
  ['nbf in 30 s', { nbf: now + 30 }, undefined],
  ['nbf in 31 s', { nbf: now + 31 }, 'not-yet-valid'],
  ['nbf a text', { nbf: '0' }, 'not-yet-valid'],
  ['nbf null', { nbf: null }, 'not-yet-valid'],
  ['iat in 30 s', { iat: now + 30 }, undefined],
  ['iat in 31 s', { iat: now + 31 }, 'issued-in-future'],
  ['iat long ago', { iat: 0 }, undefined],
  ['no sub', { sub: undefined }, 'sub-missing'],
  ['sub empty', { sub: '' }, 'sub-missing'],
  ['sub a number', { sub: 7 }, 'sub-missing'],
  ['sub long', { sub: 's'.repeat(1025) }, 'sub-missing'],
  ['client_id a list', { client_id: ['a'] }, 'client-malformed'],
  ['client_id long', { client_id: 'c'.repeat(1025) }, 'client-malformed'],
  ['azp empty', { azp: '' }, 'client-malformed'],
  ['azp null', { azp: null }, undefined],
];

for (const [name, change, reason] of vectors) {
  test(`${name}: ${reason ?? 'accepted'}`, () =>
    assert.equal(checkClaims({ ...good, ...change }, rules, now), reason));
}

test('the tolerance can be set, up to five minutes', () => {
  const strict = compileClaimRules({ ...config, clockTolerance: 0 });
  assert.equal(checkClaims({ ...good, exp: now }, strict, now), 'expired');
  assert.equal(checkClaims({ ...good, exp: now + 1, nbf: now, iat: now }, strict, now), undefined);
  assert.equal(compileClaimRules({ ...config, clockTolerance: 300_000 }).tolerance, 300);
  assert.throws(() => compileClaimRules({ ...config, clockTolerance: 300_001 }), /at most 5m/);
});

test('the client is client_id, else azp', () => {
  assert.equal(clientOf({ client_id: 'a', azp: 'b' }), 'a');
  assert.equal(clientOf({ azp: 'b' }), 'b');
  assert.equal(clientOf({ client_id: null, azp: 'b' }), 'b');
  assert.equal(clientOf({}), undefined);
});

const words: readonly [claims: Readonly<Record<string, unknown>>, path: string, words: readonly string[]][] =
  [
    [{ scope: 'read  write' }, 'scope', ['read', 'write']],
    [{ scope: '' }, 'scope', []],
    [{ scope: ['read', 7, 'write all'] }, 'scope', ['read', 'write all']],
    [{ scope: { read: true } }, 'scope', []],
    [{}, 'scope', []],
    [{ realm_access: { roles: ['a'] } }, 'realm_access.roles', ['a']],
    [{ 'https://x.example/roles': ['a'] }, 'https://x.example/roles', ['a']],
    [{ 'a.b': ['outer'], a: { b: ['inner'] } }, 'a.b', ['outer']],
    [{ a: 'x' }, 'a.length', []],
    [{ a: null }, 'a.b', []],
    [{}, 'constructor.name', []],
    [{ a: [['x']] }, 'a.0', ['x']],
  ];

test('words of a claim', () => {
  for (const [claims, path, expected] of words) assert.deepEqual([...wordsOf(claims, path)], expected, path);
});
