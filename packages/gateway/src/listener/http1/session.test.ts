import assert from 'node:assert/strict';
import { once } from 'node:events';
import net, { type AddressInfo, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { after, test } from 'node:test';
import { setTimeout as pause, setImmediate as turn } from 'node:timers/promises';
import { RawConnection } from '../../../../../test/attacks/raw-client.ts';
import { rowsOf } from '../../../../../test/attacks/requests-page.ts';
import type { Gateway } from '../../gateway.ts';
import { takeIn } from '../../intake.ts';
import { LiveExchange } from '../../live-exchange.ts';
import { catalogue } from '../../problems/catalogue.ts';
import { connectionOf } from '../connections.ts';
import type { Inbound } from '../inbound.ts';
import { Listener } from '../listener.ts';
import { StallWatch } from '../stall-watch.ts';
import { Http1Session, type SessionHost } from './session.ts';

/** The session by itself: how its bytes are cut, when its replies come, and what it leaves behind. */

const listener = new Listener({ name: 'http', isInternal: false, redirectPort: undefined, tls: undefined });
const gateway = { planForNobody: {}, abandon() {} } as unknown as Gateway;
const empty = ['content-length', '0'];

function hostOf(parts: Partial<SessionHost>): SessionHost {
  return {
    stalls: new StallWatch(),
    headTimeout: 60_000,
    idleTimeout: 60_000,
    keepAliveLine: '',
    maxHeadSize: 65_536,
    draining: false,
    serve: (inbound) => inbound.respond(200, [...empty], undefined),
    refuse: (inbound, problem) => inbound.respond(catalogue[problem].status, [...empty], undefined),
    clientError() {},
    ...parts,
  };
}

/** A socket whose bytes come in the pieces that a test gives it. */
class PieceSocket extends Duplex {
  readonly remoteAddress = '192.0.2.1';
  sent = '';

  override _read(): void {}

  override _write(chunk: Buffer | string, _: BufferEncoding, done: () => void): void {
    this.sent += chunk.toString('latin1');
    done();
  }
}

/** What was let pass, and what was said, when bytes come in these pieces. */
async function outcome(pieces: readonly string[]): Promise<readonly string[]> {
  const passed: string[] = [];
  const serve = (inbound: Inbound): void => {
    const exchange = new LiveExchange(inbound, gateway);
    const ending = takeIn(exchange);
    if (ending !== undefined) {
      const { status, close } =
        ending.kind === 'refuse'
          ? { close: undefined, ...catalogue[ending.problem] }
          : { ...ending, close: false };
      if (close === true) inbound.closeAfter();
      return inbound.respond(status, [...empty], undefined);
    }
    let body = '';
    const read = (): void => {
      passed.push(`${inbound.method} ${exchange.path} ${body}`);
      inbound.respond(200, [...empty], undefined);
    };
    if (!inbound.hasBody) return read();
    inbound.owner = {
      abandoned() {},
      bodyBroke: (problem) => inbound.respond(catalogue[problem].status, [...empty], undefined),
    };
    inbound
      .body()
      .on('data', (chunk: Buffer) => {
        body += chunk.toString('latin1');
      })
      .on('end', read);
  };
  const socket = new PieceSocket({ allowHalfOpen: false });
  const stalls = new StallWatch();
  new Http1Session(connectionOf(socket as unknown as Socket, listener), hostOf({ stalls, serve }), 0);
  await turn();
  for (const piece of pieces) {
    if (socket.readableEnded || socket.destroyed) break;
    socket.push(Buffer.from(piece, 'latin1'));
    await turn();
  }
  await turn();
  socket.destroy();
  return [...passed, ...socket.sent.replaceAll(/date: .*\r\n/g, '').split('\r\n\r\n')];
}

const conversation = [
  'POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello',
  '\r\nGET /b HTTP/1.1\r\nHost: a\r\n\r\n',
  'PUT /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2;x="y"\r\nab\r\n1\r\nc\r\n0\r\nT: u\r\n\r\n',
  'POST /d HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nhi',
  'TRACE /e HTTP/1.1\r\nHost: a\r\nContent-Length: 18\r\n\r\nGET / HTTP/1.1\r\n\r\n',
  'OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n',
  'GET /f HTTP/1.0\r\nConnection: keep-alive\r\n\r\n',
  'HEAD /g HTTP/1.1\r\nHost: a\r\n\r\n',
];
const sequences: readonly [name: string, bytes: string][] = [
  ...rowsOf('Framing and fields').map(({ written, arrives }) => [written, arrives] as [string, string]),
  ...rowsOf('Request target').map(
    ({ written, arrives }) =>
      [`the target ${written}`, `GET ${arrives} HTTP/1.1\r\nHost: a\r\n\r\n`] as [string, string],
  ),
  ['a conversation', conversation.join('')],
  ['one that ends with nonsense', `${conversation.join('')}NONSENSE\r\n\r\n`],
  [
    'one that ends with a chunk that is none',
    `${conversation.join('')}${conversation[2]!.replace('2;', 'z;')}`,
  ],
  [
    'one that is closed on the way',
    `${conversation[0]}GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n${conversation[1]}`,
  ],
];

for (const [name, bytes] of sequences) {
  test(`${name}: however it is cut, it is read in the same way`, async () => {
    const whole = await outcome([bytes]);
    assert.deepEqual(await outcome([...bytes]), whole, 'one byte at a time');
    for (let at = 1; at < bytes.length; at++)
      assert.deepEqual(await outcome([bytes.slice(0, at), bytes.slice(at)]), whole, `cut at ${at}`);
  });
}

const servers: net.Server[] = [];
after(() => {
  for (const server of servers) server.close();
});

/** Sessions over real sockets. */
async function open(
  parts: Partial<SessionHost>,
): Promise<{ client: RawConnection; socket: Socket; host: { draining: boolean } }> {
  const host = { ...hostOf(parts) };
  const server = net.createServer({ noDelay: true }, (socket) => {
    const session = new Http1Session(connectionOf(socket, listener), host, performance.now());
    const looking = setInterval(() => session.look(performance.now()), 50);
    socket.once('close', () => clearInterval(looking));
  });
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  const client = new RawConnection((server.address() as AddressInfo).port);
  after(() => client.close());
  return { client, socket: (await accepted)[0], host };
}

const get = 'GET /a HTTP/1.1\r\nHost: a\r\n\r\n';

for (const name of ['content-length', 'date']) {
  test(`a field whose value is ${name} is not the field of that name`, async () => {
    const { client } = await open({
      serve(inbound) {
        inbound.start(200, ['access-control-expose-headers', name]);
        inbound.write(Buffer.from('hello'));
        inbound.end([]);
      },
    });
    client.write(`${get}${get}`);
    const replies = await client.replies(2, 2_000);
    assert.deepEqual(
      replies.map(({ body }) => body),
      ['hello', 'hello'],
    );
    for (const { fields } of replies) assert.ok(fields.has('date'));
  });
}

test('an empty piece of a reply is no end of it', async () => {
  const { client } = await open({
    serve(inbound) {
      inbound.start(200, []);
      for (const text of ['a', '', 'b']) inbound.write(Buffer.from(text));
      inbound.end([]);
    },
  });
  client.write(get);
  assert.equal((await client.replies(1))[0]?.body, 'ab');
});

test('HTTP/1.0: close is stronger than keep-alive', async () => {
  const { client } = await open({});
  client.write('GET /a HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n');
  assert.equal((await client.replies(1))[0]?.fields.get('connection'), 'close');
  await client.ended();
});

test('bodies that nobody wanted leave nothing behind on the connection', async () => {
  const { client, socket } = await open({});
  const listeners = (): number[] => socket.eventNames().map((name) => socket.listenerCount(name));
  let before: number[] = [];
  for (let i = 1; i <= 20; i++) {
    client.write('POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nx');
    assert.equal((await client.replies(i)).length, i);
    client.write('y');
    if (i === 1) before = listeners();
  }
  assert.deepEqual(listeners(), before);
});

test('many requests in one piece are spread over turns, also where a reply comes a little later', async () => {
  let served = 0;
  let most = 0;
  const { client } = await open({
    serve(inbound) {
      served++;
      if (served === 1) {
        const look = (): void => {
          most = Math.max(most, served);
          served = 0;
          if (!client.socket.destroyed) setImmediate(look);
        };
        setImmediate(look);
      }
      inbound.body().resume();
      queueMicrotask(() => inbound.respond(200, [...empty], undefined));
    },
  });
  client.write('POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx'.repeat(500));
  assert.equal((await client.replies(500)).length, 500);
  client.close();
  assert.ok(most <= 40, `${most} in one turn`);
});

test('once the connection is gone, nothing more of it is served', async () => {
  let served = 0;
  const { client, socket } = await open({
    serve(inbound) {
      if (++served === 10) socket.destroy();
      inbound.respond(200, [...empty], undefined);
    },
  });
  client.write(get.repeat(1_000));
  await client.ended();
  for (let i = 0; i < 20; i++) await turn();
  assert.ok(served <= 16, `${served} were served`);
});

test('a client that goes away behind its body is noticed', async () => {
  let gone!: () => void;
  const noticed = new Promise<void>((resolve) => {
    gone = resolve;
  });
  const { client } = await open({
    serve(inbound) {
      inbound.owner = { abandoned: gone, bodyBroke() {} };
      // It takes in what there is, and reads no more: so the socket pauses.
      inbound.body().once('data', () => inbound.body().pause());
    },
  });
  client.write(`POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 80000\r\n\r\n${'x'.repeat(80_000)}`);
  await pause(100);
  client.close();
  await Promise.race([noticed, pause(3_000).then(() => assert.fail('nobody was told'))]);
});

test('a reply that ends the connection may be read as slowly as any other', async () => {
  const size = 8 * 1_048_576;
  const { client } = await open({
    stalls: new StallWatch(50),
    serve(inbound) {
      inbound.start(200, ['content-length', String(size)]);
      inbound.write(Buffer.alloc(size, 'x'));
      inbound.end([]);
    },
  });
  client.write('GET /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
  client.socket.pause();
  await pause(3_000);
  client.socket.resume();
  assert.equal((await client.replies(1, 5_000))[0]?.body.length, size);
});

test('but not for ever', async () => {
  const { client, socket } = await open({
    stalls: new StallWatch(50),
    idleTimeout: 400,
    serve(inbound) {
      inbound.start(200, ['content-length', '33554432']);
      inbound.write(Buffer.alloc(33_554_432));
      inbound.end([]);
    },
  });
  client.write('GET /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
  client.socket.pause();
  // What the client goes on to send is no sign that it reads.
  const poking = setInterval(() => client.write('x'), 100);
  await Promise.race([once(socket, 'close'), pause(5_000).then(() => assert.fail('still open'))]);
  clearInterval(poking);
});

test('who does not read its reply is let go, though it goes on sending', async () => {
  const { client, socket } = await open({
    idleTimeout: 400,
    serve: (inbound) => inbound.respond(200, ['content-length', '33554432'], Buffer.alloc(33_554_432)),
  });
  client.write(get);
  client.socket.pause();
  const poking = setInterval(() => client.write('x'), 100);
  await Promise.race([once(socket, 'close'), pause(5_000).then(() => assert.fail('still open'))]);
  clearInterval(poking);
});

test('a reply that is under way when the end is announced says that it is the last', async () => {
  let answer: (() => void) | undefined;
  const { client, host } = await open({
    serve(inbound) {
      answer = () => inbound.respond(200, [...empty], undefined);
    },
  });
  client.write(get);
  while (answer === undefined) await turn();
  host.draining = true;
  answer();
  assert.equal((await client.replies(1))[0]?.fields.get('connection'), 'close');
  await client.ended();
});
