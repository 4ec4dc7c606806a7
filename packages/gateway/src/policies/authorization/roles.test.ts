import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readDocument } from '../../config/document.ts';
import { formatFaults } from '../../config/fault-text.ts';
import { principal } from '../../testing/exchange.ts';
import { compileRoles, hasOneOf } from './roles.ts';
import { roles as schema } from './roles-schema.ts';

const shop = {
  reader: { permissions: ['books:read'] },
  customer: { includes: ['reader'], permissions: ['orders:own'] },
  support: { includes: ['customer'], permissions: ['orders:any'] },
  buyer: { permissions: ['books:write'] },
  admin: { includes: ['support', 'buyer'] },
};

const having: readonly [wanted: readonly string[], enough: readonly string[]][] = [
  [['reader'], ['admin', 'customer', 'reader', 'support']],
  [['customer'], ['admin', 'customer', 'support']],
  [
    ['buyer', 'support'],
    ['admin', 'buyer', 'support'],
  ],
  [['admin'], ['admin']],
];

for (const [wanted, enough] of having) {
  test(`${wanted} is met by ${enough}`, () =>
    assert.deepEqual([...compileRoles(shop).having(wanted)].sort(), enough));
}

test('permissions go to the roles that have them, by whatever way', () => {
  const model = compileRoles(shop);
  assert.deepEqual([...model.allowed('orders:own')].sort(), ['admin', 'customer', 'support']);
  assert.deepEqual([...model.allowed('books:write')].sort(), ['admin', 'buyer']);
  assert.deepEqual(model.permissions, ['books:read', 'orders:own', 'orders:any', 'books:write']);
});

test('a principal has what its roles include, and the names that nobody wrote down', () => {
  const model = compileRoles(shop);
  const caller = principal({ roles: ['support', 'guest'] });
  assert.deepEqual([...model.rolesOf(caller)].sort(), ['customer', 'guest', 'reader', 'support']);
  assert.deepEqual([...model.permissionsOf(caller)].sort(), ['books:read', 'orders:any', 'orders:own']);
  assert.equal(model.rolesOf(caller), model.rolesOf(caller), 'worked out once');
  assert.equal(hasOneOf(caller.roles, model.having(['reader'])), true);
  assert.equal(hasOneOf(caller.roles, model.having(['buyer'])), false);
});

test('names that objects inherit are no roles', () => {
  const model = compileRoles(shop);
  for (const name of ['constructor', '__proto__', 'toString']) {
    assert.throws(() => model.having([name]), /there is no role/);
    assert.throws(() => model.allowed(name), /there is no permission/);
    assert.deepEqual([...model.permissionsOf(principal({ roles: [name] }))], []);
  }
});

test('a name that was mistyped is told', () => {
  const model = compileRoles(shop);
  assert.throws(() => model.having(['custommer']), /did you mean "customer"\?/);
  assert.throws(() => model.allowed('orders:all'), /there is no permission "orders:all"/);
  assert.throws(() => compileRoles(undefined).allowed('x'), /roles has: none/);
});

test('without roles every name may be one, and stands for itself', () => {
  assert.deepEqual([...compileRoles(undefined).having(['admin'])], ['admin']);
});

const faults: readonly [text: string, expected: readonly string[]][] = [
  ['a: { includes: [b] }\nb: { permissions: [x] }', []],
  ['a: { includes: [b, c] }\nb: { includes: [d] }\nc: { includes: [d] }\nd: {}', []],
  ['a: { includes: [a] }', ['f:1:17  a.includes[0]  the role includes itself: a includes a']],
  [
    'a: { includes: [x, b] }\nb: { includes: [c] }\nc: { includes: [a] }\nx: { includes: [a] }',
    [
      'f:1:17  a.includes[0]  the role includes itself: a includes x includes a',
      'f:1:20  a.includes[1]  the role includes itself: a includes b includes c includes a',
      'f:2:17  b.includes[0]  the role includes itself: b includes c includes a includes b',
      'f:3:17  c.includes[0]  the role includes itself: c includes a includes b includes c',
      'f:4:17  x.includes[0]  the role includes itself: x includes a includes x',
    ],
  ],
  // Leads into a circle without being part of it.
  [
    'a: { includes: [b] }\nb: { includes: [c] }\nc: { includes: [b] }',
    [
      'f:2:17  b.includes[0]  the role includes itself: b includes c includes b',
      'f:3:17  c.includes[0]  the role includes itself: c includes b includes c',
    ],
  ],
  ['a: { includes: [nobody] }', ['f:1:17  a.includes[0]  there is no role "nobody"; there are: a']],
  ['a: { includes: [toString] }', ['f:1:17  a.includes[0]  there is no role "toString"; there are: a']],
];

for (const [text, expected] of faults) {
  test(`faults of ${JSON.stringify(text)}`, () => {
    const outcome = readDocument(text, 'f', schema, { env: {} });
    assert.deepEqual(outcome.ok ? [] : formatFaults(outcome.faults).split('\n'), expected);
  });
}

test('a long chain of roles is followed to its end', () => {
  const chain = Object.fromEntries(
    Array.from({ length: 2000 }, (_, i) => [
      `r${i}`,
      i === 0 ? { permissions: ['p'] } : { includes: [`r${i - 1}`] },
    ]),
  );
  assert.ok(compileRoles(chain).allowed('p').has('r1999'));
});
