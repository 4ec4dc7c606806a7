import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Identified, Refuse } from '../../../exchange.ts';
import { ApiKeyStore } from '../../../stores/api-keys.ts';
import { openOauthDatabase } from '../../../stores/oauth-database.ts';
import { OauthUserStore } from '../../../stores/oauth-users.ts';
import { cheap } from '../../../stores/testing/oauth.ts';
import {
  api,
  type ExchangeParts,
  environment,
  exchange,
  preparePolicy,
  type TestExchange,
} from '../../../testing/exchange.ts';
import { authentication } from '../policy.ts';
import { type AuthenticatorConfig, authenticators as authenticatorsSchema } from '../schema.ts';

const password = 'a long password';
const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`;
const right = basic(`alice:${password}`);

interface Opened {
  readonly folder: string;
  readonly users: () => OauthUserStore;
  readonly prepare: (written?: unknown) => Promise<Door>;
  readonly advance: (milliseconds: number) => void;
}

interface Door {
  readonly identity: (
    authorization: string | readonly string[] | undefined,
    parts?: ExchangeParts,
    line?: string,
  ) => Promise<{ readonly outcome: Identified | Refuse | undefined; readonly request: TestExchange }>;
  /** What of the field is left for the upstream. */
  readonly forwarded: (authorization: string) => Promise<string | undefined>;
}

const all: Readonly<Record<string, AuthenticatorConfig>> = {
  people: { basic: { scopes: ['orders:read'] } },
  others: { basic: {} },
  partners: { apiKey: {} },
  customers: {
    jwt: { issuer: 'https://id.example', audience: 'orders', jwks: 'keys.json', algorithms: ['ES256'] },
  },
};

function opened(t: TestContext): Opened {
  const folder = mkdtempSync(join(tmpdir(), 'basic-'));
  const within = environment({ folder, stateFolder: folder, api: api('orders'), authenticators: all });
  const open: { close(): void }[] = [];
  t.after(() => {
    within.close();
    for (const each of open) each.close();
    rmSync(folder, { recursive: true });
  });
  return {
    folder,
    advance: within.advance,
    users() {
      const database = openOauthDatabase(folder);
      open.push(database);
      return new OauthUserStore(database, { cost: cheap, now: within.now });
    },
    async prepare(written = { anyOf: ['people'] }) {
      const prepared = await preparePolicy(authentication, written, within);
      return {
        async identity(authorization, parts = {}, line = 'GET /') {
          const fields = { ...(authorization === undefined ? {} : { authorization }), ...parts.fields };
          const request = exchange(line, { ...parts, fields });
          return { outcome: await prepared.identity!(request), request };
        },
        async forwarded(authorization) {
          const request = exchange('GET /', { upstreamFields: { authorization } });
          await prepared.upstream?.(request);
          return request.upstreamFields.get('authorization');
        },
      };
    },
  };
}

const alice = {
  username: 'alice',
  name: 'Alice Liddell',
  id: 'cus_1',
  roles: ['buyer'],
  basic: true,
  password,
};

test('a username and password tell who calls', async (t) => {
  const { users, prepare } = opened(t);
  await users().create(alice);
  const { identity } = await prepare();
  assert.deepEqual((await identity(right)).outcome, {
    kind: 'identified',
    principal: {
      authenticator: 'people',
      kind: 'password',
      subject: 'cus_1',
      client: undefined,
      scopes: new Set(['orders:read']),
      roles: new Set(['buyer']),
      claims: { sub: 'cus_1', name: 'Alice Liddell', preferred_username: 'alice' },
    },
  });
});

type Seen = readonly [problem: string, reason: string | undefined, challenges: readonly string[]];

function seen(outcome: Identified | Refuse | undefined): Seen | string | undefined {
  if (outcome === undefined) return undefined;
  if (outcome.kind === 'identified') return outcome.principal.subject;
  const fields = outcome.fields ?? [];
  return [outcome.problem, outcome.reason, fields.filter((_, at) => fields[at - 1] === 'www-authenticate')];
}

const challenge = 'Basic realm="orders", charset="UTF-8"';

test('whatever is wrong with it, the caller is told the same, and the record is not', async (t) => {
  const { users, prepare } = opened(t);
  const store = users();
  await store.create(alice);
  await store.create({ username: 'web', roles: [], password });
  const { identity } = await prepare();
  const cases: readonly (readonly [string, string])[] = [
    [basic('alice:wrong'), 'password-wrong'],
    [basic(`nobody:${password}`), 'user-unknown'],
    [basic(`web:${password}`), 'basic-not-allowed'],
    ['Basic', 'basic-empty'],
    ['Basic YTpi=', 'basic-not-base64'],
    [basic('alice'), 'basic-no-colon'],
    [basic('alice\0:x'), 'basic-control-character'],
    [basic(`alice:${password}\0`), 'basic-control-character'],
    [basic('alice:'.padEnd(3000, 'x')), 'basic-too-long'],
  ];
  for (const [authorization, reason] of cases) {
    const { outcome, request } = await identity(authorization);
    assert.deepEqual(seen(outcome), ['credential-invalid', `people: ${reason}`, [challenge]], reason);
    assert.doesNotMatch(JSON.stringify([outcome, request.notes ?? {}]), /alice|nobody|a long password/);
  }
  const { request } = await identity(basic('alice:another'));
  assert.deepEqual(request.notes, { user: 'cus_1' }, 'whose password is guessed');
  assert.deepEqual(seen((await identity(undefined)).outcome), ['credential-missing', undefined, [challenge]]);
  assert.deepEqual(seen((await identity('Bearer x')).outcome), [
    'credential-missing',
    undefined,
    [challenge],
  ]);
});

test('too many attempts are 429, with the seconds to wait and no challenge', async (t) => {
  const { users, prepare } = opened(t);
  await users().create(alice);
  const { identity } = await prepare();
  for (let i = 0; i < 10; i++) await identity(basic(`alice:guess ${i}`));
  const { outcome } = await identity(right);
  assert.deepEqual(outcome, {
    kind: 'refuse',
    problem: 'attempts-exceeded',
    reason: 'people: attempts-exceeded: passwords by account',
    fields: ['retry-after', '90'],
  });
});

test('two credentials are refused, whichever places they are in', async (t) => {
  const { users, prepare, folder } = opened(t);
  await users().create(alice);
  const keys = new ApiKeyStore(folder);
  t.after(() => keys.close());
  const { key } = keys.create({ name: 'k', scopes: [], roles: [], subject: 'acme' });
  const { identity } = await prepare({ anyOf: ['customers', 'people', 'partners'] });
  const ambiguous = ['credential-ambiguous', undefined, []];
  assert.equal(seen((await identity(right)).outcome), 'cus_1', 'beside tokens');
  assert.equal(seen((await identity(undefined, { fields: { 'x-api-key': key } })).outcome), 'acme');
  assert.deepEqual(seen((await identity(right, { fields: { 'x-api-key': key } })).outcome), ambiguous);
  assert.deepEqual(seen((await identity([right, right])).outcome), ambiguous);
  assert.deepEqual(seen((await identity(right, {}, 'GET /?access_token=x')).outcome), ambiguous);
  assert.deepEqual(seen((await identity(right, {}, 'GET /?access%5Ftoken=x')).outcome), ambiguous);
  const { outcome } = await identity('Bearer x');
  assert.match(JSON.stringify(seen(outcome)), /customers: /, 'a token goes to the other place');
});

test('a token and a password cannot be asked for together: they are one field', async (t) => {
  const { prepare } = opened(t);
  await assert.rejects(prepare({ allOf: ['customers', 'people'] }), /read the same place/);
  await assert.rejects(prepare({ allOf: ['people', 'others'] }), /read the same place/);
  await prepare({ allOf: ['people', 'partners'] });
});

test('the password stays at the gateway; a token goes on', async (t) => {
  const { prepare } = opened(t);
  const { forwarded } = await prepare({ anyOf: ['customers', 'people'] });
  assert.equal(await forwarded(right), undefined);
  assert.equal(await forwarded(right.replace('Basic', 'bASIC')), undefined);
  assert.equal(await forwarded('Basic'), undefined);
  assert.equal(await forwarded('Bearer x'), 'Bearer x');
});

const plaintext: readonly (readonly [what: string, parts: ExchangeParts, passes: boolean])[] = [
  ['https', { scheme: 'https', peerAddress: '203.0.113.7' }, true],
  ['http from this machine', { scheme: 'http', peerAddress: '127.0.0.1' }, true],
  ['and its IPv6', { scheme: 'http', peerAddress: '::1' }, true],
  ['mapped', { scheme: 'http', peerAddress: '::ffff:127.0.0.1' }, true],
  ['http from elsewhere', { scheme: 'http', peerAddress: '192.168.0.7' }, false],
  [
    'http to a proxy on this machine',
    { scheme: 'http', peerAddress: '127.0.0.1', clientAddress: '192.168.0.7' },
    false,
  ],
  [
    'a client that says it is here',
    { scheme: 'http', peerAddress: '192.168.0.7', clientAddress: '127.0.0.1' },
    false,
  ],
];

test('without TLS a password is only taken from this machine', async (t) => {
  const { users, prepare } = opened(t);
  await users().create(alice);
  const { identity } = await prepare();
  for (const [what, parts, passes] of plaintext) {
    const expected = passes ? 'cus_1' : ['credential-invalid', 'people: basic-plaintext', [challenge]];
    assert.deepEqual(seen((await identity(right, parts)).outcome), expected, what);
  }
});

test('without a database there is nobody, until there is somebody', async (t) => {
  const { users, prepare, advance } = opened(t);
  const { identity } = await prepare();
  assert.deepEqual(seen((await identity(right)).outcome)?.[1], 'people: user-unknown');
  await users().create(alice);
  advance(5_000);
  assert.equal(seen((await identity(right)).outcome), 'cus_1');
});

test('a database of a newer version keeps the gateway from starting', async (t) => {
  const { folder, prepare } = opened(t);
  const database = openOauthDatabase(folder);
  database.exec('PRAGMA user_version = 99');
  database.close();
  await assert.rejects(prepare(), /written by a newer version/);
});

test('a reload forgets neither who is known nor who has used up attempts', async (t) => {
  const { users, prepare } = opened(t);
  const store = users();
  await store.create(alice);
  await (await prepare()).identity(right);
  const { identity } = await prepare({ anyOf: ['others'] });
  for (let i = 0; i < 10; i++)
    await identity(basic(`alice:guess ${i}`), { clientAddress: `198.51.100.${i}` });
  assert.equal(seen((await identity(right)).outcome), 'cus_1');
  const { outcome } = await identity(right);
  assert.ok(outcome?.kind === 'identified');
  assert.deepEqual([outcome.principal.authenticator, outcome.principal.scopes], ['others', new Set()]);
});

test('scopes are scopes', () => {
  const isTaken = (written: unknown): boolean =>
    authenticatorsSchema.safeParse({ a: { basic: written } }).success;
  for (const written of [{}, { scopes: ['a:b'] }]) assert.equal(isTaken(written), true);
  for (const written of [{ scopes: [] }, { scopes: ['a b'] }, { scopes: ['"'] }, { users: 'x' }, undefined])
    assert.equal(isTaken(written), false, JSON.stringify(written));
});
