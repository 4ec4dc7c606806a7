import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import type { Identified, Refuse } from '../../exchange.ts';
import { api, environment, exchange, preparePolicy, type TestEnvironment } from '../../testing/exchange.ts';
import { proof, thumbprint } from './binding/testing/proof.ts';
import { jwk, keySet, p256, token } from './jwt/testing/issuer.ts';
import { type IssuerServer, issuerServer } from './oauth2/testing/issuer-server.ts';
import { authentication } from './policy.ts';

const staffPair = generateKeyPairSync('ec', { namedCurve: 'P-256' });

interface Opened {
  readonly customers: IssuerServer;
  readonly staff: IssuerServer;
  readonly within: TestEnvironment;
  readonly made: (by: IssuerServer, more?: Readonly<Record<string, unknown>>) => string;
  readonly identity: (
    fields: Readonly<Record<string, string>>,
    line?: string,
  ) => Promise<Identified | Refuse | undefined>;
}

/** Two issuers, found out by their names, of whom the first answers about opaque tokens. */
async function opened(t: TestContext, config: Readonly<Record<string, unknown>> = {}): Promise<Opened> {
  const customers = await issuerServer(t, keySet(jwk(p256, { kid: 'k' })));
  const staff = await issuerServer(t, keySet(jwk(staffPair, { kid: 'k' })), '/staff');
  const introspection = { clientId: 'gateway', clientSecret: 'secret' };
  const within = environment({
    api: api('orders'),
    authenticators: {
      customers: { oauth2: { issuer: customers.issuer, audience: 'orders', introspection, dpop: {} } },
      staff: { oauth2: { issuer: staff.issuer, audience: 'orders' } },
    },
  });
  t.after(() => within.close());
  const prepared = await preparePolicy(
    authentication,
    { anyOf: ['customers', 'staff'], metadata: false, ...config },
    within,
  );
  return {
    customers,
    staff,
    within,
    made: (by, more = {}) =>
      token(
        by === staff ? staffPair : p256,
        { alg: 'ES256', typ: 'at+jwt', kid: 'k' },
        { iss: by.issuer, aud: 'orders', sub: 'alice', exp: within.now() / 1000 + 600, ...more },
      ),
    identity: async (fields, line = 'GET /') => prepared.identity!(exchange(line, { fields })),
  };
}

function read(verdict: Identified | Refuse | undefined): string | undefined {
  if (verdict?.kind === 'identified')
    return `${verdict.principal.authenticator} ${verdict.principal.subject}`;
  return verdict === undefined ? undefined : `${verdict.problem} ${verdict.reason}`;
}

const bearer = (value: string): Record<string, string> => ({ authorization: `Bearer ${value}` });

test('each token goes to its issuer, and to nobody else', async (t) => {
  const { customers, staff, made, identity } = await opened(t);
  for (let i = 0; i < 2; i++) {
    assert.equal(read(await identity(bearer(made(staff)))), 'staff alice');
    assert.equal(customers.asked.length, 0);
  }
  assert.equal(read(await identity(bearer(made(customers)))), 'customers alice');
});

test('one issuer does not speak for another, though its keys have the same name', async (t) => {
  const { customers, staff, made, identity } = await opened(t);
  assert.equal(
    read(await identity(bearer(made(customers, { iss: staff.issuer })))),
    'credential-invalid staff: signature-wrong',
  );
  for (const iss of ['https://evil.example', `${staff.issuer}/`, staff.issuer.toUpperCase(), undefined, 7]) {
    const verdict = await identity(bearer(made(customers, { iss })));
    assert.equal(read(verdict), 'credential-invalid issuer-unknown', String(iss));
  }
  assert.equal(customers.asked.length, 0, 'no key was tried');
});

test('an issuer that is away takes nobody else with it', async (t) => {
  const { customers, staff, made, identity } = await opened(t);
  customers.status = 503;
  assert.equal(read(await identity(bearer(made(staff)))), 'staff alice');
  const verdict = await identity(bearer(made(customers)));
  assert.equal(read(verdict), 'credential-unverifiable customers: keys-unavailable');
  assert.ok(verdict?.kind === 'refuse');
  assert.deepEqual(verdict.fields, ['retry-after', '5']);
});

test('an opaque token goes to who can be asked', async (t) => {
  const { customers, staff, identity } = await opened(t);
  customers.tokens.set('opaque', { active: true, sub: 'bob', aud: 'orders' });
  assert.equal(read(await identity(bearer('opaque'))), 'customers bob');
  assert.equal(staff.asked.length, 0);
});

test('an expired token is told so', async (t) => {
  const { customers, made, identity } = await opened(t);
  assert.equal(
    read(await identity(bearer(made(customers, { exp: 1 })))),
    'credential-expired customers: expired',
  );
});

test('DPoP: the nonce is told, then accepted, and then the next one in time', async (t) => {
  const { customers, made, identity, within } = await opened(t);
  const holder = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const text = made(customers, { cnf: { jkt: thumbprint(holder) } });
  const url = 'GET https://api.example.com/';
  const fields = (claims = {}): Record<string, string> => ({
    authorization: `DPoP ${text}`,
    dpop: proof(holder, url, text, within.now() / 1000, { claims }),
  });
  const first = await identity(fields());
  assert.ok(first?.kind === 'refuse');
  assert.equal(first.problem, 'proof-invalid');
  const challenge = 'DPoP realm="orders", algs="ES256 PS256 RS256 EdDSA Ed25519", error="use_dpop_nonce"';
  assert.deepEqual(first.fields?.slice(0, 4), [
    'www-authenticate',
    'Bearer realm="orders"',
    'www-authenticate',
    challenge,
  ]);
  const [name, nonce] = first.fields!.slice(4);
  assert.equal(name, 'dpop-nonce');
  assert.equal(read(await identity(fields({ nonce }))), 'customers alice');
  const replayed = fields({ nonce });
  assert.equal(read(await identity(replayed)), 'customers alice');
  const again = await identity(replayed);
  assert.equal(read(again), 'proof-invalid customers: dpop-proof-replayed');
  assert.ok(again?.kind === 'refuse');
  assert.match(again.fields!.join(), /DPoP [^,]*, algs="[^"]*", error="invalid_dpop_proof"/);
  const asBearer = await identity({ authorization: `Bearer ${text}`, dpop: fields({ nonce })['dpop']! });
  assert.equal(read(asBearer), 'proof-invalid customers: dpop-bound-as-bearer');
  assert.ok(asBearer?.kind === 'refuse');
  assert.equal(asBearer.fields?.[1], 'Bearer realm="orders", error="invalid_token"');
});

test('step-up: what is lacking is named', async (t) => {
  const stepUp = { acrValues: ['urn:mfa'], maxAge: '5m' };
  const { customers, made, identity, within } = await opened(t, { stepUp });
  const good = { acr: 'urn:mfa', auth_time: within.now() / 1000 - 60 };
  assert.equal(read(await identity(bearer(made(customers, good)))), 'customers alice');
  const verdict = await identity(bearer(made(customers)));
  assert.equal(read(verdict), 'authentication-insufficient acr-insufficient');
  assert.ok(verdict?.kind === 'refuse');
  assert.equal(
    verdict.fields?.[1],
    'Bearer realm="orders", error="insufficient_user_authentication", acr_values="urn:mfa", max_age="300"',
  );
  within.advance(241_000);
  assert.equal(
    read(await identity(bearer(made(customers, good)))),
    'authentication-insufficient auth-time-old',
    'although the token is known',
  );
});

test('64 KiB of token are not looked at, however they come', async (t) => {
  const { customers, identity } = await opened(t);
  const part = Buffer.from('{"alg":"ES256"}').toString('base64url');
  for (const text of [
    'a'.repeat(65_536),
    `${part}.${'A'.repeat(65_000)}.AAAA`,
    `${part}.${'A'.repeat(16_400)}.A`,
  ]) {
    for (const scheme of ['Bearer', 'DPoP']) {
      const verdict = await identity({ authorization: `${scheme} ${text}` });
      assert.match(String(read(verdict)), /^credential-invalid .*(too-long|issuer-unknown)$/);
    }
  }
  assert.equal(customers.asked.length, 0);
});
