import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Located } from '../../exchange.ts';
import { type ExchangeParts, environment, exchange, preparePolicy } from '../../testing/exchange.ts';
import { clientAddress } from './policy.ts';

const trustedProxies = ['10.0.0.0/8', 'fe80::/10'];
type Fields = NonNullable<ExchangeParts['fields']>;

async function locate(
  peerAddress: string,
  fields: Fields,
  config: unknown = {},
): Promise<Located | undefined> {
  const prepared = await preparePolicy(clientAddress, config, environment({ trustedProxies }));
  const verdict = await prepared.head!(exchange('GET /', { peerAddress, fields }));
  if (verdict === undefined || verdict.kind === 'located') return verdict;
  assert.fail(`a verdict of the kind ${verdict.kind}`);
}

const forwarded = { field: 'forwarded' };
const vectors: readonly [
  name: string,
  peer: string,
  fields: Fields,
  config: unknown,
  address: string | undefined,
][] = [
  ['a client that forges', '203.0.113.7', { 'x-forwarded-for': '192.0.2.1' }, {}, undefined],
  ['a proxy', '10.0.0.1', { 'x-forwarded-for': '192.0.2.1' }, {}, '192.0.2.1'],
  ['a proxy, mapped', '::ffff:10.0.0.1', { 'x-forwarded-for': '192.0.2.1' }, {}, '192.0.2.1'],
  ['a proxy with a zone', 'fe80::1%eth0', { 'x-forwarded-for': '192.0.2.1' }, {}, '192.0.2.1'],
  [
    'a client that forges in front of a proxy',
    '10.0.0.1',
    { 'x-forwarded-for': '127.0.0.1, 192.0.2.1' },
    {},
    '192.0.2.1',
  ],
  ['two lines', '10.0.0.1', { 'x-forwarded-for': ['127.0.0.1', '192.0.2.1'] }, {}, '192.0.2.1'],
  ['two proxies', '10.0.0.1', { 'x-forwarded-for': '127.0.0.1, 192.0.2.1, 10.0.0.2' }, {}, '192.0.2.1'],
  ['a proxy that says nothing', '10.0.0.1', {}, {}, '10.0.0.1'],
  ['a proxy that says nonsense', '10.0.0.1', { 'x-forwarded-for': '192.0.2.1, unknown' }, {}, '10.0.0.1'],
  ['the field that was not chosen', '10.0.0.1', { forwarded: 'for=192.0.2.1' }, {}, '10.0.0.1'],
  ['nor the other way round', '10.0.0.1', { 'x-forwarded-for': '192.0.2.1' }, forwarded, '10.0.0.1'],
  [
    'Forwarded',
    '10.0.0.1',
    { forwarded: 'for=127.0.0.1, for="[2001:db8::1]:443";proto=https' },
    forwarded,
    '2001:db8::1',
  ],
  ['other fields', '10.0.0.1', { 'x-real-ip': '192.0.2.1', 'true-client-ip': '192.0.2.1' }, {}, '10.0.0.1'],
];

for (const [name, peer, fields, config, address] of vectors) {
  test(`${name}: ${address ?? 'the peer'}`, async () =>
    assert.equal((await locate(peer, fields, config))?.address, address));
}

test('the scheme comes with it', async () => {
  const fields = { 'x-forwarded-for': '192.0.2.1', 'x-forwarded-proto': 'https' };
  assert.equal((await locate('10.0.0.1', fields))?.scheme, 'https');
  assert.equal(
    (await locate('10.0.0.1', { ...fields, 'x-forwarded-proto': ['https', 'http'] }))?.scheme,
    undefined,
  );
  assert.equal(
    (await locate('10.0.0.1', { ...fields, 'x-forwarded-proto': 'javascript' }))?.scheme,
    undefined,
  );
});

test('without trusted proxies nothing is looked at', async () =>
  assert.deepEqual(await preparePolicy(clientAddress, {}), {}));
