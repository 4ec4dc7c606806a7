import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { demoUsers } from '../../examples/bookshop/demo-users.ts';
import { startBookshop } from '../harness/bookshop.ts';
import { curl } from '../harness/curl.ts';
import { type AccessRecord, startGateway } from '../harness/gateway.ts';
import { portcullis } from '../harness/program.ts';
import { startUpstream } from '../harness/upstream.ts';
import { waitFor } from '../harness/wait.ts';

const bookshop = await startBookshop({ after });
const { gateway } = bookshop;

/** All that a client could be harmed with if somebody read the log. */
const secrets: string[] = [demoUsers.alice.password, 'guessed-password-31337', 'session-cookie-4711'];

let asked = 0;

/** Sends one request, with an id to find its record by. */
async function send(...args: readonly string[]): Promise<{ id: string; status: number; body: string }> {
  const id = `access-log-test-${++asked}`;
  const { status, body } = await curl('-H', `x-request-id: ${id}`, ...args);
  return { id, status, body };
}

const token = await bookshop.token('alice');
const made = await portcullis(['key', 'create', '--name', 'test', '--scopes', 'books:read'], {
  cwd: gateway.folder,
});
const key = /^key +(\S+)$/m.exec(made.out)![1]!;
const unknownKey = `${key.slice(0, -4)}AAAA`;
const forged = `${token.slice(0, -8)}AAAAAAAA`;
secrets.push(token, key, unknownKey, forged, ...token.split('.').slice(1), ...forged.split('.').slice(2));

const bearer = `authorization: Bearer ${token}`;
/** Somebody who guesses the secret of a client. */
const wrong = ['-d', 'grant_type=client_credentials&client_id=x&client_secret=guessed-password-31337'];

type Case = readonly [
  what: string,
  status: number,
  refusedBy: string | undefined,
  ...args: readonly string[],
];

const cases: readonly Case[] = [
  ['a public read', 200, undefined, `${gateway.https}/books?limit=1`],
  ['over HTTP/1.1', 200, undefined, '--http1.1', `${gateway.https}/books/1`],
  ['HEAD', 200, undefined, '-I', `${gateway.https}/books/1`],
  ['what the upstream does not find', 404, undefined, `${gateway.https}/books/4040404`],
  ['with a token', 200, undefined, '-H', bearer, `${gateway.https}/search?q=emma`],
  ['with a key', 200, undefined, '-H', `x-api-key: ${key}`, `${gateway.https}/search?q=emma`],
  ['with a cookie', 200, undefined, '-H', 'cookie: session=session-cookie-4711', `${gateway.https}/books`],
  ['a wrong secret', 401, undefined, ...wrong, `${gateway.https}/oauth/token`],
  ['no credential', 401, 'authentication', `${gateway.https}/search?q=emma`],
  [
    'a forged token',
    401,
    'authentication',
    '-H',
    `authorization: Bearer ${forged}`,
    `${gateway.https}/search?q=emma`,
  ],
  [
    'an unknown key',
    401,
    'authentication',
    '-H',
    `x-api-key: ${unknownKey}`,
    `${gateway.https}/search?q=emma`,
  ],
  [
    'two credentials',
    400,
    'authentication',
    '-H',
    bearer,
    '-H',
    `x-api-key: ${key}`,
    `${gateway.https}/search?q=emma`,
  ],
  ['a scope that is missing', 403, 'authorization', '-H', `x-api-key: ${key}`, `${gateway.https}/customers`],
  ['an unknown parameter', 400, 'openapi-validation', `${gateway.https}/books?api_key=${key}`],
  ['a token in the query', 400, 'openapi-validation', `${gateway.https}/books?access_token=${token}`],
  ['a token in the fragment of a path', 404, 'openapi-validation', `${gateway.https}/reset/${token}`],
  ['an unknown path', 404, 'openapi-validation', `${gateway.https}/internal/metrics`],
  ['an unknown method', 405, 'openapi-validation', '-X', 'DELETE', `${gateway.https}/books`],
  ['TRACE', 405, 'http', '-X', 'TRACE', `${gateway.https}/books`],
  ['a path that climbs', 400, 'http', '--path-as-is', `${gateway.https}/books/%2e%2e/internal`],
  [
    'two Authorizations',
    400,
    'http',
    '-H',
    bearer,
    '-H',
    'Authorization: Basic YTpi',
    `${gateway.https}/books`,
  ],
  [
    'an agent that gives its token away',
    200,
    undefined,
    '-A',
    `agent Bearer ${token}`,
    `${gateway.https}/books`,
  ],
];

async function recordsOf(id: string): Promise<AccessRecord[]> {
  await waitFor(`the record of ${id}`, () => gateway.accessLog().some((each) => each['id'] === id));
  return gateway.accessLog().filter((each) => each['id'] === id);
}

for (const [what, status, refusedBy, ...args] of cases) {
  test(`${what} leaves one record`, async () => {
    const reply = await send(...args);
    assert.equal(reply.status, status, reply.body);
    const records = await recordsOf(reply.id);
    assert.equal(records.length, 1);
    const [record] = records as [AccessRecord];
    assert.equal(record['status'], status);
    assert.equal(record['client'], '127.0.0.1');
    assert.match(String(record['time']), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    assert.equal(typeof record['duration'], 'number');
    const refusal = record['refusal'] as { policy: string } | undefined;
    assert.equal(refusal?.policy, refusedBy);
    assert.equal(
      record['upstream'] === undefined,
      refusedBy !== undefined,
      'who was refused was not forwarded',
    );
  });
}

test('a redirect leaves a record', async () => {
  const { id, status } = await send(`http://127.0.0.1:${gateway.httpPort}/books?access_token=${token}`);
  assert.equal(status, 308);
  assert.deepEqual(
    (await recordsOf(id)).map((each) => [each['status'], each['scheme']]),
    [[308, 'http']],
  );
});

test('each of many refusals leaves a record, those of the rate limit too', async () => {
  const ids: string[] = [];
  const statuses: number[] = [];
  for (let i = 0; i < 6; i++) {
    const { id, status } = await send('-H', `x-api-key: ${key}`, `${gateway.https}/books/1/reviews`);
    ids.push(id);
    statuses.push(status);
  }
  assert.equal(statuses.at(-1), 429);
  for (const [i, id] of ids.entries())
    assert.deepEqual(
      (await recordsOf(id)).map((each) => each['status']),
      [statuses[i]],
    );
  const last = (await recordsOf(ids.at(-1)!))[0]!['refusal'] as { policy: string; reason: string };
  assert.deepEqual(last, { policy: 'rate-limit', problem: 'quota-exceeded', reason: 'limit reviews' });
});

test('who it was is in the record, with what, and where it went', async () => {
  const { id } = await send('-H', bearer, `${gateway.https}/search?q=emma`);
  const [record] = (await recordsOf(id)) as [AccessRecord];
  assert.deepEqual((record['principal'] as Record<string, unknown>)['subject'], demoUsers.alice.id);
  assert.equal((record['principal'] as Record<string, unknown>)['authenticator'], 'customers');
  assert.equal(record['api'], 'bookshop');
  assert.equal(record['operation'], 'searchBooks');
  assert.equal(record['method'], 'GET');
  assert.equal(record['path'], '/search');
  assert.equal(record['version'], '2');
  assert.equal((record['upstream'] as Record<string, unknown>)['status'], 200);
});

test('what is no HTTP at all leaves a record when it is refused', async () => {
  const before = gateway.accessLog().length;
  const socket = connect(gateway.httpPort, '127.0.0.1');
  socket.end('GET /books HTTP/1.1\r\nhost: a.example\r\nno field\r\n\r\n');
  const [reply] = (await once(socket, 'data')) as [Buffer];
  assert.match(String(reply), /^HTTP\/1\.1 400 /);
  const record = await waitFor('the record', () => gateway.accessLog()[before]);
  assert.equal((record['refusal'] as Record<string, unknown>)['problem'], 'malformed-request');
});

test('every line is JSON, there is one for each request, and no secret is in the file', async () => {
  const lines = readFileSync(join(gateway.folder, '.portcullis', 'access.log'), 'utf8')
    .trimEnd()
    .split('\n');
  const records = lines.map((line) => JSON.parse(line) as AccessRecord);
  assert.equal(new Set(records.map(({ id }) => id)).size, records.length, 'a request was recorded twice');
  const others = records.filter(({ id }) => !String(id).startsWith('access-log-test-'));
  assert.equal(records.length - others.length, asked);
  // One more has an id of the gateway's own, as what was no HTTP could bring none; so have the steps of the sign-in.
  const steps = others.filter(({ api }) => api === 'oauth-server');
  assert.equal(others.length - steps.length, 1);
  assert.equal(steps.filter(({ operation }) => operation === 'token').length, 1);
  const text = `${lines.join('\n')}\n${gateway.log()}${gateway.output()}`;
  for (const secret of secrets)
    assert.equal(text.includes(secret), false, `${secret.slice(0, 12)}... is in the log`);
});

test('callers who go away, and upstreams that fail, are recorded', async (t) => {
  let begun = false;
  const upstream = await startUpstream(t, () => {
    begun = true;
  });
  const other = await startGateway(t, {
    config: `
listen: { http: { port: 0, plaintext: true } }
threads: 1
policies: { authentication: none, access-log: { to: stdout } }
apis:
  slow: { basePath: /slow, upstream: { targets: ['${upstream.origin}'], responseTimeout: 300ms } }
  gone: { basePath: /gone, upstream: { targets: ['http://127.0.0.1:1'], retries: 0 } }
`,
  });
  const socket = connect(other.httpPort, '127.0.0.1');
  socket.write('GET /slow/a HTTP/1.1\r\nhost: a.example\r\n\r\n');
  await waitFor('the request', () => begun);
  socket.destroy();
  assert.equal((await curl(`${other.http}/slow/b`)).status, 504);
  assert.equal((await curl(`${other.http}/gone/c`)).status, 502);
  assert.equal((await curl(`${other.http}/elsewhere`)).status, 404);
  await waitFor('the records', () => other.accessLog().length === 4);
  const records = new Map(other.accessLog().map((each) => [each['path'], each]));
  assert.equal(records.get('/slow/a')?.['aborted'], true);
  assert.equal(records.get('/slow/b')?.['status'], 504);
  const { upstream: gone } = records.get('/gone/c') as { upstream: Record<string, unknown> };
  assert.equal(gone['error'], 'ECONNREFUSED');
  const { refusal } = records.get('/elsewhere') as { refusal: Record<string, unknown> };
  assert.equal(refusal['problem'], 'api-unknown');
});
