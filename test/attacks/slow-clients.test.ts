import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as connectPlain } from 'node:net';
import { after, test } from 'node:test';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { Agent, request } from 'undici';
import { startGateway } from '../harness/gateway.ts';
import { ask, openSession, replyOf } from '../harness/http2-client.ts';
import { startUpstream } from '../harness/upstream.ts';
import { waitFor, within } from '../harness/wait.ts';
import { RawConnection } from './raw-client.ts';

/** Clients that take their time: each is cut off, counted, and harms nobody else. */

const large = Buffer.alloc(64 * 1_048_576);
let unsent = 0;
const upstream = await startUpstream({ after }, (incoming, reply) => {
  incoming.on('error', () => {});
  incoming.resume();
  if (incoming.url !== '/large') {
    incoming.on('end', () => reply.end('ok'));
    return;
  }
  unsent++;
  reply.on('close', () => unsent--);
  reply.end(large);
});

/** Never so many connections that slow bodies could not hold them all. */
const target = `targets: ['${upstream.origin}'], connections: 8`;
const gateway = await startGateway(
  { after },
  {
    config: `
listen:
  http: { port: 0, plaintext: true }
  https: { port: 0, selfSigned: true }
  admin: { port: 0 }
  headTimeout: 1s
  idleTimeout: 2s
threads: 1
policies: { authentication: none, access-log: { to: { file: access.log } } }
apis:
  strict:
    upstream: { ${target}, idleTimeout: 1s }
    policies: { request-limits: { bodyTimeout: 1s, minimumBodyRate: 1000 } }
  patient:
    basePath: /patient
    upstream: { ${target} }
    policies: { request-limits: { bodyTimeout: 60s } }
`,
  },
);
const agent = new Agent({ connections: 4 });
after(() => agent.close());

/** Writes a piece every 50 ms until the connection ends. */
function trickle(connection: RawConnection, piece: string): void {
  const timer = setInterval(() => connection.write(piece), 50);
  connection.socket.on('close', () => clearInterval(timer));
  connection.socket.on('end', () => clearInterval(timer));
}

async function refusedWith408(begin: string, piece?: string): Promise<string> {
  const connection = new RawConnection(gateway.httpPort);
  connection.write(begin);
  if (piece !== undefined) trickle(connection, piece);
  const [reply] = await connection.replies(1);
  assert.equal(reply?.status, 408);
  await connection.ended();
  connection.close();
  return (JSON.parse(reply.body) as { type: string }).type;
}

const heads: readonly [name: string, begin: string, piece?: string][] = [
  ['says nothing', ''],
  ['stops in the request line', 'GET /a HT'],
  ['stops in a field', 'GET /a HTTP/1.1\r\nHost: a\r\nX: b'],
  ['stops before the empty line', 'GET /a HTTP/1.1\r\nHost: a\r\n'],
  ['goes on for ever, a little at a time', 'GET /a HTTP/1.1\r\nHost: a\r\n', 'X: b\r\n'],
  ['sends only empty lines', '', '\r\n'],
];

test('slow heads', { concurrency: true }, async (t) => {
  await Promise.all(
    heads.map(([name, begin, piece]) =>
      t.test(`whoever ${name} is cut off`, async () => {
        assert.equal(await refusedWith408(begin, piece), 'urn:portcullis:problem:header-timeout');
      }),
    ),
  );
});

const post = 'POST /a HTTP/1.1\r\nHost: a\r\n';
const bodies: readonly [name: string, begin: string, piece?: string][] = [
  ['never begins', `${post}Content-Length: 10\r\n\r\n`],
  ['stops', `${post}Content-Length: 10\r\n\r\nhello`],
  ['stops between chunks', `${post}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n`],
  ['stops within a chunk size', `${post}Transfer-Encoding: chunked\r\n\r\n5`],
  ['comes a byte at a time', `${post}Content-Length: 1000\r\n\r\n`, 'x'],
  ['comes a small chunk at a time', `${post}Transfer-Encoding: chunked\r\n\r\n`, '1\r\nx\r\n'],
  ['stops after 100,000', `${post}Content-Length: 200000\r\n\r\n${'x'.repeat(100_000)}`],
  [
    'comes a byte at a time after 100,000',
    `${post}Content-Length: 200000\r\n\r\n${'x'.repeat(100_000)}`,
    'x',
  ],
];

test('slow bodies', { concurrency: true }, async (t) => {
  await Promise.all(
    bodies.map(([name, begin, piece]) =>
      t.test(`a body that ${name} is cut off`, async () => {
        assert.equal(await refusedWith408(begin, piece), 'urn:portcullis:problem:body-timeout');
      }),
    ),
  );
});

test('HTTP/2: a body that stops, or comes a byte at a time, is cut off, and the session goes on', async () => {
  const session = await openSession({ after }, gateway);
  const stopped = session.request({ ':method': 'POST', ':path': '/a' }, { endStream: false });
  stopped.write('hello');
  const slow = session.request({ ':method': 'POST', ':path': '/a' }, { endStream: false });
  const timer = setInterval(() => slow.destroyed || slow.write('x'), 50);
  const replies = await Promise.all([replyOf(stopped), replyOf(slow)]);
  clearInterval(timer);
  assert.deepEqual(
    replies.map((each) => each.status),
    [408, 408],
  );
});

test('all of them were counted', async () => {
  const timeouts = await gateway.metric('portcullis_client_errors_total{code="HEAD_TIMEOUT"}');
  assert.equal(timeouts, heads.length);
  const policy = 'policy="request-limits",problem="body-timeout"';
  const refused = await gateway.metric(`portcullis_refusals_total{api="strict",${policy}}`);
  assert.equal(refused, bodies.length + 2);
});

test('TLS: a handshake that never comes, and heads that never come after one', {
  concurrency: true,
}, async () => {
  const silent = connectPlain({ port: gateway.httpsPort, host: '127.0.0.1' });
  silent.on('error', () => {});
  const secure = (protocol: string): TLSSocket =>
    connectTls({
      port: gateway.httpsPort,
      host: '127.0.0.1',
      ca: gateway.ca(),
      servername: 'localhost',
      ALPNProtocols: [protocol],
    });
  const http1 = secure('http/1.1');
  http1.write('GET / HTT');
  const http2 = secure('h2');
  http2.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
  const half = secure('h2');
  // The frame says 16 bytes, and two come.
  half.write(
    Buffer.concat([
      Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0', 'latin1'),
      Buffer.from([0, 0, 16, 1, 5, 0, 0, 0, 1, 0, 0]),
    ]),
  );
  for (const socket of [http1, http2, half]) socket.on('error', () => {}).resume();
  silent.resume();
  await within(
    'all to be closed',
    Promise.all([silent, http1, http2, half].map((socket) => once(socket, 'close'))),
    15_000,
  );
});

test('idle connections are closed: HTTP/1.1 after a reply, HTTP/2 after one', async () => {
  const connection = new RawConnection(gateway.httpPort);
  connection.write('GET /a HTTP/1.1\r\nHost: a\r\n\r\n');
  assert.equal((await connection.replies(1))[0]?.status, 200);
  const session = await openSession({ after }, gateway);
  assert.equal((await ask(session, { ':path': '/a' })).status, 200);
  const closed = once(session, 'close');
  await connection.ended();
  connection.close();
  await within('the session to end', closed);
});

test('while 64 bodies do not move, an ordinary client succeeds 20 of 20 times', async () => {
  const slow = Array.from({ length: 64 }, (_, i) => {
    const connection = new RawConnection(gateway.httpPort);
    // Some are small enough to be held, none has come far enough to be passed on.
    connection.write(
      `POST /patient/slow-${i} HTTP/1.1\r\nHost: a\r\nContent-Length: ${i % 2 === 0 ? 1_000 : 10_000_000}\r\n\r\n${'x'.repeat(i * 10)}`,
    );
    return connection;
  });
  await waitFor('all to be under way', async () => {
    const { text } = await gateway.askAdmin('/metrics');
    return Number(/^portcullis_requests_in_progress\{[^}]*\} (\d+)$/m.exec(text)?.[1]) >= 64;
  });
  const before = upstream.requests.length;
  for (let i = 0; i < 20; i++) {
    const reply = await within(
      'an ordinary reply',
      request(`${gateway.http}/patient/ok`, { dispatcher: agent }),
      5_000,
    );
    assert.equal(reply.statusCode, 200);
    await reply.body.dump();
    const sent = request(`${gateway.http}/patient/ok`, {
      dispatcher: agent,
      method: 'POST',
      body: 'x'.repeat(1_000),
    });
    const posted = await within('an ordinary reply', sent, 5_000);
    assert.equal(posted.statusCode, 200);
    await posted.body.dump();
  }
  assert.equal(upstream.requests.length, before + 40, 'no slow body reached the upstream');
  for (const each of slow) each.close();
});

test('a client that does not read its reply is cut off, and the upstream let go', async () => {
  const readers = Array.from({ length: 8 }, () => {
    const connection = new RawConnection(gateway.httpPort);
    connection.socket.pause();
    connection.write('GET /large HTTP/1.1\r\nHost: a\r\n\r\n');
    return connection;
  });
  await waitFor('the replies to begin', () => unsent === 8);
  // All connections to the upstream are taken, until those who do not read have lost them.
  const reply = await within(
    'an ordinary reply',
    request(`${gateway.http}/a`, { dispatcher: agent }),
    15_000,
  );
  assert.equal(reply.statusCode, 200);
  await reply.body.dump();
  await waitFor('the upstream to be let go', () => unsent === 0, 15_000);
  const records = await waitFor('the records', () => {
    const found = gateway.accessLog().filter((each) => each['path'] === '/large');
    return found.length === 8 ? found : undefined;
  });
  for (const record of records) assert.equal(record['aborted'], true);
  for (const each of readers) each.close();
});

test('HTTP/2: the same', async () => {
  const session = await openSession({ after }, gateway);
  const streams = Array.from({ length: 8 }, () => session.request({ ':path': '/large' }));
  const replies = streams.map((stream) => {
    stream.on('error', () => {});
    stream.pause();
    return once(stream, 'close');
  });
  await waitFor('the replies to begin', () => unsent === 8);
  await waitFor('the upstream to be let go', () => unsent === 0, 15_000);
  session.destroy();
  await Promise.all(replies);
});

test('an honest client that pauses between requests, or reads slowly but steadily, is left alone', async () => {
  const connection = new RawConnection(gateway.httpPort);
  for (let i = 1; i <= 3; i++) {
    connection.write('GET /a HTTP/1.1\r\nHost: a\r\n\r\n');
    assert.equal((await connection.replies(i)).length, i);
    await new Promise((resolve) => setTimeout(resolve, 700));
  }
  connection.close();
  const reply = await request(`${gateway.http}/large`, { dispatcher: agent });
  let bytes = 0;
  for await (const chunk of reply.body) {
    const before = Math.floor(bytes / 8_000_000);
    bytes += (chunk as Buffer).length;
    if (Math.floor(bytes / 8_000_000) > before) await new Promise((resolve) => setTimeout(resolve, 400));
  }
  assert.equal(bytes, large.length);
});
