import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, test } from 'node:test';
import { Agent, request } from 'undici';
import { startGateway } from '../harness/gateway.ts';
import { startRawUpstream } from '../harness/raw-upstream.ts';
import { listenOn, startUpstream } from '../harness/upstream.ts';
import { waitFor, within } from '../harness/wait.ts';

/** Several targets, targets that fail in every way, and what is repeated. */

const one = await startUpstream({ after }, (_, reply) => reply.end('one'));
const two = await startUpstream({ after }, (_, reply) => reply.end('two'));

/** Holds each request until it is told to answer. */
const held: (() => void)[] = [];
const busy = await startUpstream({ after }, (_, reply) => {
  held.push(() => reply.end('busy'));
});

/** Ports at which nobody listens. */
async function deadPort(): Promise<number> {
  const server = createServer();
  const port = await listenOn(server, 0);
  server.close();
  return port;
}
const dead = `http://127.0.0.1:${await deadPort()}`;

/** Takes the request and closes without a reply. */
const closing = await startRawUpstream({ after }, (socket) => socket.destroy());
/** Replies to the first request of a connection, and closes upon the second, as a server does that was just about to. */
const keptAlive = await startRawUpstream({ after }, (socket, _, count) => {
  if (count % 2 === 1) socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok');
  else socket.destroy();
});
const silent = await startRawUpstream({ after }, () => {});
const stalling = await startRawUpstream({ after }, (socket, head) => {
  const length = head.includes('/small') ? 10 : 1_000_000;
  socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${length}\r\n\r\nhello`);
});

function api(name: string, upstream: string): string {
  return `  ${name}: { basePath: /${name}, upstream: { ${upstream} } }\n`;
}

const gateway = await startGateway(
  { after },
  {
    config: `
listen: { http: { port: 0, plaintext: true }, admin: { port: 0 } }
threads: 1
policies: { authentication: none, access-log: { to: { file: access.log } } }
apis:
${[
  api('robin', `targets: ['${one.origin}', '${two.origin}']`),
  api('least', `targets: ['${busy.origin}', '${two.origin}'], balance: least-pending`),
  api('half', `targets: ['${dead}', '${one.origin}']`),
  api('dead', `targets: ['${dead}']`),
  api('closing', `targets: ['${closing.origin}']`),
  api('kept', `targets: ['${keptAlive.origin}'], connections: 1`),
  api('silent', `targets: ['${silent.origin}'], responseTimeout: 500ms`),
  api('stalling', `targets: ['${stalling.origin}'], idleTimeout: 500ms`),
  api('nowhere', `targets: ['http://upstream.invalid:80']`),
  api('handshake', `targets: ['https://127.0.0.1:${silent.port}'], connectTimeout: 300ms, retries: 0`),
].join('')}
`,
  },
);

const agent = new Agent({ connections: 8 });
after(() => agent.close());

interface Got {
  readonly status: number;
  readonly text: string;
  readonly problem: string | undefined;
}

async function get(path: string, method: 'GET' | 'POST' | 'PUT' = 'GET', body?: string): Promise<Got> {
  const reply = await request(`${gateway.http}${path}`, {
    dispatcher: agent,
    method,
    ...(body !== undefined && { body }),
  });
  const text = await reply.body.text();
  const isProblem = reply.headers['content-type'] === 'application/problem+json';
  const problem = isProblem ? (JSON.parse(text) as { type: string }).type.split(':').at(-1) : undefined;
  return { status: reply.statusCode, text, problem };
}

async function recordOf(path: string): Promise<Record<string, unknown>> {
  return waitFor(`the record of ${path}`, () => gateway.accessLog().find((each) => each['path'] === path));
}

test('round robin: each in its turn', async () => {
  const got: string[] = [];
  for (let i = 0; i < 6; i++) got.push((await get('/robin')).text);
  assert.deepEqual(got.slice(2), got.slice(0, 4));
  assert.notEqual(got[0], got[1]);
});

test('least pending: who is busy gets no more', async () => {
  // The first may go to either; those after it avoid the target that has one open.
  const first = get('/least');
  const second = get('/least');
  await waitFor('the busy target to have a request', () => held.length > 0);
  for (let i = 0; i < 10; i++) assert.equal((await get('/least')).text, 'two');
  assert.equal(held.length, 1);
  held[0]!();
  assert.deepEqual(new Set([(await first).text, (await second).text]), new Set(['busy', 'two']));
});

test('one target down: no request fails, whatever its method', async () => {
  for (let i = 0; i < 10; i++) {
    assert.equal((await get('/half')).text, 'one');
    assert.equal((await get('/half', 'POST', 'x')).text, 'one');
  }
});

test('nobody there: 502, and the record says why', async () => {
  const { status, problem } = await get('/dead/a');
  assert.deepEqual([status, problem], [502, 'upstream-unreachable']);
  const record = await recordOf('/dead/a');
  assert.deepEqual(record['upstream'], {
    ...(record['upstream'] as object),
    target: dead,
    attempts: 2,
    error: 'ECONNREFUSED',
  });
});

test('a POST that was sent is not sent again', async () => {
  const { status, problem } = await get('/closing/post', 'POST', 'x');
  assert.deepEqual([status, problem], [502, 'upstream-failed']);
  assert.equal(closing.heads.filter((each) => each.startsWith('POST /closing/post ')).length, 1);
});

test('a PUT that was sent is not sent again either', async () => {
  assert.equal((await get('/closing/put', 'PUT', 'x')).status, 502);
  assert.equal(closing.heads.filter((each) => each.startsWith('PUT /closing/put ')).length, 1);
});

test('a GET that was sent is sent once more', async () => {
  assert.equal((await get('/closing/get')).status, 502);
  assert.equal(closing.heads.filter((each) => each.startsWith('GET /closing/get ')).length, 2);
});

test('a GET on a connection that the server was about to close does not fail', async () => {
  for (let i = 0; i < 4; i++) assert.equal((await get('/kept')).text, 'ok');
  assert.ok(keptAlive.heads.length > 4, 'some were repeated');
});

test('no head in time: 504, and the upstream is left', async () => {
  const { status, problem } = await get('/silent/a');
  assert.deepEqual([status, problem], [504, 'upstream-timeout']);
  assert.equal(silent.heads.length, 1, 'it is slow enough already');
  await waitFor('the connection to be closed', () => silent.sockets.size === 0);
});

test('a small reply that stalls: 504, as nothing was passed on yet', async () => {
  const { status, problem } = await get('/stalling/small');
  assert.deepEqual([status, problem], [504, 'upstream-timeout']);
});

test('a large reply that stalls is broken off, so that the client can tell', async () => {
  await assert.rejects(get('/stalling/large'));
  const record = await recordOf('/stalling/large');
  assert.equal(record['status'], 200);
  assert.equal(record['aborted'], true);
});

test('a name that nobody has: 502', async () => {
  const { status, problem } = await get('/nowhere/a');
  assert.deepEqual([status, problem], [502, 'upstream-unreachable']);
});

test('no connection in time, as nobody answers the handshake: 502', async () => {
  const { status, problem } = await get('/handshake/a');
  assert.deepEqual([status, problem], [502, 'upstream-unreachable']);
  const { error } = (await recordOf('/handshake/a'))['upstream'] as { error: string };
  assert.equal(error, 'CONNECT_TIMEOUT');
});

test('a client that leaves before the reply ends the request of the upstream', async () => {
  const before = silent.heads.length;
  const leaving = new AbortController();
  const gone = request(`${gateway.http}/silent/left`, { dispatcher: agent, signal: leaving.signal });
  gone.catch(() => {});
  await waitFor('the request to arrive', () => silent.heads.length > before);
  leaving.abort();
  await assert.rejects(gone);
  await within(
    'the upstream to be left',
    waitFor('no connection', () => silent.sockets.size === 0),
  );
  const record = await recordOf('/silent/left');
  assert.equal(record['aborted'], true);
});

test('failures are counted by their code', async () => {
  assert.ok((await gateway.metric('portcullis_upstream_errors_total{api="dead",code="ECONNREFUSED"}')) > 0);
  assert.ok(
    (await gateway.metric('portcullis_upstream_errors_total{api="silent",code="RESPONSE_TIMEOUT"}')) > 0,
  );
});
