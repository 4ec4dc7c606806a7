import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatAddress } from '../../http/address.ts';
import {
  api,
  type ExchangeParts,
  environment,
  exchange,
  operation,
  principal,
} from '../../testing/exchange.ts';
import { addressBlock, type CompiledLimit, compileLimits } from './limits.ts';
import type { Limit } from './schema.ts';

const blocks: readonly [address: string, block: string][] = [
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['::ffff:c000:201', '192.0.2.1'],
  ['0:0:0:0:0:FFFF:192.0.2.1', '192.0.2.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:DB8:1:2::', '2001:db8:1:2::/64'],
  ['2001:0db8:0001:0002::99', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['::', '0:0:0:0::/64'],
  ['1::', '1:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['fe80::2%eth1', 'fe80:0:0:0::/64'],
  ['64:ff9b::192.0.2.1', '64:ff9b:0:0::/64'],
  ['', ''],
  ['no:address', 'no:address'],
];

for (const [address, block] of blocks)
  test(`${address} counts as ${block}`, () => assert.equal(addressBlock(address), block));

test('all addresses of one /64 count as one, in every spelling; those of two as two', () => {
  const word = fc.nat(0xffffffff);
  fc.assert(
    fc.property(word, word, word, word, word, word, (a, b, c, d, e, f) => {
      fc.pre(a !== 0 || b !== 0);
      const written = (...words: number[]): string =>
        formatAddress({ family: 6, words: Uint32Array.from(words) });
      const full = [a, b, c, d]
        .map((each) =>
          each
            .toString(16)
            .padStart(8, '0')
            .replace(/^(....)/, '$1:'),
        )
        .join(':');
      assert.equal(addressBlock(written(a, b, c, d)), addressBlock(written(a, b, e, f)));
      assert.equal(addressBlock(written(a, b, c, d)), addressBlock(full.toUpperCase()));
      const flipped = (b ^ 1) >>> 0;
      assert.notEqual(addressBlock(written(a, b, c, d)), addressBlock(written(a, flipped, c, d)));
    }),
  );
});

const get = operation('GET /orders');
const put = operation('PUT /orders');
const orders = api('orders', [get, put]);
const within = environment({ api: orders });

function compiled(limit: Partial<Limit>): CompiledLimit {
  return compileLimits([{ name: 'burst', by: 'address', quota: 5, window: 1000, ...limit }], within)[0]!;
}

function key(by: Limit['by'], parts: ExchangeParts = {}): string | undefined {
  return compiled({ by }).keyOf(exchange('GET /', { clientAddress: '192.0.2.1', api: orders, ...parts }));
}

const alice = principal({ authenticator: 'customers', subject: 'alice', client: 'app' });
const partner = principal({ kind: 'api-key', authenticator: 'partners', subject: 'acme', client: 'k_1' });

test('each attribute has its key', () => {
  assert.equal(key('address'), '192.0.2.1');
  assert.equal(key('principal', { principal: alice }), 'customers:alice');
  assert.equal(key('key', { principal: partner }), 'partners:k_1');
  assert.equal(key('key', { principal: alice }), undefined);
  assert.equal(key('key'), undefined);
  assert.equal(key('client', { principal: alice }), 'customers:app');
  assert.equal(key('route', { operation: get }), 'GET /orders');
  assert.equal(key('api'), 'orders');
});

test('two keys of one subject have a count each', () => {
  assert.notEqual(
    key('key', { principal: partner }),
    key('key', { principal: { ...partner, client: 'k_2' } }),
  );
});

test('who has no client, or is not known, is limited all the same', () => {
  const noClient = principal({ subject: 'app' });
  assert.equal(key('client', { principal: noClient }), '=customers:app');
  assert.notEqual(key('client', { principal: noClient }), key('client', { principal: alice }));
  assert.equal(key('client'), '@192.0.2.1');
  assert.equal(key('principal'), '@192.0.2.1');
});

test('nobody can take the key of another', () => {
  const strange = principal({ authenticator: 'customers', subject: '@192.0.2.1' });
  assert.notEqual(key('principal', { principal: strange }), key('principal'));
  const other = principal({ authenticator: 'staff', subject: 'alice', client: 'app' });
  assert.notEqual(key('principal', { principal: other }), key('principal', { principal: alice }));
  assert.notEqual(key('client', { principal: other }), key('client', { principal: alice }));
});

test('a method that is not defined does not bring a count of its own', () => {
  const ask = (line: string): string | undefined =>
    compiled({ by: ['address', 'route'] }).keyOf(exchange(line, { api: orders }));
  assert.equal(ask('BREW /x'), ask('BREW2 /y'));
});

test('joined keys are unambiguous', () => {
  const text = fc.string({ maxLength: 6 });
  const joined = (subject: string, client: string): string | undefined =>
    key(['principal', 'client'], { principal: principal({ subject, client }) });
  fc.assert(
    fc.property(text, text, text, text, (a, b, c, d) => {
      assert.equal(joined(a, b) === joined(c, d), a === c && b === d);
    }),
    { examples: [['x', 'ycustomers:z', 'xcustomers:y', 'z']] },
  );
});

test('a joined limit does not concern whom one part does not concern', () => {
  assert.equal(key(['address', 'key'], { principal: alice }), undefined);
});

test('a limit for some operations', () => {
  const { keyOf } = compiled({ operations: ['PUT /orders'] });
  assert.equal(keyOf(exchange('PUT /orders', { operation: put, clientAddress: '192.0.2.1' })), '192.0.2.1');
  assert.equal(keyOf(exchange('GET /orders', { operation: get })), undefined);
  assert.equal(keyOf(exchange('GET /nowhere')), undefined);
  assert.throws(() => compiled({ operations: ['POST /orders'] }), /POST \/orders/);
  assert.throws(
    () =>
      compileLimits([{ name: 'a', by: 'api', quota: 1, window: 1, operations: ['GET /'] }], environment()),
    /GET \//,
  );
});

test('what needs to be known runs late', () => {
  const late = (by: Limit['by']): boolean => compiled({ by }).needsPrincipal;
  assert.deepEqual(
    ['address', 'route', 'api'].map((by) => late(by as Limit['by'])),
    [false, false, false],
  );
  assert.deepEqual(
    ['principal', 'key', 'client'].map((by) => late(by as Limit['by'])),
    [true, true, true],
  );
  assert.equal(late(['address', 'client']), true);
});

test('counters are apart where anything about a limit is another', () => {
  const ids = [
    compiled({}),
    compiled({ name: 'other' }),
    compiled({ quota: 6 }),
    compiled({ window: 2000 }),
    compiled({ by: 'api' }),
    compileLimits(
      [{ name: 'burst', by: 'address', quota: 5, window: 1000 }],
      environment({ api: api('books') }),
    )[0]!,
  ].map(({ prepared }) => prepared.id);
  assert.equal(new Set(ids).size, ids.length);
  assert.equal(compiled({}).prepared.id, compiled({}).prepared.id, 'and stay over a reload');
});

test('two limits of one name are refused', () => {
  const limit: Limit = { name: 'burst', by: 'address', quota: 5, window: 1000 };
  assert.throws(() => compileLimits([limit, limit], within), /two limits are named "burst"/);
});
