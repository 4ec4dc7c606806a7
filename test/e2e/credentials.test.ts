import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { test } from 'node:test';
import {
  jwk,
  type KeyPair,
  keySet,
  token,
} from '../../packages/gateway/src/policies/authentication/jwt/testing/issuer.ts';
import { type CurlReply, curl } from '../harness/curl.ts';
import { type GatewayUnderTest, startGateway } from '../harness/gateway.ts';
import type { Owner } from '../harness/owner.ts';
import { portcullis } from '../harness/program.ts';
import { listenOn, startUpstream } from '../harness/upstream.ts';
import { waitFor } from '../harness/wait.ts';

const issuer = 'https://id.example';

function newPair(): KeyPair {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' });
}

function tokenFor(pair: KeyPair, kid: string, more: Readonly<Record<string, unknown>> = {}): string {
  const now = Math.floor(Date.now() / 1000);
  const claims = { iss: issuer, aud: 'orders', sub: 'alice', iat: now, exp: now + 600, ...more };
  return token(pair, { alg: 'ES256', typ: 'at+jwt', kid }, claims);
}

interface Issuer {
  readonly server: Server;
  port: number;
  keys: string;
  /** When it was asked last; performance.now(). */
  askedAt: number;
  asked: number;
}

async function startIssuer(owner: Owner, keys: string, port = 0): Promise<Issuer> {
  const server = createServer((_, reply) => {
    state.asked++;
    state.askedAt = performance.now();
    reply.setHeader('content-type', 'application/jwk-set+json');
    reply.end(state.keys);
  });
  const state: Issuer = { server, port: 0, keys, asked: 0, askedAt: 0 };
  state.port = await listenOn(server, port);
  owner.after(() => stopIssuer(state));
  return state;
}

function stopIssuer({ server }: Issuer): void {
  server.close();
  server.closeAllConnections();
}

const refresh = 1_000;

function config(origin: string, jwksPort: number): string {
  return `
listen: { http: { port: 0, plaintext: true }, admin: { port: 0 } }
threads: 1
authenticators:
  people:
    jwt:
      issuer: ${issuer}
      audience: orders
      jwks: http://127.0.0.1:${jwksPort}/keys
      algorithms: [ES256]
      refresh: ${refresh}ms
  machines: { apiKey: {} }
policies:
  authentication: { anyOf: [people, machines] }
  authorization: { undeclared: authenticated }
  access-log: { to: { file: access.log } }
apis: { orders: { upstream: { targets: ['${origin}'] } } }
`;
}

function withToken(gateway: GatewayUnderTest, text: string): Promise<CurlReply> {
  return curl('-H', `authorization: Bearer ${text}`, `${gateway.http}/`);
}

function withKey(gateway: GatewayUnderTest, text: string): Promise<CurlReply> {
  return curl('-H', `x-api-key: ${text}`, `${gateway.http}/`);
}

test('a token of a key that the issuer only now uses is accepted with the first request', async (t) => {
  const [first, second] = [newPair(), newPair()];
  const keys = await startIssuer(t, keySet(jwk(first, { kid: 'one' })));
  const upstream = await startUpstream(t);
  const gateway = await startGateway(t, { config: config(upstream.origin, keys.port) });
  assert.equal((await withToken(gateway, tokenFor(first, 'one'))).status, 200);
  assert.equal(
    (await withToken(gateway, tokenFor(second, 'one'))).status,
    401,
    'the signature counts, not the kid',
  );

  keys.keys = keySet(jwk(first, { kid: 'one' }), jwk(second, { kid: 'two' }));
  // The issuer is not asked more often than this, whatever clients send.
  await waitFor('the keys to be due', () => performance.now() - keys.askedAt > refresh + 50);
  assert.equal((await withToken(gateway, tokenFor(second, 'two'))).status, 200);
  assert.equal((await withToken(gateway, tokenFor(first, 'one'))).status, 200);

  // Withdrawn, a key is good for nothing any more, though the token was known.
  keys.keys = keySet(jwk(second, { kid: 'two' }));
  await waitFor(
    'the first key to be refused',
    async () => (await withToken(gateway, tokenFor(first, 'one'))).status === 401,
  );
  assert.equal((await withToken(gateway, tokenFor(second, 'two'))).status, 200);
});

test('made-up kids do not make the gateway ask the issuer again and again', async (t) => {
  const pair = newPair();
  const keys = await startIssuer(t, keySet(jwk(pair, { kid: 'one' })));
  const upstream = await startUpstream(t);
  const gateway = await startGateway(t, {
    config: config(upstream.origin, keys.port).replace(`${refresh}ms`, '10m'),
  });
  assert.equal((await withToken(gateway, tokenFor(pair, 'one'))).status, 200);
  const asked = keys.asked;
  for (let i = 0; i < 10; i++)
    assert.equal((await withToken(gateway, tokenFor(newPair(), `made-up-${i}`))).status, 401);
  assert.ok(keys.asked <= asked + 1, `asked ${keys.asked - asked} times`);
});

test('while the issuer is down from the start tokens are answered with 503, and then it recovers', async (t) => {
  const pair = newPair();
  const gone = await startIssuer(t, '');
  stopIssuer(gone);
  const upstream = await startUpstream(t);
  const gateway = await startGateway(t, { config: config(upstream.origin, gone.port) });
  const refused = await withToken(gateway, tokenFor(pair, 'one'));
  assert.equal(refused.status, 503);
  assert.match(refused.fields.get('retry-after') ?? '', /^\d+$/);
  assert.match(refused.body, /credential-unverifiable/);
  assert.equal(upstream.requests.length, 0);
  await waitFor('the warning', () =>
    /keys of http:\/\/127\.0\.0\.1:\d+\/keys cannot be read/.test(gateway.log()),
  );

  await startIssuer(t, keySet(jwk(pair, { kid: 'one' })), gone.port);
  await waitFor(
    'it to recover',
    async () => (await withToken(gateway, tokenFor(pair, 'one'))).status === 200,
  );
  assert.match(gateway.log(), /can be read again/);
});

const badTokens: readonly (readonly [what: string, make: (pair: KeyPair) => string])[] = [
  ['that is expired', (pair) => tokenFor(pair, 'one', { exp: Math.floor(Date.now() / 1000) - 3600 })],
  ['for another audience', (pair) => tokenFor(pair, 'one', { aud: 'billing' })],
  ['of another issuer', (pair) => tokenFor(pair, 'one', { iss: 'https://evil.example' })],
  [
    'that is not signed',
    (pair) => {
      const [, claims] = tokenFor(pair, 'one').split('.');
      return `${Buffer.from('{"alg":"none"}').toString('base64url')}.${claims}.`;
    },
  ],
  [
    'whose claims were changed',
    (pair) => {
      const [header, claims, signature] = tokenFor(pair, 'one').split('.');
      const changed = JSON.parse(Buffer.from(claims!, 'base64url').toString()) as Record<string, unknown>;
      const payload = Buffer.from(JSON.stringify({ ...changed, sub: 'admin' })).toString('base64url');
      return `${header}.${payload}.${signature}`;
    },
  ],
];

test('tokens that are not right are 401 with a challenge, and reach no upstream', async (t) => {
  const pair = newPair();
  const keys = await startIssuer(t, keySet(jwk(pair, { kid: 'one' })));
  const upstream = await startUpstream(t);
  const gateway = await startGateway(t, { config: config(upstream.origin, keys.port) });
  for (const [what, make] of badTokens) {
    const reply = await withToken(gateway, make(pair));
    assert.equal(reply.status, 401, what);
    assert.match(reply.fields.get('www-authenticate') ?? '', /^Bearer .*error="invalid_token"/, what);
  }
  assert.equal(upstream.requests.length, 0);
});

test('API keys made and revoked by the CLI count in the gateway that runs', async (t) => {
  const keys = await startIssuer(t, keySet());
  const upstream = await startUpstream(t);
  const gateway = await startGateway(t, { config: config(upstream.origin, keys.port) });
  const run = (...args: string[]) => portcullis(['key', ...args], { cwd: gateway.folder });

  const created = await run('create', '--name', 'partner of the test', '--subject', 'acme');
  assert.equal(created.code, 0, created.err);
  const id = /^id +(\S+)$/m.exec(created.out)![1]!;
  const key = /^key +(\S+)$/m.exec(created.out)![1]!;
  const reply = await withKey(gateway, key);
  assert.equal(reply.status, 200, reply.body);
  assert.equal((await withKey(gateway, `${key.slice(0, -1)}${key.endsWith('A') ? 'B' : 'A'}`)).status, 401);
  assert.equal((await curl(`${gateway.http}/`)).status, 401);

  const list = await run('list');
  assert.match(list.out, /partner of the test/);
  assert.equal(list.out.includes(key), false);

  const other = /^key +(\S+)$/m.exec((await run('create', '--name', 'another')).out)![1]!;
  const revoked = await run('revoke', id);
  assert.equal(revoked.code, 0, revoked.err);
  await waitFor('the key to be refused', async () => (await withKey(gateway, key)).status === 401, 8_000);
  assert.equal((await withKey(gateway, other)).status, 200);

  // What was recorded says who it was, and not with which key.
  await waitFor('the records', () => gateway.accessLog().some(({ status }) => status === 200));
  const known = gateway.accessLog().find(({ status }) => status === 200)!;
  assert.deepEqual(known['principal'], { authenticator: 'machines', subject: 'acme', client: id });
  assert.equal(JSON.stringify(gateway.accessLog()).includes(key), false);
});

test('where two credentials are needed together, neither is enough, and the first says who calls', async (t) => {
  const pair = newPair();
  const keys = await startIssuer(t, keySet(jwk(pair, { kid: 'one' })));
  const upstream = await startUpstream(t);
  const gateway = await startGateway(t, {
    config: config(upstream.origin, keys.port)
      .replace('anyOf: [people, machines]', 'allOf: [people, machines]')
      .replace('undeclared: authenticated', 'scopes: [orders]')
      .replace('orders: {', 'orders: { openapi: api.yaml,'),
    files: { 'api.yaml': bothNeeded },
  });
  const made = await portcullis(['key', 'create', '--name', 'app', '--scopes', 'orders'], {
    cwd: gateway.folder,
  });
  const key = ['-H', `x-api-key: ${/^key +(\S+)$/m.exec(made.out)![1]}`];
  const bearer = (more: Readonly<Record<string, unknown>> = {}): string[] => [
    '-H',
    `authorization: Bearer ${tokenFor(pair, 'one', more)}`,
  ];
  const scoped = bearer({ scope: 'orders' });
  const ask = (...args: readonly string[]): Promise<CurlReply> => curl(...args, `${gateway.http}/`);

  assert.equal((await ask(...scoped, ...key)).status, 200);
  const record = await waitFor('the record', () => gateway.accessLog()[0]);
  assert.equal((record['principal'] as Record<string, unknown>)['subject'], 'alice');
  assert.match(JSON.stringify(record['also'] ?? record['notes']), /machines k_/);

  for (const [what, args] of [
    ['no credential', []],
    ['the token alone', scoped],
    ['the key alone', key],
    ['a bad key', [...scoped, '-H', `x-api-key: pck_${'0'.repeat(28)}`]],
    ['a bad token', ['-H', 'authorization: Bearer a.b.c', ...key]],
  ] as const)
    assert.equal((await ask(...args)).status, 401, what);
  assert.equal((await ask(...bearer(), ...key)).status, 403, 'scopes of the key do not count');
  assert.equal(upstream.requests.length, 1);
});

const bothNeeded = `
openapi: 3.1.0
info: { title: t, version: '1' }
components:
  securitySchemes:
    people: { type: http, scheme: bearer }
    app: { type: apiKey, in: header, name: x-api-key }
security: [{ people: [], app: [] }]
paths: { /: { get: { responses: { '200': { description: ok } } } } }
`;
