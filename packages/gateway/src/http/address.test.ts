import assert from 'node:assert/strict';
import { isIPv4, isIPv6, SocketAddress } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import { canonicalAddress, formatAddress, parseAddress } from './address.ts';

const canonical: [text: string, expected: string | undefined][] = [
  ['0.0.0.0', '0.0.0.0'],
  ['192.0.2.1', '192.0.2.1'],
  ['255.255.255.255', '255.255.255.255'],
  ['::', '::'],
  ['::1', '::1'],
  ['1::', '1::'],
  ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
  ['2001:0db8::0001', '2001:db8::1'],
  // RFC 5952 4.2.2 and 4.2.3: a single zero stays; the longest run, the first of equals.
  ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
  ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
  ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
  ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
  ['::2:3:4:5:6:7:8', '0:2:3:4:5:6:7:8'],
  ['64:ff9b::192.0.2.1', '64:ff9b::c000:201'],
  ['::192.0.2.1', '::c000:201'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['::FFFF:c000:0201', '192.0.2.1'],
  ['0:0:0:0:0:ffff:192.0.2.1', '192.0.2.1'],
  ['::ffff:0:192.0.2.1', '::ffff:0:c000:201'],
  ['ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['', undefined],
  ['1.2.3', undefined],
  ['1.2.3.4.5', undefined],
  ['1.2.3.', undefined],
  ['.1.2.3', undefined],
  ['1..2.3', undefined],
  ['01.2.3.4', undefined],
  ['1.2.3.00', undefined],
  ['256.2.3.4', undefined],
  ['0x1.2.3.4', undefined],
  ['1.2.3.4 ', undefined],
  [' 1.2.3.4', undefined],
  ['1.2.3.4\n', undefined],
  ['1.2.3.4/32', undefined],
  ['1.2.3.4:80', undefined],
  ['16909060', undefined],
  [':', undefined],
  [':::', undefined],
  ['1:', undefined],
  [':1', undefined],
  ['1::2::3', undefined],
  ['12345::', undefined],
  ['1:2:3:4:5:6:7', undefined],
  ['1:2:3:4:5:6:7:8:9', undefined],
  ['1:2:3:4::5:6:7:8', undefined],
  ['1:2:3:4:5:6:7:8::', undefined],
  ['1:2:3:4:5:6:7:1.2.3.4', undefined],
  ['::1.2.3', undefined],
  ['::1.2.3.04', undefined],
  ['1.2.3.4::', undefined],
  ['::1%eth0', undefined],
  ['[::1]', undefined],
  ['::g', undefined],
];

test('canonical text', () => {
  for (const [text, expected] of canonical) assert.equal(canonicalAddress(text), expected, text);
});

test('parsed form', () => {
  assert.deepEqual(parseAddress('192.0.2.1'), { family: 4, words: Uint32Array.of(0xc0000201) });
  assert.deepEqual(parseAddress('::ffff:192.0.2.1'), { family: 4, words: Uint32Array.of(0xc0000201) });
  const words = Uint32Array.of(0x20010db8, 0, 0x0001ffff, 0xfffffffe);
  assert.deepEqual(parseAddress('2001:db8::1:ffff:ffff:fffe'), { family: 6, words });
  assert.equal(parseAddress('nowhere'), undefined);
});

const almost = fc
  .array(
    fc.constantFrom('0', '1', '12', '255', '256', '01', 'f', 'Ab12', 'ffff', ':', '::', '.', '.', '%', 'g'),
    {
      maxLength: 17,
    },
  )
  .map((pieces) => pieces.join(''));
const random = fc.oneof(
  fc.ipV4(),
  fc.ipV6(),
  fc.ipV6().map((text) => text.toUpperCase()),
  almost,
);

test('accepts what node:net accepts, zones apart', () => {
  fc.assert(
    fc.property(random, (text) => {
      assert.equal(
        parseAddress(text) !== undefined,
        !text.includes('%') && (isIPv4(text) || isIPv6(text)),
        text,
      );
    }),
    { numRuns: 5000 },
  );
});

test('canonical text is stable, and the same address to node:net', () => {
  fc.assert(
    fc.property(random, (text) => {
      const once = canonicalAddress(text);
      if (once === undefined) return;
      assert.equal(canonicalAddress(once), once);
      assert.equal(formatAddress(parseAddress(text)!), once);
      const nodeText = (of: string) =>
        new SocketAddress({ address: of, family: of.includes(':') ? 'ipv6' : 'ipv4' }).address;
      if (once.includes(':')) {
        assert.equal(nodeText(once), nodeText(text));
        // WHATWG's serialiser is an independent writer of the same form.
        assert.equal(new URL(`http://[${text}]/`).hostname, `[${once}]`);
      } else {
        assert.equal(nodeText(text).replace(/^::ffff:/, ''), once);
      }
    }),
    { numRuns: 3000 },
  );
});
