import assert from 'node:assert/strict';
import { once } from 'node:events';
import {
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import { after, test } from 'node:test';
import { RawConnection } from '../attacks/raw-client.ts';
import { startGateway } from '../harness/gateway.ts';
import { ask, openSession } from '../harness/http2-client.ts';
import { startUpstream } from '../harness/upstream.ts';
import { within } from '../harness/wait.ts';

/** What of a message goes on, either way, and what the gateway adds. */

let answer: (request: IncomingMessage, reply: ServerResponse) => void = (_, reply) => void reply.end('ok');
const upstream = await startUpstream({ after }, (request, reply) => {
  request.resume();
  answer(request, reply);
});

function apis(host: 'target' | 'preserve'): string {
  return `apis: { all: { upstream: { targets: ['${upstream.origin}'], host: ${host} } } }`;
}
const listen =
  'listen: { http: { port: 0, plaintext: true }, https: { port: 0, selfSigned: true }, admin: { port: 0 } }';

const gateway = await startGateway(
  { after },
  { config: `${listen}\nthreads: 1\npolicies: { authentication: none }\n${apis('target')}\n` },
);
/** It stands behind proxies at 127.0.0.2 and 127.0.0.3. */
const behindProxies = await startGateway(
  { after },
  {
    config: `${listen}\nthreads: 1\ntrustedProxies: [127.0.0.2/31]\npolicies: { authentication: none }\n${apis('preserve')}\n`,
  },
);
const session = await openSession({ after }, gateway);

/** Sends raw fields over HTTP/1.1; gives what the upstream saw. */
async function seen(fields: readonly string[], line = 'GET /a HTTP/1.1'): Promise<IncomingMessage> {
  const before = upstream.requests.length;
  const connection = new RawConnection(gateway.httpPort);
  connection.write(`${[line, 'Host: api.example', ...fields].join('\r\n')}\r\n\r\n`);
  await connection.replies(1);
  connection.close();
  assert.equal(upstream.requests.length, before + 1);
  return upstream.requests[before]!;
}

async function seenBehindProxies(
  localAddress: string,
  headers: Record<string, string>,
): Promise<IncomingHttpHeaders> {
  const before = upstream.requests.length;
  const sent = httpRequest(`${behindProxies.http}/a`, {
    localAddress,
    headers: { host: 'api.example', ...headers },
  }).end();
  const [reply] = (await within('a reply', once(sent, 'response'))) as [IncomingMessage];
  reply.resume();
  await once(reply, 'end');
  return upstream.requests[before]!.headers;
}

const ours = new Set([
  'host',
  'x-request-id',
  'traceparent',
  'forwarded',
  'x-forwarded-for',
  'x-forwarded-proto',
  'x-forwarded-host',
]);

test('of a connection nothing goes on', async () => {
  const { headers, rawHeaders } = await seen([
    'Connection: keep-alive, X-Hop',
    'connection: x-other ,\tCookie',
    'X-Hop: 1',
    'X-OTHER: 1',
    'Cookie: a=b',
    'Keep-Alive: timeout=5',
    'Proxy-Connection: keep-alive',
    'Proxy-Authorization: Basic eDp5',
    'TE: trailers',
    'Trailer: x',
    'Upgrade: foo',
    'HTTP2-Settings: AAMAAABk',
    'Transfer_Encoding: chunked',
    'X-Kept: yes',
  ]);
  assert.deepEqual(
    Object.keys(headers).filter((name) => !ours.has(name)),
    ['x-kept'],
  );
  assert.equal(rawHeaders.filter((each) => each.toLowerCase() === 'x-kept').length, 1);
});

test('a client cannot have fields of the gateway removed', async () => {
  const { headers } = await seen([
    'Connection: x-forwarded-for, X-Request-Id, forwarded, host, traceparent, content-length',
  ]);
  for (const name of ours) assert.ok(headers[name], name);
});

test('spoofed identity never arrives, however it is spelled', async () => {
  const spoofed = [
    'Forwarded: for=192.0.2.1;host=evil.example',
    'X-Forwarded-For: 192.0.2.1',
    'x-forwarded-host: evil.example',
    'X-FORWARDED-PROTO: https',
    'X_Forwarded_For: 192.0.2.1',
    'X.Forwarded.For: 192.0.2.1',
    'X-Forwarded_Port: 1',
    'X-Forwarded-Prefix: /x',
    'X-Forwarded-Anything: x',
    'X-Real-IP: 192.0.2.1',
    'x_real_ip: 192.0.2.1',
    'True-Client-IP: 192.0.2.1',
    'CF-Connecting-IP: 192.0.2.1',
    'X-Original-URL: /admin',
    'X-Rewrite-URL: /admin',
    'X-HTTP-Method-Override: DELETE',
    'X-User: admin',
    'X_User: admin',
    'x.user: admin',
    'Remote-User: admin',
    'X-Client-Cert: x',
    'X-SSL-Client-S-DN: x',
    'SSL_CLIENT_VERIFY: SUCCESS',
    'Client-Cert: :x:',
    'Via: 1.1 evil',
  ];
  const { headers } = await seen(spoofed);
  assert.deepEqual(
    Object.keys(headers).filter((name) => !ours.has(name)),
    [],
  );
  assert.equal(headers['x-forwarded-for'], '127.0.0.1');
  assert.equal(headers['x-forwarded-proto'], 'http');
  assert.equal(headers['x-forwarded-host'], 'api.example');
  assert.equal(headers.forwarded, 'for=127.0.0.1;proto=http;host=api.example');
  assert.doesNotMatch(JSON.stringify(headers), /evil|192\.0\.2|admin/);
});

test('HTTP/2: the same', async () => {
  const before = upstream.requests.length;
  await ask(session, {
    ':path': '/a',
    'x-forwarded-for': '192.0.2.1',
    x_user: 'admin',
    te: 'trailers',
    cookie: ['a=1', 'b=2'],
  });
  const { headers, rawHeaders } = upstream.requests[before]!;
  assert.deepEqual(
    Object.keys(headers).filter((name) => !ours.has(name)),
    ['cookie'],
  );
  assert.equal(headers.cookie, 'a=1; b=2');
  assert.equal(rawHeaders.filter((each) => each.toLowerCase() === 'cookie').length, 1);
  assert.equal(headers['x-forwarded-proto'], 'https');
});

test('a proxy that is trusted is believed, as far as it is trusted', async () => {
  const chain = await seenBehindProxies('127.0.0.2', {
    'x-forwarded-for': '198.51.100.9, 203.0.113.7, 127.0.0.3',
    'x-forwarded-proto': 'https',
    'x-forwarded-host': 'evil.example',
    forwarded: 'for=192.0.2.1',
  });
  assert.equal(chain['x-forwarded-for'], '203.0.113.7, 127.0.0.2');
  assert.equal(chain['x-forwarded-proto'], 'https');
  assert.equal(chain['x-forwarded-host'], 'api.example');
  assert.equal(chain.forwarded, 'for=203.0.113.7;proto=https;host=api.example, for=127.0.0.2');
  assert.equal(chain.host, 'api.example', 'preserved');
});

test('anybody else is not', async () => {
  const headers = await seenBehindProxies('127.0.0.1', {
    'x-forwarded-for': '203.0.113.7',
    'x-forwarded-proto': 'https',
  });
  assert.equal(headers['x-forwarded-for'], '127.0.0.1');
  assert.equal(headers['x-forwarded-proto'], 'http');
});

test('a request id is made, or carried on when it can stand anywhere', async () => {
  const made = await seen([]);
  assert.match(String(made.headers['x-request-id']), /^[0-9a-f]{32}$/);
  assert.equal((await seen(['X-Request-Id: my-id.1'])).headers['x-request-id'], 'my-id.1');
  assert.notEqual((await seen(['X-Request-Id: <script>'])).headers['x-request-id'], '<script>');
  assert.notEqual(
    (await seen([`X-Request-Id: ${'a'.repeat(200)}`])).headers['x-request-id'],
    'a'.repeat(200),
  );
  const reply = await ask(session, { ':path': '/a', 'x-request-id': 'mine' });
  assert.equal(reply.fields['x-request-id'], 'mine');
});

test('a trace is begun, or continued', async () => {
  assert.match(String((await seen([])).headers['traceparent']), /^00-[0-9a-f]{32}-[0-9a-f]{16}-0[0-3]$/);
  const parent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  const child = String((await seen([`Traceparent: ${parent}`, 'tracestate: a=b'])).headers['traceparent']);
  assert.match(child, /^00-0af7651916cd43dd8448eb211c80319c-[0-9a-f]{16}-01$/);
  assert.notEqual(child, parent);
  assert.match(String((await seen(['traceparent: 00-0-0-0'])).headers['traceparent']), /^00-[0-9a-f]{32}-/);
});

async function raw(
  bytes: string,
  replies = 1,
): Promise<{ text: string; status: number; body: string; fields: ReadonlyMap<string, string> }> {
  const connection = new RawConnection(gateway.httpPort);
  connection.write(bytes);
  const last = (await connection.replies(replies)).at(-1);
  connection.close();
  assert.ok(last);
  return { text: connection.received, ...last };
}

test('fields of a reply: those of the connection stay behind', async () => {
  answer = (_, reply) => {
    reply.setHeader('Connection', 'close, X-Hop');
    reply.setHeader('X-Hop', '1');
    reply.setHeader('Keep-Alive', 'timeout=1');
    reply.setHeader('Proxy-Authenticate', 'Basic');
    reply.setHeader('Upgrade', 'h2c');
    reply.setHeader('X-Kept', 'yes');
    reply.setHeader('Set-Cookie', ['a=1', 'b=2']);
    reply.end('ok');
  };
  const { fields, text } = await raw('GET /a HTTP/1.1\r\nHost: a\r\n\r\n');
  for (const name of ['x-hop', 'proxy-authenticate', 'upgrade']) assert.equal(fields.has(name), false, name);
  assert.equal(fields.get('connection'), 'keep-alive');
  assert.doesNotMatch(text, /timeout=1\r/);
  assert.equal(fields.get('x-kept'), 'yes');
  assert.equal(text.match(/^set-cookie: [ab]=[12]\r$/gim)?.length, 2);
  const http2 = await ask(session, { ':path': '/a' });
  assert.equal(http2.status, 200);
  assert.equal(http2.fields['x-hop'], undefined);
  assert.deepEqual(http2.fields['set-cookie'], ['a=1', 'b=2']);
});

test('what an upstream repeats or writes in latin1 is passed on, on HTTP/2 too', async () => {
  answer = (_, reply) => {
    reply.writeHead(200, [
      'content-type',
      'text/plain',
      'content-type',
      'text/html',
      'etag',
      '"a"',
      'etag',
      '"b"',
      'x-name',
      'é\xff',
    ]);
    reply.end('ok');
  };
  assert.equal((await raw('GET /a HTTP/1.1\r\nHost: a\r\n\r\n')).status, 200);
  const { status, body } = await ask(session, { ':path': '/a' });
  assert.deepEqual([status, body], [200, 'ok']);
});

test('trailers go on, but none that has a meaning for the message or the client', async () => {
  answer = (_, reply) => {
    reply.writeHead(200, { trailer: 'x-sum, host' });
    reply.write('hello');
    reply.addTrailers({
      'x-sum': '5',
      host: 'evil.example',
      'set-cookie': 'a=b',
      'content-type': 'text/html',
    });
    reply.end();
  };
  const { text } = await raw('GET /a HTTP/1.1\r\nHost: a\r\nTE: trailers\r\n\r\n');
  assert.match(text, /\r\n0\r\nx-sum: 5\r\n\r\n$/i);
  const { body, trailers, code } = await ask(session, { ':path': '/a' });
  assert.deepEqual([body, Object.entries(trailers ?? {}), code], ['hello', [['x-sum', '5']], 0]);
});

const contents: readonly [
  name: string,
  answer: typeof answer,
  method: string,
  expected: readonly [status: number, length: string | undefined],
][] = [
  [
    'HEAD',
    (_, reply) => void reply.writeHead(200, { 'content-length': 1_000_000 }).end(),
    'HEAD',
    [200, '1000000'],
  ],
  [
    'HEAD of little',
    (_, reply) => void reply.writeHead(200, { 'content-length': 5 }).end(),
    'HEAD',
    [200, '5'],
  ],
  [
    'HEAD without a length',
    (_, reply) => void reply.writeHead(200, { 'transfer-encoding': 'chunked' }).end(),
    'HEAD',
    [200, undefined],
  ],
  ['204', (_, reply) => void reply.writeHead(204).end(), 'GET', [204, undefined]],
  ['304', (_, reply) => void reply.writeHead(304, { etag: '"a"' }).end(), 'GET', [304, undefined]],
  [
    '304 with a length',
    (_, reply) => void reply.writeHead(304, { 'content-length': 100 }).end(),
    'GET',
    [304, '100'],
  ],
  ['an empty 200', (_, reply) => void reply.writeHead(200).end(), 'GET', [200, '0']],
  [
    'a DELETE with nothing',
    (_, reply) => void reply.writeHead(200, { 'content-length': 0 }).end(),
    'DELETE',
    [200, '0'],
  ],
];

for (const [name, reply, method, [status, length]] of contents) {
  test(`${name}: nothing follows the head, and the connection goes on`, async () => {
    answer = reply;
    const connection = new RawConnection(gateway.httpPort);
    connection.write(`${method} /a HTTP/1.1\r\nHost: a\r\n\r\n`);
    while (!connection.received.includes('\r\n\r\n')) await within('a head', once(connection.socket, 'data'));
    const head = connection.received;
    assert.match(head, new RegExp(`^HTTP/1.1 ${status} `));
    assert.equal(/^content-length: (\d+)\r$/im.exec(head)?.[1], length);
    assert.ok(head.endsWith('\r\n\r\n'));
    answer = (_, next) => void next.end('next');
    connection.received = '';
    connection.write('GET /b HTTP/1.1\r\nHost: a\r\n\r\n');
    assert.equal((await connection.replies(1))[0]?.body, 'next');
    connection.close();
    answer = reply;
    const http2 = await ask(session, { ':path': '/a', ':method': method });
    assert.deepEqual([http2.status, http2.body, http2.code], [status, '', 0]);
  });
}

test('Expect: 100-continue is met when the body is wanted', async () => {
  const bodies: string[] = [];
  answer = (request, reply) => {
    bodies.push(String(request.headers['content-length']));
    assert.equal(request.headers.expect, undefined);
    reply.end('ok');
  };
  const connection = new RawConnection(gateway.httpPort);
  connection.write('POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n');
  assert.equal((await connection.replies(1))[0]?.status, 100);
  connection.write('hello');
  assert.equal((await connection.replies(2))[1]?.status, 200);
  assert.deepEqual(bodies, ['5']);
  connection.close();

  const stream = session.request(
    { ':path': '/a', ':method': 'POST', expect: '100-continue' },
    { endStream: false },
  );
  await within('100', once(stream, 'continue'));
  stream.end('hello');
  const [fields] = (await within('a reply', once(stream, 'response'))) as [Record<string, unknown>];
  assert.equal(fields[':status'], 200);
  stream.resume();
});

test('Expect: 100-continue is not met when the request is refused', async () => {
  const connection = new RawConnection(gateway.httpPort);
  connection.write(
    'POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 2147483648\r\nExpect: 100-continue\r\n\r\n',
  );
  assert.equal((await connection.replies(1))[0]?.status, 413);
  await connection.ended();
  connection.close();
});

test('early hints and other interim replies are left out, and harm nothing', async () => {
  answer = (_, reply) => {
    reply.writeProcessing();
    reply.writeEarlyHints({ link: '</style.css>; rel=preload' }, () => reply.end('ok'));
  };
  const { text, status, body } = await raw('GET /a HTTP/1.1\r\nHost: a\r\n\r\n');
  assert.deepEqual([status, body], [200, 'ok']);
  assert.match(text, /^HTTP\/1\.1 200 /);
  assert.equal((await ask(session, { ':path': '/a' })).body, 'ok');
});

test('a client of HTTP/1.0 gets no chunks', async () => {
  answer = (_, reply) => {
    reply.write('hello ');
    setTimeout(() => reply.end('world'), 30);
  };
  const { text, body } = await raw('GET /a HTTP/1.0\r\n\r\n');
  assert.equal(body, 'hello world');
  assert.doesNotMatch(text, /transfer-encoding/i);
});

test('a reply that comes before the end of the request reaches the client', async () => {
  answer = (_, reply) => void reply.writeHead(413, { 'content-length': 3 }).end('too');
  const connection = new RawConnection(gateway.httpPort);
  connection.write('POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000\r\n\r\n');
  const piece = 'x'.repeat(65_536);
  const feeding = setInterval(() => connection.write(piece), 2);
  const [reply] = await connection.replies(1);
  clearInterval(feeding);
  connection.close();
  assert.deepEqual([reply?.status, reply?.body], [413, 'too']);
});
