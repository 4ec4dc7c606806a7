import assert from 'node:assert/strict';
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
import { jwk, keySet, p256, p384, token } from './jwt/testing/issuer.ts';
import { authentication } from './policy.ts';
import type { AuthenticatorConfig } from './schema.ts';

interface Opened {
  readonly customer: Record<string, string>;
  readonly staff: Record<string, string>;
  readonly key: Record<string, string>;
  readonly agentKey: Record<string, string>;
  /** What is noted of a request. */
  readonly record: (fields: Record<string, string>) => Promise<unknown>;
  readonly identity: (
    fields: Record<string, string>,
    parts?: ExchangeParts,
  ) => Promise<Identified | Refuse | undefined>;
}

async function opened(t: TestContext, config: unknown): Promise<Opened> {
  const folder = mkdtempSync(join(tmpdir(), 'together-'));
  writeFileSync(join(folder, 'keys.json'), keySet(jwk(p256, { kid: 'k' }), jwk(p384, { kid: 's' })));
  const jwt = (name: string, more = {}): AuthenticatorConfig => ({
    jwt: {
      issuer: `https://${name}.example`,
      audience: 'a',
      jwks: 'keys.json',
      algorithms: ['ES256'],
      ...more,
    },
  });
  const within = environment({
    folder,
    stateFolder: folder,
    api: api('orders'),
    authenticators: {
      customers: jwt('customers'),
      staff: jwt('staff'),
      proxies: jwt('proxies', { token: { header: 'x-proxy-token' } }),
      partners: { apiKey: {} },
      agents: { apiKey: { header: 'x-agent-key' } },
    },
  });
  const store = new ApiKeyStore(folder, { now: within.now });
  const { key } = store.create({ name: 'acme', subject: 'acme', scopes: [], roles: [] });
  t.after(() => {
    within.close();
    store.close();
    rmSync(folder, { recursive: true });
  });
  const prepared = await preparePolicy(authentication, config, within);
  const made = (name: string): string =>
    token(
      p256,
      { alg: 'ES256', kid: 'k' },
      {
        iss: `https://${name}.example`,
        aud: 'a',
        sub: name,
        exp: within.now() / 1000 + 60,
      },
    ); // prettier-ignore
  return {
    customer: { authorization: `Bearer ${made('customers')}` },
    staff: { authorization: `Bearer ${made('staff')}` },
    key: { 'x-api-key': key },
    agentKey: { 'x-agent-key': key },
    record: async (fields) => {
      const request = exchange('GET /', { fields });
      await prepared.identity!(request);
      return request.notes;
    },
    identity: async (fields, parts = {}) => prepared.identity!(exchange('GET /', { ...parts, fields })),
  };
}

/** The subject with that of whoever vouches besides, or the problem. */
function read(verdict: Identified | Refuse | undefined): string | undefined {
  if (verdict?.kind !== 'identified') return verdict?.problem;
  const { subject, also = [] } = verdict.principal;
  return [subject, ...also.map((each) => each.subject)].join('+');
}

test('allOf: every one of them is needed, and the first says who calls', async (t) => {
  const { identity, customer, staff, key } = await opened(t, { allOf: ['customers', 'partners'] });
  assert.equal(read(await identity({ ...customer, ...key })), 'customers+acme');
  assert.equal(read(await identity({ ...staff, ...key })), 'credential-invalid');
  assert.equal(read(await identity({ ...customer, 'x-api-key': 'x' })), 'credential-invalid');
  assert.equal(read(await identity({})), 'credential-missing');
});

test('allOf: the record has all of them', async (t) => {
  const { record, customer, key } = await opened(t, { allOf: ['customers', 'partners'] });
  assert.deepEqual(await record({ ...customer, ...key }), { also: ['partners acme'] });
});

test('allOf: who has one is asked for the other', async (t) => {
  const { identity, customer, key } = await opened(t, { allOf: ['customers', 'partners'] });
  const withToken = await identity(customer);
  assert.ok(withToken?.kind === 'refuse');
  assert.equal(withToken.problem, 'credential-missing');
  assert.deepEqual(withToken.fields, ['www-authenticate', 'ApiKey realm="orders", header="x-api-key"']);
  const withKey = await identity(key);
  assert.ok(withKey?.kind === 'refuse');
  assert.deepEqual(withKey.fields, ['www-authenticate', 'Bearer realm="orders"']);
});

test('anyOf with a pair: one alone is good, the pair is good, a mixture is ambiguous', async (t) => {
  const config = { anyOf: ['customers', { allOf: ['partners', 'agents'] }] };
  const { identity, customer, key, agentKey } = await opened(t, config);
  assert.equal(read(await identity(customer)), 'customers');
  assert.equal(read(await identity({ ...key, ...agentKey })), 'acme+acme');
  assert.equal(read(await identity(key)), 'credential-missing');
  assert.equal(read(await identity({ ...customer, ...key })), 'credential-ambiguous');
  assert.equal(read(await identity({ ...customer, ...key, ...agentKey })), 'credential-ambiguous');
});

test('allOf with a choice: the ways are tried in turn', async (t) => {
  const config = { allOf: ['partners', { anyOf: ['customers', 'staff'] }] };
  const { identity, customer, staff, key } = await opened(t, config);
  assert.equal(read(await identity({ ...key, ...customer })), 'acme+customers');
  assert.equal(read(await identity({ ...key, ...staff })), 'acme+staff');
  const verdict = await identity({ ...key, authorization: 'Bearer x' });
  assert.ok(verdict?.kind === 'refuse');
  assert.equal(verdict.problem, 'credential-invalid');
  assert.equal(verdict.reason, 'customers: not-a-jws; staff: not-a-jws');
  assert.deepEqual(verdict.fields, ['www-authenticate', 'Bearer realm="orders", error="invalid_token"']);
});

test('a part of what is needed does not pass on a public operation either', async (t) => {
  const { identity, key } = await opened(t, { allOf: ['customers', 'partners'] });
  const open = operation('GET /', { security: [] });
  assert.equal(await identity({}, { operation: open }), undefined);
  assert.equal(read(await identity(key, { operation: open })), 'credential-missing');
});

test('the way that needs more comes first, however they are listed', async (t) => {
  const { identity, customer, key } = await opened(t, {
    anyOf: ['customers', { allOf: ['customers', 'partners'] }],
  });
  assert.equal(read(await identity({ ...customer, ...key })), 'customers+acme');
  assert.equal(read(await identity(customer)), 'customers');
});

test('two that read one place cannot be needed together', async (t) => {
  await assert.rejects(
    opened(t, { allOf: ['customers', 'staff'] }),
    /customers and staff read the same place/,
  );
  await assert.rejects(opened(t, { anyOf: ['partners', { allOf: ['staff', 'customers'] }] }), /same place/);
});

test('a token in a field of its own does not go with one in Authorization', async (t) => {
  const { identity, customer } = await opened(t, { allOf: ['customers', 'proxies'] });
  const both = { ...customer, 'x-proxy-token': customer['authorization']!.slice(7) };
  assert.equal(read(await identity(both)), 'credential-ambiguous');
});
