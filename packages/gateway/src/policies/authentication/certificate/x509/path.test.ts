import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  type CertificateParts,
  clientAuth,
  der,
  dn,
  ecKey,
  extension,
  integer,
  type Made,
  root as makeRoot,
  oid,
  pemOf,
  sequence,
  serverAuth,
} from '../testing/authority.ts';
import { Certificate } from './certificate.ts';
import { childrenOf, readWhole, tags } from './der.ts';
import { type Trust, validate } from './path.ts';
import { RevocationList } from './revocation-list.ts';

const now = Date.now();
const day = 86_400_000;
const root = makeRoot(dn('O=Example', 'CN=Root'));
const middle = root.authority(dn('O=Example', 'CN=Middle'));
const lower = middle.authority(dn('O=Example', 'CN=Lower'));
const lowest = lower.authority(dn('O=Example', 'CN=Lowest'));
const client = [extension.basicConstraints(false), extension.keyUsage(0), extension.purposes(clientAuth)];

const read = (made: Made): Certificate => new Certificate(made.raw);

function outcome(
  leaf: Made,
  sent: readonly Made[] = [],
  { anchors = [root], intermediates = [], lists, only = 'chain' }: Parts = {},
): string {
  const trust: Trust = {
    anchors: anchors.map(read),
    intermediates: intermediates.map(read),
    revocation:
      lists === undefined ? undefined : { lists: lists.map((each) => new RevocationList(each)), for: only },
  };
  const found = validate(read(leaf), sent.map(read), trust, now);
  if (!('fault' in found)) return 'valid';
  return found.unverifiable === true ? `${found.fault}, unverifiable` : found.fault;
}

interface Parts {
  readonly anchors?: readonly Made[];
  readonly intermediates?: readonly Made[];
  readonly lists?: readonly Buffer[];
  readonly only?: 'leaf' | 'chain';
}

type Case = readonly [
  what: string,
  leaf: Made,
  sent: readonly Made[],
  expected: string,
  anchors?: readonly Made[],
];

const keyId = (text: string) => ({ oid: '2.5.29.14', value: der(tags.octetString, Buffer.from(text)) });
const issuerKeyId = (text: string) => ({ oid: '2.5.29.35', value: sequence(der(0x80, Buffer.from(text))) });
const issuedBy = (authority: Made, ...more: readonly string[]): Made =>
  authority.issue({ extensions: [...client, ...(more.length === 0 ? [] : [extension.names(...more)])] });
const constrained = (permitted: readonly string[], excluded: readonly string[] = []): Made =>
  root.authority(dn('O=Example', 'CN=Bounded'), [extension.constraints(permitted, excluded)]);
const dnsOnly = constrained(['dns:partners.example']);
const notDns = constrained([], ['dns:secret.example']);
const dirOnly = constrained(['dir:O=Example']);
const notDir = constrained([], ['dir:O=Evil']);
const uriOnly = constrained(['uri:.example.org']);
const ipOnly = constrained(['ip:0a000000ff000000']);
const mailOnly = constrained(['email:example.com']);
const otherOnly = constrained(['other:x']);
const anyDns = constrained(['dns:']);
const noDns = constrained([], ['dns:']);
const twoDns = constrained(['dns:a.example', 'dns:b.example'], ['dns:x.a.example', 'dns:x.b.example']);
const notUri = constrained([], ['uri:.evil.example']);
const oneUri = constrained(['uri:host.example']);
const ip6Only = constrained([`ip:20010db8${'0'.repeat(24)}ffffffff${'0'.repeat(24)}`]);
const notIp = constrained([], ['ip:0a000000ff000000']);
const oneMailbox = constrained(['email:a@EXAMPLE.com']);
const notMailbox = constrained([], ['email:a@EXAMPLE.com']);
const notMail = constrained([], ['email:EVIL.example']);
const ip6 = (start: string): string => `ip:${start.padEnd(32, '0')}`;
const forServers = root.authority(dn('CN=Servers'), [extension.purposes(serverAuth)]);
const twin = makeRoot(dn('O=Example', 'CN=Root'));
const rsa1024 = generateKeyPairSync('rsa', { modulusLength: 1024 });
const rsaRoot = makeRoot(dn('CN=RSA'), {
  key: generateKeyPairSync('rsa', { modulusLength: 2048 }),
  signing: 'rsa',
});
const ed = makeRoot(dn('CN=Ed'), { key: generateKeyPairSync('ed25519'), signing: 'ed25519' });
const short = root.authority(dn('CN=Short'), [], {
  extensions: [extension.basicConstraints(true, 0), extension.keyUsage(5), keyId('former')],
});
const belowShort = short.authority(dn('CN=Below'));
const noSigner = root.authority(dn('CN=No signer'), [], {
  extensions: [extension.basicConstraints(true), extension.keyUsage(0)],
});
const oldRoot = makeRoot(dn('CN=Old'), { from: now - 9 * day, to: now - day });
const oldMiddle = root.authority(dn('CN=Old middle'), [], { from: now - 9 * day, to: now - day });
const plainLeaf = root.issue({ subject: dn('O=Example', 'CN=leaf') });
const leafAsAuthority: Made = plainLeaf.issue();
const renewed = dnsOnly.authority(dn('O=Example', 'CN=Bounded'));
const leaf = (parts: CertificateParts): Made => root.issue(parts);
const nobody = makeRoot(dn('CN=Nobody'));
const edTwin = makeRoot(dn('O=Example', 'CN=Root'), {
  key: generateKeyPairSync('ed25519'),
  signing: 'ed25519',
});
const alsoClient = root.authority(dn('CN=Both'), [], {
  extensions: [extension.basicConstraints(true), extension.keyUsage(0, 5, 6)],
});
const weakMiddle = root.authority(dn('CN=Weak'), [], { key: rsa1024 });
const weaklySigned = root.authority(dn('CN=Weakly signed'), [], { signing: 'ec-sha1' });
const oldHashRoot = makeRoot(dn('CN=Old hash'), { signing: 'ec-sha1' });
const belowDir = dirOnly.authority(dn('O=Other', 'CN=Below'));
/** It may only vouch for others than itself. */
const notItself = root.authority(dn('O=Here', 'CN=Self'), [
  extension.constraints(['dir:O=There']),
  keyId('former'),
]);
const notItselfRenewed = notItself.authority(dn('O=Here', 'CN=Self'), [
  keyId('renewed'),
  issuerKeyId('former'),
]);
const shortRenewed = short.authority(dn('CN=Short'), [keyId('renewed'), issuerKeyId('former')]);

const marked = root.authority(dn('CN=Marked'), [keyId('new')]);
const formerlyMarked = root.authority(dn('CN=Marked'), [keyId('old')]);
const byKeyId = (authority: Made, text: string): Made =>
  authority.issue({ extensions: [...client, issuerKeyId(text)] });

const cases: readonly Case[] = [
  ['issued by the anchor', root.issue(), [], 'valid'],
  ['through one authority', middle.issue(), [middle], 'valid'],
  [
    'through two, sent in the wrong order, with what does not belong',
    lower.issue(),
    [twin, middle, lower],
    'valid',
  ],
  ['through three', lowest.issue(), [lowest, lower, middle], 'valid'],
  ['through four', lowest.authority(dn('CN=One more')).issue(), [], 'unknown-issuer'],
  ['with the anchor sent along', middle.issue(), [middle, root], 'valid'],
  ['an authority that is not there', middle.issue(), [], 'unknown-issuer'],
  ['an anchor that the client brings', twin.issue(), [twin], 'signature'],
  ['of an authority that nobody knows', nobody.issue(), [], 'unknown-issuer'],
  ['of one that nobody knows and that comes along', nobody.issue(), [nobody], 'unknown-issuer'],
  ['of an anchor of that name with a key of another kind', root.issue(), [], 'signature', [edTwin]],
  ['that names the key of its issuer', byKeyId(marked, 'new'), [formerlyMarked, marked], 'valid'],
  ['that names another key than its issuer has', byKeyId(marked, 'old'), [marked], 'unknown-issuer'],
  ['that names a key where its issuer does not', byKeyId(root, 'any'), [], 'valid'],
  ['that names no key where its issuer does', marked.issue(), [marked], 'valid'],
  ['signed by somebody else', leaf({ signedBy: ecKey().privateKey }), [], 'signature'],
  ['expired', leaf({ from: now - 9 * day, to: now - 5_000 }), [], 'expired'],
  ['not yet valid', leaf({ from: now + day, to: now + 2 * day }), [], 'not-yet-valid'],
  ['an expired authority', oldMiddle.issue(), [oldMiddle], 'issuer-expired'],
  ['an expired anchor', oldRoot.issue(), [], 'issuer-expired', [oldRoot]],
  ['a certificate as authority', leafAsAuthority, [plainLeaf], 'unknown-issuer'],
  ['a certificate as anchor', leafAsAuthority, [], 'issuer-no-authority', [plainLeaf]],
  ['an authority that may not sign', noSigner.issue(), [noSigner], 'issuer-no-authority'],
  [
    'an authority below one that may have none',
    belowShort.issue(),
    [belowShort, short],
    'issuer-path-length',
  ],
  ['directly below one that may have none below', short.issue(), [short], 'valid'],
  [
    'below one of these that renewed its key',
    byKeyId(shortRenewed, 'renewed'),
    [shortRenewed, short],
    'valid',
  ],
  [
    'for servers',
    leaf({ extensions: [...client.slice(0, 2), extension.purposes(serverAuth)] }),
    [],
    'purpose',
  ],
  [
    'for any purpose',
    leaf({ extensions: [...client.slice(0, 2), extension.purposes('2.5.29.37.0')] }),
    [],
    'purpose',
  ],
  ['for no purpose in particular', leaf({ extensions: client.slice(0, 2) }), [], 'valid'],
  ['without any extension', leaf({ extensions: [] }), [], 'valid'],
  ['whose key may not sign', leaf({ extensions: [extension.keyUsage(2)] }), [], 'purpose'],
  ['of an authority for servers', forServers.issue(), [forServers], 'issuer-purpose'],
  ['of an authority itself', middle, [], 'purpose'],
  ['of an authority whose key may sign as a client', alsoClient, [], 'purpose'],
  [
    'with a critical extension that nobody knows',
    leaf({ extensions: [...client, { oid: '1.2.3.4', critical: true, value: Buffer.from([5, 0]) }] }),
    [],
    'extension',
  ],
  [
    'with an extension that nobody knows',
    leaf({ extensions: [...client, { oid: '1.2.3.4', value: Buffer.from([5, 0]) }] }),
    [],
    'valid',
  ],
  ['RSA of 1024 bits', leaf({ key: rsa1024 }), [], 'weak'],
  ['on another curve', leaf({ key: ecKey('secp256k1') }), [], 'weak'],
  [
    'of an authority with RSA of 1024 bits',
    weakMiddle.issue({ signing: 'rsa' }),
    [weakMiddle],
    'issuer-weak',
  ],
  ['of an authority that is signed with SHA-1', weaklySigned.issue(), [weaklySigned], 'issuer-weak'],
  ['of an anchor that signed itself with SHA-1', oldHashRoot.issue(), [], 'valid', [oldHashRoot]],
  ['signed with SHA-1', leaf({ signing: 'ec-sha1' }), [], 'weak'],
  ['signed with SHA-1 by an RSA key', rsaRoot.issue({ signing: 'rsa-sha1' }), [], 'weak', [rsaRoot]],
  ['signed with MD5', rsaRoot.issue({ signing: 'rsa-md5' }), [], 'weak', [rsaRoot]],
  ['signed with RSA', rsaRoot.issue({ signing: 'rsa' }), [], 'valid', [rsaRoot]],
  ['signed with RSA-PSS and SHA-1', rsaRoot.issue({ signing: 'pss-sha1' }), [], 'weak', [rsaRoot]],
  [
    'signed with RSA-PSS, which does not say how',
    rsaRoot.issue({ signing: 'pss-unsaid' }),
    [],
    'weak',
    [rsaRoot],
  ],
  [
    'signed with Ed25519',
    ed.issue({ signing: 'ed25519', key: generateKeyPairSync('ed25519') }),
    [],
    'valid',
    [ed],
  ],
  ['a permitted DNS name', issuedBy(dnsOnly, 'dns:a.partners.example'), [dnsOnly], 'valid'],
  [
    'another DNS name',
    issuedBy(dnsOnly, 'dns:a.partners.example', 'dns:other.example'),
    [dnsOnly],
    'name-constraint',
  ],
  ['a DNS name that ends alike', issuedBy(dnsOnly, 'dns:evilpartners.example'), [dnsOnly], 'name-constraint'],
  ['a wildcard above a permitted name', issuedBy(dnsOnly, 'dns:*.example'), [dnsOnly], 'name-constraint'],
  [
    'names of kinds that are not constrained',
    issuedBy(dnsOnly, 'uri:https://other.example/'),
    [dnsOnly],
    'valid',
  ],
  [
    'a common name that reads as a host',
    dnsOnly.issue({ subject: dn('O=Example', 'CN=orders.other.example') }),
    [dnsOnly],
    'name-constraint',
  ],
  [
    'an excluded DNS name, in capitals',
    issuedBy(notDns, 'dns:A.SECRET.example'),
    [notDns],
    'name-constraint',
  ],
  ['a wildcard for an excluded one', issuedBy(notDns, 'dns:*.example'), [notDns], 'name-constraint'],
  [
    'an excluded host as its common name, in capitals',
    notDns.issue({ subject: dn('O=Example', 'CN=A.SECRET.Example') }),
    [notDns],
    'name-constraint',
  ],
  ['a DNS name where any is permitted', issuedBy(anyDns, 'dns:a.example'), [anyDns], 'valid'],
  ['DNS names of either domain', issuedBy(twoDns, 'dns:y.a.example', 'dns:b.example'), [twoDns], 'valid'],
  ['one of them excluded', issuedBy(twoDns, 'dns:a.example', 'dns:x.b.example'), [twoDns], 'name-constraint'],
  ['one of them of neither', issuedBy(twoDns, 'dns:a.example', 'dns:c.example'), [twoDns], 'name-constraint'],
  ['a DNS name where all are excluded', issuedBy(noDns, 'dns:a.example'), [noDns], 'name-constraint'],
  [
    'below an authority that renewed its key',
    issuedBy(renewed, 'dns:other.example'),
    [renewed, dnsOnly],
    'name-constraint',
  ],
  ['below an authority with a name outside', belowDir.issue(), [belowDir, dirOnly], 'name-constraint'],
  [
    'below one that renewed its key, although it may not vouch for itself',
    notItselfRenewed.issue({
      subject: dn('O=There', 'CN=orders'),
      extensions: [...client, issuerKeyId('renewed')],
    }),
    [notItselfRenewed, notItself],
    'valid',
  ],
  ['a subject of the directory', dirOnly.issue(), [dirOnly], 'valid'],
  ['one outside', dirOnly.issue({ subject: dn('O=Other', 'CN=orders') }), [dirOnly], 'name-constraint'],
  [
    'an excluded one, spelled otherwise',
    notDir.issue({ subject: dn('O= EVIL ', 'CN=x') }),
    [notDir],
    'name-constraint',
  ],
  [
    'an excluded one, in two bytes for each letter',
    notDir.issue({ subject: [[['O', { tag: 0x1e, bytes: Buffer.from('\0E\0v\0i\0l', 'latin1') }]]] }),
    [notDir],
    'name-constraint',
  ],
  ['one beside it', notDir.issue({ subject: dn('O=Good', 'CN=x') }), [notDir], 'valid'],
  ['a URI of the domain', issuedBy(uriOnly, 'uri:spiffe://a.example.org/x'), [uriOnly], 'valid'],
  [
    'a URI elsewhere',
    issuedBy(uriOnly, 'uri:spiffe://a.example.org@evil.example/x'),
    [uriOnly],
    'name-constraint',
  ],
  ['a URI of the domain, in capitals', issuedBy(uriOnly, 'uri:HTTPS://A.Example.ORG/x'), [uriOnly], 'valid'],
  ['a URI with a port', issuedBy(uriOnly, 'uri:https://a.example.org:8443/x'), [uriOnly], 'valid'],
  ['a URI of the one host', issuedBy(oneUri, 'uri:https://host.example/'), [oneUri], 'valid'],
  ['a URI of a host below', issuedBy(oneUri, 'uri:https://a.host.example/'), [oneUri], 'name-constraint'],
  ['an excluded URI', issuedBy(notUri, 'uri:https://A.evil.example/'), [notUri], 'name-constraint'],
  ['a URI beside it', issuedBy(notUri, 'uri:https://a.good.example/'), [notUri], 'valid'],
  [
    'a URI of an address, where some are excluded',
    issuedBy(notUri, 'uri:https://10.0.0.1/'),
    [notUri],
    'name-constraint',
  ],
  ['a URI without a host', issuedBy(uriOnly, 'uri:urn:a.example.org'), [uriOnly], 'name-constraint'],
  ['an address of the network', issuedBy(ipOnly, 'ip:0a010203'), [ipOnly], 'valid'],
  ['another address', issuedBy(ipOnly, 'ip:0b010203'), [ipOnly], 'name-constraint'],
  ['an address of the other version', issuedBy(ipOnly, ip6('0a010203')), [ipOnly], 'name-constraint'],
  ['an address of version 6', issuedBy(ip6Only, ip6('20010db80001')), [ip6Only], 'valid'],
  ['another one of version 6', issuedBy(ip6Only, ip6('20010db9')), [ip6Only], 'name-constraint'],
  ['an excluded address', issuedBy(notIp, 'ip:0a010203'), [notIp], 'name-constraint'],
  ['one of the other version beside it', issuedBy(notIp, ip6('0a010203')), [notIp], 'valid'],
  ['a mail address of the host', issuedBy(mailOnly, 'email:a@EXAMPLE.com'), [mailOnly], 'valid'],
  ['another host of the domain', issuedBy(mailOnly, 'email:a@b.example.com'), [mailOnly], 'name-constraint'],
  ['the one mail address', issuedBy(oneMailbox, 'email:a@example.com'), [oneMailbox], 'valid'],
  ['that of somebody else', issuedBy(oneMailbox, 'email:A@example.com'), [oneMailbox], 'name-constraint'],
  ['an excluded mail address', issuedBy(notMailbox, 'email:a@example.com'), [notMailbox], 'name-constraint'],
  ['a mail address beside it', issuedBy(notMailbox, 'email:b@example.com'), [notMailbox], 'valid'],
  [
    'a mail address of an excluded host',
    issuedBy(notMail, 'email:a@evil.example'),
    [notMail],
    'name-constraint',
  ],
  [
    'a mail address in the subject',
    mailOnly.issue({ subject: dn('emailAddress=a@other.example') }),
    [mailOnly],
    'name-constraint',
  ],
  [
    'a name of a kind that is constrained, and not known',
    issuedBy(otherOnly, 'other:x'),
    [otherOnly],
    'name-constraint',
  ],
  ['a name of another kind than that', issuedBy(otherOnly, 'rid:1.2.3'), [otherOnly], 'valid'],
  ['a directory name outside', issuedBy(dirOnly, 'dir:O=Other'), [dirOnly], 'name-constraint'],
];

for (const [what, made, sent, expected, anchors] of cases) {
  test(`a certificate ${what}: ${expected}`, () => {
    assert.equal(outcome(made, sent, anchors === undefined ? {} : { anchors }), expected);
  });
}

/** What OpenSSL lets pass that is refused here, or is asked in another way. */
const stricter: ReadonlySet<string> = new Set([
  'of an authority itself',
  'of an authority whose key may sign as a client',
  'a certificate as anchor',
  'an expired anchor',
  'a common name that reads as a host',
  'on another curve',
  'a wildcard for an excluded one',
  'a URI of an address, where some are excluded',
]);

test('OpenSSL agrees on each', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'path-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const at = (file: string): string => join(folder, file);
  for (const [what, made, sent, expected, anchors = [root]] of cases) {
    if (stricter.has(what)) continue;
    writeFileSync(at('ca.pem'), anchors.map(({ pem }) => pem).join(''));
    writeFileSync(at('sent.pem'), sent.map(({ pem }) => pem).join(''));
    writeFileSync(at('leaf.pem'), made.pem);
    const untrusted = sent.length === 0 ? [] : ['-untrusted', at('sent.pem')];
    const strength = ['-auth_level', '2', '-purpose', 'sslclient', '-partial_chain'];
    let verdict: 'valid' | 'refused';
    let said = '';
    try {
      execFileSync(
        'openssl',
        ['verify', ...strength, '-CAfile', at('ca.pem'), ...untrusted, at('leaf.pem')],
        {
          stdio: 'pipe',
        },
      );
      verdict = 'valid';
    } catch (error) {
      verdict = 'refused';
      said = String((error as { stderr?: Buffer }).stderr);
    }
    assert.equal(verdict, expected === 'valid' ? 'valid' : 'refused', `${what}: ${said}`);
  }
});

test('names that fit everywhere do not keep the search busy', () => {
  const subject = dn('CN=Same');
  const anchors = [makeRoot(subject)];
  const many = Array.from({ length: 5 }, () => anchors[0]!.authority(subject));
  const crowd = Array.from({ length: 40 }, () => makeRoot(subject));
  const target = makeRoot(subject).issue();
  // Each step of the search has forty ways on; without a bound this would not end.
  const found = outcome(target, [...many], { anchors, intermediates: crowd });
  assert.notEqual(found, 'valid');
});

const good = middle.issue({ serial: 'ABCDEF' });
const empty = (authority: Made): Buffer => authority.list([]);

const anotherKey = ecKey();
const oneName = root.authority(dn('CN=One name'), [], { key: anotherKey });
const anotherName = root.authority(dn('CN=Another name'), [], { key: anotherKey });
const withUsages = (...usages: readonly number[]): Made =>
  root.authority(dn('CN=Usages'), [], {
    extensions: [
      extension.basicConstraints(true),
      ...(usages.length === 0 ? [] : [extension.keyUsage(...usages)]),
    ],
  });

/** For a certificate of the authority, with the list and an empty one of the root. */
const listed = (authority: Made, list: Buffer): string =>
  outcome(authority.issue(), [authority], { lists: [empty(root), list] });

test('a list counts for an authority by its name and its key, and only if it may sign lists', () => {
  assert.equal(listed(oneName, empty(oneName)), 'valid');
  assert.equal(listed(oneName, empty(anotherName)), 'crl-missing, unverifiable', 'another name');
  const mayNot = withUsages(5);
  assert.equal(listed(mayNot, empty(mayNot)), 'crl-missing, unverifiable', 'it may sign certificates only');
  for (const may of [withUsages(5, 6), withUsages()]) assert.equal(listed(may, empty(may)), 'valid');
});

test('a list that a key of another kind signed is of nobody', () => {
  const forged = ed.list([], { signing: 'ec', signedBy: ecKey().privateKey });
  const made = ed.issue({ signing: 'ed25519' });
  assert.equal(outcome(made, [], { anchors: [ed], lists: [forged] }), 'crl-missing, unverifiable');
});

const signers: readonly (readonly [signing: string, key: CertificateParts['key']])[] = [
  ['ec', ecKey()],
  ['ec-sha384', ecKey('P-384')],
  ['ec-sha512', ecKey('P-521')],
  ['rsa', rsaRoot.key],
  ['rsa-sha384', rsaRoot.key],
  ['rsa-sha512', rsaRoot.key],
  ['pss', rsaRoot.key],
  ['ed25519', generateKeyPairSync('ed25519')],
  ['ed448', generateKeyPairSync('ed448')],
];

for (const [signing, key] of signers) {
  test(`certificates and lists may be signed with ${signing}`, () => {
    const authority = makeRoot(dn(`CN=${signing}`), { signing, ...(key === undefined ? {} : { key }) });
    const made = authority.issue({ signing, serial: 'ABCDEF' });
    const parts = { anchors: [authority] };
    assert.equal(outcome(made, [], { ...parts, lists: [authority.list([], { signing })] }), 'valid');
    assert.equal(
      outcome(made, [], { ...parts, lists: [authority.list(['ABCDEF'], { signing })] }),
      'revoked',
    );
    const changed = authority.list([], { signing });
    changed[changed.length - 1]! ^= 1;
    assert.equal(outcome(made, [], { ...parts, lists: [changed] }), 'crl-missing, unverifiable');
  });
}

const lists: readonly (readonly [string, Parts, string])[] = [
  ['nothing revoked', { lists: [empty(root), empty(middle)] }, 'valid'],
  ['the certificate is revoked', { lists: [empty(root), middle.list(['1', 'ABCDEF'])] }, 'revoked'],
  ['a number of another authority', { lists: [root.list(['ABCDEF']), empty(middle)] }, 'valid'],
  ['no list of the authority between', { lists: [empty(root)] }, 'crl-missing, unverifiable'],
  ['no list of the root', { lists: [empty(middle)] }, 'crl-missing, unverifiable'],
  ['no list of the root, for the leaf only', { lists: [empty(middle)], only: 'leaf' }, 'valid'],
  [
    'an old list',
    { lists: [empty(root), middle.list([], { from: now - 9 * day, to: now - day })] },
    'crl-expired, unverifiable',
  ],
  [
    'an old list beside a new one',
    { lists: [empty(root), middle.list([], { from: now - 9 * day, to: now - day }), empty(middle)] },
    'valid',
  ],
  [
    'an old list that has it',
    { lists: [empty(root), middle.list(['ABCDEF'], { from: now - 9 * day, to: now - day })] },
    'revoked',
  ],
  [
    'a list of the future',
    { lists: [empty(root), middle.list([], { from: now + day, to: now + 2 * day })] },
    'crl-expired, unverifiable',
  ],
  [
    'a list that somebody else signed',
    { lists: [empty(root), middle.list([], { signedBy: ecKey().privateKey })] },
    'crl-missing, unverifiable',
  ],
];

for (const [what, parts, expected] of lists) {
  test(`revocation, ${what}: ${expected}`, () => assert.equal(outcome(good, [middle], parts), expected));
}

test('an authority that is revoked takes all below with it', () => {
  const gone = root.authority(dn('CN=Gone'), [], { serial: 'DEAD' });
  const parts = { lists: [root.list(['DEAD']), empty(gone)] };
  assert.equal(outcome(gone.issue(), [gone], parts), 'issuer-revoked');
  assert.equal(outcome(gone.issue(), [gone], { ...parts, only: 'leaf' }), 'valid');
});

test('a verdict holds until something of the path ends', () => {
  const soon = now + 60_000;
  const trust = { anchors: [read(root)], intermediates: [], revocation: undefined };
  const until = (made: Made, more: Partial<Trust> = {}): number => {
    const found = validate(read(made), [], { ...trust, ...more }, now);
    assert.ok('until' in found);
    return found.until;
  };
  assert.ok(Math.abs(until(root.issue({ to: soon })) - soon) <= 1_000);
  const list = new RevocationList(root.list([], { to: soon }));
  assert.ok(Math.abs(until(root.issue(), { revocation: { lists: [list], for: 'chain' } }) - soon) <= 1_000);
});

test('a certificate is good in all of its last second, a list is not beyond its end', () => {
  const made = read(root.issue({ to: now + 60_000 }));
  const list = new RevocationList(root.list([], { to: now + 30_000 }));
  const at = (time: number, lists: readonly RevocationList[] | undefined): string => {
    const revocation = lists && ({ lists, for: 'chain' } as const);
    const found = validate(made, [], { anchors: [read(root)], intermediates: [], revocation }, time);
    return 'fault' in found ? found.fault : 'valid';
  };
  assert.equal(at(made.notBefore, undefined), 'valid');
  assert.equal(at(made.notBefore - 1, undefined), 'not-yet-valid');
  assert.equal(at(made.notAfter + 999, undefined), 'valid');
  assert.equal(at(made.notAfter + 1_000, undefined), 'expired');
  assert.equal(at(list.thisUpdate, [list]), 'valid');
  assert.equal(at(list.thisUpdate - 1, [list]), 'crl-expired');
  assert.equal(at(list.nextUpdate - 1, [list]), 'valid');
  assert.equal(at(list.nextUpdate, [list]), 'crl-expired');
});

test('the fault that is told is that of a path to an anchor, of which one that may pass later says most', () => {
  const expired = root.issue({ from: now - 9 * day, to: now - day });
  // The name of the twin fits as well, and it is looked at first.
  assert.equal(outcome(expired, [], { anchors: [twin, root] }), 'expired');
  assert.equal(outcome(expired, [], { anchors: [root, twin] }), 'expired');
  const key = ecKey();
  const [ended, other] = [
    makeRoot(dn('CN=Twice'), { key, from: now - 9 * day, to: now - day }),
    makeRoot(dn('CN=Twice'), { key }),
  ];
  const lists = [ended.list([], { from: now - 9 * day, to: now - day })];
  for (const anchors of [
    [ended, other],
    [other, ended],
  ])
    assert.equal(outcome(ended.issue(), [], { anchors, lists }), 'crl-expired, unverifiable');
});

/** Of an entry of a list. */
const entryExtension = (id: string, critical: boolean): Buffer =>
  sequence(
    sequence(
      oid(id),
      ...(critical ? [der(tags.boolean, Buffer.from([0xff]))] : []),
      der(tags.octetString, der(0x0a, Buffer.from([1]))),
    ),
  );

test('a list is three elements, each of its kind', () => {
  const [signed, algorithm, signature] = childrenOf(readWhole(empty(root), tags.sequence)).map(
    ({ whole }) => whole,
  ) as [Buffer, Buffer, Buffer];
  assert.doesNotThrow(() => new RevocationList(sequence(signed, algorithm, signature)));
  const number = integer('1');
  for (const parts of [
    [],
    [signed],
    [signed, algorithm],
    [signed, algorithm, signature, signature],
    [number, algorithm, signature],
    [signed, number, signature],
    [signed, algorithm, number],
  ])
    assert.throws(() => new RevocationList(sequence(...parts)), /no list/);
});

test('what lists may say besides', () => {
  const size = (parts: Parameters<Made['list']>[1]): number =>
    new RevocationList(root.list(['1', '2'], parts)).size;
  assert.equal(size({ version: null }), 2, 'version 1');
  assert.equal(size({ entry: [entryExtension('2.5.29.21', false)] }), 2, 'a reason');
  assert.equal(size({ from: Date.UTC(2051, 0), to: Date.UTC(2052, 0) }), 2, 'beyond 2049');
  const number = { oid: '2.5.29.20', critical: true, value: integer('1') };
  const authority = { oid: '2.5.29.35', critical: true, value: sequence() };
  assert.equal(size({ extensions: [number, authority, { oid: '1.2.3', value: integer('1') }] }), 2);
});

const listFaults: readonly (readonly [string, Buffer, RegExp])[] = [
  ['without an end', root.list([], { to: null }), /nextUpdate/],
  [
    'of changes only',
    root.list([], { extensions: [{ oid: '2.5.29.27', critical: true, value: Buffer.from([2, 1, 1]) }] }),
    /delta/,
  ],
  [
    'of a part only',
    root.list([], { extensions: [{ oid: '2.5.29.28', critical: true, value: Buffer.from([0x30, 0]) }] }),
    /only about a part/,
  ],
  [
    'with an unknown critical extension',
    root.list([], { extensions: [{ oid: '1.2.3', critical: true, value: Buffer.from([5, 0]) }] }),
    /critical extension/,
  ],
  [
    'with an entry about another issuer',
    root.list(['1'], { entry: [entryExtension('2.5.29.29', true)] }),
    /an entry with a critical extension/,
  ],
  [
    'with an entry of more than there is',
    root.list(['1'], { entry: [entryExtension('2.5.29.21', false), integer('1')] }),
    /something follows/,
  ],
  ['of version 3', root.list([], { version: '2' }), /version/],
  ['with two signature algorithms', root.list([], { inner: 'ec-sha384' }), /two signature algorithms/],
  ['signed with SHA-1', root.list([], { signing: 'ec-sha1' }), /too weak/],
  ['cut off', root.list([]).subarray(0, 60), /ends too early/],
  ['a certificate', root.raw, /./],
];

for (const [what, bytes, expected] of listFaults) {
  test(`a list ${what} is not taken`, () => assert.throws(() => new RevocationList(bytes), expected));
}

test('a list of many is read', () => {
  const serials = Array.from({ length: 50_000 }, (_, at) => (at + 1_048_576).toString(16));
  assert.equal(new RevocationList(root.list(serials)).size, 50_000);
});

test('a number that no certificate may have does not make a list useless', () => {
  const list = new RevocationList(root.list(['BAD', '1'], { negative: true }));
  assert.equal(list.size, 2);
});

test('PEM may hold anything around its blocks', async () => {
  const { pemBlocks } = await import('./pem.ts');
  const text = `subject=x\n${root.pem}\n-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n${pemOf('CERTIFICATE', middle.raw)}`;
  assert.deepEqual(pemBlocks(text, ['CERTIFICATE']), [root.raw, middle.raw]);
});
