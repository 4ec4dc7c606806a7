import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { ClientCertificate, Identified, Refuse } from '../../../exchange.ts';
import { environment, exchange, operation, preparePolicy } from '../../../testing/exchange.ts';
import { authentication } from '../policy.ts';
import { authenticators } from '../schema.ts';
import { dn, extension, type Made, root as makeRoot, pemOf } from './testing/authority.ts';

const folder = mkdtempSync(join(tmpdir(), 'certificates-'));
after(() => rmSync(folder, { recursive: true }));

const start = Date.now();
const root = makeRoot(dn('O=Example', 'CN=Root'));
const middle = root.authority(dn('O=Example', 'CN=Middle'));
const orders = root.issue({ subject: dn('O=Example', 'OU=sales', 'CN=orders') });
const belowMiddle = middle.issue({ subject: dn('CN=below') });
const stranger = makeRoot(dn('O=Example', 'CN=Root')).issue();
writeFileSync(join(folder, 'ca.pem'), root.pem);

const fromProxy = { from: 'proxy' };
const proxy = '10.1.2.3';

interface Shown extends ClientCertificate {
  readonly raw: Buffer;
}

/** As on a connection, and as on one whose session was resumed. */
const shown = (made: Made, ...chain: readonly Made[]): Shown => ({
  raw: made.raw,
  thumbprint: made.thumbprint,
  chain: chain.map(({ raw }) => raw),
});

async function door(config: Record<string, unknown>, rules: unknown = { anyOf: ['partners'] }, more = {}) {
  const clock = { now: start };
  const made = environment({
    folder,
    now: () => clock.now,
    trustedProxies: ['10.0.0.0/8'],
    authenticators: authenticators.parse({ partners: { certificate: { ca: 'ca.pem', ...config } }, ...more }),
  });
  const { identity } = await preparePolicy(authentication, rules, made);
  const ask = async (parts: Parameters<typeof exchange>[1]): Promise<Identified | Refuse | undefined> =>
    (await identity!(exchange('GET /', parts))) as Identified | Refuse | undefined;
  return { ask, clock };
}

const said = (verdict: Identified | Refuse | undefined): string =>
  verdict?.kind === 'identified'
    ? verdict.principal.subject
    : `${verdict?.problem}${verdict?.reason === undefined ? '' : ` ${verdict.reason}`}`;

test('who calls, with roles, scopes and claims', async () => {
  const { ask } = await door({
    allow: [{ cn: 'orders', roles: ['service'], scopes: ['read'] }],
    rolesFrom: 'ou',
  });
  const verdict = await ask({ clientCertificate: shown(orders) });
  assert.ok(verdict?.kind === 'identified');
  const { kind, subject, authenticator, roles, scopes, claims } = verdict.principal;
  assert.deepEqual(
    [authenticator, kind, subject],
    ['partners', 'certificate', 'CN=orders,OU=sales,O=Example'],
  );
  assert.deepEqual([[...roles], [...scopes]], [['service', 'sales'], ['read']]);
  assert.deepEqual(claims['cnf'], { 'x5t#S256': orders.thumbprint });
  assert.deepEqual([claims['issuer'], claims['cn']], ['CN=Root,O=Example', ['orders']]);
});

test('all that can be wrong looks the same from outside', async () => {
  const { ask } = await door({ allow: [{ cn: 'orders' }] });
  const wrong: readonly (readonly [Shown, string])[] = [
    [shown(stranger), 'certificate-signature'],
    [shown(root.issue({ to: start - 5_000 })), 'certificate-expired'],
    [shown(root.issue({ subject: dn('CN=other') })), 'certificate-not-allowed'],
    [shown(root.issue({ subject: dn('CN=orders\0') })), 'certificate-malformed'],
    [shown(orders, ...Array<Made>(6).fill(middle)), 'certificate-chain-too-long'],
    [shown(makeRoot(dn('CN=Nobody')).issue()), 'certificate-unknown-issuer'],
  ];
  const verdicts = [];
  for (const [certificate, reason] of wrong) {
    const verdict = await ask({ clientCertificate: certificate });
    assert.ok(verdict?.kind === 'refuse');
    assert.equal(verdict.reason, `partners: ${reason}`);
    verdicts.push({ ...verdict, reason: undefined });
  }
  for (const verdict of verdicts) assert.deepEqual(verdict, verdicts[0]);
  assert.deepEqual(verdicts[0]?.fields, [
    'www-authenticate',
    'Certificate realm="api", error="invalid_token"',
  ]);
});

test('without a certificate the challenge says what is lacking', async () => {
  const { ask } = await door({});
  const verdict = await ask({});
  assert.ok(verdict?.kind === 'refuse');
  assert.deepEqual(
    [verdict.problem, verdict.fields],
    ['credential-missing', ['www-authenticate', 'Certificate realm="api"']],
  );
});

test('certificates from two places are asked for once', async () => {
  const more = { through: { certificate: { ca: 'ca.pem', from: 'proxy' } } };
  const { ask } = await door({}, { anyOf: ['partners', 'through'] }, more);
  const verdict = await ask({});
  assert.ok(verdict?.kind === 'refuse');
  assert.deepEqual(verdict.fields, ['www-authenticate', 'Certificate realm="api"']);
});

test('a verdict is remembered, and not beyond the end of the certificate', async () => {
  const { ask, clock } = await door({});
  const soon = root.issue({ subject: dn('CN=soon'), to: start + 60_000 });
  assert.equal(said(await ask({ clientCertificate: shown(soon) })), 'CN=soon');
  clock.now += 59_000;
  assert.equal(said(await ask({ clientCertificate: shown(soon) })), 'CN=soon');
  clock.now += 3_000;
  assert.equal(
    said(await ask({ clientCertificate: shown(soon) })),
    'credential-invalid partners: certificate-expired',
  );
  clock.now -= 30_000;
  assert.equal(said(await ask({ clientCertificate: shown(soon) })), 'CN=soon', 'the clock was set back');
});

test('the caller is the same one, on each connection and from a proxy, until something ends', async () => {
  for (const config of [{}, fromProxy]) {
    const { ask, clock } = await door(config);
    const caller = async (): Promise<unknown> => {
      const verdict = await ask({
        peerAddress: proxy,
        ...('from' in config
          ? { fields: { 'Client-Cert': orders.field } }
          : { clientCertificate: shown(orders) }),
      });
      assert.ok(verdict?.kind === 'identified');
      return verdict.principal;
    };
    const first = await caller();
    clock.now += 299_999;
    assert.equal(await caller(), first);
    clock.now += 1;
    assert.notEqual(await caller(), first);
  }
});

test('a refusal is remembered for ten seconds', async () => {
  const later = root.issue({ subject: dn('CN=later'), from: start + 5_000 });
  for (const config of [{}, fromProxy]) {
    const { ask, clock } = await door(config);
    const certificate = shown(later);
    const asked = async (): Promise<string> =>
      said(
        await ask({
          peerAddress: proxy,
          ...('from' in config
            ? { fields: { 'Client-Cert': later.field } }
            : { clientCertificate: certificate }),
        }),
      );
    const refused = 'credential-invalid partners: certificate-not-yet-valid';
    assert.equal(await asked(), refused);
    clock.now += 9_999;
    assert.equal(await asked(), refused);
    clock.now += 1;
    assert.equal(await asked(), 'CN=later');
  }
});

test('a list that ends takes what was remembered with it: 503', async () => {
  writeFileSync(join(folder, 'ends.crl'), root.list(['BAD'], { to: start + 60_000 }));
  const { ask, clock } = await door({ crl: ['ends.crl'] });
  assert.equal(said(await ask({ clientCertificate: shown(orders) })), 'CN=orders,OU=sales,O=Example');
  const bad = shown(root.issue({ serial: 'BAD' }));
  assert.equal(
    said(await ask({ clientCertificate: bad })),
    'credential-invalid partners: certificate-revoked',
  );
  clock.now += 61_000;
  const verdict = await ask({ clientCertificate: shown(orders) });
  assert.equal(said(verdict), 'credential-unverifiable partners: certificate-crl-expired');
  assert.ok(verdict?.kind === 'refuse' && verdict.fields?.[0] === 'retry-after');
});

test('a list in PEM, and one of an authority between', async () => {
  writeFileSync(join(folder, 'root.crl'), pemOf('X509 CRL', root.list([])));
  writeFileSync(join(folder, 'both.pem'), root.pem + middle.pem);
  const { ask } = await door({ ca: 'both.pem', crl: 'root.crl' });
  assert.equal(said(await ask({ clientCertificate: shown(orders) })), 'CN=orders,OU=sales,O=Example');
  const verdict = await ask({ clientCertificate: shown(belowMiddle) });
  assert.equal(said(verdict), 'credential-unverifiable partners: certificate-crl-missing');
});

test('an authority between that came along is there still when the session is resumed', async () => {
  const { ask } = await door({});
  const other = middle.issue({ subject: dn('CN=other') });
  assert.equal(
    said(await ask({ clientCertificate: shown(belowMiddle) })),
    'credential-invalid partners: certificate-unknown-issuer',
  );
  assert.equal(said(await ask({ clientCertificate: shown(belowMiddle, middle) })), 'CN=below', 'at once');
  assert.equal(said(await ask({ clientCertificate: shown(other) })), 'CN=other');
});

test('an authority of the bundle alone is trusted by itself', async () => {
  writeFileSync(join(folder, 'middle.pem'), middle.pem);
  const { ask } = await door({ ca: ['middle.pem'] });
  assert.equal(said(await ask({ clientCertificate: shown(belowMiddle) })), 'CN=below');
  assert.equal(
    said(await ask({ clientCertificate: shown(orders) })),
    'credential-invalid partners: certificate-unknown-issuer',
  );
});

test('a trusted proxy hands certificates on (RFC 9440)', async () => {
  const { ask } = await door(fromProxy);
  const fields = { 'Client-Cert': belowMiddle.field, 'Client-Cert-Chain': `${middle.field}, ${root.field}` };
  assert.equal(said(await ask({ peerAddress: proxy, fields })), 'CN=below');
  assert.equal(said(await ask({ peerAddress: proxy, fields })), 'CN=below', 'remembered');
  const alone = { 'Client-Cert': orders.field };
  assert.equal(said(await ask({ peerAddress: proxy, fields: alone })), 'CN=orders,OU=sales,O=Example');
  assert.equal(
    said(await ask({ peerAddress: proxy, clientCertificate: shown(orders) })),
    'credential-missing',
  );
});

test('from anybody else the fields are no credential', async () => {
  const fields = { 'Client-Cert': orders.field };
  for (const peerAddress of ['203.0.113.7', '11.0.0.1', 'fe80::1%eth0', '']) {
    const { ask } = await door(fromProxy);
    assert.equal(said(await ask({ peerAddress, fields })), 'credential-missing');
    assert.equal(said(await ask({ peerAddress, clientAddress: proxy, fields })), 'credential-missing');
  }
  const { ask } = await door({});
  assert.equal(
    said(await ask({ peerAddress: proxy, fields })),
    'credential-missing',
    'nor from the connection',
  );
  const both = { peerAddress: proxy, fields, clientCertificate: shown(stranger) };
  assert.equal(said(await ask(both)), 'credential-invalid partners: certificate-signature');
});

test('what a trusted proxy sends must be one certificate', async () => {
  const { ask } = await door(fromProxy);
  const wrong: readonly Record<string, string | string[]>[] = [
    { 'Client-Cert': [orders.field, orders.field] },
    { 'Client-Cert': `${orders.field}, ${orders.field}` },
    { 'Client-Cert': orders.pem.replaceAll('\n', ' ') },
    { 'Client-Cert-Chain': orders.field },
    { 'Client-Cert': orders.field, 'Client-Cert-Chain': 'x' },
    { 'Client-Cert': '' },
    { 'Client-Cert': `:${Buffer.from('no certificate').toString('base64')}:` },
  ];
  for (const fields of wrong) {
    const expected = 'credential-invalid partners: certificate-malformed';
    assert.equal(
      said(await ask({ peerAddress: proxy, fields })),
      expected,
      JSON.stringify(fields).slice(0, 60),
    );
  }
});

test('a certificate counts where no other credential is there', async () => {
  const jwt = {
    issuer: 'https://id.example',
    audience: 'a',
    jwks: 'https://id.example/keys',
    algorithms: ['ES256'],
  };
  const more = { tokens: { jwt } };
  for (const names of [
    ['partners', 'tokens'],
    ['tokens', 'partners'],
  ]) {
    const { ask } = await door({}, { anyOf: names }, more);
    assert.equal(said(await ask({ clientCertificate: shown(orders) })), 'CN=orders,OU=sales,O=Example');
    const verdict = await ask({
      clientCertificate: shown(orders),
      fields: { authorization: 'Bearer x.y.z' },
    });
    assert.match(
      said(verdict),
      /^credential-(invalid|unverifiable) tokens/,
      'a bad token is not made good by it',
    );
  }
});

test('a public operation minds no certificate, but a token', async () => {
  const jwt = {
    issuer: 'https://id.example',
    audience: 'a',
    jwks: 'https://id.example/keys',
    algorithms: ['ES256'],
  };
  const { ask } = await door({}, { anyOf: ['partners', 'tokens'] }, { tokens: { jwt } });
  const open = operation('GET /', { security: [] });
  assert.equal(await ask({ operation: open, clientCertificate: shown(stranger) }), undefined);
  assert.equal(
    said(await ask({ operation: open, clientCertificate: shown(orders) })),
    'CN=orders,OU=sales,O=Example',
  );
  const verdict = await ask({
    operation: open,
    fields: { authorization: 'Bearer x' },
    clientCertificate: shown(orders),
  });
  assert.ok(verdict?.kind === 'refuse');
});

test('two bundles: the one that knows the authority decides', async () => {
  const other = makeRoot(dn('CN=Other'));
  writeFileSync(join(folder, 'other.pem'), other.pem);
  const more = { others: { certificate: { ca: 'other.pem' } } };
  const { ask } = await door({}, { anyOf: ['partners', 'others'] }, more);
  const verdict = await ask({ clientCertificate: shown(other.issue({ subject: dn('CN=x') })) });
  assert.ok(verdict?.kind === 'identified' && verdict.principal.authenticator === 'others');
  const reason = 'partners: certificate-signature; others: certificate-unknown-issuer';
  assert.equal(said(await ask({ clientCertificate: shown(stranger) })), `credential-invalid ${reason}`);
});

test('the certificate of a proxy does not speak for its client', async () => {
  const viaProxy = { through: { certificate: { ca: 'ca.pem', from: 'proxy' } } };
  const own = root.issue({ subject: dn('CN=proxy') });
  for (const names of [
    ['partners', 'through'],
    ['through', 'partners'],
  ]) {
    const { ask } = await door({}, { anyOf: names }, viaProxy);
    const fields = { 'Client-Cert': orders.field };
    const verdict = await ask({ peerAddress: proxy, fields, clientCertificate: shown(own) });
    assert.equal(said(verdict), 'CN=orders,OU=sales,O=Example', names.join(' '));
  }
  const { ask } = await door({}, { allOf: ['through', 'partners'] }, viaProxy);
  const verdict = await ask({
    peerAddress: proxy,
    fields: { 'Client-Cert': orders.field },
    clientCertificate: shown(own),
  });
  assert.ok(verdict?.kind === 'identified');
  assert.deepEqual(
    verdict.principal.also?.map(({ subject }) => subject),
    ['CN=proxy'],
  );
});

test('nor does it where certificates and keys may be needed together', async () => {
  const more = { through: { certificate: { ca: 'ca.pem', from: 'proxy' } }, keys: { apiKey: {} } };
  const own = root.issue({ subject: dn('CN=proxy') });
  const pair = { allOf: ['keys', 'partners'] };
  for (const anyOf of [
    ['partners', 'through', pair],
    ['through', 'partners', pair],
    [pair, 'partners', 'through'],
  ]) {
    const { ask } = await door({}, { anyOf }, more);
    const asked = async ({ field }: Made, clientCertificate = shown(own)): Promise<string> =>
      said(await ask({ peerAddress: proxy, fields: { 'Client-Cert': field }, clientCertificate }));
    assert.equal(await asked(orders), 'CN=orders,OU=sales,O=Example');
    assert.equal(await asked(stranger), 'credential-invalid through: certificate-signature');
    assert.equal(said(await ask({ peerAddress: proxy, clientCertificate: shown(own) })), 'CN=proxy');
    const fields = { 'Client-Cert': orders.field, 'X-Api-Key': 'x' };
    const verdict = await ask({ peerAddress: proxy, fields, clientCertificate: shown(own) });
    assert.ok(verdict?.kind === 'refuse' && verdict.problem === 'credential-missing');
    assert.ok((verdict.fields?.length ?? 0) > 0, 'a 401 says how to do better');
  }
});

test('a public operation minds no certificate where several credentials may be needed together', async () => {
  const open = operation('GET /', { security: [] });
  const { ask } = await door({}, { allOf: ['partners', 'keys'] }, { keys: { apiKey: {} } });
  const { ask: askAny } = await door(
    {},
    { anyOf: ['partners', { allOf: ['partners', 'keys'] }] },
    { keys: { apiKey: {} } },
  );
  for (const each of [ask, askAny])
    assert.equal(await each({ clientCertificate: shown(stranger), operation: open }), undefined);
  const verdict = await askAny({ clientCertificate: shown(orders), operation: open });
  assert.equal(said(verdict), 'CN=orders,OU=sales,O=Example');
});

const unusable: readonly (readonly [string, Record<string, unknown>, RegExp])[] = [
  ['a file that is not there', { ca: 'no.pem' }, /no\.pem cannot be read: there is no such file/],
  ['a file of more than 64 MiB', { ca: 'large.pem' }, /large\.pem cannot be read: it is larger than 64 MiB/],
  ['a file without certificates', { ca: 'empty.pem' }, /empty\.pem holds no certificate in PEM/],
  [
    'a certificate of no authority',
    { ca: ['ca.pem', 'leaf.pem'] },
    /leaf\.pem, CN=orders,OU=sales,O=Example, is not of an authority/,
  ],
  ['bytes in PEM that are none', { ca: 'broken.pem' }, /certificate 2 of broken\.pem cannot be read/],
  ['a list that is none', { crl: 'ca.pem' }, /ca\.pem holds 0 lists/],
];

for (const [what, config, expected] of unusable) {
  test(`not prepared: ${what}`, async () => {
    writeFileSync(join(folder, 'empty.pem'), 'nothing');
    writeFileSync(join(folder, 'large.pem'), root.pem);
    truncateSync(join(folder, 'large.pem'), 67_108_865);
    writeFileSync(join(folder, 'leaf.pem'), orders.pem);
    writeFileSync(join(folder, 'broken.pem'), root.pem + pemOf('CERTIFICATE', Buffer.from('x')));
    await assert.rejects(door(config), ({ errors }: AggregateError) => {
      const [fault] = errors as (Error & { place: readonly unknown[] })[];
      assert.match(fault!.message, expected);
      assert.deepEqual(fault!.place.slice(0, 3), ['authenticators', 'partners', 'certificate']);
      return true;
    });
  });
}

test('an authority that takes the name of another one does not issue in its name', async () => {
  writeFileSync(join(folder, 'all.pem'), root.pem + middle.pem);
  const { ask } = await door({ ca: 'all.pem', allow: [{ issuer: 'CN=Middle,O=Example' }] });
  assert.equal(said(await ask({ clientCertificate: shown(belowMiddle) })), 'CN=below');
  const partner = root.authority(dn('O=Example', 'CN=Partner'));
  const impostor = partner.authority(dn('O=Example', 'CN=Middle'));
  const forged = impostor.issue({ subject: dn('CN=below') });
  const verdict = await ask({ clientCertificate: shown(forged, impostor, partner) });
  assert.equal(said(verdict), 'credential-invalid partners: certificate-not-allowed');
});

test('a common name and the name of an extension are different names', async () => {
  const { ask } = await door({ allow: [{ dns: 'a.example' }], identity: 'dns' });
  const good = root.issue({ extensions: [extension.names('dns:a.example')] });
  assert.equal(said(await ask({ clientCertificate: shown(good) })), 'a.example');
  const two = root.issue({ extensions: [extension.names('dns:a.example', 'dns:b.example')] });
  assert.equal(
    said(await ask({ clientCertificate: shown(two) })),
    'credential-invalid partners: certificate-name',
  );
});
