import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ExchangeParts, exchange, preparePolicy, type TestExchange } from '../../testing/exchange.ts';
import { headers } from './policy.ts';

async function reply(config: unknown, parts: ExchangeParts = {}): Promise<TestExchange['replyFields']> {
  const prepared = await preparePolicy(headers, config);
  const request = exchange('GET /', parts);
  assert.equal(prepared.response?.(request), undefined);
  return request.replyFields;
}

const off = { security: false, hsts: false };

test('every reply gets the fields of security', async () => {
  assert.deepEqual((await reply({})).flat, [
    'x-content-type-options',
    'nosniff',
    'x-frame-options',
    'DENY',
    'referrer-policy',
    'no-referrer',
    'content-security-policy',
    "default-src 'none'; frame-ancestors 'none'",
    'cross-origin-resource-policy',
    'same-site',
    'strict-transport-security',
    'max-age=31536000; includeSubDomains',
  ]);
});

test('what the upstream says of security stays', async () => {
  const fields = await reply({}, { replyFields: { 'content-security-policy': "default-src 'self'" } });
  assert.deepEqual(fields.getAll('content-security-policy'), ["default-src 'self'"]);
});

test('HSTS is for https only', async () => {
  assert.equal((await reply({}, { scheme: 'http' })).get('strict-transport-security'), undefined);
  assert.equal((await reply({ hsts: false })).get('strict-transport-security'), undefined);
  const longer = { hsts: { maxAge: '730d', includeSubDomains: false, preload: true } };
  const fields = await reply(longer, { replyFields: { 'strict-transport-security': 'max-age=0' } });
  assert.deepEqual(fields.getAll('strict-transport-security'), ['max-age=63072000; preload']);
});

test('what runs behind the gateway is not told', async () => {
  const replyFields = { Server: 'Apache/2.4.1', 'X-Powered-By': ['PHP/5', 'ASP'], via: '1.1 x', etag: '"1"' };
  assert.deepEqual((await reply(off, { replyFields })).flat, ['etag', '"1"']);
  assert.equal((await reply({ ...off, hideServer: false }, { replyFields })).get('server'), 'Apache/2.4.1');
});

const servers = [
  'Server',
  'SERVER',
  'X-Powered-By',
  'X-AspNet-Version',
  'X-AspNetMvc-Version',
  'X-Generator',
  'X-Runtime',
  'X-Powered-CMS',
  'X-Application-Context',
  'X-Envoy-Upstream-Service-Time',
  'Via',
];
for (const name of servers) {
  test(`${name} does not leave`, async () => {
    const replyFields = { [name]: ['a', 'b'], etag: '"1"' };
    assert.deepEqual((await reply(off, { replyFields })).flat, ['etag', '"1"']);
    assert.equal((await reply({ ...off, hideServer: false }, { replyFields })).flat.length, 6);
  });
}

test('fields are set and removed on both sides', async () => {
  const edits = { set: { 'X-A': '1', 'x-b': '2' }, remove: ['X-C'] };
  const prepared = await preparePolicy(headers, { ...off, request: edits, response: edits });
  const before = { 'x-a': ['0', '0'], 'x-c': ['0', '0'], 'x-d': '0' };
  const request = exchange('GET /', { upstreamFields: before, replyFields: before });
  assert.equal(await prepared.upstream!(request), undefined);
  prepared.response!(request);
  for (const fields of [request.upstreamFields, request.replyFields]) {
    assert.deepEqual(fields.flat, ['x-a', '1', 'x-d', '0', 'x-b', '2']);
  }
});

test('the last word is that of the configuration', async () => {
  const fields = await reply({
    response: { set: { 'X-Frame-Options': 'SAMEORIGIN' }, remove: ['Strict-Transport-Security'] },
  });
  assert.deepEqual(fields.getAll('x-frame-options'), ['SAMEORIGIN']);
  assert.equal(fields.has('strict-transport-security'), false);
});

const fixed = [
  'Content-Length',
  'TRANSFER-ENCODING',
  'transfer_encoding',
  'content_length',
  'Connection',
  'Keep-Alive',
  'Host',
  'Upgrade',
  'TE',
  'Trailer',
  'Expect',
  'HTTP2-Settings',
  'Proxy-Connection',
];

test('framing is not touched', async () => {
  for (const name of fixed) {
    for (const side of ['request', 'response']) {
      await assert.rejects(
        preparePolicy(headers, { [side]: { set: { [name]: '1' } } }),
        /cannot be changed/,
        name,
      );
      await assert.rejects(preparePolicy(headers, { [side]: { remove: [name] } }), /cannot be changed/, name);
    }
  }
});

test('no value breaks a line, no name is more than a name', async () => {
  for (const value of ['a\r\nset-cookie: x', 'a\n', '\r', 'a\u0000', 'é', '\u007f', 'x'.repeat(8193)]) {
    await assert.rejects(
      preparePolicy(headers, { response: { set: { 'x-a': value } } }),
      JSON.stringify(value),
    );
  }
  for (const name of ['', 'a b', 'a:', ':path', 'a\r\nb', 'é', 'a\n', 'n'.repeat(129)]) {
    await assert.rejects(
      preparePolicy(headers, { response: { set: { [name]: 'x' } } }),
      JSON.stringify(name),
    );
    await assert.rejects(preparePolicy(headers, { request: { remove: [name] } }), JSON.stringify(name));
  }
});

test('monitor changes nothing, yet tells what is wrong with the rules', async () => {
  assert.deepEqual(await preparePolicy(headers, { mode: 'monitor' }), {});
  await assert.rejects(
    preparePolicy(headers, { mode: 'monitor', response: { remove: ['host'] } }),
    /cannot be changed/,
  );
});
