import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type PrincipalParts, principal } from '../../testing/exchange.ts';
import { type Name, prepare, problemOf, request } from './testing/shop.ts';

const json = { 'content-type': 'application/json' };
const customer: PrincipalParts = { roles: ['customer'] };
const admin: PrincipalParts = { roles: ['admin'] };

async function send(
  fields: object,
  who: PrincipalParts | undefined,
  body: string,
  name: Name = 'patchCustomer',
  more: object = {},
) {
  const prepared = await prepare({ fields });
  const exchange = request(name, {
    fields: json,
    body,
    principal: who === undefined ? undefined : principal(who),
    ...more,
  });
  const verdict = (await prepared.body!(exchange)) as { kind: string; body?: Buffer } | undefined;
  if (verdict === undefined) return body;
  return verdict.kind === 'rewritten' ? verdict.body!.toString() : problemOf(verdict);
}

const role = { '#/role': { write: ['admin'] } };
const discount = { '#/discount': { write: ['support'], onWrite: 'remove' } };
const price = { '#/items/*/price': { write: 'nobody', onWrite: 'remove' } };
const refused = 'field-refused';

const writes: readonly [rules: object, who: PrincipalParts | undefined, body: string, outcome: string][] = [
  [role, customer, '{"city":"x"}', '{"city":"x"}'],
  [role, customer, '{"role":"admin"}', refused],
  [role, customer, '{"role":null}', refused],
  [role, admin, '{"role":"admin"}', '{"role":"admin"}'],
  [role, undefined, '{"role":"admin"}', refused],
  [role, { roles: ['support'] }, '{"role":"admin"}', refused],
  // The caller's own claim of what it is makes nobody anything.
  [role, { roles: [], claims: { role: 'admin', roles: ['admin'] } }, '{"role":"admin"}', refused],
  // Names that some readers take for the same.
  [role, customer, '{"Role":"admin"}', refused],
  [role, customer, '{"r\\u006fle":"admin"}', refused],
  [role, customer, '{"ROLE":"admin","city":"x"}', refused],
  // Elsewhere it is another field.
  [role, customer, '{"job":{"role":"clerk"}}', '{"job":{"role":"clerk"}}'],
  [{ '#/**/role': { write: 'nobody' } }, customer, '{"job":[{"role":"clerk"}]}', refused],
  [discount, customer, '{"discount":100,"city":"x"}', '{"city":"x"}'],
  [discount, customer, '{"city":"x","DISCOUNT":100}', '{"city":"x"}'],
  [discount, { roles: ['support'] }, '{"discount":100}', '{"discount":100}'],
  [discount, admin, '{"discount":100}', '{"discount":100}'],
  [
    price,
    admin,
    '{"items":[{"id":1,"price":0},{"price":0,"id":2}],"n":1.50}',
    '{"items":[{"id":1},{"id":2}],"n":1.50}',
  ],
  [price, admin, '{"items":{"a":{"price":1}}}', '{"items":{"a":{}}}'],
  [{ ...role, ...discount }, customer, '{"role":"x","discount":1}', refused],
  [{ ...role, ...discount }, admin, '{"role":"x","discount":1}', '{"role":"x","discount":1}'],
  [{ ...discount, ...price }, customer, '{"discount":1,"items":[{"price":1}],"a":1}', '{"items":[{}],"a":1}'],
  // A name given twice is refused before anything of it is taken out.
  [discount, customer, '{"discount":1,"discount":2}', 'body-invalid'],
  [role, customer, 'role=admin', 'body-invalid'],
];

for (const [rules, who, body, outcome] of writes) {
  test(`${body} by ${JSON.stringify(who?.roles)} with ${JSON.stringify(rules)} becomes ${outcome}`, async () => {
    assert.equal(await send(rules, who, body), outcome);
  });
}

test('a refusal names the field, and only by its rule', async () => {
  const { body } = await prepare({ fields: role });
  const verdict = body!(
    request('patchCustomer', { fields: json, body: { ROLE: 'secret' }, principal: principal() }),
  );
  assert.deepEqual(verdict, {
    kind: 'refuse',
    problem: refused,
    reason: 'request #/role',
    detail: 'The body has a field that the caller may not write.',
    members: { errors: [{ in: 'body', pointer: '/role', keyword: 'forbidden', message: 'may not be sent' }] },
  });
});

test('another form of body would hide the field, and is refused', async () => {
  const form = { fields: { 'content-type': 'application/x-www-form-urlencoded' } };
  assert.equal(await send(role, customer, 'role=admin', 'patchCustomer', form), 'media-type-unsupported');
  assert.equal(
    await send(role, customer, '{"role":1}', 'patchCustomer', { fields: {} }),
    'media-type-unsupported',
  );
  const gzip = { fields: { ...json, 'content-encoding': 'gzip' } };
  assert.equal(await send(role, customer, 'x', 'patchCustomer', gzip), 'content-coding-unsupported');
  // Whoever may write it may send what it likes.
  assert.equal(await send(role, admin, 'role=admin', 'patchCustomer', form), 'role=admin');
  assert.equal(
    await send({ 'PATCH /customers/{id}#/role': { write: ['admin'] } }, customer, '{"role":1}', 'placeOrder'),
    '{"role":1}',
  );
});

test('a request without a body has no such field', async () => {
  const { body } = await prepare({ fields: role });
  assert.equal(body!(request('patchCustomer', { principal: principal() })), undefined);
});

async function reply(
  fields: object,
  who: PrincipalParts | undefined,
  replyBody: string,
  more: object = {},
  name: Name = 'getCustomer',
) {
  const prepared = await prepare({ fields });
  const parts = {
    replyFields: json,
    replyBody,
    principal: who === undefined ? undefined : principal(who),
    ...more,
  };
  const exchange = request(name, parts);
  const verdict =
    prepared.response!(exchange) ??
    (prepared.reply!(exchange) as { kind: string; body?: Buffer } | undefined);
  if (verdict === undefined) return replyBody;
  return verdict.kind === 'rewritten' ? (verdict as { body: Buffer }).body.toString() : problemOf(verdict);
}

const email = { '/customers#/**/email': { read: ['support'] } };
const hash = { '#/**/passwordHash': { read: 'nobody', onRead: 'refuse' } };
const reads: readonly [rules: object, who: PrincipalParts | undefined, body: string, outcome: string][] = [
  [email, customer, '{"id":1,"email":"a@b","n":1.0}', '{"id":1,"n":1.0}'],
  [email, undefined, '{"id":1,"email":"a@b"}', '{"id":1}'],
  [email, admin, '{"id":1,"email":"a@b"}', '{"id":1,"email":"a@b"}'],
  [email, customer, '[{"email":"a"},{"list":[{"email":"b","x":1}]}]', '[{},{"list":[{"x":1}]}]'],
  // Twice in one object, in any spelling: all of them go.
  [email, customer, '{"email":"a","x":1,"email":"b"}', '{"x":1}'],
  [email, customer, '{"Email":"a","\\u0065mail":"b","x":1}', '{"x":1}'],
  [email, customer, '{}', '{}'],
  [email, customer, 'null', 'null'],
  [email, customer, '', ''],
  [hash, admin, '{"a":{"passwordHash":"x"}}', refused],
  [hash, admin, '{"a":{}}', '{"a":{}}'],
  [{ ...email, ...hash }, customer, '{"email":"a","passwordHash":"x"}', refused],
  // What is no JSON cannot be looked into.
  [email, customer, '{"email":"a"', 'reply-unverifiable'],
  [email, customer, '\ufeff{"email":"a"}', 'reply-unverifiable'],
  [email, customer, '{"email":"a"}{"email":"b"}', 'reply-unverifiable'],
  [email, customer, `${'['.repeat(600)}${']'.repeat(600)}`, 'reply-unverifiable'],
];

for (const [rules, who, body, outcome] of reads) {
  test(`the reply ${body.slice(0, 50)} to ${JSON.stringify(who?.roles)} with ${JSON.stringify(rules)} becomes ${outcome.slice(0, 50)}`, async () => {
    assert.equal(await reply(rules, who, body), outcome);
  });
}

const heads: readonly [fields: Record<string, string | string[]>, outcome: string][] = [
  [{ 'content-type': 'application/problem+json' }, '{"x":1}'],
  [{ 'content-type': 'text/html' }, 'reply-unverifiable'],
  [{ 'content-type': 'text/plain' }, 'reply-unverifiable'],
  [{ 'content-type': 'text/event-stream' }, 'reply-unverifiable'],
  [{ 'content-type': 'application/x-ndjson' }, 'reply-unverifiable'],
  [{ 'content-type': 'application/xml' }, 'reply-unverifiable'],
  [{ 'content-type': 'application/json; charset=utf-16' }, 'reply-unverifiable'],
  [{ 'content-type': 'application/json; charset=utf-7' }, 'reply-unverifiable'],
  [{ 'content-type': ['application/json', 'text/html'] }, 'reply-unverifiable'],
  [{}, 'reply-unverifiable'],
];
for (const [replyFields, outcome] of heads) {
  test(`a reply as ${JSON.stringify(replyFields)} becomes ${outcome}`, async () => {
    assert.equal(await reply(email, customer, '{"email":"a","x":1}', { replyFields }), outcome);
    // Errors are looked into like everything else: they have what was thrown in them.
    assert.equal(await reply(email, customer, '{"email":"a","x":1}', { replyFields, status: 500 }), outcome);
  });
}

test('bytes that are no UTF-8 are no JSON', async () => {
  const replyBody = Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]);
  const { reply: judge } = await prepare({ fields: email });
  assert.equal(
    problemOf(judge!(request('getCustomer', { replyFields: json, replyBody, principal: principal() }))),
    'reply-unverifiable',
  );
});

test('nothing is held where nothing is hidden', async () => {
  const { needsReply, needsBody } = await prepare({
    fields: { 'GET /orders#/**/email': { read: ['admin'] } },
    largestReply: '2MiB',
  });
  assert.equal(needsReply!(request('listOrders').operation), 2 * 1_048_576);
  assert.equal(needsReply!(request('getCustomer').operation), 0);
  assert.equal(needsReply!(undefined), 0);
  assert.equal(needsBody!(request('placeOrder').operation, ''), false);
});

test('HEAD does not tell how long the whole content is', async () => {
  const { response } = await prepare({ fields: email });
  const exchange = { ...{}, ...{ principal: principal(), replyFields: { ...json, 'content-length': '99' } } };
  const head = request('getCustomer', exchange, 'HEAD /customers/x');
  assert.equal(response!(head), undefined);
  assert.equal(head.replyFields.has('content-length'), false);
});

const cacheable: readonly [says: string | string[] | undefined, becomes: string][] = [
  [undefined, 'private'],
  ['public, max-age=60', 'private, max-age=60'],
  ['max-age=60, s-maxage=600', 'private, max-age=60'],
  [['public', 'max-age=60'], 'private, max-age=60'],
  ['no-store', 'no-store'],
  ['private', 'private'],
];
for (const [says, becomes] of cacheable) {
  test(`a reply that is not the same for everybody is not for shared caches: ${says}`, async () => {
    const more = says === undefined ? {} : { 'cache-control': says };
    const parts = { replyFields: { ...json, ...more }, principal: principal(admin) };
    const { response } = await prepare({ fields: email });
    const exchange = request('getCustomer', parts);
    response!(exchange);
    assert.deepEqual(exchange.replyFields.getAll('cache-control'), [becomes]);
    const watched = await prepare({ mode: 'monitor', fields: email });
    const same = request('getCustomer', parts);
    watched.response!(same);
    assert.deepEqual(same.replyFields.getAll('cache-control'), says === undefined ? [] : [says].flat());
  });
}

test('in monitor the service is asked for what the client asks for', async () => {
  const { upstream } = await prepare({ mode: 'monitor', fields: email });
  const exchange = request('getCustomer', {
    upstreamFields: { range: 'bytes=0-1', 'accept-encoding': 'br' },
  });
  upstream!(exchange);
  assert.deepEqual(exchange.upstreamFields.flat, ['range', 'bytes=0-1', 'accept-encoding', 'br']);
});
