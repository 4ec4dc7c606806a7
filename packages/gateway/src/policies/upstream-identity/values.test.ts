import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { principal } from '../../testing/exchange.ts';
import { compileFields, encodeValue } from './values.ts';

const written = (source: string, parts: Parameters<typeof principal>[0]): readonly string[] =>
  compileFields({ 'X-User': source })(principal(parts));

const values: readonly [
  what: string,
  source: string,
  parts: Parameters<typeof principal>[0],
  value?: string,
][] = [
  ['the subject', 'subject', { subject: 'alice' }, 'alice'],
  [
    'a subject that is a URL',
    'subject',
    { subject: 'https://id.example/u/1?a=b#c' },
    'https://id.example/u/1?a=b#c',
  ],
  ['an address', 'claims.email', { claims: { email: 'al+ice@shop.example' } }, 'al+ice@shop.example'],
  ['line breaks', 'subject', { subject: 'a\r\nx-admin: 1' }, 'a%0D%0Ax-admin:%201'],
  ['NUL and DEL', 'subject', { subject: '\u0000\u007f' }, '%00%7F'],
  ['spaces at the ends', 'subject', { subject: ' a ' }, '%20a%20'],
  ['Unicode', 'subject', { subject: 'Zoë 🙂' }, 'Zo%C3%AB%20%F0%9F%99%82'],
  ['line breaks of Unicode', 'subject', { subject: '\u0085\u2028' }, '%C2%85%E2%80%A8'],
  [
    'characters that latin1 would fold to a line break',
    'subject',
    { subject: '\u560d\u560a' },
    '%E5%98%8D%E5%98%8A',
  ],
  ['a percent sign', 'subject', { subject: 'a%2Cb' }, 'a%252Cb'],
  ['quotes and separators', 'subject', { subject: '"a";\\b,c' }, '%22a%22%3B%5Cb%2Cc'],
  ['nothing', 'subject', { subject: '' }, ''],
  ['the client', 'client', { client: 'app' }, 'app'],
  ['no client', 'client', {}],
  ['roles', 'roles', { roles: ['b', 'a'] }, 'b,a'],
  ['a role with a comma', 'roles', { roles: ['a,admin', 'b'] }, 'a%2Cadmin,b'],
  ['a role with line breaks', 'roles', { roles: ['a\r\nx: y'] }, 'a%0D%0Ax:%20y'],
  ['a role that is nothing', 'roles', { roles: ['', 'b', ''] }, 'b'],
  ['no roles', 'roles', {}],
  ['scopes', 'scopes', { scopes: ['orders:read', 'orders:write'] }, 'orders:read,orders:write'],
  ['a scope with a space', 'scopes', { scopes: ['a b'] }, 'a%20b'],
  ['the authenticator', 'authenticator', {}, 'customers'],
  ['its kind', 'kind', { kind: 'api-key' }, 'api-key'],
  ['no such claim', 'claims.email', {}],
  ['a claim that is null', 'claims.email', { claims: { email: null } }],
  ['nothing of a prototype', 'claims.constructor.name', { claims: {} }],
  ['a claim inside', 'claims.realm.customer', { claims: { realm: { customer: 7 } } }, '7'],
  [
    'a claim with dots in its name',
    'claims.https://a.example/b',
    { claims: { 'https://a.example/b': 'x' } },
    'x',
  ],
  ['a claim that is true', 'claims.verified', { claims: { verified: true } }, 'true'],
  ['a list', 'claims.groups', { claims: { groups: ['a', 'b,c', 3] } }, 'a,b%2Cc,3'],
  ['an empty list', 'claims.groups', { claims: { groups: [] } }],
];

for (const [what, source, parts, value] of values) {
  test(`${source}: ${what}`, () =>
    assert.deepEqual(written(source, parts), value === undefined ? [] : ['x-user', value]));
}

const faults: readonly [what: string, claim: unknown][] = [
  ['an object', { a: 1 }],
  ['a list of objects', [{ a: 1 }]],
  ['a list in a list', [['a']]],
  ['null in a list', ['a', null]],
  ['half a number', 1.5],
  ['a number that was rounded', 2 ** 53],
  ['half a character', 'a\ud800'],
  ['more than goes into a head', 'x'.repeat(8193)],
];

for (const [what, claim] of faults) {
  test(`a claim that is ${what} is not left out, the request is refused`, () =>
    assert.throws(() => written('claims.a', { claims: { a: claim } }), { name: 'HandOnFault' }));
}

test('the bound is for all fields together', () => {
  const fields = compileFields({ 'x-a': 'subject', 'x-b': 'client' });
  assert.equal(fields(principal({ subject: 'a'.repeat(4096), client: 'b'.repeat(4096) })).length, 4);
  assert.throws(
    () => fields(principal({ subject: 'a'.repeat(4096), client: 'b'.repeat(4097) })),
    /above 8192/,
  );
});

test('whatever a value is, it is a field value, one list member, and decodes to what it was', () => {
  const text = fc.string({ unit: 'binary', maxLength: 30 });
  fc.assert(
    fc.property(text, (value) => {
      const encoded = encodeValue(value);
      assert.match(encoded, /^[\x21-\x7e]*$/);
      assert.doesNotMatch(encoded, /[,;"\\]/);
      assert.equal(decodeURIComponent(encoded), value);
    }),
  );
});

test('a list divides into as many as there were', () => {
  const role = fc.string({ unit: 'binary', minLength: 1, maxLength: 10 });
  fc.assert(
    fc.property(fc.uniqueArray(role, { minLength: 1 }), (roles) => {
      const [, value = ''] = written('roles', { roles });
      assert.deepEqual(value.split(',').map(decodeURIComponent), roles);
    }),
  );
});

test('they are written once for each caller', () => {
  const fields = compileFields({ 'x-a': 'subject' });
  const alice = principal();
  assert.equal(fields(alice), fields(alice));
});
