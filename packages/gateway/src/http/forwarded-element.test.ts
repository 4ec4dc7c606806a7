import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { canonicalAddress } from './address.ts';
import {
  type ForwardedHop,
  forwardedElement,
  lastElementStart,
  parseForwardedElement,
  parseXForwardedForElement,
  trimWhitespace,
} from './forwarded-element.ts';

const nothing: ForwardedHop = { address: undefined, scheme: undefined, host: undefined };

test('well-formed elements', () => {
  const vectors: [element: string, hop: Partial<ForwardedHop>][] = [
    ['for=192.0.2.60;proto=http;by=203.0.113.43', { address: '192.0.2.60', scheme: 'http' }],
    ['For="[2001:db8:cafe::17]:4711"', { address: '2001:db8:cafe::17' }],
    ['for="[2001:DB8:0::17]"', { address: '2001:db8::17' }],
    ['for="[::ffff:192.0.2.1]"', { address: '192.0.2.1' }],
    ['for="192.0.2.43:47011"', { address: '192.0.2.43' }],
    ['for="192.0.2.43:_port"', { address: '192.0.2.43' }],
    ['for="192.0.2\\.43"', { address: '192.0.2.43' }],
    ['for=unknown', {}],
    ['for=Unknown', {}],
    ['for=_SEVKISEK', {}],
    ['for="_gazonk:80"', {}],
    [
      ' for=192.0.2.1 ; proto=HTTPS\t;host=Example.COM ',
      { address: '192.0.2.1', scheme: 'https', host: 'example.com' },
    ],
    ['host="example.com:8443";for=192.0.2.1', { address: '192.0.2.1', host: 'example.com:8443' }],
    ['for=192.0.2.1;host="exa mple"', { address: '192.0.2.1' }],
    ['for=192.0.2.1;host="a, for=192.0.2.2"', { address: '192.0.2.1' }],
    ['for=192.0.2.1;proto=gopher', { address: '192.0.2.1' }],
    ['for=192.0.2.1;secret="x;y=z"', { address: '192.0.2.1' }],
    ['for=192.0.2.1;', { address: '192.0.2.1' }],
    [';;for=192.0.2.1;;', { address: '192.0.2.1' }],
    ['proto=https', { scheme: 'https' }],
  ];
  for (const [element, hop] of vectors) {
    assert.deepEqual(parseForwardedElement(element), { ...nothing, ...hop }, element);
    assert.equal(lastElementStart(`for="[::1]", ${element}`, 13 + element.length), 12, element);
  }
});

test('malformed elements', () => {
  const vectors = [
    'for',
    'for=',
    'for=""',
    '=192.0.2.1',
    'for =192.0.2.1',
    'for= 192.0.2.1',
    'for=192.0.2.1 proto=http',
    'for=192.0.2.1:80',
    'for=2001:db8::1',
    'for="2001:db8::1"',
    'for=[::1]',
    'for="[192.0.2.1]"',
    'for="[::1"',
    'for="[::1%eth0]"',
    'for="[::1]:123456"',
    'for="192.0.2.1:"',
    'for=192.0.2.01',
    'for=192.0.2',
    'for=example.com',
    'for="_"',
    'for="_a b"',
    'for="192.0.2.1',
    'for="192.0.2.1\\"',
    'for=192.0.2.1"',
    'for=192.0.2.1;for=192.0.2.2',
    'for=192.0.2.1;FOR=192.0.2.2',
    'for=192.0.2.1;proto=http;proto=https',
    'for=192.0.2.1,for=192.0.2.2',
    'for=192.0.2.1;proto=http\n',
    '192.0.2.1',
    '"',
  ];
  for (const element of vectors) assert.equal(parseForwardedElement(element), undefined, element);
});

test('the last element starts after the last comma outside quotes', () => {
  const vectors: [text: string, start: number][] = [
    ['', 0],
    ['for=a', 0],
    ['for=a,for=b', 6],
    ['for="a,b"', 0],
    ['for="a",host="b,c"', 8],
    ['x,host="a\\",b"', 2],
    ['x,host="a\\\\"', 2],
    ['x,host="a\\\\\\",b"', 2],
    // Quotes that a client left open, on either side.
    ['for=",for=192.0.2.1', 6],
    ['for="a\\",for=192.0.2.1', 9],
    ['for=",for=192.0.2.1;host="a,b"', 6],
    [',for=a"', -1],
    ['for=\\"a"', -1],
    ['"', -1],
    ['\\"', -1],
  ];
  for (const [text, start] of vectors) assert.equal(lastElementStart(text, text.length), start, text);
});

test('X-Forwarded-For elements', () => {
  const vectors: [element: string, address: string | undefined | null][] = [
    ['192.0.2.1', '192.0.2.1'],
    [' \t192.0.2.1 ', '192.0.2.1'],
    ['192.0.2.1:4711', '192.0.2.1'],
    ['2001:DB8::1', '2001:db8::1'],
    ['[2001:db8::1]', '2001:db8::1'],
    ['[2001:db8::1]:4711', '2001:db8::1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['unknown', undefined],
    ['_hidden', undefined],
    ['"192.0.2.1"', null],
    ['for=192.0.2.1', null],
    ['192.0.2.1;x', null],
    ['192.0.2.1 192.0.2.2', null],
    ['192.0.2.1\n', null],
    ['example.com', null],
    ['127.1', null],
    ['-', null],
  ];
  for (const [element, address] of vectors) {
    const expected = address === null ? undefined : { ...nothing, address };
    assert.deepEqual(parseXForwardedForElement(element), expected, element);
  }
});

test('elements are written with the quotes that they need', () => {
  const vectors: [parameters: Parameters<typeof forwardedElement>[0], element: string][] = [
    [{ for: '192.0.2.1', proto: 'http', host: 'example.com' }, 'for=192.0.2.1;proto=http;host=example.com'],
    [
      { for: '2001:DB8::0:1', proto: 'https', host: 'example.com:8443', by: '::1' },
      'for="[2001:db8::1]";proto=https;host="example.com:8443";by="[::1]"',
    ],
    [
      { for: 'unknown', proto: 'https', host: '[::1]', by: '_gateway' },
      'for=unknown;proto=https;host="[::1]";by=_gateway',
    ],
    [{ for: '::ffff:192.0.2.1', proto: 'http', host: 'a"b\\' }, 'for=192.0.2.1;proto=http;host="a\\"b\\\\"'],
  ];
  for (const [parameters, element] of vectors) assert.equal(forwardedElement(parameters), element);

  const good = { for: '192.0.2.1', proto: 'http', host: 'example.com' } as const;
  for (const node of ['', 'client', '_', '_a;b', '192.0.2.1:80', '[::1]', '::1%eth0', '_a\r\n']) {
    assert.throws(() => forwardedElement({ ...good, for: node }), TypeError, node);
    assert.throws(() => forwardedElement({ ...good, by: node }), TypeError, node);
  }
  assert.throws(() => forwardedElement({ ...good, host: 'a\r\nx: y' }), TypeError);
});

const parameters = fc.record({
  for: fc.oneof(fc.ipV4(), fc.ipV6()),
  proto: fc.constantFrom('http' as const, 'https' as const),
  host: fc.oneof(fc.domain(), fc.string({ unit: 'grapheme-ascii' })),
});

test('what is written is found and read back, whatever a client put before it', () => {
  const hostile = fc
    .array(fc.constantFrom('"', '\\', ',', ';', 'for=', '=', ' ', 'a', '\xe9'), { maxLength: 12 })
    .map((pieces) => pieces.join(''));
  fc.assert(
    fc.property(parameters, hostile, (written, before) => {
      const element = forwardedElement(written);
      const text = `${before}, ${element}`;
      assert.equal(lastElementStart(text, text.length), before.length + 1);
      const hop = parseForwardedElement(element);
      assert.equal(hop?.address, canonicalAddress(written.for));
      assert.equal(hop?.scheme, written.proto);
    }),
    { numRuns: 3000 },
  );
});

test('nothing a client sends takes more than linear time', () => {
  // 16 KB, what Node lets through: quadratic reading would be 2^28 steps.
  for (const text of [
    '"'.repeat(16384),
    '\\'.repeat(16384),
    '\\"'.repeat(8192),
    `${'\\'.repeat(16383)}"`,
    ';'.repeat(16384),
  ]) {
    const started = process.cpuUsage();
    for (let end = text.length; end >= 0; ) {
      const start = lastElementStart(text, end);
      if (start < 0) break;
      parseForwardedElement(text.slice(start, end));
      end = start - 1;
    }
    const { user, system } = process.cpuUsage(started);
    assert.ok(user + system < 200_000, `${text.slice(0, 4)}: ${user + system} µs of CPU`);
  }
});

test('trimWhitespace leaves what is no optional white space', () => {
  assert.equal(trimWhitespace(' \ta b\t '), 'a b');
  assert.equal(trimWhitespace('\xa0a\n'), '\xa0a\n');
  assert.equal(trimWhitespace(' \t'), '');
  assert.equal(trimWhitespace(''), '');
});
