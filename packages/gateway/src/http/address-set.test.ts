import assert from 'node:assert/strict';
import { BlockList } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Address, canonicalAddress, formatAddress, parseAddress } from './address.ts';
import { compileAddressSet } from './address-set.ts';

test('membership', () => {
  const vectors: [cidrs: string[], inside: string[], outside: string[]][] = [
    [[], [], ['10.0.0.1', '::1']],
    [
      ['10.0.0.0/8', '192.0.2.7'],
      ['10.0.0.0', '10.255.255.255', '::ffff:10.1.2.3', '::ffff:a01:203', '192.0.2.7'],
      ['9.255.255.255', '11.0.0.0', '192.0.2.6', '192.0.2.8', '::a01:203', '010.1.2.3', '', 'localhost'],
    ],
    [['0.0.0.0/0'], ['0.0.0.0', '255.255.255.255', '::ffff:1.2.3.4'], ['::', '::1', '2001:db8::1']],
    [['::/0'], ['::', '::1', 'ffff::', '::fffe:1.2.3.4'], ['1.2.3.4', '::ffff:1.2.3.4']],
    [['::ffff:10.0.0.0/104'], ['10.2.3.4', '::ffff:10.2.3.4'], ['11.0.0.0', '::']],
    [['::ffff:0:0/96'], ['1.2.3.4'], ['::1']],
    [
      ['2001:db8::/32', 'fe80::/10', '::1/128'],
      ['2001:db8::', '2001:db8:ffff:ffff:ffff:ffff:ffff:ffff', 'febf::1', '::1'],
      ['2001:db7:ffff:ffff:ffff:ffff:ffff:ffff', '2001:db9::', 'fec0::', '::', '::2', '10.0.0.1'],
    ],
    // Nested: the address after an inner network is still in the outer one.
    [
      ['10.1.0.0/16', '10.0.0.0/8', '10.1.2.3/32', '10.0.0.0/8'],
      ['10.1.2.4', '10.200.0.1', '10.0.0.0'],
      ['11.0.0.0'],
    ],
  ];
  for (const [cidrs, inside, outside] of vectors) {
    const set = compileAddressSet(cidrs);
    for (const address of inside) assert.equal(set.has(address), true, `${address} in ${cidrs}`);
    for (const address of outside) assert.equal(set.has(address), false, `${address} not in ${cidrs}`);
  }
});

test('size counts the networks that are not inside another', () => {
  assert.equal(compileAddressSet(['10.0.0.0/16', '10.0.0.0/8', '::/64', '::/0', '::/128']).size, 2);
  assert.equal(compileAddressSet(['10.0.0.0/8', '10.1.0.0/16', '10.0.0.0/8', '::1', '2.0.0.0/7']).size, 3);
});

test('malformed networks', () => {
  const vectors: [cidr: string, message: RegExp][] = [
    ['', /^"" is not a network: write it as 10\.0\.0\.0\/8 or 2001:db8::\/32$/],
    ['example.com/8', /write it as/],
    ['10.0.0/8', /"10\.0\.0" is not an IPv4 address of four numbers/],
    ['010.0.0.0/8', /without leading zeros/],
    ['10.0.0.0/', /its prefix must be a number from 0 to 32$/],
    ['10.0.0.0/33', /0 to 32$/],
    ['10.0.0.0/08', /0 to 32$/],
    ['10.0.0.0/-1', /0 to 32$/],
    ['10.0.0.0/8/8', /0 to 32$/],
    ['10.0.0.0/ 8', /0 to 32$/],
    ['10.0.0.0/255.0.0.0', /0 to 32$/],
    ['::/129', /0 to 128$/],
    ['::ffff:10.0.0.0/95', /96 to 128$/],
    [
      '10.0.0.1/8',
      /^"10\.0\.0\.1\/8" has address bits set .* is "10\.0\.0\.0\/8", the single address "10\.0\.0\.1"$/,
    ],
    ['192.0.2.255/31', /is "192\.0\.2\.254\/31"/],
    ['1.0.0.0/0', /is "0\.0\.0\.0\/0"/],
    ['2001:db8::1/33', /is "2001:db8::\/33", the single address "2001:db8::1"$/],
    ['::1/0', /is "::\/0"/],
  ];
  for (const [cidr, message] of vectors) {
    assert.throws(() => compileAddressSet(['192.0.2.0/24', cidr]), { name: 'TypeError', message }, cidr);
  }
});

// Few different bits, so that networks nest, touch, and contain the addresses asked for.
const word = fc.oneof(
  fc.constantFrom(0, 0xffffffff, 0x0a000000, 0x0a000100, 0x80000000, 0xffff),
  fc.nat(0xffffffff),
);
const ipv4 = word.map((bits): Address => ({ family: 4, words: Uint32Array.of(bits) }));
const ipv6 = fc
  .tuple(fc.constantFrom(0x20010db8, 0), word, word, word)
  .map((words) => canonicalAddress(formatAddress({ family: 6, words: Uint32Array.from(words) }))!)
  .map((text) => parseAddress(text)!);
const address = fc.oneof(ipv4, ipv6);
const network = fc.tuple(address, fc.double({ min: 0, max: 1, noNaN: true })).map(([base, share]) => {
  const prefix = Math.round(share * base.words.length * 32);
  const words = base.words.map((bits, index) => {
    const ones = Math.min(Math.max(prefix - index * 32, 0), 32);
    return Number((BigInt(bits) >> BigInt(32 - ones)) << BigInt(32 - ones));
  });
  return { text: formatAddress({ family: base.family, words }), family: base.family, prefix };
});

// One list a family: a single one would find every IPv4 address in ::/0.
test('agrees with node:net BlockList', () => {
  fc.assert(
    fc.property(
      fc.array(network, { maxLength: 12 }),
      fc.array(address, { maxLength: 12 }),
      (networks, addresses) => {
        const set = compileAddressSet(networks.map(({ text, prefix }) => `${text}/${prefix}`));
        const lists = { ipv4: new BlockList(), ipv6: new BlockList() };
        for (const { text, family, prefix } of networks)
          lists[`ipv${family}`].addSubnet(text, prefix, `ipv${family}`);
        const starts = networks.map(({ text }) => text);
        for (const each of [...addresses.map(formatAddress), ...starts]) {
          const family = each.includes(':') ? 'ipv6' : 'ipv4';
          const expected = lists[family].check(each, family);
          assert.equal(set.has(each), expected, each);
          if (family === 'ipv4') assert.equal(set.has(`::ffff:${each}`), expected, `mapped ${each}`);
        }
      },
    ),
    { numRuns: 1000 },
  );
});
