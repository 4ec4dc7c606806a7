import assert from 'node:assert/strict';
import { once } from 'node:events';
import net, { type AddressInfo, type Socket } from 'node:net';
import { PassThrough, Readable } from 'node:stream';
import { after, test } from 'node:test';
import type { Call, OutboundRequest, ReplyHandler, UpstreamFault } from '../client.ts';
import type { UpstreamSettings } from '../upstream.ts';
import { Http1Client } from './client.ts';
import { connector } from './connecting.ts';

/** An upstream that a test answers by hand: each connection, and what came on it. */
interface Served {
  readonly socket: Socket;
  received: string;
}
const served: Served[] = [];
let onRequest: (served: Served) => void = () => {};
const server = net.createServer((socket) => {
  const each: Served = { socket, received: '' };
  served.push(each);
  socket.on('error', () => {});
  socket.on('data', (chunk: Buffer) => {
    each.received += chunk.toString('latin1');
    onRequest(each);
  });
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
after(() => {
  server.close();
  for (const { socket } of served) socket.destroy();
});
const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

const patient: UpstreamSettings = {
  targets: [origin],
  balance: 'round-robin',
  protocol: 'http1',
  host: 'target',
  connectTimeout: 10_000,
  responseTimeout: 10_000,
  idleTimeout: 10_000,
  retries: 0,
  connections: 4,
  failure: undefined,
  tls: { ca: undefined, cert: undefined, key: undefined, serverName: undefined },
};

function client(settings: Partial<UpstreamSettings> = {}): Http1Client {
  served.length = 0;
  onRequest = () => {};
  const all = { ...patient, ...settings };
  const made = new Http1Client(origin, connector(origin, '127.0.0.1', all), all);
  after(() => made.close());
  return made;
}

class Reply implements ReplyHandler {
  status = 0;
  body = '';
  trailers: readonly string[] = [];
  isSent = false;
  readonly over: Promise<void>;
  #done!: (error?: Error) => void;
  call: Call | undefined;

  constructor() {
    this.over = new Promise((resolve, reject) => {
      this.#done = (error) => (error === undefined ? resolve() : reject(error));
    });
    this.over.catch(() => {});
  }

  sent(): void {
    this.isSent = true;
  }
  head(status: number): void {
    this.status = status;
  }
  data(chunk: Buffer): void {
    this.body += chunk.toString('latin1');
  }
  end(trailers: readonly string[]): void {
    this.trailers = trailers;
    this.#done();
  }
  failed(error: Error): void {
    this.#done(error);
  }
}

const get: OutboundRequest = { method: 'GET', target: '/a', fields: ['host', 'x'], body: undefined };

function ask(of: Http1Client, request: OutboundRequest = get): Reply {
  const reply = new Reply();
  reply.call = of.dispatch(request, reply);
  return reply;
}

const fails = (code: string) => (error: unknown) => {
  assert.equal((error as UpstreamFault).code, code);
  return true;
};

const ok = (text: string): string => `HTTP/1.1 200 OK\r\ncontent-length: ${text.length}\r\n\r\n${text}`;

test('a connection is used again, and a second one only opened while it is busy', async () => {
  const it = client();
  onRequest = ({ socket }) => socket.write(ok('x'));
  for (let i = 0; i < 3; i++) await ask(it).over;
  assert.equal(served.length, 1);
  await Promise.all([ask(it).over, ask(it).over]);
  assert.equal(served.length, 2);
});

test('requests wait in their order when all connections are busy', async () => {
  const it = client({ connections: 1 });
  const first = ask(it);
  const second = ask(it, { ...get, target: '/second' });
  const third = ask(it, { ...get, target: '/third' });
  onRequest = ({ socket, received }) =>
    socket.write(ok(/GET (\S+) /.exec(received.split('\r\n\r\n').at(-2)!)![1]!));
  await Promise.all([first.over, second.over, third.over]);
  assert.deepEqual([first.body, second.body, third.body], ['/a', '/second', '/third']);
  assert.equal(served.length, 1);
});

test('whoever waits too long for a connection is told so, and has sent nothing', async () => {
  const it = client({ connections: 1, responseTimeout: 400, idleTimeout: 100_000 });
  // Its head is there, so that it may take its time.
  onRequest = ({ socket }) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n');
  const first = ask(it);
  const second = ask(it);
  await assert.rejects(second.over, fails('QUEUE_TIMEOUT'));
  assert.equal(second.isSent, false);
  first.call!.abort(new Error('enough'));
});

test('one that is given up while it waits leaves the queue', async () => {
  const it = client({ connections: 1 });
  const first = ask(it);
  const second = ask(it);
  second.call!.abort(new Error('given up'));
  await assert.rejects(second.over, /given up/);
  onRequest = ({ socket }) => socket.write(ok('x'));
  await first.over;
  assert.equal(served[0]!.received.split('GET ').length, 2);
});

test('one that is given up on the way takes its connection with it, and the next gets a new one', async () => {
  const it = client({ connections: 1 });
  const first = ask(it);
  const second = ask(it);
  onRequest = () => first.call!.abort(new Error('given up'));
  await assert.rejects(first.over, /given up/);
  onRequest = ({ socket }) => socket.write(ok('x'));
  await second.over;
  assert.equal(served.length, 2);
});

test('no head in time, and no further piece in time', async () => {
  const it = client({ responseTimeout: 200, idleTimeout: 200 });
  await assert.rejects(ask(it).over, fails('RESPONSE_TIMEOUT'));
  onRequest = ({ socket }) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nx');
  await assert.rejects(ask(it).over, fails('IDLE_TIMEOUT'));
});

test('while it is the reader who pauses, no time runs', async () => {
  const it = client({ idleTimeout: 200 });
  onRequest = ({ socket }) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nx');
  const reply = ask(it);
  reply.data = (chunk) => {
    reply.body += chunk.toString('latin1');
    if (reply.body === 'x') reply.call!.pause();
  };
  await new Promise((resolve) => setTimeout(resolve, 600));
  served[0]!.socket.write('y');
  reply.call!.resume();
  await reply.over;
  assert.equal(reply.body, 'xy');
});

test('a keep-alive that is too short to be of use is not used', async () => {
  const it = client();
  onRequest = ({ socket }) =>
    socket.write('HTTP/1.1 200 OK\r\ncontent-length: 1\r\nkeep-alive: timeout=1\r\n\r\nx');
  await ask(it).over;
  await ask(it).over;
  assert.equal(served.length, 2);
});

test('whatever comes on an idle connection ends it', async () => {
  const it = client();
  onRequest = ({ socket }) => socket.write(ok('x'));
  await ask(it).over;
  served[0]!.socket.write(ok('evil'));
  await once(served[0]!.socket, 'close');
  const next = ask(it);
  await next.over;
  assert.equal(next.body, 'x');
  assert.equal(served.length, 2);
});

const unwritable: readonly [why: string, request: Partial<OutboundRequest>][] = [
  ['a line break in a value', { fields: ['host', 'x', 'a', 'b\r\nc: d'] }],
  ['a line break in a name', { fields: ['a\r\nc', 'd'] }],
  ['a space in the target', { target: '/a HTTP/1.1' }],
  ['a line break in the target', { target: '/a\r\nX: y' }],
  ['no target', { target: '' }],
  ['a line break in the method', { method: 'GET /\r\n' }],
];
for (const [why, request] of unwritable) {
  test(`${why}: nothing is sent`, () => {
    const it = client();
    assert.throws(() => it.dispatch({ ...get, ...request }, new Reply()), fails('REQUEST_FIELD'));
    assert.equal(served.length, 0);
  });
}

test('a body that is there goes with its length', async () => {
  const it = client();
  onRequest = ({ socket, received }) => {
    if (received.endsWith('hello')) socket.write(ok('x'));
  };
  await ask(it, { ...get, method: 'POST', body: Buffer.from('hello') }).over;
  assert.equal(served[0]!.received, 'POST /a HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n\r\nhello');
});

test('no body is said where one would be expected', async () => {
  const it = client();
  onRequest = ({ socket }) => socket.write(ok('x'));
  await ask(it, { ...get, method: 'PUT' }).over;
  await ask(it, { ...get, method: 'DELETE' }).over;
  assert.equal(
    served[0]!.received,
    'PUT /a HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\nDELETE /a HTTP/1.1\r\nhost: x\r\n\r\n',
  );
});

test('a stream without a length goes in chunks', async () => {
  const it = client();
  const body = new PassThrough();
  onRequest = ({ socket, received }) => {
    if (received.endsWith('0\r\n\r\n')) socket.write(ok('x'));
  };
  const reply = ask(it, { ...get, method: 'POST', body });
  body.write('hello');
  body.end('you');
  await reply.over;
  assert.match(served[0]!.received, /transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n3\r\nyou\r\n0\r\n\r\n$/);
});

for (const [what, text] of [
  ['more', 'hello'],
  ['less', 'he'],
] as const) {
  test(`a stream with ${what} than was announced breaks off, as the rest would be another request`, async () => {
    const it = client();
    const body = new PassThrough();
    const reply = ask(it, { ...get, method: 'POST', fields: ['host', 'x', 'content-length', '3'], body });
    body.end(text);
    await assert.rejects(reply.over, fails('REQUEST_LENGTH'));
    await once(served[0]!.socket, 'close');
    assert.ok(!served[0]!.received.includes('hello'));
  });
}

test('a reply before the body is sent ends the connection, and the body', async () => {
  const it = client();
  const body = new PassThrough();
  onRequest = ({ socket }) => socket.write('HTTP/1.1 413 Too Large\r\ncontent-length: 0\r\n\r\n');
  const reply = ask(it, { ...get, method: 'POST', body });
  body.write('hello');
  await reply.over;
  assert.equal(reply.status, 413);
  assert.equal(body.destroyed, true);
  onRequest = ({ socket }) => socket.write(ok('x'));
  await ask(it).over;
  assert.equal(served.length, 2);
});

test('a handler that throws gets its error back, and the connection is not used again', async () => {
  const it = client();
  onRequest = ({ socket }) => socket.write(ok('x'));
  const reply = new Reply();
  reply.head = () => {
    throw new Error('no');
  };
  it.dispatch(get, reply);
  await assert.rejects(reply.over, /no/);
  await ask(it).over;
  assert.equal(served.length, 2);
});

test('closing lets what is under way finish', async () => {
  const it = client();
  const reply = ask(it);
  onRequest = ({ socket }) => {
    it.close();
    socket.write(ok('x'));
  };
  await reply.over;
  await once(served[0]!.socket, 'close');
});

test('nobody there', async () => {
  const dead = net.createServer().listen(0, '127.0.0.1');
  await once(dead, 'listening');
  const { port } = dead.address() as AddressInfo;
  dead.close();
  await once(dead, 'close');
  const it = new Http1Client(
    `http://127.0.0.1:${port}`,
    connector(`http://127.0.0.1:${port}`, '127.0.0.1', patient),
    patient,
  );
  await Promise.all([1, 2, 3].map(() => assert.rejects(ask(it).over, fails('ECONNREFUSED'))));
});

test('a body that breaks off while its request waits for a connection is the end of that request only', async () => {
  const it = client({ connections: 1 });
  const first = ask(it);
  const body = new PassThrough();
  const second = ask(it, { ...get, method: 'POST', body });
  body.destroy(new Error('the caller was too slow'));
  await assert.rejects(second.over, /too slow/);
  assert.equal(second.isSent, false);
  onRequest = ({ socket }) => socket.write(ok('x'));
  await first.over;
  await ask(it).over;
  assert.equal(served.length, 1);
});

test('as long as the upstream takes the body in, however slowly, no time runs', async () => {
  const it = client({ responseTimeout: 300 });
  const piece = Buffer.alloc(65_536);
  let left = 400;
  const body = new Readable({
    read() {
      this.push(left-- > 0 ? piece : null);
    },
  });
  let taken = 0;
  onRequest = ({ socket }) => {
    taken++;
    socket.pause();
    setTimeout(() => socket.resume(), 4);
  };
  const reply = ask(it, { ...get, method: 'POST', body });
  const begun = performance.now();
  const ended = new Promise<void>((resolve) => body.once('end', resolve));
  await Promise.race([ended, reply.over]);
  assert.ok(performance.now() - begun > 600, 'it took longer than an upstream may be silent');
  assert.ok(taken > 100);
  reply.call!.abort(new Error('enough'));
});

test('what comes behind a reply is not the reply to a request that waited', async () => {
  const it = client({ connections: 1 });
  // The buffer is full with the first reply, so that what is behind it comes by another read.
  const head = 'HTTP/1.1 200 OK\r\ncontent-length: 65000\r\nx-fill: ';
  const fill = 'x'.repeat(65_536 - 65_000 - head.length - 4);
  const long = `${head}${fill}\r\n\r\n${'y'.repeat(65_000)}`;
  assert.equal(long.length, 65_536);
  onRequest = ({ socket, received }) => {
    if (served.length > 1) socket.write(ok('good'));
    else if (received.endsWith('\r\n\r\n')) socket.write(`${long}${ok('evil')}`);
  };
  const replies = [ask(it), ask(it)];
  for (const { over } of replies) await over.catch(() => {});
  assert.notEqual(replies[1]!.body, 'evil');
});
