import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { after, test } from 'node:test';
import { Agent, request } from 'undici';
import { jwk, keySet, token } from '../packages/gateway/src/policies/authentication/jwt/testing/issuer.ts';
import { phases } from '../packages/gateway/src/policy.ts';
import { RawConnection } from './attacks/raw-client.ts';
import { type AccessRecord, startGateway } from './harness/gateway.ts';
import { ask, openSession } from './harness/http2-client.ts';
import { startRawUpstream } from './harness/raw-upstream.ts';
import { waitFor } from './harness/wait.ts';

/**
 * What is always true of the gateway, whatever is configured: one test or more for each of the first five
 * invariants (ARCHITECTURE.md). Their details are tested in attacks/ and e2e/.
 */

const upstream = await startRawUpstream({ after }, (socket) => {
  socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
});

/** A policy that has a fault in the phase, and of the kind, that a request asks for. */
function faulty(name: string, onFault: string): string {
  return `
import { z } from '${import.meta.resolve('zod')}';
const phases = ${JSON.stringify(phases)};
const sync = (phase) => (input) => {
  const asked = input.fields.get('x-${name}');
  if (asked === phase) throw new Error('a secret of ${name}');
  if (asked === phase + ' later') return Promise.reject(new Error('a secret of ${name}'));
  return undefined;
};
export const policy = {
  name: '${name}',
  summary: 'Has faults.',
  phase: phases,
  schema: z.strictObject({}),
  problems: [],
  onFault: '${onFault}',
  prepare: () => Object.fromEntries(phases.map((phase) => [phase, sync(phase)])),
};
`;
}

const definition = `
openapi: 3.1.0
info: { title: Orders, version: '1' }
paths:
  /orders/{id}:
    get:
      operationId: getOrder
      parameters: [{ name: id, in: path, required: true, schema: { type: integer } }]
      security: [{ oauth: [orders.read] }]
      responses: { '200': { description: ok } }
    post:
      operationId: changeOrder
      parameters: [{ name: id, in: path, required: true, schema: { type: integer } }]
      security: [{ oauth: [] }]
      requestBody:
        required: true
        content: { application/json: { schema: { type: object, additionalProperties: false } } }
      responses: { '200': { description: ok } }
components:
  securitySchemes:
    oauth: { type: oauth2, flows: { clientCredentials: { tokenUrl: 'https://id.example/token', scopes: { orders.read: '' } } } }
`;

const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const now = Math.floor(Date.now() / 1000);
const claims = { iss: 'https://id.example', aud: 'orders', sub: 'alice', iat: now, exp: now + 600 };
const bearer = token(pair, { alg: 'ES256', typ: 'at+jwt', kid: 'k1' }, { ...claims, scope: 'orders.read' });
const powerless = token(pair, { alg: 'ES256', typ: 'at+jwt', kid: 'k1' }, claims);

const target = `upstream: { targets: ['${upstream.origin}'] }`;
const gateway = await startGateway(
  { after },
  {
    files: {
      'closed.ts': faulty('closed', 'refuse'),
      'open.ts': faulty('open', 'continue'),
      'orders.openapi.yaml': definition,
      'keys.json': keySet(jwk(pair, { kid: 'k1', alg: 'ES256' })),
    },
    config: `
listen: { http: { port: 0, plaintext: true }, https: { port: 0, selfSigned: true }, admin: { port: 0 } }
threads: 1
extensions: [closed.ts, open.ts]
authenticators:
  customers: { jwt: { issuer: 'https://id.example', audience: orders, jwks: keys.json, algorithms: [ES256] } }
  unreachable: { jwt: { issuer: 'https://id.example', audience: orders, jwks: 'http://127.0.0.1:1/keys', algorithms: [ES256] } }
policies: { access-log: { to: { file: access.log } } }
apis:
  anybody:
    basePath: /anybody
    ${target}
    policies: { authentication: none, closed: {}, open: {} }
  orders:
    openapi: ./orders.openapi.yaml
    ${target}
    policies: { authentication: { anyOf: [customers] } }
  unverifiable:
    basePath: /unverifiable
    ${target}
    policies: { authentication: { anyOf: [unreachable] } }
  limited:
    basePath: /limited
    ${target}
    policies: { authentication: none, rate-limit: [{ name: one, by: api, quota: 1, window: 1h }] }
  nobody:
    basePath: /nobody
    upstream: { targets: ['http://127.0.0.1:1'] }
    policies: { authentication: none }
`,
  },
);
const session = await openSession({ after }, gateway);
const agent = new Agent({ connections: 4 });
after(() => agent.close());

interface Got {
  readonly status: number;
  readonly id: string;
  readonly fields: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

interface Asked {
  readonly method?: 'GET' | 'POST' | 'DELETE';
  readonly fields?: Readonly<Record<string, string>>;
  readonly body?: string;
}

async function get(path: string, { method = 'GET', fields = {}, body }: Asked = {}): Promise<Got> {
  const reply = await request(`${gateway.http}${path}`, {
    dispatcher: agent,
    method,
    headers: fields,
    ...(body !== undefined && { body }),
  });
  const id = String(reply.headers['x-request-id']);
  return { status: reply.statusCode, id, fields: reply.headers, text: await reply.body.text() };
}

function recordOf(id: string): Promise<AccessRecord> {
  return waitFor(`the record of ${id}`, () => gateway.accessLog().find((each) => each['id'] === id));
}

// 1. Nothing reaches an upstream that was not parsed strictly: one framing, one Host, one path. What is forwarded is
// re-serialised from the parsed form, never passed through as bytes.

test('invariant 1: what the upstream gets is written anew from what was understood', async () => {
  const before = upstream.heads.length;
  const connection = new RawConnection(gateway.httpPort);
  connection.write(
    '\r\nPOST http://API.example./anybody/%7Ea?q=<b> HTTP/1.1\r\nhOsT:   api.EXAMPLE\r\nX-CASE:  \tKept \r\n' +
      'Transfer-Encoding: Chunked\r\nX-Request-Id: one\r\n\r\n00002;x="y"\r\nhi\r\n0;z\r\nX-Trailer: t\r\n\r\n',
  );
  assert.equal((await connection.replies(1))[0]?.status, 200);
  connection.close();
  const [line, ...fields] = upstream.heads[before]!.split('\r\n');
  assert.equal(line, 'POST /anybody/~a?q=%3Cb%3E HTTP/1.1');
  assert.deepEqual(
    fields.filter((each) => !each.startsWith('traceparent')),
    [
      `host: 127.0.0.1:${upstream.port}`,
      'x-case: Kept',
      'x-request-id: one',
      'forwarded: for=127.0.0.1;proto=http;host=api.example',
      'x-forwarded-for: 127.0.0.1',
      'x-forwarded-proto: http',
      'x-forwarded-host: api.example',
      'content-length: 2',
    ],
  );
});

test('invariant 1: two readings of a request, and nothing is forwarded', async () => {
  const before = upstream.heads.length;
  for (const bytes of [
    'POST /anybody HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    'GET /anybody HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n',
    'GET http://b/anybody HTTP/1.1\r\nHost: a\r\n\r\n',
    'GET /anybody/..;/orders/1 HTTP/1.1\r\nHost: a\r\n\r\n',
  ]) {
    const connection = new RawConnection(gateway.httpPort);
    connection.write(bytes);
    assert.equal((await connection.replies(1))[0]?.status, 400);
    await connection.ended();
    connection.close();
  }
  assert.equal(upstream.heads.length, before);
});

// 2. A fault in a policy (exception, missing key set) has a declared outcome per policy, and the security policies
// refuse.

const waiting = phases.filter((phase) => !['response', 'reply', 'record'].includes(phase));
const faults = [...phases, ...waiting.map((phase) => `${phase} later`)];

for (const fault of faults.filter((each) => each !== 'record')) {
  test(`invariant 2: a fault in ${fault} of a policy that refuses on faults`, async () => {
    const before = upstream.heads.length;
    const { status, id, text } = await get('/anybody/x', { fields: { 'x-closed': fault } });
    assert.equal(status, 500);
    assert.equal((JSON.parse(text) as { type: string }).type, 'urn:portcullis:problem:policy-fault');
    assert.doesNotMatch(text, /secret|closed/);
    assert.equal(upstream.heads.length - before, fault === 'response' || fault === 'reply' ? 1 : 0);
    const record = await recordOf(id);
    assert.equal(record['status'], 500);
    assert.equal((record['refusal'] as { problem: string }).problem, 'policy-fault');
    assert.match(JSON.stringify(record['refusal']), /"closed"/);
    await waitFor('the operator to be told', () => gateway.log().includes(id));
  });

  test(`invariant 2: a fault in ${fault} of a policy that continues on faults`, async () => {
    const { status, id, text } = await get('/anybody/x', { fields: { 'x-open': fault } });
    assert.deepEqual([status, text], [200, 'ok']);
    const record = await recordOf(id);
    assert.deepEqual(record['observed'], [{ policy: 'open', problem: 'policy-fault', reason: 'open' }]);
    assert.equal(record['refusal'], undefined);
  });
}

test('invariant 2: a fault in record changes nothing, and the other records are made', async () => {
  for (const name of ['closed', 'open']) {
    const { status, id } = await get('/anybody/x', { fields: { [`x-${name}`]: 'record' } });
    assert.equal(status, 200);
    assert.equal((await recordOf(id))['status'], 200);
    await waitFor('the fault in the log', () => gateway.log().includes(`fault in ${name}, request ${id}`));
  }
});

test('invariant 2: without a key set nobody is let in', async () => {
  const before = upstream.heads.length;
  const { status, fields } = await get('/unverifiable/x', { fields: { authorization: `Bearer ${bearer}` } });
  assert.equal(status, 503);
  assert.ok(fields['retry-after']);
  assert.equal(upstream.heads.length, before);
});

test('invariant 2: no thread was replaced for a fault', async () => {
  assert.match((await gateway.askAdmin('/metrics')).text, /^portcullis_threads_replaced_total 0$/m);
});

// 3. Identity fields that a client sends never reach an upstream, in any case or with underscores.

const identity = [
  'x-user',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-real-ip',
  'forwarded',
  'x-client-cert',
  'x-consumer-id',
  'remote-user',
];
const spellings: readonly ((name: string) => string)[] = [
  (name) => name,
  (name) => name.toUpperCase(),
  (name) => name.replaceAll('-', '_'),
  (name) => name.replaceAll('-', '.'),
  (name) => name.replace('-', '_').toUpperCase(),
];

test('invariant 3: who a client says it is, the upstream does not hear', async () => {
  const before = upstream.heads.length;
  const names = identity.flatMap((name) => spellings.map((spell) => spell(name)));
  const connection = new RawConnection(gateway.httpPort);
  connection.write(
    `GET /anybody HTTP/1.1\r\nHost: a\r\n${names.map((name) => `${name}: spoofed\r\n`).join('')}\r\n`,
  );
  assert.equal((await connection.replies(1))[0]?.status, 200);
  connection.close();
  const lower = [...new Set(names.map((name) => name.toLowerCase()))];
  await ask(session, { ':path': '/anybody', ...Object.fromEntries(lower.map((name) => [name, 'spoofed'])) });
  const heads = upstream.heads.slice(before);
  assert.equal(heads.length, 2);
  for (const head of heads) {
    assert.doesNotMatch(head, /spoofed/);
    assert.match(head, /^x-forwarded-for: 127\.0\.0\.1\r$/m);
  }
});

// 4. A refusal is an RFC 9457 problem with a stable type, the request id and nothing internal; 401 and 403 carry RFC
// 6750 challenges; 429 and 503 carry Retry-After.

const authorized = { authorization: `Bearer ${bearer}` };
const json = { ...authorized, 'content-type': 'application/json' };
const refusals: readonly [status: number, problem: string, path: string, asked?: Asked][] = [
  [400, 'malformed-target', '/anybody//x'],
  [400, 'parameters-invalid', '/orders/one', { fields: authorized }],
  [400, 'body-invalid', '/orders/1', { method: 'POST', fields: json, body: '{"a":1}' }],
  [401, 'credential-missing', '/orders/1'],
  [401, 'credential-invalid', '/orders/1', { fields: { authorization: 'Bearer e30.e30.e30' } }],
  [403, 'scope-insufficient', '/orders/1', { fields: { authorization: `Bearer ${powerless}` } }],
  [404, 'path-unknown', '/order/1', { fields: authorized }],
  [405, 'method-unknown', '/orders/1', { method: 'DELETE', fields: authorized }],
  [413, 'body-too-large', '/orders/1', { method: 'POST', fields: json, body: `"${'x'.repeat(2_000_000)}"` }],
  [
    415,
    'media-type-unsupported',
    '/orders/1',
    { method: 'POST', fields: { ...json, 'content-type': 'text/plain' }, body: 'x' },
  ],
  [417, 'expectation-failed', '/anybody', { fields: { expect: 'x' } }],
  [429, 'quota-exceeded', '/limited'],
  [502, 'upstream-unreachable', '/nobody'],
  [503, 'credential-unverifiable', '/unverifiable', { fields: authorized }],
];

/** Over a connection of its own, as undici does not send every request. */
async function refuse(
  path: string,
  { method = 'GET', fields = {}, body = '' }: Asked,
): Promise<{ status: number; fields: ReadonlyMap<string, string>; text: string }> {
  const lines = Object.entries({ ...fields, ...(body !== '' && { 'content-length': String(body.length) }) });
  const connection = new RawConnection(gateway.httpPort);
  connection.write(
    `${method} ${path} HTTP/1.1\r\nHost: a\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`,
  );
  const [reply] = await connection.replies(1);
  connection.close();
  assert.ok(reply);
  return { status: reply.status, fields: reply.fields, text: reply.body };
}

for (const [status, problem, path, asked = {}] of refusals) {
  test(`invariant 4: ${status} ${problem}`, async () => {
    if (status === 429) await refuse(path, asked);
    const got = await refuse(path, asked);
    assert.equal(got.status, status, got.text);
    assert.equal(got.fields.get('content-type'), 'application/problem+json');
    const document = JSON.parse(got.text) as Record<string, unknown>;
    assert.equal(document['type'], `urn:portcullis:problem:${problem}`);
    assert.equal(document['status'], status);
    assert.equal(document['requestId'], got.fields.get('x-request-id'));
    for (const member of ['title', 'detail', 'remedy'])
      assert.equal(typeof document[member], 'string', member);
    const head = [...got.fields].join('\n');
    for (const internal of [
      String(upstream.port),
      '127.0.0.1',
      gateway.folder,
      'keys.json',
      'node_modules',
      '.ts:',
      'Error:',
    ]) {
      assert.ok(!got.text.includes(internal) && !head.includes(internal), internal);
    }
    const challenge = got.fields.get('www-authenticate');
    if (status === 401)
      assert.match(
        challenge ?? '',
        problem === 'credential-missing' ? /^Bearer/ : /^Bearer .*error="invalid_token"/,
      );
    if (status === 403) assert.match(challenge ?? '', /error="insufficient_scope".*scope="orders\.read"/);
    if (status === 405) assert.match(got.fields.get('allow') ?? '', /GET/);
    if (status === 429 || status === 503) assert.match(got.fields.get('retry-after') ?? '', /^\d+$/);
  });
}

// 5. Every request and every refusal leaves a record, with who, what, which policy, which rule, how long; no secret,
// token or password in it.

test('invariant 5: a request leaves a record', async () => {
  const { status, id } = await get('/orders/17?', { fields: { ...authorized, 'user-agent': 'test/1' } });
  assert.equal(status, 200);
  const record = await recordOf(id);
  assert.equal(record['method'], 'GET');
  assert.equal(record['path'], '/orders/17');
  assert.equal(record['api'], 'orders');
  assert.equal(record['operation'], 'getOrder');
  assert.equal(record['status'], 200);
  assert.equal(record['client'], '127.0.0.1');
  assert.deepEqual(record['principal'], { authenticator: 'customers', subject: 'alice' });
  assert.equal((record['upstream'] as { status: number }).status, 200);
  assert.equal(typeof record['duration'], 'number');
  assert.match(String(record['traceId']), /^[0-9a-f]{32}$/);
});

for (const [status, problem, path, asked = {}] of refusals) {
  test(`invariant 5: so does ${status} ${problem}`, async () => {
    const got = await refuse(path, asked);
    const record = await recordOf(got.fields.get('x-request-id') ?? '');
    assert.equal(record['status'], status);
    const refusal = record['refusal'] as { policy: string; problem: string; reason?: string };
    assert.equal(refusal.problem, problem);
    assert.match(refusal.policy, /^[a-z-]+$/);
  });
}

test('invariant 5: a request that never became one', async () => {
  const connection = new RawConnection(gateway.httpPort);
  connection.write('NONSENSE\r\n\r\n');
  const [reply] = await connection.replies(1);
  connection.close();
  assert.equal((await recordOf(reply?.fields.get('x-request-id') ?? ''))['status'], 400);
});

test('invariant 5: no secret is in any record, nor in the log', async () => {
  const { id } = await get('/anybody/x?access_token=s3cret-1&password=s3cret-2&api_key=s3cret-3&q=ok', {
    fields: {
      authorization: `Bearer ${bearer}`,
      cookie: 'session=s3cret-4',
      'x-api-key': 's3cret-5',
      'proxy-authorization': 'Basic czNjcmV0',
      'user-agent': `x Bearer ${bearer}`,
      'x-open': 'head',
    },
  });
  await get('/orders/1', { fields: { authorization: `Bearer ${bearer.slice(0, -4)}AAAA` } });
  await recordOf(id);
  const all = JSON.stringify(gateway.accessLog()) + gateway.log();
  assert.doesNotMatch(all, /s3cret|czNjcmV0/);
  for (const each of [bearer, powerless]) assert.ok(!all.includes(each.slice(0, 40)), 'a token');
});
