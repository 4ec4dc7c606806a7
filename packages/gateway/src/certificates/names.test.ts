import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { generate } from 'selfsigned';
import { CertificateNames } from './names.ts';

interface AltNames {
  readonly dns?: readonly string[];
  readonly addresses?: readonly string[];
  readonly others?: readonly { readonly type: 1 | 6; readonly value: string }[];
}

/** PEM of a certificate whose subject is named `subject.example`. */
async function certificate({ dns = [], addresses = [], others = [] }: AltNames): Promise<string> {
  const altNames = [
    ...dns.map((value) => ({ type: 2, value }) as const),
    ...addresses.map((ip) => ({ type: 7, ip }) as const),
    ...others,
  ];
  const { cert } = await generate([{ name: 'commonName', value: 'subject.example' }], {
    keyType: 'ec',
    // Without any, the library makes the subject one of them.
    extensions: [altNames.length === 0 ? { name: 'basicConstraints' } : { name: 'subjectAltName', altNames }],
  });
  return cert;
}

const valid: readonly (readonly [what: string, names: AltNames, hosts: Readonly<Record<string, boolean>>])[] =
  [
    [
      'a name',
      { dns: ['a.example'] },
      { 'a.example': true, 'b.example': false, 'x.a.example': false, example: false },
    ],
    ['a name in capitals', { dns: ['A.Example'] }, { 'a.example': true }],
    ['a name with a dot at its end', { dns: ['a.example.'] }, { 'a.example': true }],
    ['several names', { dns: ['a.example', 'b.example'] }, { 'a.example': true, 'b.example': true }],
    [
      'a wildcard, which stands for one label',
      { dns: ['*.a.example'] },
      {
        'x.a.example': true,
        'y.a.example': true,
        'x.y.a.example': false,
        'a.example': false,
        'xa.example': false,
      },
    ],
    ['a wildcard in front of one label', { dns: ['*.localhost'] }, { 'x.localhost': true, localhost: false }],
    [
      'a star that is no whole left-most label',
      { dns: ['f*.example', 'x.*.example', '*', '*.*.example', '*a.example'] },
      {
        'foo.example': false,
        'x.y.example': false,
        example: false,
        'a.b.example': false,
        'ba.example': false,
      },
    ],
    [
      'addresses, in the spelling of a host',
      { addresses: ['127.0.0.1', '2001:db8::1', '::1'] },
      { '127.0.0.1': true, '[2001:db8::1]': true, '[::1]': true, '127.0.0.2': false, '2001:db8::1': false },
    ],
    // RFC 9525 section 6.3: neither kind stands for the other.
    ['an address written as a name', { dns: ['127.0.0.1', '*.0.0.1'] }, { '127.0.0.1': false }],
    ['an address does not stand for a name', { addresses: ['10.0.0.1'] }, { 'a.example': false }],
    [
      'names that could be taken for several',
      { dns: ['a.example, DNS:b.example'] },
      { 'a.example': false, 'b.example': false },
    ],
    [
      'a name that could be taken for an address',
      { dns: ['x, IP Address:10.0.0.1'] },
      { '10.0.0.1': false, x: false },
    ],
    [
      'other kinds of names',
      {
        others: [
          { type: 6, value: 'https://a.example/' },
          { type: 1, value: 'x@a.example' },
        ],
        dns: ['b.example'],
      },
      { 'a.example': false, 'b.example': true },
    ],
    ['a name and a port', { dns: ['a.example:443'] }, { 'a.example': false }],
    ['a subject alone, which counts for nothing', {}, { 'subject.example': false }],
  ];

for (const [what, altNames, hosts] of valid) {
  test(`valid for: ${what}`, async () => {
    const names = new CertificateNames([await certificate(altNames)]);
    for (const [host, expected] of Object.entries(hosts)) {
      assert.equal(names.isValid(0, host), expected, host);
    }
  });
}

test('which certificate a client is shown', async () => {
  const pems = await Promise.all([
    certificate({ dns: ['first.example'] }),
    certificate({ dns: ['second.example', '*.wild.example'], addresses: ['10.0.0.1'] }),
    certificate({ dns: ['third.example', 'second.example', 'x.wild.example', '*.wild.example'] }),
  ]);
  const names = new CertificateNames(pems);
  const vectors: readonly (readonly [asked: string | undefined, shown: number])[] = [
    ['first.example', 0],
    ['second.example', 1],
    ['SECOND.example', 1],
    ['second.example.', 1],
    ['third.example', 2],
    ['y.wild.example', 1],
    // An exact name goes before a wildcard.
    ['x.wild.example', 2],
    ['x.y.wild.example', 0],
    ['wild.example', 0],
    ['unknown.example', 0],
    ['.wild.example', 0],
    ['.', 0],
    ['', 0],
    [undefined, 0],
  ];
  for (const [asked, shown] of vectors) assert.equal(names.shownTo(asked), shown, String(asked));
  for (const host of ['first.example', 'third.example', 'y.wild.example'])
    assert.ok(names.canBeShownFor(host), host);
  // No client can ask for an address (RFC 6066 section 3).
  for (const host of ['unknown.example', '10.0.0.1', 'subject.example'])
    assert.ok(!names.canBeShownFor(host), host);
});

test('without certificates nothing is valid', () => {
  const names = new CertificateNames([]);
  assert.equal(names.shownTo('a.example'), 0);
  assert.equal(names.isValid(0, 'a.example'), false);
  assert.equal(names.canBeShownFor('a.example'), false);
});

test('who asks for a host that a certificate is valid for is shown one that is', async () => {
  // Few labels, so that names, wildcards and hosts meet often; each certificate takes a while to make.
  const label = fc.constantFrom('a', 'b', 'c');
  const host = fc
    .array(label, { minLength: 1, maxLength: 4 })
    .map((labels) => [...labels, 'test', 'example'].join('.'));
  const name = fc.oneof(
    host,
    host.map((each) => `*.${each}`),
  );
  const lists = fc.array(fc.array(name, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 3 });
  await fc.assert(
    fc.asyncProperty(lists, fc.array(host, { minLength: 20, maxLength: 20 }), async (certificates, hosts) => {
      const pems = await Promise.all(certificates.map((dns) => certificate({ dns })));
      const names = new CertificateNames(pems);
      const parsed = pems.map((pem) => new X509Certificate(pem));
      for (const each of hosts) {
        // OpenSSL has the same rules, and takes longer.
        const options = { subject: 'never', partialWildcards: false } as const;
        const validity = parsed.map((certificate) => certificate.checkHost(each, options) !== undefined);
        assert.deepEqual(
          pems.map((_, index) => names.isValid(index, each)),
          validity,
          each,
        );
        assert.equal(names.canBeShownFor(each), validity.includes(true), each);
        if (validity.includes(true)) assert.ok(names.isValid(names.shownTo(each), each), each);
        else assert.equal(names.shownTo(each), 0);
      }
    }),
    { numRuns: 60 },
  );
});
