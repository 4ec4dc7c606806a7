import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { startBookshop } from '../../harness/bookshop.ts';
import { type Asked, callersOf, outcome } from './shop-callers.ts';

/**
 * Vertical escalation (OWASP API3:2023 and API5:2023): more rights than one has, by doing the work of the staff, by
 * writing fields that are not the caller's to write, by reaching what is for operators. Each works upon the shop itself.
 */
const bookshop = await startBookshop({ after });
const { direct, through } = await callersOf(bookshop);

/** As it would be with a definition that says less: what authorization holds by itself. */
const lax = await startBookshop({ after }, (config) =>
  config.replace('      cors:\n', '      openapi-validation: off\n      cors:\n'),
);
const laxCallers = await callersOf(lax);

const book = {
  title: 'Spam',
  author: 'S',
  year: 2026,
  genre: 'novel',
  isbn: '9789000020003',
  price: 1,
  stock: 1,
};
const order = { customerId: 'cus_1001', items: [{ bookId: 17, quantity: 1 }] };

const staffWork: readonly [request: string, asked: Asked, stopped: string][] = [
  ['GET /customers', {}, '403 role-insufficient'],
  ['GET /customers?limit=100', {}, '403 role-insufficient'],
  ['HEAD /customers', {}, '403'],
  ['POST /books', { body: book }, '403 scope-insufficient'],
  ['DELETE /books/60', {}, '403 scope-insufficient'],
];

for (const [request, asked, stopped] of staffWork) {
  test(`${request} is open upon the shop, and ${stopped} for a customer`, async () => {
    assert.equal(outcome(await through('alice', request, asked)), stopped);
    assert.ok((await direct(request, asked)).status < 300);
  });
}

const claimsOfRoles: readonly (readonly string[])[] = [
  ['x-role: admin', 'x-roles: admin', 'x-user-roles: admin', 'x-groups: admin'],
  ['X_Role: admin', 'x.roles: admin'],
  ['x-portcullis-roles: admin', 'x-authenticated-roles: admin', 'x-consumer-groups: admin'],
  ['cookie: role=admin; roles=admin'],
  ['x-http-method-override: GET', 'x-original-url: /books'],
];

for (const fields of claimsOfRoles) {
  test(`nobody becomes staff by ${fields.join(', ')}`, async () => {
    assert.equal(outcome(await through('alice', 'GET /customers', { fields })), '403 role-insufficient');
    assert.equal(outcome(await through(undefined, 'GET /customers', { fields })), '401 credential-missing');
  });
}

test('a role of the token is a name, and nothing that looks like one', async () => {
  const query = 'roles=admin&role=admin&scope=books:write';
  assert.equal(outcome(await through('alice', `GET /customers?${query}`)), '403 role-insufficient');
});

const massAssignment: readonly [request: string, body: object, works: RegExp][] = [
  ['PATCH /customers/cus_1001', { role: 'admin' }, /"role":"admin"/],
  ['PATCH /customers/cus_1001', { discount: 100 }, /"discount":100/],
  ['POST /orders', { ...order, total: 1, status: 'paid' }, /"status":"paid","total":1|"total":1/],
];

for (const [request, body, works] of massAssignment) {
  test(`${request} with ${Object.keys(body).at(-1)} works upon the shop`, async () => {
    assert.match((await laxCallers.direct(request, { body })).body, works);
  });

  test(`${request} with ${Object.keys(body).at(-1)} is stopped by the definition, and without it by the rule`, async () => {
    assert.equal(outcome(await through('alice', request, { body })), '400 body-invalid');
    for (const user of ['alice', 'admin'] as const)
      assert.equal(outcome(await laxCallers.through(user, request, { body })), '403 field-refused');
  });
}

const disguisedFields: readonly [body: string, fields: readonly string[], stopped: string][] = [
  ['{"Role":"admin"}', [], '403 field-refused'],
  ['{"ROLE":"admin","city":"x"}', [], '403 field-refused'],
  [String.raw`{"r\u006fle":"admin"}`, [], '403 field-refused'],
  ['{"profile":{"role":"admin"}}', [], '403 field-refused'],
  ['[{"role":"admin"}]', [], '403 field-refused'],
  ['{"city":"x","city":"y","role":"admin"}', [], '400 body-invalid'],
  ['{"__proto__":{"role":"admin"}}', [], '400 body-invalid'],
  ['\ufeff{"role":"admin"}', [], '400 body-invalid'],
  ['role=admin', ['content-type: application/x-www-form-urlencoded'], '415 media-type-unsupported'],
  ['{"role":"admin"}', ['content-type: text/plain'], '415 media-type-unsupported'],
  ['{"role":"admin"}', ['content-type: application/json; charset=utf-16'], '415 media-type-unsupported'],
  ['{"role":"admin"}', ['content-encoding: gzip'], '415 content-coding-unsupported'],
];

for (const [body, fields, stopped] of disguisedFields) {
  test(`the field role as ${body} ${fields.join()} is ${stopped}`, async () => {
    const reply = await laxCallers.through('alice', 'PATCH /customers/cus_1001', { body, fields });
    assert.equal(outcome(reply), stopped, reply.body);
  });
}

test('the shop has not been changed by any of them', async () => {
  const { body } = await lax.shop.send('GET', '/customers/cus_1002').then(({ text }) => ({ body: text }));
  assert.match(body, /"role":"customer"/);
  assert.match((await direct('GET /customers/cus_1001')).body, /"role":"customer"/);
});

test('version 1 gives everything away by itself, and through the gateway what its definition promises', async () => {
  const leak = JSON.parse((await direct('GET /v1/customers/cus_1001')).body) as Record<string, unknown>;
  assert.match(String(leak['passwordHash']), /^scrypt\$/);
  assert.equal(leak['email'], 'alice@example.com');
  const { body, fields } = await through('alice', 'GET /v1/customers/cus_1001');
  const seen = JSON.parse(body) as Record<string, unknown>;
  assert.equal(seen['id'], 'cus_1001');
  for (const hidden of ['passwordHash', 'email', 'discount']) assert.equal(seen[hidden], undefined, hidden);
  assert.equal(fields.get('content-length'), String(Buffer.byteLength(body)));
  const staff = JSON.parse((await through('admin', 'GET /v1/customers/cus_1001')).body) as Record<
    string,
    unknown
  >;
  assert.equal(staff['email'], 'alice@example.com');
  assert.equal(staff['passwordHash'], undefined, 'which is for nobody');
});

test('what is for operators is open upon the shop', async () => {
  assert.match((await direct('GET /internal/metrics')).body, /bookshop_revenue_cents \d+/);
  assert.equal((await direct('POST /internal/reindex')).status, 200);
});

const internal: readonly [request: string, asked: Asked, stopped: string][] = [
  ['GET /internal/metrics', {}, '404 path-unknown'],
  ['POST /internal/reindex', {}, '404 path-unknown'],
  ['GET /books/../internal/metrics', {}, '400 malformed-target'],
  ['GET //internal/metrics', {}, '400 malformed-target'],
  ['GET /%69nternal/metrics', {}, '404 path-unknown'],
  ['GET /Internal/metrics', {}, '404 path-unknown'],
  ['GET /internal/metrics', { fields: ['x-original-url: /internal/metrics'] }, '404 path-unknown'],
  ['GET /internal/metrics', { fields: ['x-forwarded-host: ops.localhost'] }, '404 path-unknown'],
  // Its own host, from inside: there, and for whom it is for.
  ['GET /internal/metrics', { host: 'ops.localhost' }, '403 permission-insufficient'],
  ['POST /internal/reindex', { host: 'ops.localhost' }, '403 permission-insufficient'],
  // From anywhere else it is not there, whatever is said of where it comes from.
  ['GET /internal/metrics', { host: 'ops.localhost', from: '127.0.0.2' }, '404 path-unknown'],
  [
    'GET /internal/metrics',
    { host: 'ops.localhost', from: '127.0.0.2', fields: ['x-forwarded-for: 127.0.0.1'] },
    '404 path-unknown',
  ],
  [
    'GET /internal/metrics',
    { host: 'ops.localhost', from: '127.0.0.2', fields: ['forwarded: for=127.0.0.1'] },
    '404 path-unknown',
  ],
  // A proxy that nobody told the gateway of: who is behind it cannot be known.
  [
    'GET /internal/metrics',
    { host: 'ops.localhost', fields: ['x-forwarded-for: 127.0.0.1'] },
    '404 path-unknown',
  ],
  ['GET /internal/metrics', { from: '127.0.0.2', fields: ['host: OPS.localhost.'] }, '404 path-unknown'],
];

for (const [request, asked, stopped] of internal) {
  const how = [asked.host, asked.from, ...(asked.fields ?? [])].filter(Boolean).join(', ');
  test(`${request} ${how} is ${stopped} for a customer`, async () => {
    assert.equal(outcome(await through('alice', request, asked)), stopped);
  });
}

test('operators on this machine reach it, and nobody reaches it without a credential', async () => {
  const host = 'ops.localhost';
  assert.match((await through('admin', 'GET /internal/metrics', { host })).body, /bookshop_revenue_cents/);
  assert.equal(
    outcome(await through(undefined, 'GET /internal/metrics', { host })),
    '401 credential-missing',
  );
  assert.equal(
    outcome(await through('admin', 'GET /internal/metrics', { host, from: '127.0.0.2' })),
    '404 path-unknown',
  );
});
