import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { startBookshop } from '../../harness/bookshop.ts';
import { waitFor } from '../../harness/wait.ts';
import { type Asked, callersOf, outcome } from './shop-callers.ts';

/**
 * Horizontal escalation (OWASP API1:2023): what belongs to another customer. Alice is cus_1001, Bob cus_1002. Each attack
 * works against the shop itself, which leaves whose an object is to the gateway, and is stopped on the way there; what is
 * Alice's own she gets all the same.
 */
const bookshop = await startBookshop({ after });
const { gateway } = bookshop;
const { direct, through } = await callersOf(bookshop);

const mine = { customerId: 'cus_1001', items: [{ bookId: 26, quantity: 1 }] };
const asBob = { ...mine, customerId: 'cus_1002' };
const review = { customerId: 'cus_1002', rating: 1, text: 'Not by me.' };
const notMine = '403 object-refused';

/** Attacks upon the shop as it is: what of the reply shows that they worked, and how the gateway answers Alice. */
const attacks: readonly [request: string, asked: Asked, works: RegExp, stopped: string][] = [
  ['GET /customers/cus_1002', {}, /bob@example\.com/, notMine],
  ['PATCH /customers/cus_1002', { body: { city: 'Nowhere' } }, /"city":"Nowhere"/, notMine],
  ['GET /orders?customerId=cus_1002', {}, /"customerId":"cus_1002"/, notMine],
  // Without the parameter everybody's.
  ['GET /orders', {}, /"customerId":"cus_1003"/, notMine],
  ['GET /orders/ord_5003', {}, /"customerId":"cus_1003"/, notMine],
  ['POST /orders', { body: asBob }, /"customerId":"cus_1002"/, notMine],
  ['POST /books/3/reviews', { body: review }, /"customerId":"cus_1002"/, notMine],
  ['GET /v1/customers/cus_1002', {}, /bob@example\.com/, notMine],
  // Whose it is only the shop knows; so it is for those who may work with all.
  ['DELETE /orders/ord_5004', {}, /^$/, '403 permission-insufficient'],
];

for (const [request, asked, works, stopped] of attacks) {
  test(`${request} works upon the shop, and is ${stopped} through the gateway`, async () => {
    // First through the gateway: what the shop does afterwards would otherwise be its doing.
    const reply = await through('alice', request, asked);
    assert.equal(outcome(reply), stopped, reply.body);
    assert.doesNotMatch(reply.body, /bob@|cus_100[23]|Nowhere/);
    const { status, body } = await direct(request, asked);
    assert.ok(status < 300, body);
    assert.match(body, works);
  });
}

test('what is refused does not reach the shop', async () => {
  const stored = async (path: string): Promise<string> => (await direct(`GET ${path}`)).body;
  const before = [await stored('/customers/cus_1002'), await stored('/orders?customerId=cus_1002')];
  await through('alice', 'PATCH /customers/cus_1002', { body: { city: 'Elsewhere' } });
  await through('alice', 'POST /orders', { body: asBob });
  assert.deepEqual(
    [await stored('/customers/cus_1002'), await stored('/orders?customerId=cus_1002')],
    before,
  );
});

/** Other ways to say the same. */
const disguises: readonly [request: string, asked: Asked, stopped: string][] = [
  ['GET /customers/%63us_1002', {}, notMine],
  ['GET /customers/cus%5f1002', {}, notMine],
  ['HEAD /customers/cus_1002', {}, '403'],
  ['GET /customers/cus_1001/../cus_1002', {}, '400 malformed-target'],
  ['GET /customers/cus_1001%2F..%2Fcus_1002', {}, '400 malformed-target'],
  ['GET /customers/cus_1001;/cus_1002', {}, '400 malformed-target'],
  ['GET /customers/CUS_1001', {}, notMine],
  ['GET /customers/cus_1001%20', {}, notMine],
  ['GET /Customers/cus_1002', {}, '404 path-unknown'],
  ['GET /customers/cus_1002/', {}, '404 path-unknown'],
  ['GET /orders?customerId=cus_1001&customerId=cus_1002', {}, notMine],
  ['GET /orders?customerId=cus_1002&customerId=cus_1001', {}, notMine],
  ['GET /orders?customerId[]=cus_1002&customerId=cus_1001', {}, notMine],
  ['GET /orders?CustomerId=cus_1002&customerId=cus_1001', {}, notMine],
  ['GET /orders?customerId=cus_1001;customerId=cus_1002', {}, notMine],
  ['GET /orders?%63ustomerId=cus_1002', {}, notMine],
  ['HEAD /orders/ord_5003', {}, '403'],
  ['GET /orders/ord_5003', { fields: ['range: bytes=20-60'] }, notMine],
  ['GET /orders/ord_5003', { fields: ['accept-encoding: gzip, br'] }, notMine],
  ['POST /orders', { body: { ...mine, CustomerID: 'cus_1002' } }, '400 body-invalid'],
  [
    'POST /orders',
    { body: '{"customerId":"cus_1001","customerId":"cus_1002","items":[{"bookId":26,"quantity":1}]}' },
    '400 body-invalid',
  ],
  [
    'POST /orders',
    { body: '{"customerId":["cus_1002"],"items":[{"bookId":26,"quantity":1}]}' },
    '400 body-invalid',
  ],
  ['POST /orders?customerId=cus_1002', { body: mine }, notMine],
  [
    'POST /orders',
    { body: 'customerId=cus_1002', fields: ['content-type: application/x-www-form-urlencoded'] },
    '415 media-type-unsupported',
  ],
  // Who the caller says it is.
  [
    'GET /customers/cus_1002',
    { fields: ['x-user-id: cus_1002', 'x-forwarded-user: cus_1002', 'from: bob@example.com'] },
    notMine,
  ],
  [
    'GET /customers/cus_1002',
    { fields: ['x-original-url: /customers/cus_1001', 'x-rewrite-url: /customers/cus_1001'] },
    notMine,
  ],
  ['POST /customers/cus_1002', { body: {}, fields: ['x-http-method-override: GET'] }, '405 method-unknown'],
];

for (const [request, asked, stopped] of disguises) {
  const how = [JSON.stringify(asked.body), ...(asked.fields ?? [])].filter(Boolean).join(', ');
  test(`${request} ${how.slice(0, 80)} is ${stopped}`, async () => {
    const reply = await through('alice', request, asked);
    assert.equal(outcome(reply), stopped, reply.body);
    assert.doesNotMatch(reply.body, /bob@|cus_100[23]/);
  });
}

const own: readonly [request: string, asked: Asked, status: number][] = [
  ['GET /customers/cus_1001', {}, 200],
  ['HEAD /customers/cus_1001', {}, 200],
  ['PATCH /customers/cus_1001', { body: { city: 'Guildford' } }, 200],
  ['GET /orders?customerId=cus_1001', {}, 200],
  ['GET /orders?customerId=cus_1001&limit=5', {}, 200],
  ['POST /orders', { body: mine }, 201],
  ['GET /orders/ord_5001', {}, 200],
  ['POST /books/3/reviews', { body: { ...review, customerId: 'cus_1001' } }, 201],
  ['GET /v1/customers/cus_1001', {}, 200],
  ['GET /orders/ord_9999', {}, 404],
];

for (const [request, asked, status] of own) {
  test(`${request} is Alice’s own: ${status}`, async () => {
    assert.equal((await through('alice', request, asked)).status, status);
  });
}

test('whoever works with all accounts and orders may', async () => {
  assert.equal(outcome(await through('admin', 'GET /customers/cus_1002')), '200');
  assert.equal(outcome(await through('admin', 'GET /orders/ord_5006')), '200');
  assert.equal(outcome(await through('admin', 'GET /orders?customerId=cus_1002')), '200');
});

test('whether there is such an object cannot be told by the answer', async () => {
  const there = await through('alice', 'GET /customers/cus_1002');
  const nowhere = await through('alice', 'GET /customers/cus_9999');
  const shape = ({ status, body }: typeof there): unknown => {
    const { requestId: _, ...rest } = JSON.parse(body) as Record<string, unknown>;
    return [status, rest];
  };
  assert.deepEqual(shape(there), shape(nowhere));
});

test('the record says which binding, and neither whose nor who', async () => {
  const { fields } = await through('alice', 'GET /orders?customerId=cus_1002');
  const id = fields.get('x-request-id');
  const record = await waitFor('the record', () => gateway.accessLog().find((each) => each['id'] === id));
  assert.deepEqual(record['refusal'], {
    policy: 'authorization',
    problem: 'object-refused',
    reason: '?customerId is not claims.sub',
  });
});

test('a key of the gateway owns what its subject owns', async () => {
  const { portcullis } = await import('../../harness/program.ts');
  const scopes = 'customers:read,orders:read';
  const made = await portcullis(
    ['key', 'create', '--name', 'app', '--subject', 'cus_1001', '--scopes', scopes],
    {
      cwd: gateway.folder,
    },
  );
  const field = `x-api-key: ${/^key +(\S+)$/m.exec(made.out)![1]!}`;
  const by = async (request: string) => outcome(await through(undefined, request, { fields: [field] }));
  assert.equal(await by('GET /customers/cus_1001'), '200');
  assert.equal(await by('GET /customers/cus_1002'), notMine);
  assert.equal(await by('GET /orders/ord_5003'), notMine);
});
