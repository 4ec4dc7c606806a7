import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { after, test } from 'node:test';
import { RawConnection, type RawReply } from '../attacks/raw-client.ts';
import { startGateway } from '../harness/gateway.ts';
import { ask, openSession } from '../harness/http2-client.ts';
import { startRawUpstream } from '../harness/raw-upstream.ts';
import { waitFor } from '../harness/wait.ts';

/** Upstreams whose replies are no HTTP, or could be read in two ways: never two requests' replies in one another's place. */

let script = '';
let then: ((socket: Socket) => void) | undefined;
const upstream = await startRawUpstream({ after }, (socket, head) => {
  if (head.startsWith('GET /marker')) {
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nmarker');
    return;
  }
  socket.write(script, 'latin1');
  then?.(socket);
});
const close = (socket: Socket): void => void socket.end();

const gateway = await startGateway(
  { after },
  {
    config: `
listen: { http: { port: 0, plaintext: true }, https: { port: 0, selfSigned: true }, admin: { port: 0 } }
threads: 1
policies: { authentication: none, access-log: { to: { file: access.log } } }
apis: { all: { upstream: { targets: ['${upstream.origin}'], connections: 1, responseTimeout: 1s, idleTimeout: 1s } } }
`,
  },
);
const session = await openSession({ after }, gateway);

const marker = 'GET /marker HTTP/1.1\r\nHost: a\r\n\r\n';

/** Sends a request, and behind it one whose reply is known; the only connection to the upstream carries both. */
async function replies(target: string): Promise<readonly RawReply[]> {
  const connection = new RawConnection(gateway.httpPort);
  connection.write(`POST ${target} HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n`);
  const [reply] = await connection.replies(1);
  connection.write(marker);
  const all = await connection.replies(2);
  connection.close();
  return reply === undefined ? [] : all;
}

const bad: readonly [name: string, script: string, then?: (socket: Socket) => void][] = [
  ['no HTTP', 'SSH-2.0-OpenSSH_9\r\n'],
  ['HTTP/0.9', 'hello\r\n', close],
  ['nothing', '', close],
  ['half a head', 'HTTP/1.1 200 OK\r\nContent-Le', close],
  [
    'a length and chunks',
    'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  ],
  [
    'chunks and a length',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n',
  ],
  ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 0\r\n\r\nhello'],
  ['two lengths that agree', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello'],
  ['a length that is none', 'HTTP/1.1 200 OK\r\nContent-Length: five\r\n\r\nhello'],
  ['a coding that was not asked for', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n'],
  ['a chunk size that is none', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\nhello\r\n'],
  ['an unknown coding', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: xchunked\r\n\r\nhello', close],
  ['a status of 999', 'HTTP/1.1 999 Odd\r\nContent-Length: 0\r\n\r\n'],
  ['a status of 99', 'HTTP/1.1 99 Odd\r\nContent-Length: 0\r\n\r\n'],
  ['a NUL in a field', 'HTTP/1.1 200 OK\r\nX: a\x00b\r\nContent-Length: 0\r\n\r\n'],
  ['a bare CR in a field', 'HTTP/1.1 200 OK\r\nX: a\rSet-Cookie: b=c\r\nContent-Length: 0\r\n\r\n'],
  ['a space before the colon', 'HTTP/1.1 200 OK\r\nContent-Length : 5\r\n\r\nhello'],
  ['a folded line', 'HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 0\r\n\r\n'],
  ['a head of 100,000', `HTTP/1.1 200 OK\r\nX: ${'a'.repeat(100_000)}\r\nContent-Length: 0\r\n\r\n`],
  [
    'a switch that nobody asked for',
    'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n',
  ],
  ['less than it said', 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello', close],
];

for (const [name, bytes, next] of bad) {
  test(`${name}: 502`, async () => {
    script = bytes;
    then = next;
    const [reply, following] = await replies('/bad');
    assert.ok(reply);
    assert.equal(reply.status, 502);
    assert.deepEqual([following?.status, following?.body], [200, 'marker']);
    assert.equal((JSON.parse(reply.body) as { type: string }).type, 'urn:portcullis:problem:upstream-failed');
    const http2 = await ask(session, { ':path': '/bad', ':method': 'POST' });
    assert.equal(http2.status, 502);
  });
}

const good: readonly [
  name: string,
  script: string,
  status: number,
  body: string,
  then?: (socket: Socket) => void,
][] = [
  ['bare', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello', 200, 'hello'],
  ['HTTP/1.0 to its end', 'HTTP/1.0 200 OK\r\n\r\nhello', 200, 'hello', close],
  ['no length, to its end', 'HTTP/1.1 200 OK\r\n\r\nhello', 200, 'hello', close],
  ['no reason', 'HTTP/1.1 200 \r\nContent-Length: 5\r\n\r\nhello', 200, 'hello'],
  ['an unknown status', 'HTTP/1.1 599 Odd\r\nContent-Length: 5\r\n\r\nhello', 599, 'hello'],
  [
    'interim replies',
    'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 102 P\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello',
    200,
    'hello',
  ],
  ['204 with a length', 'HTTP/1.1 204 No\r\nContent-Length: 5\r\n\r\nhello', 204, ''],
  ['304 with chunks', 'HTTP/1.1 304 No\r\nTransfer-Encoding: chunked\r\n\r\n', 304, ''],
  [
    'chunk extensions',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n0\r\n\r\n',
    200,
    'hello',
  ],
  [
    'more than it said',
    'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhelloHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil',
    200,
    'hello',
  ],
];

for (const [name, bytes, status, body, next] of good) {
  test(`${name}: ${status}, and nothing of it in the next reply`, async () => {
    script = bytes;
    then = next;
    const [reply, following] = await replies('/good');
    assert.deepEqual([reply?.status, reply?.body], [status, body]);
    if (status === 204) assert.equal(reply?.fields.has('content-length'), false);
    assert.deepEqual([following?.status, following?.body], [200, 'marker']);
    const http2 = await ask(session, { ':path': '/good', ':method': 'POST' });
    assert.deepEqual([http2.status, http2.body], [status, body]);
    assert.equal((await ask(session, { ':path': '/marker' })).body, 'marker');
  });
}

test('a reply that nobody asked for ends the connection that it comes on', async () => {
  script = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello';
  then = (socket) =>
    void setTimeout(() => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil'), 10);
  for (let i = 0; i < 3; i++) {
    assert.equal((await ask(session, { ':path': '/good' })).body, 'hello');
    await waitFor('the connection to be closed', () => upstream.sockets.size === 0);
    assert.equal((await ask(session, { ':path': '/marker' })).body, 'marker');
  }
});

/** Longer than what is collected before it is passed on. */
const large = 'x'.repeat(70_000);
const broken: readonly [name: string, script: string][] = [
  ['breaks off within its length', `HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n${large}`],
  ['breaks off between chunks', `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n11170\r\n${large}\r\n`],
  [
    'has a chunk size that is none',
    `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n11170\r\n${large}\r\nZZ\r\nhello\r\n`,
  ],
];

for (const [name, bytes] of broken) {
  test(`a reply that ${name} does so for the client`, async () => {
    script = bytes;
    // Later than the turn in which a small reply is complete.
    then = (socket) => void setTimeout(() => socket.end(), 50);
    const connection = new RawConnection(gateway.httpPort);
    connection.write('GET /broken HTTP/1.1\r\nHost: a\r\n\r\n');
    await connection.ended();
    assert.match(connection.received, /^HTTP\/1\.1 200 /);
    assert.deepEqual(await connection.replies(1), [], 'no complete reply');
    connection.close();
    const http2 = await ask(session, { ':path': '/broken' });
    assert.equal(http2.status, 200);
    assert.notEqual(http2.code, 0);
  });
}

test('no thread died of it', async () => {
  assert.equal(await gateway.metric('portcullis_threads_replaced_total'), 0);
});
