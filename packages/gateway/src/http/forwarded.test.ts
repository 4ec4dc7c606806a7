import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compileAddressSet } from './address-set.ts';
import {
  type ClientAddress,
  clientAddress,
  type ForwardingFields,
  maxHops,
  type ProxyTrust,
} from './forwarded.ts';

const proxies = compileAddressSet(['10.0.0.0/8', 'fd00::/8', 'fe80::/10']);
const believed = {
  forwarded: { proxies, field: 'forwarded' },
  'x-forwarded-for': { proxies, field: 'x-forwarded-for' },
} as const satisfies Record<string, ProxyTrust>;

interface Vector {
  readonly name: string;
  readonly peer?: string;
  readonly lines: readonly string[];
  readonly proto?: readonly string[];
  readonly client: Partial<ClientAddress>;
}

function check(
  field: keyof typeof believed,
  { name, peer = '10.0.0.1', lines, proto = [], client }: Vector,
): void {
  // The other field, and X-Forwarded-Proto beside Forwarded, are the client's own and must never count.
  const fields: ForwardingFields =
    field === 'forwarded'
      ? { forwarded: lines, xForwardedFor: ['203.0.113.66'], xForwardedProto: ['https'] }
      : {
          forwarded: ['for=203.0.113.66;proto=https;host=evil.example'],
          xForwardedFor: lines,
          xForwardedProto: proto,
        };
  const expected = { address: '10.0.0.1', scheme: undefined, host: undefined, ...client };
  assert.deepEqual(clientAddress(peer, believed[field], fields), expected, name);
}

test('Forwarded', () => {
  const vectors: Vector[] = [
    { name: 'no field', lines: [], client: {} },
    { name: 'empty field', lines: ['', ' , ,'], client: {} },
    {
      name: 'untrusted peer',
      peer: '198.51.100.7',
      lines: ['for=192.0.2.1;proto=https'],
      client: { address: '198.51.100.7' },
    },
    {
      name: 'mapped peer',
      peer: '::ffff:10.0.0.1',
      lines: ['for=192.0.2.1;proto=https;host=Example.com'],
      client: { address: '192.0.2.1', scheme: 'https', host: 'example.com' },
    },
    {
      name: 'untrusted mapped peer',
      peer: '::ffff:192.0.2.9',
      lines: ['for=1.1.1.1'],
      client: { address: '192.0.2.9' },
    },
    {
      name: 'link-local peer',
      peer: 'fe80::1%eth0',
      lines: ['for=192.0.2.1'],
      client: { address: '192.0.2.1' },
    },
    {
      name: 'peer that is no address',
      peer: 'socket',
      lines: ['for=192.0.2.1'],
      client: { address: 'socket' },
    },
    {
      name: 'spoofed left element',
      lines: ['for=10.0.0.9, for=192.0.2.1'],
      client: { address: '192.0.2.1' },
    },
    {
      name: 'two trusted hops; scheme and host are those of the client',
      lines: [
        'for=1.1.1.1;proto=http, for=192.0.2.1;proto=https;host=a.example, for=10.0.0.2;proto=http;host=inner',
      ],
      client: { address: '192.0.2.1', scheme: 'https', host: 'a.example' },
    },
    {
      name: 'what an inner hop saw is not what the client did',
      lines: ['for=192.0.2.1, for=10.0.0.2;proto=http;host=inner'],
      client: { address: '192.0.2.1' },
    },
    {
      name: 'several lines',
      lines: ['for=1.1.1.1', 'for=192.0.2.1', 'for=10.0.0.2'],
      client: { address: '192.0.2.1' },
    },
    { name: 'IPv6', lines: ['for=192.0.2.1, for="[2001:db8::1]:80"'], client: { address: '2001:db8::1' } },
    { name: 'all trusted', lines: ['for=10.0.0.3, for=10.0.0.2'], client: { address: '10.0.0.3' } },
    {
      name: 'unknown client',
      lines: ['for=192.0.2.1, for=unknown;proto=https, for=10.0.0.2'],
      client: { address: '10.0.0.2', scheme: 'https' },
    },
    { name: 'obfuscated client', lines: ['for=192.0.2.1, for=_x'], client: {} },
    { name: 'no for', lines: ['for=192.0.2.1, proto=https'], client: { scheme: 'https' } },
    {
      name: 'malformed at the right',
      lines: ['for=192.0.2.1, for=10.0.0.2:80'],
      client: {},
    },
    {
      name: 'malformed behind a trusted hop',
      lines: ['for=1.1.1.1, for=a b, for=10.0.0.2;proto=http'],
      client: { address: '10.0.0.2', scheme: 'http' },
    },
    { name: 'open quote before', lines: ['for="1.1.1.1, for=192.0.2.1'], client: { address: '192.0.2.1' } },
    {
      name: 'open quote on another line',
      lines: ['for="', 'for=192.0.2.1'],
      client: { address: '192.0.2.1' },
    },
    {
      name: 'element hidden in a quoted host',
      lines: ['for=192.0.2.1;host="x, for=10.0.0.2"'],
      client: { address: '192.0.2.1' },
    },
    { name: 'empty elements', lines: [', for=192.0.2.1, ,', ','], client: { address: '192.0.2.1' } },
  ];
  for (const vector of vectors) check('forwarded', vector);
});

test('X-Forwarded-For', () => {
  const vectors: Vector[] = [
    { name: 'no field', lines: [], client: {} },
    { name: 'empty field', lines: [''], client: {} },
    {
      name: 'untrusted peer',
      peer: '2001:DB8::9',
      lines: ['192.0.2.1'],
      proto: ['https'],
      client: { address: '2001:db8::9' },
    },
    { name: 'spoofed left element', lines: ['10.0.0.9, 192.0.2.1'], client: { address: '192.0.2.1' } },
    { name: 'two trusted hops', lines: ['1.1.1.1, 192.0.2.1,10.0.0.2'], client: { address: '192.0.2.1' } },
    { name: 'several lines', lines: ['1.1.1.1, 192.0.2.1', 'fd00::2'], client: { address: '192.0.2.1' } },
    { name: 'leading comma', lines: [',192.0.2.1'], client: { address: '192.0.2.1' } },
    { name: 'only commas', lines: [',,,'], client: {} },
    { name: 'ports', lines: ['192.0.2.1:4711, [fd00::2]:80'], client: { address: '192.0.2.1' } },
    { name: 'unknown', lines: ['192.0.2.1, unknown, 10.0.0.2'], client: { address: '10.0.0.2' } },
    { name: 'malformed', lines: ['192.0.2.1, <script>, 10.0.0.2'], client: { address: '10.0.0.2' } },
    {
      name: 'scheme',
      lines: ['192.0.2.1'],
      proto: [' HTTPS '],
      client: { address: '192.0.2.1', scheme: 'https' },
    },
    { name: 'scheme alone', lines: [], proto: ['https'], client: { scheme: 'https' } },
    { name: 'two schemes', lines: [], proto: ['https, http'], client: {} },
    { name: 'two scheme lines', lines: [], proto: ['https', 'https'], client: {} },
    { name: 'other scheme', lines: [], proto: ['javascript'], client: {} },
  ];
  for (const vector of vectors) check('x-forwarded-for', vector);
});

test(`at most ${maxHops} elements are looked at`, () => {
  const chain = (count: number) => ['10.9.9.9', ...Array.from({ length: count }, (_, at) => `10.0.1.${at}`)];
  const of = (count: number, separator: string) => ({
    forwarded: [],
    xForwardedFor: [chain(count).join(separator)],
    xForwardedProto: [],
  });
  const address = (count: number, separator: string) =>
    clientAddress('10.0.0.1', believed['x-forwarded-for'], of(count, separator)).address;
  assert.equal(address(maxHops - 1, ','), '10.9.9.9');
  assert.equal(address(maxHops, ','), '10.0.1.0');
  assert.equal(address(maxHops - 1, ',,'), '10.0.1.15', 'empty elements count');
});

test('a client cannot change what its proxy says', () => {
  const hostile = fc
    .array(fc.constantFrom('"', '\\', ',', ';', 'for=', '10.0.0.7', '192.0.2.66', '=', ' ', 'unknown'), {
      maxLength: 12,
    })
    .map((pieces) => pieces.join(''));
  fc.assert(
    fc.property(
      hostile,
      fc.boolean(),
      fc.constantFrom('forwarded', 'x-forwarded-for'),
      (sent, joined, field) => {
        const own = field === 'forwarded' ? 'for=198.51.100.1;proto=https;host="a:1"' : '198.51.100.1';
        const lines = joined ? [`${sent}, ${own}`] : [sent, own];
        const fields = { forwarded: lines, xForwardedFor: lines, xForwardedProto: [] };
        assert.equal(clientAddress('10.0.0.1', believed[field], fields).address, '198.51.100.1');
      },
    ),
    { numRuns: 3000 },
  );
});

test('the address is the peer or one that a field names, for any text', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary-ascii' })), (lines) => {
      for (const trust of Object.values(believed)) {
        const fields = { forwarded: lines, xForwardedFor: lines, xForwardedProto: lines };
        assert.match(clientAddress('10.0.0.1', trust, fields).address, /^[0-9a-f.:]+$/);
      }
    }),
  );
});
