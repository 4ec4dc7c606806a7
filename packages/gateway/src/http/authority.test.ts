import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatAuthority, parseAuthority } from './authority.ts';

const label63 = 'a'.repeat(63);
const name253 = [label63, label63, label63, 'b'.repeat(61)].join('.');

const accepted: [raw: string, host: string, port?: number][] = [
  ['example.com', 'example.com'],
  ['Example.COM:8443', 'example.com', 8443],
  ['example.com.', 'example.com'],
  ['example.com.:1', 'example.com', 1],
  ['localhost:65535', 'localhost', 65535],
  ['a_b.x-y.1a', 'a_b.x-y.1a'],
  ['_dmarc.example.com', '_dmarc.example.com'],
  ['xn--bcher-kva.example', 'xn--bcher-kva.example'],
  ['1.example', '1.example'],
  [`${label63}.com`, `${label63}.com`],
  [`${name253}.:65535`, name253, 65535],
  ['127.0.0.1', '127.0.0.1'],
  ['127.0.0.1:80', '127.0.0.1', 80],
  ['[::1]', '[::1]'],
  ['[2001:DB8:0:0::1]:443', '[2001:db8::1]', 443],
  ['[::ffff:127.0.0.1]:80', '127.0.0.1', 80],
];

const refused = [
  '',
  ':80',
  '.',
  '.example.com',
  'example..com',
  'example.com..',
  'user@example.com',
  'user:pw@example.com:80',
  'example.com:',
  'example.com:0',
  'example.com:080',
  'example.com:65536',
  'example.com:100000',
  'example.com:8o',
  'example.com:+80',
  'example.com:80:80',
  'example.com/',
  'example.com, other.com',
  'exa mple.com',
  ' example.com',
  'example.com\n',
  'example.com\0',
  'ex%61mple.com',
  'b\xfccher.example',
  'example.com\u2024',
  'a*b.com',
  '*',
  '-a.com',
  'a-.com',
  `${label63}a.com`,
  `${name253}a`,
  `${name253}a.`,
  // Numbers that some resolvers read as an IPv4 address.
  '127.1',
  '2130706433',
  '0x7f000001',
  '0x7f.0.0.0x1',
  '0x',
  '127.0.0.01',
  '256.0.0.1',
  '1.2.3.4.5',
  'example.42',
  '[::1',
  '::1',
  '[]',
  '[:::]',
  '[::1%25eth0]',
  '[::1%eth0]',
  '[v1.a]',
  '[127.0.0.1]',
  '[::1]x',
  '[::1]80',
];

test('accepted authorities', () => {
  for (const [raw, host, port] of accepted) {
    assert.deepEqual(parseAuthority(raw), { host, port }, raw);
    assert.deepEqual(parseAuthority(raw), { host, port }, `${raw}, remembered`);
  }
});

test('refused authorities', () => {
  for (const raw of refused) {
    assert.equal(parseAuthority(raw), undefined, JSON.stringify(raw));
    assert.equal(parseAuthority(raw), undefined, `${JSON.stringify(raw)} again`);
  }
});

test('more hosts than the cache holds', () => {
  for (let round = 0; round < 2; round++) {
    for (let number = 0; number < 3000; number++) {
      assert.equal(parseAuthority(`host-${number}:${number + 1}`)?.port, number + 1);
    }
  }
});

const piece = fc.constantFrom(
  'a',
  'Z9',
  '-',
  '_',
  '.',
  ':',
  '[',
  ']',
  '::',
  '1',
  '0',
  '255',
  '0x',
  '80',
  '@',
  '%',
  '\xe9',
);
const text = fc.array(piece, { maxLength: 10 }).map((pieces) => pieces.join(''));

test('a result parses to itself, and a URL of it has the same host', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        text,
        fc.ipV4(),
        fc.ipV6().map((ip) => `[${ip}]`),
        fc.domain(),
      ),
      (raw) => {
        const authority = parseAuthority(raw);
        if (authority === undefined) return;
        assert.deepEqual(parseAuthority(formatAuthority(authority)), authority);
        // WHATWG also decodes Punycode, which can fail; the host is compared where it does not.
        if (URL.canParse(`http://${formatAuthority(authority)}/`)) {
          assert.equal(new URL(`http://${authority.host}/`).hostname, authority.host);
        }
      },
    ),
    { numRuns: 3000 },
  );
});
