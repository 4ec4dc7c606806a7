import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OptionFault } from '../../policy.ts';
import { api, environment, type PrincipalParts, principal } from '../../testing/exchange.ts';
import { type Name, operations, prepare, problemOf, request, roles, within } from './testing/shop.ts';

type Who = PrincipalParts | undefined;
const nobody = undefined;
const customer: Who = { roles: ['customer'], scopes: ['shop'] };
const support: Who = { roles: ['support'], scopes: ['shop'] };
const admin: Who = { roles: ['admin'], scopes: ['shop'] };

async function decide(name: Name | undefined, who: Who, config: unknown, by = within) {
  const { authorize } = await prepare(config, by);
  const parts = { principal: who === undefined ? undefined : principal(who) };
  return authorize!(request(name, parts)) as { problem: string; reason?: string } | undefined;
}

const closed = { deny: 'everybody' };
const table: readonly [config: object, name: Name | undefined, who: Who, problem: string | undefined][] = [
  // Roles include roles; names outside of them mean nothing.
  [{ roles: ['support'] }, 'listCustomers', customer, 'role-insufficient'],
  [{ roles: ['support'] }, 'listCustomers', support, undefined],
  [{ roles: ['support'] }, 'listCustomers', admin, undefined],
  [{ roles: ['support', 'suspended'] }, 'listCustomers', { roles: ['suspended'] }, undefined],
  [{ roles: ['support'] }, 'listCustomers', { roles: ['Support', 'root'] }, 'role-insufficient'],
  // All permissions, by whichever role.
  [{ permissions: ['orders:any'] }, 'listOrders', customer, 'permission-insufficient'],
  [{ permissions: ['orders:any'] }, 'listOrders', support, undefined],
  [{ permissions: ['orders:any', 'customers:any'] }, 'listOrders', support, 'permission-insufficient'],
  [{ permissions: ['orders:any', 'customers:any'] }, 'listOrders', admin, undefined],
  // A permission is not had by claiming its name as a role, or as a scope.
  [
    { permissions: ['orders:any'] },
    'listOrders',
    { roles: ['orders:any'], scopes: ['orders:any'] },
    'permission-insufficient',
  ],
  [{ scopes: ['shop'] }, 'listOrders', customer, undefined],
  [{ scopes: ['shop', 'more'] }, 'listOrders', customer, 'scope-insufficient'],
  // What is for the whole API and what is for the operation both hold.
  [
    { roles: ['customer'], operations: { 'GET /orders': { roles: ['support'] } } },
    'listOrders',
    customer,
    'role-insufficient',
  ],
  [
    { roles: ['admin'], operations: { 'GET /orders': { roles: ['support'] } } },
    'listOrders',
    support,
    'role-insufficient',
  ],
  [
    { roles: ['admin'], operations: { 'GET /orders': { roles: ['support'] } } },
    'listOrders',
    admin,
    undefined,
  ],
  [{ operations: { 'GET /orders': { roles: ['support'] } } }, 'listCustomers', customer, undefined],
  // Whatever is asked of a public operation makes it one that is not.
  [{}, 'open', nobody, undefined],
  [{ roles: ['customer'] }, 'open', nobody, 'credential-missing'],
  [{ roles: ['customer'] }, 'open', customer, undefined],
  [{ operations: { 'GET /books': { scopes: ['shop'] } } }, 'open', nobody, 'credential-missing'],
  // Not a binding of something that the operation does not have.
  [{ bind: { '?customerId': 'claims.sub', '#/customerId': 'claims.sub' } }, 'open', nobody, undefined],
  [{ bind: { '?customerId': 'claims.sub', '#/customerId': 'claims.sub' } }, 'login', nobody, undefined],
  [{ bind: { 'GET /books?customerId': 'claims.sub' } }, 'open', nobody, 'credential-missing'],
  [{ bind: { 'POST /login#/customerId': 'claims.sub' } }, 'login', nobody, 'credential-missing'],
  [{ bind: { 'GET /books => #/owner': 'claims.sub' } }, 'open', nobody, 'credential-missing'],
  // But a condition can be one for everybody.
  [{ when: 'address == "203.0.113.7"' }, 'open', nobody, undefined],
  [{ when: 'address == "203.0.113.8"' }, 'open', nobody, 'condition-unmet'],
  [{ when: 'principal.subject == "alice"' }, 'open', nobody, 'condition-unmet'],
  [{ when: 'principal.subject == "alice"' }, 'listOrders', customer, undefined],
  [{ when: 'claims.level > 1' }, 'listOrders', customer, 'condition-unmet'],
  [{ when: 'claims.level > 1' }, 'listOrders', { claims: { level: 2 } }, undefined],
  [{ when: 'claims.level > 1' }, 'listOrders', { claims: { level: 'high' } }, 'condition-unmet'],
  // Deny wins.
  [{ roles: ['admin'], deny: 'everybody' }, 'listOrders', admin, 'denied'],
  [{ operations: { 'GET /orders': closed } }, 'listOrders', admin, 'denied'],
  [{ operations: { 'GET /books': closed } }, 'open', nobody, 'denied'],
  [{ deny: [{ roles: ['suspended'] }] }, 'listOrders', { roles: ['suspended', 'admin'] }, 'denied'],
  [{ deny: [{ roles: ['suspended'] }] }, 'listOrders', admin, undefined],
  [{ deny: [{ roles: ['suspended'] }] }, 'open', { roles: ['suspended'] }, 'denied'],
  // Who includes a denied role is denied too.
  [{ deny: [{ roles: ['support'] }] }, 'listOrders', admin, 'denied'],
  [{ deny: [{ when: 'claims.blocked == true' }] }, 'listOrders', { claims: { blocked: true } }, 'denied'],
  [{ deny: [{ when: 'claims.blocked == true' }] }, 'listOrders', { claims: { blocked: false } }, undefined],
  // What cannot be decided is denied.
  [{ deny: [{ when: 'claims.blocked == true' }] }, 'listOrders', customer, 'denied'],
  [{ deny: [{ when: 'has(claims.blocked) && claims.blocked == true' }] }, 'listOrders', customer, undefined],
  // Both parts of an entry must fit.
  [{ deny: [{ roles: ['customer'], when: 'request.method == "GET"' }] }, 'listOrders', customer, 'denied'],
  [{ deny: [{ roles: ['customer'], when: 'request.method == "POST"' }] }, 'listOrders', customer, undefined],
  [{ deny: [{ roles: ['suspended'], when: 'claims.nope == 1' }] }, 'listOrders', customer, undefined],
  [
    { deny: [{ roles: ['suspended'] }, { when: 'request.path == "/orders"' }] },
    'listOrders',
    admin,
    'denied',
  ],
  // What decides: a rule that says who, of the API or of the operation, but neither a condition of the API nor a binding.
  [{}, 'silent', customer, 'not-decided'],
  [{ roles: ['customer'] }, 'silent', customer, undefined],
  [{ scopes: ['shop'] }, 'silent', customer, undefined],
  [{ operations: { 'GET /silent': { when: 'principal.known' } } }, 'silent', customer, undefined],
  [{ operations: { 'GET /silent': { when: 'principal.known' } } }, 'silent', nobody, 'credential-missing'],
  [{ when: 'principal.known' }, 'silent', customer, 'not-decided'],
  [{ operations: { 'GET /silent': {} } }, 'silent', customer, 'not-decided'],
  [{ deny: [{ roles: ['suspended'] }] }, 'silent', customer, 'not-decided'],
  [{ undeclared: 'authenticated' }, 'silent', customer, undefined],
  // What the definition does not have.
  [{ roles: ['customer'] }, undefined, customer, 'not-decided'],
  [{ undeclared: 'authenticated' }, undefined, customer, undefined],
  [{ undeclared: 'authenticated' }, undefined, nobody, 'credential-missing'],
  [{ undeclared: 'authenticated', roles: ['admin'] }, undefined, customer, 'role-insufficient'],
  [{ undeclared: 'authenticated', deny: 'everybody' }, undefined, customer, 'denied'],
  // Nobody could say whose object it is about.
  [{ undeclared: 'authenticated', bind: { '{customerId}': 'claims.sub' } }, undefined, admin, 'not-decided'],
  [
    { undeclared: 'authenticated', fields: { '#/role': { write: 'nobody' } } },
    undefined,
    admin,
    'not-decided',
  ],
];

for (const [config, name, who, problem] of table) {
  test(`${name} by ${JSON.stringify(who)} with ${JSON.stringify(config)}: ${problem ?? 'allowed'}`, async () => {
    assert.equal(problemOf(await decide(name, who, config)), problem);
  });
}

test('the first that is not met decides: deny, credential, scopes, roles, permissions, conditions, bindings', async () => {
  const config = {
    deny: [{ roles: ['suspended'] }],
    scopes: ['shop'],
    roles: ['customer'],
    operations: { 'GET /customers/{customerId}': { permissions: ['orders:any'], when: 'claims.level > 1' } },
    bind: { '{customerId}': 'claims.sub' },
  };
  const steps: readonly [who: Who, problem: string | undefined][] = [
    [{ roles: ['suspended'] }, 'denied'],
    [nobody, 'credential-missing'],
    [{}, 'scope-insufficient'],
    [{ scopes: ['shop'] }, 'role-insufficient'],
    [{ scopes: ['shop'], roles: ['customer'] }, 'permission-insufficient'],
    [{ scopes: ['shop'], roles: ['support'] }, 'condition-unmet'],
    [{ scopes: ['shop'], roles: ['support'], claims: { level: 2 } }, 'object-refused'],
    [{ scopes: ['shop'], roles: ['support'], claims: { level: 2, sub: 'cus_1' } }, undefined],
  ];
  const { authorize } = await prepare(config);
  for (const [who, problem] of steps) {
    const parts = { principal: who === undefined ? undefined : principal(who), pathValues: ['cus_1'] };
    assert.equal(problemOf(await authorize!(request('getCustomer', parts))), problem, JSON.stringify(who));
  }
});

test('an API without a definition is decided by what is said of all of it', async () => {
  const by = environment({ api: api('plain'), roles });
  assert.equal(problemOf(await decide(undefined, customer, { roles: ['customer'] }, by)), undefined);
  assert.equal(problemOf(await decide(undefined, customer, { roles: ['admin'] }, by)), 'role-insufficient');
  assert.equal(problemOf(await decide(undefined, customer, {}, by)), 'not-decided');
  assert.equal(problemOf(await decide(undefined, customer, { when: 'true' }, by)), 'not-decided');
  assert.equal(problemOf(await decide(undefined, nobody, { roles: ['customer'] }, by)), 'credential-missing');
});

test('reasons for the record name the rule, and no value of the request', async () => {
  const told = async (config: object, who: Who): Promise<string | undefined> =>
    (await decide('listOrders', who, config))?.reason;
  assert.equal(
    await told({ deny: [{ roles: ['suspended'] }] }, { roles: ['suspended'] }),
    'api deny role suspended',
  );
  assert.equal(
    await told({ when: 'claims.sub == "x"' }, { claims: { sub: 'secret' } }),
    'api when: claims.sub == "x"',
  );
  assert.equal(
    await told({ when: 'claims.level > 1' }, { claims: { level: 'secret' } }),
    'api when cannot be decided: no-such-overload',
  );
  assert.equal(
    await told(
      { operations: { 'GET /orders': { when: 'int(claims.sub) == 1' } } },
      { claims: { sub: 'secret' } },
    ),
    'when cannot be decided: int-conversion-error',
  );
  assert.equal(await told({ roles: ['admin'] }, customer), 'needs one of admin');
  assert.equal(await told({ permissions: ['orders:any'] }, customer), 'needs orders:any');
});

test('scopes that the configuration asks for are named in the challenge', async () => {
  const { authorize } = await prepare({ scopes: ['shop', 'more'] });
  const verdict = await authorize!(request('listOrders', { principal: principal() }));
  assert.deepEqual((verdict as { fields?: unknown }).fields, [
    'www-authenticate',
    'Bearer realm="shop", error="insufficient_scope", scope="shop more"',
  ]);
});

const faults: readonly [config: object, at: string, message: RegExp][] = [
  [{ roles: ['custommer'] }, 'roles', /there is no role "custommer"; did you mean "customer"\?/],
  [{ permissions: ['orders:own', 'orders:all'] }, 'permissions.1', /there is no permission "orders:all"/],
  [
    { operations: { 'GET /order': { roles: ['admin'] } } },
    'operations.GET /order',
    /no operation GET \/order/,
  ],
  [{ operations: { 'GET /orders': { roles: ['nope'] } } }, 'operations.GET /orders.roles', /no role "nope"/],
  [{ operations: { 'GET /orders': { when: 'claims.' } } }, 'operations.GET /orders.when', /not a condition/],
  [{ when: 'request.mehtod == "x"' }, 'when', /No such key: mehtod \(at character 9\)/],
  [{ deny: [{ roles: ['admin'] }, { when: '1' }] }, 'deny.1.when', /is of type int/],
  [{ deny: [{ roles: ['nope'] }] }, 'deny.0.roles', /no role "nope"/],
  [{ bind: { '{nope}': 'claims.sub' } }, 'bind.{nope}', /no operation that it is about/],
  [{ bind: { '/order?x': 'claims.sub' } }, 'bind./order?x', /no operation that it is about/],
  [
    { bind: { '{customerId}': { to: 'claims.sub', except: ['nope'] } } },
    'bind.{customerId}.except',
    /no role "nope"/,
  ],
  [{ bind: { 'GET /orders#/x': 'claims.sub' } }, 'bind.GET /orders#/x', /takes no JSON body/],
  [{ bind: { 'POST /pictures#/x': 'claims.sub' } }, 'bind.POST /pictures#/x', /takes no JSON body/],
  [{ fields: { '/order#/x': { write: 'nobody' } } }, 'fields./order#/x', /no operation that it is about/],
  [{ fields: { 'GET /orders#/x': { write: 'nobody' } } }, 'fields.GET /orders#/x', /takes no JSON body/],
  [{ fields: { '#/x': { read: ['nope'] } } }, 'fields.#/x.read', /no role "nope"/],
];

for (const [config, at, message] of faults) {
  test(`faults of ${JSON.stringify(config)}`, async () => {
    await assert.rejects(prepare(config), (error) => {
      const [fault] = (error as AggregateError).errors as unknown[];
      assert.ok(fault instanceof OptionFault);
      assert.equal(fault.option.join('.'), at);
      assert.match(fault.message, message);
      return true;
    });
  });
}

test('all faults are told at once', async () => {
  const config = {
    roles: ['a'],
    permissions: ['b'],
    when: 'c',
    operations: { 'GET /d': {}, 'GET /orders': { when: '1' } },
  };
  await assert.rejects(prepare(config), (error) => (error as AggregateError).errors.length === 5);
});

test('without a definition there is nothing that operations, bindings and fields could be about', async () => {
  const config = {
    operations: { 'GET /x': {} },
    bind: { '{x}': 'claims.sub' },
    fields: { '#/x': { write: 'nobody' } },
  };
  await assert.rejects(prepare(config, environment({ api: api('plain'), roles })), (error) => {
    const told = ((error as AggregateError).errors as OptionFault[]).map(({ option }) => option.join('.'));
    return ['operations', 'bind', 'fields'].every((option) => told.includes(option));
  });
  // The policies of requests that no API takes may be those of APIs that have them.
  await prepare(config, environment({ roles }));
});

test('every operation of the shop is decided alike from call to call', async () => {
  const { authorize } = await prepare({ roles: ['customer'] });
  for (const name of Object.keys(operations) as Name[]) {
    const parts = { principal: principal({ roles: ['customer'] }), pathValues: ['x'] };
    for (let i = 0; i < 3; i++) assert.equal(await authorize!(request(name, parts)), undefined, name);
  }
});
