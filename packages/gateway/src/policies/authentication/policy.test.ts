import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Identified, Refuse } from '../../exchange.ts';
import { ApiKeyStore } from '../../stores/api-keys.ts';
import {
  api,
  type ExchangeParts,
  environment,
  exchange,
  operation,
  preparePolicy,
} from '../../testing/exchange.ts';
import { jwk, keySet, p256, token } from './jwt/testing/issuer.ts';
import { authentication } from './policy.ts';
import type { AuthenticatorConfig } from './schema.ts';

const staffPair = generateKeyPairSync('ec', { namedCurve: 'P-256' });

interface Opened {
  readonly key: string;
  readonly tokenOf: (issuer: 'customers' | 'staff', more?: Readonly<Record<string, unknown>>) => string;
  readonly identity: (parts: ExchangeParts) => Promise<Identified | Refuse | undefined>;
}

async function opened(t: TestContext, anyOf: readonly string[]): Promise<Opened> {
  const folder = mkdtempSync(join(tmpdir(), 'authentication-'));
  writeFileSync(join(folder, 'customers.json'), keySet(jwk(p256, { kid: 'k' })));
  writeFileSync(join(folder, 'staff.json'), keySet(jwk(staffPair, { kid: 'k' })));
  const jwt = (name: string): AuthenticatorConfig => ({
    jwt: {
      issuer: `https://${name}.example.com`,
      audience: 'orders',
      jwks: `${name}.json`,
      algorithms: ['ES256'],
    },
  });
  const authenticators: Record<string, AuthenticatorConfig> = {
    customers: jwt('customers'),
    staff: jwt('staff'),
    lost: {
      jwt: {
        issuer: 'https://lost.example.com',
        audience: 'orders',
        jwks: 'lost.json',
        algorithms: ['ES256'],
      },
    },
    partners: { apiKey: {} },
    agents: { apiKey: { header: 'X-Agent-Key' } },
  };
  const within = environment({ folder, stateFolder: folder, api: api('orders'), authenticators });
  const store = new ApiKeyStore(folder, { now: within.now });
  const { key } = store.create({ name: 'acme', subject: 'acme', scopes: [], roles: [] });
  const prepared = await preparePolicy(authentication, { anyOf }, within);
  t.after(() => {
    within.close();
    store.close();
    rmSync(folder, { recursive: true });
  });
  return {
    key,
    tokenOf: (issuer, more = {}) =>
      token(
        issuer === 'staff' ? staffPair : p256,
        { alg: 'ES256', kid: 'k' },
        {
          iss: `https://${issuer}.example.com`,
          aud: 'orders',
          sub: `a person of ${issuer}`,
          exp: within.now() / 1000 + 60,
          ...more,
        },
      ),
    identity: async (parts) => prepared.identity!(exchange('GET /', parts)),
  };
}

function read(verdict: Identified | Refuse | undefined): string | undefined {
  return verdict?.kind === 'identified' ? verdict.principal.subject : verdict?.problem;
}

const bearer = (value: string): Record<string, string> => ({ authorization: `Bearer ${value}` });

test('a credential identifies', async (t) => {
  const { identity, tokenOf, key } = await opened(t, ['customers', 'partners']);
  assert.equal(read(await identity({ fields: bearer(tokenOf('customers')) })), 'a person of customers');
  assert.equal(read(await identity({ fields: { 'x-api-key': key } })), 'acme');
});

test('none, or one of another scheme, is missing: all ways are named, and no error (RFC 6750 section 3.1)', async (t) => {
  const { identity } = await opened(t, ['customers', 'staff', 'partners']);
  const challenges = [
    'www-authenticate',
    'Bearer realm="orders"',
    'www-authenticate',
    'ApiKey realm="orders", header="x-api-key"',
  ];
  for (const fields of [
    {},
    { authorization: 'Basic YTpi' },
    { authorization: 'Bearer' },
    { authorization: 'DPoP' },
  ]) {
    const verdict = await identity({ fields });
    assert.ok(verdict?.kind === 'refuse');
    assert.equal(verdict.problem, 'credential-missing');
    assert.deepEqual(verdict.fields, challenges);
  }
});

test('an invalid one is told so, and nothing more', async (t) => {
  const { identity, tokenOf } = await opened(t, ['customers', 'partners']);
  const verdict = await identity({ fields: bearer(tokenOf('customers', { aud: 'mail' })) });
  assert.deepEqual(verdict, {
    kind: 'refuse',
    problem: 'credential-invalid',
    reason: 'customers: aud-unexpected',
    fields: ['www-authenticate', 'Bearer realm="orders", error="invalid_token"'],
  });
  const key = await identity({ fields: { 'x-api-key': 'x' } });
  assert.ok(key?.kind === 'refuse');
  assert.equal(key.problem, 'credential-invalid');
  assert.deepEqual(key.fields, [
    'www-authenticate',
    'ApiKey realm="orders", header="x-api-key", error="invalid_token"',
  ]);
});

test('two credentials are refused, good or bad', async (t) => {
  const { identity, tokenOf, key } = await opened(t, ['customers', 'partners', 'agents']);
  const good = tokenOf('customers');
  for (const fields of [
    { ...bearer(good), 'x-api-key': key },
    { ...bearer(good), 'x-api-key': '' },
    { ...bearer('x'), 'x-api-key': key },
    { 'x-agent-key': key, 'x-api-key': key },
    { 'x-api-key': [key, key] },
    { ...bearer(good), 'x-api-key': [key, key] },
  ]) {
    const verdict = await identity({ fields });
    assert.equal(read(verdict), 'credential-ambiguous', JSON.stringify(Object.keys(fields)));
  }
  // A scheme that nobody here looks at is no credential.
  assert.equal(read(await identity({ fields: { authorization: 'Basic YTpi', 'x-api-key': key } })), 'acme');
});

test('two issuers share the field Authorization', async (t) => {
  const { identity, tokenOf } = await opened(t, ['customers', 'staff']);
  assert.equal(read(await identity({ fields: bearer(tokenOf('customers')) })), 'a person of customers');
  assert.equal(read(await identity({ fields: bearer(tokenOf('staff')) })), 'a person of staff');
  const verdict = await identity({ fields: bearer(tokenOf('staff', { exp: 0 })) });
  assert.ok(verdict?.kind === 'refuse');
  assert.equal(verdict.problem, 'credential-expired');
  assert.equal(verdict.reason, 'staff: expired', 'the others were not even asked');
});

test('one issuer cannot speak for another, though their keys have one name', async (t) => {
  const { identity, tokenOf } = await opened(t, ['customers', 'staff']);
  const forged = tokenOf('customers', { iss: 'https://staff.example.com' });
  assert.equal(read(await identity({ fields: bearer(forged) })), 'credential-invalid');
});

test('keys that cannot be had are not the fault of the caller', async (t) => {
  const { identity, tokenOf } = await opened(t, ['lost', 'customers']);
  assert.equal(read(await identity({ fields: bearer(tokenOf('customers')) })), 'a person of customers');
  const verdict = await identity({
    fields: bearer(tokenOf('customers', { iss: 'https://lost.example.com' })),
  });
  assert.ok(verdict?.kind === 'refuse');
  assert.equal(verdict.problem, 'credential-unverifiable');
  assert.deepEqual(verdict.fields, ['retry-after', '5']);
});

test('public operations need none, but a bad one is refused there too', async (t) => {
  const { identity, tokenOf } = await opened(t, ['customers']);
  const open = operation('GET /', { security: [] });
  const optional = operation('GET /', { security: [[{ scheme: 'o', type: 'oauth2', scopes: [] }], []] });
  const closed = operation('GET /', { security: [[{ scheme: 'o', type: 'oauth2', scopes: [] }]] });
  assert.equal(await identity({ operation: open }), undefined);
  assert.equal(await identity({ operation: optional }), undefined);
  assert.equal(read(await identity({ operation: closed })), 'credential-missing');
  assert.equal(read(await identity({ operation: operation('GET /') })), 'credential-missing');
  assert.equal(read(await identity({ operation: open, fields: bearer('x') })), 'credential-invalid');
  assert.equal(
    read(await identity({ operation: open, fields: bearer(tokenOf('customers')) })),
    'a person of customers',
  );
});

test('every 401 has a challenge', async (t) => {
  const { identity } = await opened(t, ['customers', 'staff', 'partners', 'agents']);
  const all: Record<string, string>[] = [
    {},
    bearer(''),
    bearer('x'),
    bearer('a.b.c'),
    { 'x-api-key': '' },
    { 'x-agent-key': 'x' },
  ];
  for (const fields of all) {
    const verdict = await identity({ fields });
    assert.ok(verdict?.kind === 'refuse');
    assert.equal(verdict.fields?.[0], 'www-authenticate', JSON.stringify(fields));
  }
});

test('an authenticator must be there', async () => {
  const within = environment({ authenticators: { partners: { apiKey: {} } } });
  await assert.rejects(
    preparePolicy(authentication, { anyOf: ['customers'] }, within),
    /no authenticator "customers".*partners/,
  );
  await assert.rejects(
    preparePolicy(authentication, { anyOf: ['constructor'] }, within),
    /no authenticator "constructor"/,
  );
});

test('none lets anybody in', async () => assert.deepEqual(await preparePolicy(authentication, 'none'), {}));
