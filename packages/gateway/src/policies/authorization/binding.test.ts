import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type PrincipalParts, principal } from '../../testing/exchange.ts';
import { type Name, prepare, problemOf, request } from './testing/shop.ts';

const me: PrincipalParts = { claims: { sub: 'cus_1', many: ['cus_1', 'cus_2'], number: 42, list: [] } };
const refused = 'object-refused';

async function decide(bind: object, name: Name, who: PrincipalParts, more: object = {}, line?: string) {
  const prepared = await prepare({ bind });
  const parts = { principal: principal(who), ...more };
  const exchange = request(name, parts, line);
  const verdict = (await prepared.authorize!(exchange)) ?? (await prepared.body!(exchange));
  return verdict;
}

const byPath = { '{customerId}': 'claims.sub' };
const below = { '/customers/{customerId}': 'claims.sub' };
const paths: readonly [
  bind: object,
  name: Name,
  value: string,
  who: PrincipalParts,
  problem: string | undefined,
][] = [
  [byPath, 'getCustomer', 'cus_1', me, undefined],
  [byPath, 'getCustomer', 'cus_2', me, refused],
  [byPath, 'patchCustomer', 'cus_2', me, refused],
  // Its parameter has another name; the path says that it is the same.
  [byPath, 'listOf', 'cus_2', me, undefined],
  [below, 'listOf', 'cus_2', me, refused],
  [below, 'listOf', 'cus_1', me, undefined],
  [{ 'GET /customers/{x}': 'claims.sub' }, 'patchCustomer', 'cus_2', me, undefined],
  // To the letter.
  [byPath, 'getCustomer', 'CUS_1', me, refused],
  [byPath, 'getCustomer', 'cus_1 ', me, refused],
  [byPath, 'getCustomer', 'cus_1\u0000', me, refused],
  [byPath, 'getCustomer', '', me, refused],
  // As the style of the parameter has it.
  [byPath, 'styledCustomer', ';customerId=cus_1', me, undefined],
  [byPath, 'styledCustomer', ';customerId=cus_2', me, refused],
  [byPath, 'styledCustomer', ';customerId=cus_1;customerId=cus_2', me, refused],
  [byPath, 'getCustomer', ';customerId=cus_1', me, refused],
  // One of several.
  [{ '{customerId}': 'claims.many' }, 'getCustomer', 'cus_2', me, undefined],
  [{ '{customerId}': 'claims.many' }, 'getCustomer', 'cus_3', me, refused],
  [{ '{customerId}': 'claims.many' }, 'getCustomer', 'cus_1,cus_2', me, refused],
  [{ '{customerId}': 'claims.number' }, 'getCustomer', '42', me, undefined],
  [{ '{customerId}': 'claims.number' }, 'getCustomer', '042', me, refused],
  [{ '{customerId}': 'claims.number' }, 'getCustomer', '42.0', me, refused],
  [{ '{customerId}': 'claims.number' }, 'getCustomer', '4e1', me, refused],
  // Nothing is anybody's by a claim that is not there.
  [{ '{customerId}': 'claims.list' }, 'getCustomer', '', me, refused],
  [{ '{customerId}': 'claims.nope' }, 'getCustomer', 'undefined', me, refused],
  [{ '{customerId}': 'claims.nope' }, 'getCustomer', '', me, refused],
  [{ '{customerId}': 'claims.toString' }, 'getCustomer', 'x', me, refused],
  [{ '{customerId}': 'principal.subject' }, 'getCustomer', 'alice', {}, undefined],
  [{ '{customerId}': 'principal.client' }, 'getCustomer', 'undefined', {}, refused],
  // Two bindings of one parameter both hold.
  [{ '{customerId}': 'claims.many', '/customers/{x}': 'claims.sub' }, 'getCustomer', 'cus_2', me, refused],
];

for (const [bind, name, value, who, problem] of paths) {
  test(`${JSON.stringify(bind)}: ${name} of ${JSON.stringify(value)} is ${problem ?? 'allowed'}`, async () => {
    const more = {
      pathValues: name === 'listOf' ? [value] : [value],
      body: {},
      fields: { 'content-type': 'application/json' },
    };
    assert.equal(problemOf(await decide(bind, name, who, more)), problem);
  });
}

const except = { '{customerId}': { to: 'claims.sub', except: ['support'] } };
const exceptions: readonly [roles: readonly string[], problem: string | undefined][] = [
  [[], refused],
  [['customer'], refused],
  [['support'], undefined],
  // Who includes an exempt role is exempt.
  [['admin'], undefined],
  [['Support'], refused],
];
for (const [roles, problem] of exceptions) {
  test(`exempt from a binding by the roles ${roles}: ${problem ?? 'yes'}`, async () => {
    assert.equal(
      problemOf(await decide(except, 'getCustomer', { ...me, roles }, { pathValues: ['cus_9'] })),
      problem,
    );
  });
}

const byQuery = { '?customerId': 'claims.sub' };
const queries: readonly [query: string, problem: string | undefined][] = [
  ['customerId=cus_1', undefined],
  ['customerId=cus%5f1', undefined],
  ['page=2&customerId=cus_1&x', undefined],
  ['customerId=cus_2', refused],
  // Left out, it could mean everybody's.
  ['', refused],
  ['page=1', refused],
  ['customerId', refused],
  ['customerId=', refused],
  // One reader takes the first, another one the last.
  ['customerId=cus_1&customerId=cus_2', refused],
  ['customerId=cus_2&customerId=cus_1', refused],
  ['customerId=cus_1&customerId=cus_1', undefined],
  ['customerId=cus_1,cus_2', refused],
  // Names that some servers take for the same.
  ['customerId=cus_1&CUSTOMERID=cus_2', refused],
  ['customerId=cus_1&customerId[]=cus_2', refused],
  ['customerId=cus_1&customerId%5B0%5D=cus_2', refused],
  ['customerId=cus_1&customerId[x][y]=cus_2', refused],
  ['customerId=cus_1&%63ustomerId=cus_2', refused],
  ['customerId=cus_1&+customerId=cus_2', refused],
  ['CustomerId=cus_1', refused],
  ['customerId[]=cus_1', refused],
  // Another sign between parameters.
  ['page=1;customerId=cus_2&customerId=cus_1', refused],
  ['customerId=cus_1;customerId=cus_2', refused],
  ['customerId=cus_2;x&customerId=cus_1', refused],
  // What cannot be read is nobody's.
  ['customerId=cus_1&x=%ff', refused],
  ['customerId=cus_1&x=%00', refused],
  [`customerId=cus_1&${'a&'.repeat(1001)}customerId=cus_2`, refused],
  // No business of this binding.
  ['customerId=cus_1&xcustomerId=cus_2&customer=cus_2', undefined],
];

for (const [query, problem] of queries) {
  test(`?${query.slice(0, 60)} is ${problem ?? 'allowed'}`, async () => {
    assert.equal(problemOf(await decide(byQuery, 'listOrders', me, {}, `GET /orders?${query}`)), problem);
  });
}

test('a parameter that the operation does not define may be left out, but not be somebody else’s', async () => {
  const of = async (query: string) =>
    problemOf(await decide(byQuery, 'listCustomers', me, {}, `GET /customers${query}`));
  assert.equal(await of(''), undefined);
  assert.equal(await of('?customerId=cus_1'), undefined);
  assert.equal(await of('?customerId=cus_2'), refused);
  const exact = { 'GET /customers?customerId': 'claims.sub' };
  assert.equal(problemOf(await decide(exact, 'listCustomers', me, {}, 'GET /customers')), refused);
  const lenient = { '?customerId': { to: 'claims.sub', whenMissing: 'pass' } };
  assert.equal(problemOf(await decide(lenient, 'listOrders', me, {}, 'GET /orders')), undefined);
  assert.equal(
    problemOf(await decide(lenient, 'listOrders', me, {}, 'GET /orders?customerId=cus_2')),
    refused,
  );
});

test('nobody owns nothing, on public operations too', async () => {
  const { authorize, body } = await prepare({ bind: { ...byQuery, ...byBody } });
  const of = (name: Name, line: string, parts: object) => {
    const exchange = request(name, { fields: json, ...parts }, line);
    return problemOf(authorize!(exchange) ?? body!(exchange));
  };
  assert.equal(of('open', 'GET /books?page=1', {}), undefined);
  assert.equal(of('open', 'GET /books?customerId=cus_1', {}), refused);
  assert.equal(of('open', 'GET /books?customerId=', {}), refused);
  assert.equal(of('login', 'POST /login', { body: { email: 'x' } }), undefined);
  assert.equal(of('login', 'POST /login', { body: { customerId: 'cus_1' } }), refused);
  assert.equal(of('login', 'POST /login', { body: { customerId: 'undefined' } }), refused);
});

test('a list of customers is taken where each is the caller’s', async () => {
  const many = { '?customerId': 'claims.many' };
  const of = async (query: string) =>
    problemOf(await decide(many, 'listOrders', me, {}, `GET /orders?${query}`));
  assert.equal(await of('customerId=cus_1&customerId=cus_2'), undefined);
  assert.equal(await of('customerId=cus_1&customerId=cus_3'), refused);
});

const byBody = { '#/customerId': 'claims.sub' };
const json = { 'content-type': 'application/json' };
const bodies: readonly [
  body: string,
  problem: string | undefined,
  fields?: Record<string, string | string[]>,
][] = [
  ['{"customerId":"cus_1"}', undefined],
  ['{"customerId":"cus\\u005f1"}', undefined],
  ['{"customerId":"cus_2"}', refused],
  // Left out although the schema has it.
  ['{}', refused],
  ['[]', refused],
  ['"cus_1"', refused],
  ['', refused],
  // Other types.
  ['{"customerId":["cus_1"]}', refused],
  ['{"customerId":{"$ne":"cus_1"}}', refused],
  ['{"customerId":null}', refused],
  ['{"customerId":true}', refused],
  // Names that some readers take for the same.
  ['{"customerId":"cus_1","CustomerID":"cus_2"}', refused],
  ['{"customerId":"cus_1","cu\\u017ftomerid":"cus_2"}', refused],
  ['{"CustomerId":"cus_1"}', refused],
  ['{"customer\\u0049d":"cus_1"}', undefined],
  // Deeper down is something else.
  ['{"customerId":"cus_1","gift":{"customerId":"cus_2"}}', undefined],
  // Two readers, two values.
  ['{"customerId":"cus_1","customerId":"cus_2"}', 'body-invalid'],
  ['{"customerId":"cus_1"', 'body-invalid'],
  ['\ufeff{"customerId":"cus_1"}', 'body-invalid'],
  ['{"__proto__":{"customerId":"cus_2"},"customerId":"cus_1"}', 'body-invalid'],
  // What cannot be looked into.
  ['{"customerId":"cus_1"}', 'media-type-unsupported', { 'content-type': 'text/plain' }],
  ['customerId=cus_1', 'media-type-unsupported', { 'content-type': 'application/x-www-form-urlencoded' }],
  ['{"customerId":"cus_1"}', 'media-type-unsupported', {}],
  [
    '{"customerId":"cus_1"}',
    'media-type-unsupported',
    { 'content-type': ['application/json', 'text/plain'] },
  ],
  [
    '{"customerId":"cus_1"}',
    'media-type-unsupported',
    { 'content-type': 'application/json; charset=utf-16' },
  ],
  ['{"customerId":"cus_1"}', 'content-coding-unsupported', { ...json, 'content-encoding': 'gzip' }],
  ['{"customerId":"cus_1"}', undefined, { 'content-type': 'application/merge-patch+json' }],
];

for (const [body, problem, fields] of bodies) {
  test(`${body} as ${JSON.stringify(fields ?? json)} is ${problem ?? 'allowed'}`, async () => {
    const more = { body, fields: fields ?? json };
    assert.equal(problemOf(await decide(byBody, 'placeOrder', me, more)), problem);
  });
}

test('numbers are compared by their digits, so that none is rounded into another', async () => {
  const bind = { '#/customerId': 'claims.number' };
  const of = async (text: string, number: number) =>
    problemOf(
      await decide(
        bind,
        'placeOrder',
        { claims: { number } },
        { body: `{"customerId":${text}}`, fields: json },
      ),
    );
  assert.equal(await of('42', 42), undefined);
  assert.equal(await of('"42"', 42), undefined);
  for (const text of ['43', '42.0', '4.2e1', '042', '-42']) {
    const problem = await of(text, 42);
    assert.ok(problem === refused || problem === 'body-invalid', text);
  }
  assert.equal(await of('9007199254740992', 2 ** 53), refused);
  assert.equal(await of('9007199254740993', 2 ** 53), 'body-invalid');
});

test('each of a list in the body is bound', async () => {
  const bind = { 'POST /orders#/items/*/owner': 'claims.sub' };
  const of = async (items: unknown) =>
    problemOf(await decide(bind, 'placeOrder', me, { body: { items }, fields: json }));
  assert.equal(await of([{ owner: 'cus_1' }, { owner: 'cus_1' }]), undefined);
  assert.equal(await of([{ owner: 'cus_1' }, { owner: 'cus_2' }]), refused);
  assert.equal(await of([{}]), refused);
  assert.equal(await of({ a: { owner: 'cus_2' } }), refused);
});

test('the body is held where something in it is bound, and only there', async () => {
  const { needsBody, needsReply } = await prepare({ bind: { 'POST /orders#/customerId': 'claims.sub' } });
  const holds = (name: Name) => needsBody!(request(name).operation, '');
  assert.deepEqual([holds('placeOrder'), holds('login'), holds('upload')], [true, false, false]);
  assert.equal(needsReply!(request('placeOrder').operation), 0);
  const everywhere = await prepare({ bind: { '#/customerId': 'claims.sub' } });
  // Also where no body is defined: what comes all the same must not slip through. Not where none could be looked into.
  assert.equal(everywhere.needsBody!(request('listOrders').operation, ''), true);
  assert.equal(everywhere.needsBody!(request('upload').operation, ''), false);
});

test('a body that was not held is a fault, not a pass', async () => {
  const { body } = await prepare({ bind: byBody });
  const flowing = request('placeOrder', { principal: principal(me), hasBody: true, fields: json });
  assert.throws(() => body!(flowing), /not held/);
});

const byReply = { 'GET /orders/{orderId} => #/customerId': { to: 'claims.sub', except: ['support'] } };
const replies: readonly [reply: object, who: PrincipalParts, problem: string | undefined][] = [
  [{ replyBody: '{"id":"x","customerId":"cus_1"}' }, me, undefined],
  [{ replyBody: '{"id":"x","customerId":"cus_2"}' }, me, refused],
  [{ replyBody: '{"id":"x","customerId":"cus_1","customerId":"cus_2"}' }, me, refused],
  [{ replyBody: '{"id":"x"}' }, me, refused],
  [{ replyBody: '' }, me, refused],
  [{ replyBody: '{"id":"x","customerId":"cus_2"}' }, { ...me, roles: ['support'] }, undefined],
  // Errors have no owner, and go on.
  [{ replyBody: '{"error":"not_found"}', status: 404 }, me, undefined],
  [{ replyBody: '<h1>Oops</h1>', status: 500, replyFields: { 'content-type': 'text/html' } }, me, undefined],
  [{ replyBody: 'cus_1', replyFields: { 'content-type': 'text/plain' } }, me, 'reply-unverifiable'],
  [{ replyBody: '{"customerId":"cus_1"' }, me, 'reply-unverifiable'],
];

for (const [reply, who, problem] of replies) {
  test(`the reply ${JSON.stringify(reply)} to ${JSON.stringify(who.roles ?? [])} is ${problem ?? 'passed on'}`, async () => {
    const prepared = await prepare({ bind: byReply });
    const parts = { replyFields: json, ...reply, principal: principal(who), pathValues: ['ord_1'] };
    const exchange = request('getOrder', parts);
    assert.equal(await prepared.authorize!(exchange), undefined);
    assert.equal(problemOf(prepared.response!(exchange) ?? prepared.reply!(exchange)), problem);
  });
}

test('a reply without content cannot say whose it is, and is not asked for by halves', async () => {
  const prepared = await prepare({ bind: byReply });
  const parts = { principal: principal(me), replyFields: { ...json, 'content-length': '42' } };
  const head = request('getOrder', parts, 'HEAD /orders/ord_1');
  assert.equal(problemOf(prepared.response!(head)), refused);
  assert.equal(problemOf(prepared.response!(request('getOrder', { ...parts, status: 204 }))), refused);
  assert.equal(
    problemOf(prepared.response!(request('getOrder', { ...parts, status: 404 }, 'HEAD /orders/ord_1'))),
    undefined,
  );
  const staff = { ...parts, principal: principal({ ...me, roles: ['admin'] }) };
  assert.equal(problemOf(prepared.response!(request('getOrder', staff, 'HEAD /orders/ord_1'))), undefined);
  const upstream = request('getOrder', {
    upstreamFields: {
      range: 'bytes=3-9',
      'if-range': 'x',
      'if-none-match': '"a"',
      'if-modified-since': 'x',
      'accept-encoding': 'br',
      accept: '*/*',
    },
  });
  prepared.upstream!(upstream);
  assert.deepEqual(upstream.upstreamFields.flat, ['accept-encoding', 'identity', 'accept', '*/*']);
  assert.equal(prepared.needsReply!(request('getOrder').operation), 1_048_576);
  assert.equal(prepared.needsReply!(request('listOrders').operation), 0);
});

test('nothing gets past a binding but what is the caller’s', async () => {
  const { authorize } = await prepare({ bind: { ...byQuery, ...byPath } });
  const text = fc.oneof(fc.constantFrom('cus_1', 'cus_2', '', 'CUS_1'), fc.string({ maxLength: 8 }));
  const name = fc.constantFrom('customerId', 'customerid', 'customerId[]', 'x');
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(name, text), { maxLength: 4 }), text, async (pairs, value) => {
      const query = pairs
        .map(([key, each]) => `${encodeURIComponent(key)}=${encodeURIComponent(each)}`)
        .join('&');
      const parts = { principal: principal(me), pathValues: [value] };
      const mine = pairs.every(([key, each]) => key === 'x' || each === 'cus_1');
      const list = await authorize!(request('listOrders', parts, `GET /orders?${query}`));
      assert.equal(list === undefined, mine && pairs.some(([key]) => key === 'customerId'));
      const one = await authorize!(request('getCustomer', parts, `GET /customers/x?${query}`));
      assert.equal(one === undefined, mine && value === 'cus_1');
    }),
  );
});
