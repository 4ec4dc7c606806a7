import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  type CertificateParts,
  der,
  dn,
  extension,
  integer,
  root as makeRoot,
  type NameParts,
  pemOf,
  sequence,
} from '../testing/authority.ts';
import { Certificate, longestCertificate } from './certificate.ts';
import { spelledOut } from './distinguished-name.ts';
import { validate } from './path.ts';

const root = makeRoot(dn('O=Example', 'CN=Root'));
const read = (parts: CertificateParts): Certificate => new Certificate(root.issue(parts).raw);
const named = (subject: NameParts): Certificate => read({ subject });
const bytes = (tag: number, text: string, encoding: BufferEncoding = 'latin1') => ({
  tag,
  bytes: Buffer.from(text, encoding),
});

/** Subjects in the order of the certificate, and as RFC 4514 writes them. */
const subjects: readonly (readonly [what: string, subject: NameParts, text: string])[] = [
  ['the last part first', dn('C=DE', 'O=Example', 'CN=orders'), 'CN=orders,O=Example,C=DE'],
  [
    'several attributes in one part',
    [
      [
        ['CN', 'a'],
        ['UID', 'b'],
      ],
    ],
    'UID=b+CN=a',
  ],
  ['what separates', dn('CN=a,O=b'), 'CN=a\\,O\\=b'.replace('\\=', '=')],
  ['a plus sign', dn('CN=a+UID=b'), 'CN=a\\+UID=b'],
  ['quotes, angles, semicolon and backslash', dn('CN=a"<>;\\'), 'CN=a\\"\\<\\>\\;\\\\'],
  ['spaces at both ends', dn('CN= a '), 'CN=\\ a\\ '],
  ['one space', dn('CN= '), 'CN=\\ '],
  ['a number sign', dn('CN=#a#'), 'CN=\\#a#'],
  ['letters beyond ASCII', dn('CN=Müller'), 'CN=M\\C3\\BCller'],
  ['a Cyrillic letter that looks like a Latin one', dn('CN=\u0430dmin'), 'CN=\\D0\\B0dmin'],
  ['an attribute that has no short name', dn('1.2.3.4=x'), '1.2.3.4=#0c0178'],
  ['T.61', [[['CN', bytes(0x14, 'orders')]]], 'CN=#14066f7264657273'],
  ['two bytes for each letter', [[['CN', bytes(0x1e, '\0o\0k')]]], 'CN=#1e04006f006b'],
  ['nothing', [], ''],
];

for (const [what, subject, text] of subjects) {
  test(`a subject with ${what} is ${text}`, () => assert.equal(named(subject).subject.text, text));
}

test('a subject is written as OpenSSL writes it', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'subjects-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'a.pem');
  const numbers = [3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 15, 17, 18, 20, 41, 42, 43, 44, 46, 65, 97];
  const others = ['0.9.2342.19200300.100.1.1', '0.9.2342.19200300.100.1.25', '1.2.840.113549.1.9.1'];
  const all = [...numbers.map((number) => `2.5.4.${number}`), ...others, '1.2.840.113549.1.9.2'];
  for (const last of ['1', '2', '3']) all.push(`1.3.6.1.4.1.311.60.2.1.${last}`);
  const pair: NameParts = [['O', 'UID'].map((type) => [type, 'x'] as const)];
  const made = root.issue({ subject: [...dn(...all.map((oid) => `${oid}=a, ü`)), ...pair] });
  writeFileSync(file, pemOf('CERTIFICATE', made.raw));
  const options = ['x509', '-in', file, '-noout', '-subject', '-nameopt', 'RFC2253'];
  const theirs = execFileSync('openssl', options, { encoding: 'utf8' });
  assert.equal(`subject=${new Certificate(made.raw).subject.text}\n`, theirs);
});

test('what is no plain text is no common name', () => {
  assert.deepEqual(named([[['CN', bytes(0x14, 'orders')]]]).subject.values('cn'), []);
  assert.deepEqual(named([[['CN', bytes(0x1e, '\0o\0k')]]]).subject.values('cn'), []);
  assert.deepEqual(named(dn('CN=a', 'CN=b')).subject.values('cn'), ['a', 'b']);
});

test('an operator may write letters as they are', () => {
  assert.equal(spelledOut('CN=Müller'), named(dn('CN=Müller')).subject.text);
});

test('different subjects have different texts', () => {
  const value = fc.string({ unit: fc.constantFrom(...'ab,+=#"\\; <>/*ü'), maxLength: 6 });
  const part = fc
    .tuple(fc.constantFrom('CN', 'O', 'OU', '1.2.3'), value)
    .map(([type, text]) => [[type, text]] as const);
  const subject = fc.array(part, { maxLength: 3 });
  fc.assert(
    fc.property(subject, subject, (one, other) => {
      const isSame = JSON.stringify(one) === JSON.stringify(other);
      assert.equal(named(one).subject.text === named(other).subject.text, isSame);
    }),
    { numRuns: 300 },
  );
});

const alternative = (...names: readonly string[]): CertificateParts => ({
  extensions: [extension.names(...names)],
});
const version = (text: string): CertificateParts => ({ version: integer(text) });
const bounded = (...excluded: readonly string[]): CertificateParts => ({
  extensions: [extension.constraints([], excluded)],
});

/** Each is signed well, and none is read. */
const unreadable: readonly (readonly [what: string, parts: CertificateParts])[] = [
  ['a NUL in the common name', { subject: dn('CN=orders\0.evil.example') }],
  ['a line break in the common name', { subject: dn('CN=orders\nO=Example') }],
  ['a NUL in a printable string', { subject: [[['CN', bytes(0x13, 'orders\0')]]] }],
  ['an umlaut in a printable string', { subject: [[['CN', bytes(0x13, '\xfc')]]] }],
  ['text that is no UTF-8', { subject: [[['CN', bytes(0x0c, '\xff\xfe')]]] }],
  ['UTF-8 that is too long', { subject: [[['CN', bytes(0x0c, '\xc0\xaf')]]] }],
  ['a NUL in a DNS name', alternative('dns:good.example\0.evil.example')],
  ['a space in a DNS name', alternative('dns:good.example ')],
  ['a dot at the end of a DNS name', alternative('dns:good.example.')],
  ['an asterisk within a DNS name', alternative('dns:a*.good.example')],
  ['an umlaut in a DNS name', alternative('dns:m\xfcller.example')],
  ['a URI with a NUL', alternative('uri:spiffe://example.org/a\0b')],
  ['a URI with a space', alternative('uri:spiffe://example.org/a b')],
  ['a URI with a backslash', alternative('uri:https://example.org\\@evil.example/')],
  ['a mail address with two at signs', alternative('email:a@evil.example@good.example')],
  ['a mail address with a NUL', alternative('email:a\0@good.example')],
  ['an address of five bytes', alternative('ip:0102030405')],
  ['no names at all', alternative()],
  ['too many names', alternative(...Array.from({ length: 101 }, (_, at) => `dns:n${at}.example`))],
  [
    'an extension twice',
    { extensions: [extension.names('dns:a.example'), extension.names('dns:b.example')] },
  ],
  [
    'an authority that is neither true nor false',
    { extensions: [{ oid: '2.5.29.19', value: sequence(der(1, Buffer.from([1]))) }] },
  ],
  ['version 1', version('0')],
  ['version 4', version('3')],
  ['two signature algorithms', { inner: 'ec-sha1' }],
  [
    'a constraint with a minimum',
    {
      extensions: [
        {
          oid: '2.5.29.30',
          critical: true,
          value: sequence(
            der(0xa0, sequence(der(0x82, Buffer.from('a.example')), der(0x80, Buffer.from([1])))),
          ),
        },
      ],
    },
  ],
  ['too many constraints', bounded(...Array<string>(201).fill('dns:a'))],
  ['a constraint with a dot at its end', bounded('dns:secret.example.')],
  ['a constraint of mail with a space', bounded('email:secret example')],
  ['a constraint of a network of five bytes', bounded('ip:0102030405')],
  [
    'more in its basic constraints than there is',
    { extensions: [{ oid: '2.5.29.19', value: sequence(integer('1'), integer('1')) }] },
  ],
  ['more than has room', { extensions: [{ oid: '1.2.3', value: Buffer.alloc(longestCertificate) }] }],
]; // prettier-ignore

for (const [what, parts] of unreadable) {
  test(`a certificate with ${what} is not read`, () => assert.throws(() => read(parts)));
}

test('as much is read as may be in a certificate', () => {
  assert.equal(read(bounded(...Array<string>(200).fill('dns:a'))).constraints?.excluded.length, 200);
  const many = (count: number): CertificateParts => ({
    extensions: Array.from({ length: count }, (_, at) => ({
      oid: `1.2.3.${at}`,
      value: Buffer.from([5, 0]),
    })),
  });
  assert.doesNotThrow(() => read(many(64)));
  assert.throws(() => read(many(65)), /too many/);
});

test('a curve that is written out is none', () => {
  const key = generateKeyPairSync('ec', { namedCurve: 'P-256', paramEncoding: 'explicit' });
  assert.throws(() => read({ key }));
});

test('it is read as OpenSSL reads it', () => {
  for (const serial of ['1', '7F', '80', 'FF00', '0123456789ABCDEF0123456789ABCDEF01234567']) {
    const made = root.issue({
      serial,
      subject: dn('O=Example', 'CN=a'),
      extensions: [extension.names('dns:a.example')],
    });
    const [ours, theirs] = [new Certificate(made.raw), new X509Certificate(made.raw)];
    assert.equal(ours.serial.padStart(theirs.serialNumber.length, '0'), theirs.serialNumber);
    assert.equal(ours.notAfter, Date.parse(theirs.validTo));
    assert.equal(ours.notBefore, Date.parse(theirs.validFrom));
    assert.equal(ours.subject.text.split(',').toReversed().join('\n'), theirs.subject);
    assert.equal(`DNS:${ours.names.dns[0]}`, theirs.subjectAltName);
  }
});

test('a time beyond 2049, and one before 1970', () => {
  assert.equal(read({ to: Date.UTC(2060, 1, 29, 1, 2, 3) }).notAfter, Date.UTC(2060, 1, 29, 1, 2, 3));
  assert.equal(read({ from: Date.UTC(1950, 0, 1) }).notBefore, Date.UTC(1950, 0, 1));
});

const trust = { anchors: [new Certificate(root.raw)], intermediates: [], revocation: undefined };
const good = root.issue({
  extensions: [
    extension.basicConstraints(false),
    extension.keyUsage(0),
    extension.names('dns:a.example', 'uri:urn:x'),
  ],
}).raw;

test('whatever is changed in a certificate, it is not accepted', () => {
  assert.ok('path' in validate(new Certificate(good), [], trust, Date.now()));
  const change = fc.record({ at: fc.nat(good.length - 1), bits: fc.integer({ min: 1, max: 255 }) });
  fc.assert(
    fc.property(change, ({ at, bits }) => {
      const changed = Buffer.from(good);
      changed[at]! ^= bits;
      let certificate: Certificate;
      try {
        certificate = new Certificate(changed);
      } catch {
        return;
      }
      assert.ok('fault' in validate(certificate, [], trust, Date.now()), `byte ${at}`);
    }),
    { numRuns: 3_000 },
  );
});

test('any bytes are read or refused, and nothing else', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (random) => {
      assert.throws(() => new Certificate(Buffer.from(random)));
    }),
  );
  for (let length = 0; length < good.length; length++)
    assert.throws(() => new Certificate(good.subarray(0, length)));
  assert.throws(() => new Certificate(Buffer.concat([good, Buffer.from([0])])), 'nothing may follow');
});

test('a certificate that hides in another one lends it neither key nor signature', () => {
  // Anybody can have these: a certificate that the authority issued to somebody, and that of the authority itself.
  for (const hidden of [pemOf('CERTIFICATE', good), pemOf('X509 CERTIFICATE', good), root.pem]) {
    const forged = makeRoot(dn('O=Example', 'CN=Root')).issue({
      subject: dn('CN=admin'),
      extensions: [extension.basicConstraints(false), { oid: '1.2.3.4', value: Buffer.from(`\n${hidden}`) }],
    });
    assert.ok(new X509Certificate(forged.raw).verify(root.key.publicKey), 'Node takes the one inside');
    assert.throws(() => new Certificate(forged.raw));
  }
});

test('an encoding that DER does not have is refused', () => {
  // The outer length in one more byte than it needs.
  const length = good.length - 4;
  const longer = Buffer.concat([Buffer.from([0x30, 0x83, 0, length >> 8, length & 0xff]), good.subarray(4)]);
  assert.doesNotThrow(() => new X509Certificate(longer), 'OpenSSL takes it');
  assert.throws(() => new Certificate(longer));
  const indefinite = Buffer.concat([Buffer.from([0x30, 0x80]), good.subarray(4), Buffer.from([0, 0])]);
  assert.throws(() => new Certificate(indefinite));
});
