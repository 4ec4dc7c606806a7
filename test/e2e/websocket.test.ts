import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Duplex } from 'node:stream';
import { after, test } from 'node:test';
import { WebSocket, WebSocketServer } from 'ws';
import { RawConnection } from '../attacks/raw-client.ts';
import { startGateway } from '../harness/gateway.ts';
import { ask, openSession } from '../harness/http2-client.ts';
import { listenOn } from '../harness/upstream.ts';
import { waitFor, within } from '../harness/wait.ts';

/** WebSocket through the gateway, over HTTP/1.1 (RFC 6455) and over HTTP/2 (RFC 8441). */

const server = createServer((_, reply) => reply.writeHead(404).end('no such page'));
const sockets = new WebSocketServer({ noServer: true });
/** What happens at the upstream: `open`, `close CODE REASON`. */
const upstreamEvents = new EventEmitter();
/** More than what fits into buffers on the way. */
const burst = 32 * 1_048_576;
let opened = 0;
let openNow = 0;
let lastHandshake: IncomingMessage | undefined;

server.on('upgrade', (request, socket: Duplex, head) => {
  lastHandshake = request;
  if (request.url === '/refused') {
    socket.end('HTTP/1.1 403 Forbidden\r\ncontent-length: 2\r\n\r\nno');
    return;
  }
  if (request.url === '/burst') {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n');
    socket.end(Buffer.alloc(burst, 'x'));
    return;
  }
  sockets.handleUpgrade(request, socket, head, (each) => serveSocket(request.url ?? '', each));
});

function serveSocket(url: string, socket: WebSocket): void {
  opened++;
  openNow++;
  socket.on('close', (code, reason) => {
    openNow--;
    upstreamEvents.emit('close', code, String(reason));
  });
  socket.on('error', () => {});
  if (url === '/goodbye') {
    socket.send('x'.repeat(300_000));
    socket.close(4001, 'goodbye');
    return;
  }
  socket.on('message', (data, isBinary) => socket.send(data as Buffer, { binary: isBinary }));
}

const port = await listenOn(server, 0);
after(() => {
  for (const each of sockets.clients) each.terminate();
  server.close();
  server.closeAllConnections();
});

const gateway = await startGateway(
  { after },
  {
    config: `
listen: { http: { port: 0, plaintext: true }, https: { port: 0, selfSigned: true }, admin: { port: 0 } }
threads: 1
policies: { authentication: none, access-log: { to: { file: access.log } } }
authenticators: { partners: { apiKey: { header: x-api-key } } }
apis:
  open: { upstream: { targets: ['http://127.0.0.1:${port}'], idleTimeout: 30s } }
  closed:
    basePath: /closed
    upstream: { targets: ['http://127.0.0.1:${port}'] }
    policies: { authentication: { anyOf: [partners] } }
`,
  },
);

type Client = readonly [name: string, open: (path: string) => Promise<WebSocket>];

async function openHttp1(path: string): Promise<WebSocket> {
  const socket = new WebSocket(`${gateway.https.replace('https:', 'wss:')}${path}`, { ca: gateway.ca() });
  await within('a WebSocket', once(socket, 'open'));
  return socket;
}

const session = await openSession({ after }, gateway);

/** As `ws` has no client for HTTP/2, it gets the stream as its socket, after a handshake that we do. */
async function openHttp2(path: string): Promise<WebSocket> {
  const stream = session.request({
    ':method': 'CONNECT',
    ':protocol': 'websocket',
    ':path': path,
    ':scheme': 'https',
    ':authority': 'localhost',
    'sec-websocket-version': '13',
  });
  const [fields] = (await within('a WebSocket', once(stream, 'response'))) as [Record<string, unknown>];
  assert.equal(fields[':status'], 200);
  assert.equal(fields['sec-websocket-accept'], undefined);
  const Unconnected = WebSocket as unknown as new (
    address: null,
    protocols: undefined,
    options: object,
  ) => WebSocket;
  const socket = new Unconnected(null, undefined, {});
  const client = socket as unknown as {
    _isServer: boolean;
    setSocket(stream: Duplex, head: Buffer, options: object): void;
  };
  client._isServer = false;
  const duplex = stream as unknown as Duplex & { setNoDelay(): void };
  duplex.setNoDelay = () => {};
  client.setSocket(duplex, Buffer.alloc(0), {
    allowSynchronousEvents: true,
    maxPayload: 0,
    skipUTF8Validation: false,
  });
  return socket;
}

const clients: readonly Client[] = [
  ['HTTP/1.1', openHttp1],
  ['HTTP/2', openHttp2],
];

async function echo(socket: WebSocket, data: string | Buffer): Promise<string | Buffer> {
  socket.send(data);
  const [reply, isBinary] = (await within('an echo', once(socket, 'message'))) as [Buffer, boolean];
  return isBinary ? reply : reply.toString();
}

for (const [name, open] of clients) {
  test(`${name}: text and binary messages pass both ways`, async () => {
    const socket = await open('/echo');
    assert.equal(await echo(socket, 'grüß dich'), 'grüß dich');
    assert.deepEqual(await echo(socket, Buffer.from([0, 255, 10, 13])), Buffer.from([0, 255, 10, 13]));
    assert.equal(await echo(socket, ''), '');
    const large = randomBytes(1_048_576);
    assert.deepEqual(await echo(socket, large), large);
    socket.terminate();
  });

  test(`${name}: many messages keep their order`, async () => {
    const socket = await open('/echo');
    const got: string[] = [];
    const all = new Promise<void>((resolve) => {
      socket.on('message', (data: Buffer) => {
        if (got.push(data.toString()) === 500) resolve();
      });
    });
    const sent = Array.from({ length: 500 }, (_, i) => `${i} ${'x'.repeat(i)}`);
    for (const each of sent) socket.send(each);
    await within('500 messages', all);
    assert.deepEqual(got, sent);
    socket.terminate();
  });

  test(`${name}: the client's close code reaches the upstream`, async () => {
    const socket = await open('/echo');
    const closed = once(upstreamEvents, 'close');
    socket.close(4321, 'done');
    assert.deepEqual(await within('the close', closed), [4321, 'done']);
  });

  test(`${name}: the upstream's close code comes behind what it sent before`, async () => {
    const socket = await open('/goodbye');
    let bytes = 0;
    socket.on('message', (data: Buffer) => {
      bytes += data.length;
    });
    const [code, reason] = (await within('the close', once(socket, 'close'))) as [number, Buffer];
    assert.deepEqual([code, String(reason), bytes], [4001, 'goodbye', 300_000]);
  });

  test(`${name}: a client that vanishes takes the upstream's connection with it`, async () => {
    const socket = await open('/echo');
    await echo(socket, 'hello');
    const closed = once(upstreamEvents, 'close');
    socket.terminate();
    assert.equal(((await within('the close', closed)) as [number])[0], 1006);
    await waitFor('the upstream to be left alone', () => openNow === 0);
  });
}

test('what the client says of itself, and of the connection, does not reach the upstream', async () => {
  const socket = new WebSocket(`${gateway.https.replace('https:', 'wss:')}/echo?a=b`, 'chat', {
    ca: gateway.ca(),
    headers: { 'x-forwarded-for': '192.0.2.1', 'keep-alive': '5' },
  });
  await within('a WebSocket', once(socket, 'open'));
  assert.equal(socket.protocol, 'chat');
  socket.terminate();
  assert.equal(lastHandshake?.url, '/echo?a=b');
  assert.equal(lastHandshake?.headers['x-forwarded-for'], '127.0.0.1');
  assert.equal(lastHandshake?.headers['keep-alive'], undefined);
  assert.equal(lastHandshake?.headers.host, `127.0.0.1:${port}`);
});

interface Refused {
  readonly status: number;
  readonly type: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** The reply to a handshake that is refused. */
async function refusal(path: string): Promise<Refused> {
  const request = httpsRequest(`${gateway.https}${path}`, {
    ca: gateway.ca(),
    headers: {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': randomBytes(16).toString('base64'),
    },
  });
  request.end();
  const [reply] = (await within('a refusal', once(request, 'response'))) as [IncomingMessage];
  let body = '';
  for await (const text of reply.setEncoding('utf8')) body += text as string;
  return {
    status: reply.statusCode!,
    type: (JSON.parse(body) as { type: string }).type,
    fields: reply.headers,
  };
}

test('without a credential the handshake gets 401, and the upstream hears nothing', async () => {
  const before = opened;
  const { status, type, fields } = await refusal('/closed/echo');
  assert.equal(status, 401);
  assert.equal(type, 'urn:portcullis:problem:credential-missing');
  assert.ok(fields['www-authenticate']);
  assert.equal(fields.connection, 'close');
  const reply = await ask(session, {
    ':method': 'CONNECT',
    ':protocol': 'websocket',
    ':path': '/closed/echo',
    ':scheme': 'https',
    ':authority': 'localhost',
  });
  assert.equal(reply.status, 401);
  assert.equal(opened, before);
});

test('an upstream that does not switch gets the client a 502', async () => {
  const { status, type } = await refusal('/refused');
  assert.equal(status, 502);
  assert.equal(type, 'urn:portcullis:problem:upgrade-refused');
});

test('another protocol of HTTP/2 is no tunnel', async () => {
  const fields = { ':method': 'CONNECT', ':path': '/echo', ':scheme': 'https', ':authority': 'localhost' };
  assert.equal((await ask(session, { ...fields, ':protocol': 'connect-udp' })).status, 405);
});

test('an upgrade to h2c is not taken up, and the request is served', async () => {
  const connection = new RawConnection(gateway.httpPort);
  connection.write(
    'GET /page HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n',
  );
  const [reply] = await connection.replies(1);
  connection.close();
  assert.deepEqual([reply?.status, reply?.body], [404, 'no such page']);
});

test('bytes that come with the handshake are not lost', async () => {
  const connection = new RawConnection(gateway.httpPort);
  const frame = Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0x68, 0x69]).toString('latin1');
  connection.write(
    'GET /echo HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n' +
      `Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n${frame}`,
  );
  await waitFor('the echo', () => connection.received.endsWith('\x81\x02hi'));
  connection.close();
});

test('an upstream that ends behind much has all of it delivered to a slow client', async () => {
  const connection = new RawConnection(gateway.httpPort);
  connection.socket.pause();
  connection.write('GET /burst HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
  await new Promise((resolve) => setTimeout(resolve, 300));
  connection.socket.resume();
  await connection.ended();
  connection.close();
  const headEnd = connection.received.indexOf('\r\n\r\n') + 4;
  assert.equal(connection.received.length - headEnd, burst);
});

test('each WebSocket leaves a record with its bytes', async () => {
  const socket = await openHttp1('/echo?record');
  await echo(socket, 'x'.repeat(1000));
  socket.terminate();
  const record = await waitFor('the record', () =>
    gateway.accessLog().find((each) => String(each['query']).startsWith('record')),
  );
  assert.equal(record['status'], 101);
  assert.ok((record['requestBytes'] as number) > 1000 && (record['replyBytes'] as number) > 1000);
});
