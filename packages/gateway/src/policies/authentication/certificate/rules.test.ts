import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CertificateRules, identityOf } from './rules.ts';
import { type CertificateRule, certificate as schema } from './schema.ts';
import { type CertificateParts, dn, extension, root as makeRoot } from './testing/authority.ts';
import { Certificate } from './x509/certificate.ts';

const root = makeRoot(dn('O=Example', 'CN=Root'));
const made = (parts: CertificateParts): Certificate => new Certificate(root.issue(parts).raw);
const withNames = (...names: readonly string[]): Certificate =>
  made({ extensions: [extension.names(...names)] });
const meets = (rule: CertificateRule, certificate: Certificate): boolean =>
  new CertificateRules({ allow: [rule], rolesFrom: undefined }).grant(
    certificate,
    new Certificate(root.raw),
  ) !== undefined;

type Case = readonly [rule: CertificateRule, certificate: Certificate, expected: boolean];

const orders = made({ subject: dn('O=Example', 'CN=orders') });
const cases: readonly Case[] = [
  [{ dns: 'a.example' }, withNames('dns:A.example'), true],
  [{ dns: 'A.EXAMPLE' }, withNames('dns:a.example'), true],
  [{ dns: 'a.example' }, withNames('dns:b.example'), false],
  [{ dns: 'a.example' }, withNames('dns:b.a.example'), false],
  [{ dns: 'a.example' }, withNames('dns:a.example.evil.test'), false],
  [{ dns: 'a.example' }, made({ subject: dn('CN=a.example') }), false],
  [{ dns: 'a.example' }, withNames('uri:https://a.example/'), false],
  [{ dns: '*.a.example' }, withNames('dns:x.a.example'), true],
  [{ dns: '*.a.example' }, withNames('dns:x.y.a.example'), false],
  [{ dns: '*.a.example' }, withNames('dns:a.example'), false],
  [{ dns: '*.a.example' }, withNames('dns:*.a.example'), false],
  [{ dns: '*.a.example' }, withNames('dns:xa.example'), false],
  [{ dns: 'x.a.example' }, withNames('dns:*.a.example'), false],
  [{ uri: 'spiffe://example.org/ns/prod/a' }, withNames('uri:spiffe://example.org/ns/prod/a'), true],
  [
    { uri: 'spiffe://example.org/a' },
    withNames('uri:urn:x', 'uri:spiffe://example.org/a', 'uri:urn:y'),
    true,
  ],
  [{ dns: 'a.example' }, withNames('dns:b.example', 'dns:a.example', 'dns:c.example'), true],
  [{ uri: 'spiffe://example.org/ns/prod/a' }, withNames('uri:spiffe://example.org/ns/prod/b'), false],
  [{ uri: 'spiffe://example.org/ns/prod/a' }, withNames('uri:spiffe://example.org/ns/prod/a/b'), false],
  [{ uri: 'spiffe://example.org/ns/prod/a' }, withNames('uri:spiffe://EXAMPLE.org/ns/prod/a'), false],
  [{ uri: 'spiffe://example.org/ns/prod/*' }, withNames('uri:spiffe://example.org/ns/prod/a/b'), true],
  [{ uri: 'spiffe://example.org/ns/prod/*' }, withNames('uri:spiffe://example.org/ns/prod/'), false],
  [{ uri: 'spiffe://example.org/ns/prod/*' }, withNames('uri:spiffe://example.org/ns/prod/../test/a'), false],
  [{ uri: 'spiffe://example.org/ns/prod/*' }, withNames('uri:spiffe://example.org/ns/prod/a/..'), false],
  [
    { uri: 'spiffe://example.org/ns/prod/*' },
    withNames('uri:spiffe://example.org/ns/prod/%2e%2e/test'),
    false,
  ],
  [{ uri: 'spiffe://example.org/ns/prod/*' }, withNames('uri:spiffe://example.org/ns/prod/a//b'), false],
  [{ uri: 'spiffe://example.org/ns/prod/*' }, withNames('uri:spiffe://example.org/ns/prod/a?b'), false],
  [{ uri: 'spiffe://example.org/*' }, withNames('uri:spiffe://example.org.evil.test/a'), false],
  [{ email: 'a@example.com' }, withNames('email:a@EXAMPLE.com'), true],
  [{ email: 'a@Example.com' }, withNames('email:a@example.com'), true],
  [{ email: 'a@example.com' }, withNames('email:A@example.com'), false],
  [{ email: '*@example.com' }, withNames('email:anybody@example.com'), true],
  [{ email: '*@example.com' }, withNames('email:a@b.example.com'), false],
  [{ email: 'a@example.com' }, made({ subject: dn('emailAddress=a@example.com') }), false],
  [{ subject: 'CN=orders,O=Example' }, orders, true],
  [{ subject: 'O=Example,CN=orders' }, orders, false],
  [{ subject: 'CN=orders' }, orders, false],
  [{ subject: 'CN=Orders,O=Example' }, orders, false],
  [{ subject: 'CN=orders,O=Example' }, made({ subject: dn('CN=orders,O=Example') }), false],
  [{ subject: 'CN=orders,O=Example' }, made({ subject: dn('O=Example', 'CN=orders', 'CN=x') }), false],
  [{ subject: 'CN=orders,O=Example' }, made({ subject: dn('O=Example', 'CN=\u043erders') }), false],
  [
    { subject: 'UID=b+CN=a' },
    made({
      subject: [
        [
          ['CN', 'a'],
          ['UID', 'b'],
        ],
      ],
    }),
    true,
  ],
  [{ subject: 'UID=b+CN=a' }, made({ subject: dn('UID=b+CN=a') }), false],
  [{ subject: 'CN=Müller' }, made({ subject: dn('CN=Müller') }), true],
  [{ subject: 'CN=Müller' }, made({ subject: dn('CN=Mu\u0308ller') }), false],
  [{ cn: 'orders' }, orders, true],
  [{ cn: 'orders' }, made({ subject: dn('CN=orders', 'CN=admin') }), false],
  [{ cn: 'orders' }, made({ subject: [[['CN', { tag: 0x14, bytes: Buffer.from('orders') }]]] }), false],
  [{ cn: 'orders' }, made({ subject: dn('CN=orders ') }), false],
  [{ ou: 'sales' }, made({ subject: dn('OU=staff', 'OU=sales') }), true],
  [{ issuer: 'CN=Root,O=Example' }, orders, true],
  [{ issuer: 'CN=Other,O=Example' }, orders, false],
  [{ cn: 'orders', issuer: 'CN=Other,O=Example' }, orders, false],
  [{ cn: 'orders', dns: 'a.example' }, orders, false],
]; // prettier-ignore

for (const [rule, certificate, expected] of cases) {
  const names = [
    certificate.subject.text,
    ...certificate.names.dns,
    ...certificate.names.uri,
    ...certificate.names.email,
  ];
  test(`${JSON.stringify(rule)} ${expected ? 'takes' : 'does not take'} ${names.join(' ')}`, () => {
    assert.equal(meets(rule, certificate), expected);
  });
}

test('every rule that is met gives its roles and scopes', () => {
  const rules = new CertificateRules({
    allow: [
      { cn: 'orders', roles: ['service'], scopes: ['orders:read'] },
      { ou: 'sales', roles: ['sales'] },
      { cn: 'other', roles: ['admin'] },
    ],
    rolesFrom: 'ou',
  });
  const granted = rules.grant(made({ subject: dn('OU=sales', 'OU=staff', 'CN=orders') }), undefined);
  assert.deepEqual([...granted!.roles], ['service', 'sales', 'staff']);
  assert.deepEqual([...granted!.scopes], ['orders:read']);
  assert.equal(rules.grant(made({ subject: dn('CN=nobody', 'OU=staff') }), undefined), undefined);
});

test('without rules every certificate is welcome, and has no role', () => {
  const granted = new CertificateRules({ allow: undefined, rolesFrom: undefined }).grant(orders, undefined);
  assert.deepEqual([granted!.roles.size, granted!.scopes.size], [0, 0]);
});

const identities: readonly (readonly [Parameters<typeof identityOf>[2], Certificate, string | undefined])[] =
  [
    ['subject', orders, 'CN=orders,O=Example'],
    ['subject', made({ subject: [], extensions: [extension.names('dns:a.example')] }), undefined],
    ['cn', orders, 'orders'],
    ['cn', made({ subject: dn('CN=a', 'CN=b') }), undefined],
    ['dns', withNames('dns:a.example'), 'a.example'],
    ['dns', withNames('dns:a.example', 'dns:b.example'), undefined],
    ['dns', withNames('dns:*.example'), undefined],
    ['uri', withNames('uri:spiffe://example.org/a'), 'spiffe://example.org/a'],
    ['uri', withNames('uri:spiffe://example.org/a', 'uri:spiffe://example.org/b'), undefined],
    ['email', withNames('email:a@example.com'), 'a@example.com'],
    ['email', orders, undefined],
    ['thumbprint', orders, 'thumb'],
  ];

for (const [identity, certificate, expected] of identities) {
  test(`known by ${identity}: ${expected}`, () => {
    assert.equal(identityOf(certificate, 'thumb', identity), expected);
  });
}

const refused: readonly CertificateRule[] = [
  { roles: ['a'] },
  { dns: '*' },
  { dns: '*.*.example' },
  { dns: 'a.*.example' },
  { uri: 'spiffe://*' },
  { uri: 'spiffe://example.org*' },
  { uri: 'spiffe://example.org/a*' },
  { uri: 'spiffe://*/a' },
  { uri: 'urn:*' },
  { email: '*' },
  { email: 'a*@example.com' },
  { subject: 'orders' },
  { subject: 'CN=orders, O=Example' },
];

for (const rule of refused) {
  test(`the rule ${JSON.stringify(rule)} is not taken`, () => {
    assert.equal(schema.safeParse({ ca: 'ca.pem', allow: [rule] }).success, false);
  });
}

test('rules as the reference shows them are taken', () => {
  const allow = [
    { dns: '*.partners.example.com' },
    { uri: 'spiffe://example.org/ns/prod/*' },
    { subject: 'CN=a\\, b,O=Example' },
  ];
  assert.ok(schema.safeParse({ ca: 'ca.pem', allow }).success);
});
