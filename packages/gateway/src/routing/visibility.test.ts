import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exchange } from '../testing/exchange.ts';
import { compileVisibility, internalNetworks, reachOf, type VisibilitySettings } from './visibility.ts';

const direct: VisibilitySettings = {
  listeners: undefined,
  networks: internalNetworks,
  trustedProxies: [],
  field: 'x-forwarded-for',
};
const proxied: VisibilitySettings = { ...direct, trustedProxies: ['10.0.0.0/24'] };
const standard: VisibilitySettings = { ...proxied, field: 'forwarded' };
const one: VisibilitySettings = { ...direct, networks: ['192.0.2.0/24'] };

const vectors: readonly [
  settings: VisibilitySettings,
  peer: string,
  fields: Record<string, string | string[]>,
  visible: boolean,
][] = [
  [direct, '127.0.0.1', {}, true],
  [direct, '::1', {}, true],
  [direct, '::ffff:127.0.0.1', {}, true],
  [direct, '10.9.8.7', {}, true],
  [direct, '172.31.255.255', {}, true],
  [direct, '172.32.0.0', {}, false],
  [direct, '192.168.1.1', {}, true],
  [direct, 'fd00::1', {}, true],
  [direct, 'fe80::1%eth0', {}, true],
  [direct, '203.0.113.7', {}, false],
  [direct, '2001:db8::1', {}, false],
  [direct, '169.254.169.254', {}, false],
  [direct, '', {}, false],
  [direct, 'unknown', {}, false],
  // Somebody's proxy, which the configuration does not know: who is behind it nobody can say.
  [direct, '10.0.0.1', { 'x-forwarded-for': '203.0.113.7' }, false],
  [direct, '10.0.0.1', { 'x-forwarded-for': '10.0.0.2' }, false],
  [direct, '127.0.0.1', { forwarded: 'for=203.0.113.7' }, false],
  [direct, '127.0.0.1', { 'x-real-ip': '203.0.113.7' }, false],
  [direct, '127.0.0.1', { 'cf-connecting-ip': '203.0.113.7' }, false],
  [direct, '127.0.0.1', { 'x-cluster-client-ip': '203.0.113.7' }, false],
  [direct, '127.0.0.1', { 'x-original-forwarded-for': '203.0.113.7' }, false],
  [direct, '127.0.0.1', { via: '1.1 proxy' }, false],
  [direct, '127.0.0.1', { 'x-forwarded-for': '' }, false],
  // A client outside cannot talk itself in.
  [direct, '203.0.113.7', { 'x-forwarded-for': '127.0.0.1' }, false],
  [proxied, '203.0.113.7', { 'x-forwarded-for': '10.1.1.1' }, false],
  [proxied, '10.0.0.1', { 'x-forwarded-for': '127.0.0.1, 203.0.113.7' }, false],
  [proxied, '10.0.0.1', { 'x-forwarded-for': ['10.1.1.1', '203.0.113.7'] }, false],
  // Whom a trusted proxy names.
  [proxied, '10.0.0.1', { 'x-forwarded-for': '203.0.113.7' }, false],
  [proxied, '10.0.0.1', { 'x-forwarded-for': '10.1.1.1' }, true],
  [proxied, '10.0.0.1', { 'x-forwarded-for': '203.0.113.7, 10.1.1.1' }, true],
  [proxied, '10.0.0.1', { 'x-forwarded-for': '10.1.1.1, 10.0.0.2' }, true],
  [proxied, '10.0.0.1', { 'x-forwarded-for': '203.0.113.7, 10.0.0.2' }, false],
  // The proxy by itself, as for a check of health.
  [proxied, '10.0.0.1', {}, true],
  // It names nobody, or not in the field that is believed.
  [proxied, '10.0.0.1', { 'x-forwarded-for': 'unknown' }, false],
  [proxied, '10.0.0.1', { 'x-forwarded-for': '' }, false],
  [proxied, '10.0.0.1', { forwarded: 'for=10.1.1.1' }, false],
  [standard, '10.0.0.1', { forwarded: 'for=10.1.1.1' }, true],
  [standard, '10.0.0.1', { forwarded: 'for=203.0.113.7' }, false],
  [standard, '10.0.0.1', { forwarded: 'for=_hidden' }, false],
  [standard, '10.0.0.1', { 'x-forwarded-for': '10.1.1.1' }, false],
  [one, '192.0.2.1', {}, true],
  [one, '127.0.0.1', {}, false],
];

function isVisible(
  settings: VisibilitySettings,
  peerAddress: string,
  given: Record<string, string | string[]>,
  internalListener?: string,
): boolean {
  const { fields } = exchange('GET /', { fields: given });
  return compileVisibility(settings)({ internalListener, peerAddress, fields });
}

for (const [settings, peerAddress, fields, visible] of vectors) {
  test(`${peerAddress} with ${JSON.stringify(fields)} and proxies ${settings.trustedProxies} is ${visible ? 'inside' : 'outside'}`, () =>
    assert.equal(isVisible(settings, peerAddress, fields), visible));
}

test('a listener counts for whoever reaches it; with networks, both count', () => {
  const bound: VisibilitySettings = { ...direct, listeners: ['ops', 'lab'], networks: undefined };
  assert.equal(isVisible(bound, '203.0.113.7', {}, 'ops'), true);
  assert.equal(isVisible(bound, '10.0.0.1', { 'x-forwarded-for': '203.0.113.7' }, 'lab'), true);
  assert.equal(isVisible(bound, '127.0.0.1', {}), false, 'a public listener');
  assert.equal(isVisible(bound, '127.0.0.1', {}, 'other'), false);
  const both = { ...bound, networks: ['10.0.0.0/8'] };
  assert.equal(isVisible(both, '10.0.0.1', {}, 'ops'), true);
  assert.equal(isVisible(both, '10.0.0.1', {}), false);
  assert.equal(isVisible(both, '192.0.2.1', {}, 'ops'), false);
});

test('where nothing is said: the internal listeners, or private addresses', () => {
  const none = { listeners: undefined, networks: undefined };
  const listen = { ops: {}, lab: {} };
  assert.deepEqual(reachOf({}, undefined), { ...none, networks: internalNetworks });
  assert.deepEqual(reachOf({}, {}), { ...none, networks: internalNetworks });
  assert.deepEqual(reachOf({}, listen), { ...none, listeners: ['ops', 'lab'] });
  assert.deepEqual(reachOf({}, { ops: {} }), { ...none, listeners: ['ops'] });
  assert.deepEqual(reachOf({ listeners: ['lab'] }, listen), { ...none, listeners: ['lab'] });
  assert.deepEqual(reachOf({ networks: ['10.0.0.0/8'] }, listen), { ...none, networks: ['10.0.0.0/8'] });
});

test('what is no network is told', () => {
  assert.throws(() => compileVisibility({ ...direct, networks: ['10.0.0.1/8'] }), /has address bits/);
});
