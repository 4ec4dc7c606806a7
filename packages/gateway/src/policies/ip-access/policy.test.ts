import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exchange, preparePolicy } from '../../testing/exchange.ts';
import { ipAccess } from './policy.ts';

const office = { allow: ['192.0.2.0/24', '2001:db8::/32'] };
const banned = { deny: ['192.0.2.0/24', '2001:db8::/32', 'fe80::/10'] };
const both = { allow: ['192.0.2.0/24'], deny: ['192.0.2.66'] };
const everybody6 = { allow: ['::/0'] };

const vectors: readonly [config: unknown, address: string, passes: boolean][] = [
  [office, '192.0.2.1', true],
  [office, '192.0.3.1', false],
  [office, '::ffff:192.0.2.1', true],
  [office, '::ffff:c000:201', true],
  [office, '::ffff:192.0.3.1', false],
  [office, '2001:db8:1::1', true],
  [office, '2001:DB8:1:0:0:0:0:1', true],
  [office, '2001:db9::1', false],
  [office, '', false],
  [office, 'unknown', false],
  [office, '192.0.2.1.', false],
  [office, '192.0.2.01', false],
  [banned, '192.0.2.1', false],
  [banned, '::ffff:192.0.2.1', false],
  [banned, '0:0:0:0:0:ffff:c000:0201', false],
  [banned, '192.0.3.1', true],
  [banned, '2001:db8::1', false],
  [banned, '2001:0db8:0000::1', false],
  [banned, 'fe80::1%eth0', false],
  [banned, '2001:db9::1', true],
  [banned, '', false],
  [banned, 'unknown', false],
  [banned, '300.0.0.1', false],
  [{ allow: ['fe80::/10'] }, 'fe80::1%eth0', true],
  [both, '192.0.2.1', true],
  [both, '192.0.2.66', false],
  [both, '::ffff:192.0.2.66', false],
  [both, '198.51.100.1', false],
  [everybody6, '2001:db8::1', true],
  [everybody6, '192.0.2.1', false],
  [everybody6, '::ffff:192.0.2.1', false],
];

for (const [config, clientAddress, passes] of vectors) {
  test(`${JSON.stringify(config)}: ${clientAddress} ${passes ? 'passes' : 'is refused'}`, async () => {
    const prepared = await preparePolicy(ipAccess, config);
    const verdict = await prepared.head!(exchange('GET /', { clientAddress }));
    assert.equal(
      verdict?.kind === 'refuse' ? verdict.problem : undefined,
      passes ? undefined : 'address-refused',
    );
  });
}

test('it is the client that counts, not the proxy', async () => {
  const prepared = await preparePolicy(ipAccess, banned);
  const parts = { peerAddress: '10.0.0.1', clientAddress: '192.0.2.1' };
  assert.notEqual(await prepared.head!(exchange('GET /', parts)), undefined);
});

test('what is no network is told', async () => {
  for (const allow of [['192.0.2.1/33'], ['192.0.2.7/24'], ['example.com'], ['fe80::1%eth0']]) {
    await assert.rejects(preparePolicy(ipAccess, { allow }), /is not a network|has address bits/);
  }
  await assert.rejects(preparePolicy(ipAccess, {}), /allow, deny, or both/);
  await assert.rejects(preparePolicy(ipAccess, { allow: [] }));
});
