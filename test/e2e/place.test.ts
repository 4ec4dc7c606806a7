import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { writeMmdb } from '../../packages/gateway/src/policies/region-access/testing/mmdb.ts';
import { type CurlReply, curl } from '../harness/curl.ts';
import { startGateway } from '../harness/gateway.ts';
import { startUpstream } from '../harness/upstream.ts';
import { waitFor } from '../harness/wait.ts';

/** From where, and when, an API is there at all. All of 127.0.0.0/8 is this machine, so that a test can come from many. */

const upstream = await startUpstream({ after });
const target = `upstream: { targets: ['${upstream.origin}'] }`;
const day = (offset: number): string => new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10);

/** Countries of the addresses that the tests come from. */
const germany = { '127.0.0.1/32': { country_code: 'DE' }, '127.0.0.3/32': { country_code: 'FR' } };

const gateway = await startGateway(
  { after },
  {
    config: `
listen: { http: { port: 0, plaintext: true }, https: { port: 0, selfSigned: true } }
threads: 2
trustedProxies: [127.0.0.9]
policies:
  access-log: { to: { file: access.log } }
  rate-limit: [{ name: all, by: address, quota: 1000, window: 1s }]
apis:
  shop:
    basePath: /shop
    ${target}
    policies: { authentication: none }
  inside:
    basePath: /inside
    visibility: internal
    networks: [127.0.0.1, 127.0.0.8, 10.0.0.0/8]
    ${target}
    policies:
      authentication: none
      rate-limit: [{ name: inner, by: address, quota: 77, window: 1m }]
      cors: { origins: ['https://ops.example'] }
      headers: { response: { set: { x-inner: 'yes' } } }
  below:
    basePath: /shop/ops
    visibility: internal
    networks: [127.0.0.1]
    ${target}
    policies: { authentication: none, headers: { response: { set: { x-inner: 'yes' } } } }
  home:
    basePath: /home
    ${target}
    policies: { authentication: none, region-access: { allow: [DE], database: regions.mmdb } }
  office:
    basePath: /office
    ${target}
    policies: { authentication: none, access-hours: { timeZone: UTC, open: [{ from: '00:00', to: '24:00' }] } }
  holiday:
    basePath: /holiday
    ${target}
    policies: { authentication: none, access-hours: { timeZone: UTC, open: [{ from: '00:00', to: '24:00' }], closed: ['${day(-1)}', '${day(0)}', '${day(1)}'] } }
`,
    files: { 'regions.mmdb': writeMmdb({ networks: germany, builtAt: Date.now() - 100 * 86_400_000 }) },
  },
);

function get(path: string, from: string, ...more: readonly string[]): Promise<CurlReply> {
  return curl('--path-as-is', '--interface', from, ...more, `${gateway.https}${path}`);
}

/** All of a reply that does not differ from one request to the next. */
function shape({ status, fields, body }: CurlReply): unknown {
  const text = body.replace(/"requestId":"[^"]*"/, '"requestId":"…"');
  const stable = [...fields].filter(([name]) => !['date', 'x-request-id', 'ratelimit'].includes(name));
  return { status, fields: stable, text };
}

const asks: readonly (readonly string[])[] = [
  [],
  ['-X', 'POST', '-d', 'x=1'],
  ['-X', 'OPTIONS', '-H', 'origin: https://ops.example', '-H', 'access-control-request-method: GET'],
  ['-H', 'authorization: Bearer x'],
  ['--head'],
];

for (const more of asks) {
  test(`an internal API is to others like none: ${more.join(' ') || 'GET'}`, async () => {
    const hidden = await get('/inside/metrics', '127.0.0.2', ...more);
    assert.equal(hidden.status, 404);
    assert.deepEqual(shape(hidden), shape(await get('/nothing/metrics', '127.0.0.2', ...more)));
    assert.equal(hidden.fields.has('x-inner'), false);
  });
}

test('and over HTTP/1.1, and in the record', async () => {
  const hidden = await get('/inside/x', '127.0.0.2', '--http1.1');
  assert.deepEqual(shape(hidden), shape(await get('/nothing/x', '127.0.0.2', '--http1.1')));
  const id = hidden.fields.get('x-request-id');
  const record = await waitFor('the record', () => gateway.accessLog().find((each) => each['id'] === id));
  assert.deepEqual(record['refusal'], { policy: 'routing', problem: 'api-unknown' });
  assert.equal(record['api'], null);
});

test('what it covers belongs to the API around it, for whom it is not there', async () => {
  const inside = await get('/shop/ops/x', '127.0.0.1');
  assert.deepEqual([inside.status, inside.fields.get('x-inner')], [200, 'yes']);
  const outside = await get('/shop/ops/x', '127.0.0.2');
  assert.deepEqual([outside.status, outside.fields.get('x-inner')], [200, undefined]);
});

const places: readonly [from: string, fields: readonly string[], status: number][] = [
  ['127.0.0.1', [], 200],
  ['127.0.0.8', [], 200],
  ['127.0.0.2', [], 404],
  ['127.0.0.2', ['x-forwarded-for: 127.0.0.1'], 404],
  ['127.0.0.2', ['x-real-ip: 127.0.0.1', 'forwarded: for=127.0.0.1'], 404],
  // Somebody inside forwards for whoever it may be.
  ['127.0.0.1', ['x-forwarded-for: 203.0.113.1'], 404],
  ['127.0.0.1', ['forwarded: for=203.0.113.1'], 404],
  // The proxy that is believed.
  ['127.0.0.9', ['x-forwarded-for: 10.1.2.3'], 200],
  ['127.0.0.9', ['x-forwarded-for: 203.0.113.1'], 404],
  ['127.0.0.9', ['x-forwarded-for: 10.1.2.3, 203.0.113.1'], 404],
  ['127.0.0.9', ['x-forwarded-for: unknown'], 404],
];

for (const [from, fields, status] of places) {
  test(`from ${from} with ${fields.join(', ') || 'nothing'} an internal API is ${status}`, async () => {
    const reply = await get('/inside/x', from, ...fields.flatMap((field) => ['-H', field]));
    assert.equal(reply.status, status);
  });
}

test('by country, and by none at all', async () => {
  assert.equal((await get('/home/x', '127.0.0.1')).status, 200);
  for (const [from, reason] of [
    ['127.0.0.3', 'not in allow: FR'],
    ['127.0.0.4', 'unknown region'],
  ] as const) {
    const reply = await get('/home/x', from);
    assert.equal(reply.status, 403);
    assert.match(reply.body, /"type":"urn:portcullis:problem:region-refused"/);
    assert.doesNotMatch(reply.body, /FR|DE|unknown/);
    const id = reply.fields.get('x-request-id');
    const record = await waitFor('the record', () => gateway.accessLog().find((each) => each['id'] === id));
    assert.deepEqual(record['refusal'], { policy: 'region-access', problem: 'region-refused', reason });
  }
});

test('the operator hears that the data is old, and a new file is taken up', async () => {
  assert.equal(
    gateway.log().match(/region-access: .*regions\.mmdb is 100 days old/g)?.length,
    1,
    'not by each thread',
  );
  const moved = { '127.0.0.3/32': { country_code: 'DE' } };
  const file = join(gateway.folder, 'regions.mmdb');
  writeFileSync(file, writeMmdb({ networks: moved, builtAt: Date.now() }));
  // Each thread reads it for itself: the old one is forgotten when neither has it any more.
  let since = 0;
  await waitFor('the new file in both threads', async () => {
    const both = [await get('/home/x', '127.0.0.3'), await get('/home/x', '127.0.0.1')];
    since = both[0]!.status === 200 && both[1]!.status === 403 ? since + 1 : 0;
    return since === 8;
  });
});

test('by the hour', async () => {
  assert.equal((await get('/office/x', '127.0.0.1')).status, 200);
  const closed = await get('/holiday/x', '127.0.0.1');
  assert.equal(closed.status, 403);
  assert.match(closed.body, /"type":"urn:portcullis:problem:hours-refused"/);
});
