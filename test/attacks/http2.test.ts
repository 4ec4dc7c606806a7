import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { startGateway } from '../harness/gateway.ts';
import { ask, openSession } from '../harness/http2-client.ts';
import { startUpstream } from '../harness/upstream.ts';
import { waitFor, within } from '../harness/wait.ts';
import { encode, type FieldList, flag, frame, frameType, RawHttp2 } from './raw-http2.ts';

/** HTTP/2 as no library sends it, and floods of it. */

const seen: string[] = [];
const upstream = await startUpstream({ after }, (request, reply) => {
  let body = '';
  request.setEncoding('latin1').on('data', (text: string) => {
    body += text;
  });
  request.on('end', () => {
    // A field that should have been dropped would show here.
    for (const name of ['x y', 'x', '']) if (request.headers[name] !== undefined) seen.push(`field ${name}`);
    seen.push(`${request.method} ${request.url}${body === '' ? '' : ` ${body}`}`);
    if (request.url === '/stream') {
      reply.write('o');
      setTimeout(() => reply.end('k'), 20);
    } else if (request.url?.startsWith('/never') !== true) reply.end('ok');
  });
  request.on('error', () => {});
});

const gateway = await startGateway(
  { after },
  {
    config: `
listen: { https: { port: 0, selfSigned: true }, admin: { port: 0 } }
threads: 1
policies: { authentication: none, access-log: { to: { file: access.log } } }
apis: { all: { upstream: { targets: ['${upstream.origin}'] } } }
`,
  },
);
const session = await openSession({ after }, gateway);

/** Nothing else can arrive at the upstream behind a request that was sent after it, and answered. */
async function seenUpToNow(): Promise<string[]> {
  assert.equal((await ask(session, { ':path': '/marker' })).status, 200);
  return seen.splice(0).filter((each) => each !== 'GET /marker');
}

function head(more: FieldList = [], changed: Readonly<Record<string, string | undefined>> = {}): FieldList {
  const pseudo = {
    ':method': 'GET',
    ':scheme': 'https',
    ':authority': 'localhost',
    ':path': '/a',
    ...changed,
  };
  return [
    ...Object.entries(pseudo).filter((each): each is [string, string] => each[1] !== undefined),
    ...more,
  ];
}

/** Status, `reset CODE`, `connection error`, `closed`; behind a comma what the upstream saw. */
const vectors: readonly [name: string, fields: FieldList, outcome: RegExp, seen?: string][] = [
  ['an ordinary request', head(), /^200$/, 'GET /a'],
  ['a Host that agrees', head([['host', 'localhost']]), /^200$/, 'GET /a'],
  ['a Host that agrees but for its case', head([['host', 'LOCALHOST.']]), /^200$/, 'GET /a'],
  ['a Host that differs', head([['host', 'evil.example']]), /^400$/],
  ['a Host with another port', head([['host', 'localhost:1']]), /^400$/],
  ['a Host alone', head([['host', 'localhost']], { ':authority': undefined }), /^200$/, 'GET /a'],
  ['neither', head([], { ':authority': undefined }), /^(400|reset 1)$/],
  ['an empty authority', head([], { ':authority': '' }), /^(400|reset 1)$/],
  ['an authority with a user', head([], { ':authority': 'u@localhost' }), /^(400|reset 1)$/],
  [
    'two Hosts',
    head([
      ['host', 'localhost'],
      ['host', 'localhost'],
    ]),
    /^(400|reset 1)$/,
  ],
  ['two authorities', [[':authority', 'localhost'], ...head()], /^(400|reset 1)$/],
  ['two paths', [[':path', '/b'], ...head()], /^(400|reset 1)$/],
  ['two methods', [[':method', 'GET'], ...head()], /^(400|reset 1)$/],
  ['no path', head([], { ':path': undefined }), /^(400|reset 1)$/],
  ['an empty path', head([], { ':path': '' }), /^(400|reset 1)$/],
  ['a path without a slash', head([], { ':path': 'a' }), /^(400|reset 1)$/],
  ['an absolute path', head([], { ':path': 'https://evil.example/' }), /^(400|reset 1)$/],
  ['a dot segment', head([], { ':path': '/a/../b' }), /^400$/],
  ['a fragment', head([], { ':path': '/a#b' }), /^400$/],
  ['a space in the path', head([], { ':path': '/a HTTP/1.1' }), /^(400|reset 1)$/],
  ['a line break in the path', head([], { ':path': '/a\r\nX: b' }), /^(400|reset 1)$/],
  ['a NUL in the path', head([], { ':path': '/a\0' }), /^(400|reset 1)$/],
  ['a long path', head([], { ':path': `/${'a'.repeat(9000)}` }), /^414$/],
  ['`*` for OPTIONS', head([], { ':method': 'OPTIONS', ':path': '*' }), /^204$/],
  ['`*` for GET', head([], { ':path': '*' }), /^(400|reset 1)$/],
  ['a method in lower case', head([], { ':method': 'get' }), /^405$/],
  ['an unknown method', head([], { ':method': 'FOO' }), /^405$/],
  ['a method with a space', head([], { ':method': 'GET /b HTTP/1.1' }), /^(405|reset 1)$/],
  ['TRACE', head([], { ':method': 'TRACE' }), /^405$/],
  [
    'CONNECT',
    [
      [':method', 'CONNECT'],
      [':authority', 'localhost:80'],
    ],
    /^405$/,
  ],
  ['no method', head([], { ':method': undefined }), /^(405|reset 1)$/],
  ['no scheme', head([], { ':scheme': undefined }), /^reset 1$/],
  ['an upper-case name', head([['X-Upper', 'a']]), /^(400|reset 1)$/],
  // What cannot be a field is not taken for one: it is dropped, and nobody reads it.
  ['a name with a space', head([['x y', 'a']]), /^200$/, 'GET /a'],
  ['a name with a line break', head([['x\r\ny', 'a']]), /^200$/, 'GET /a'],
  ['an empty name', head([['', 'a']]), /^200$/, 'GET /a'],
  ['a line break in a value', head([['x', 'a\r\nHost: evil.example']]), /^200$/, 'GET /a'],
  ['a NUL in a value', head([['x', 'a\0b']]), /^200$/, 'GET /a'],
  ['Connection', head([['connection', 'keep-alive']]), /^(400|reset 1)$/],
  ['Transfer-Encoding', head([['transfer-encoding', 'chunked']]), /^(400|reset 1)$/],
  ['Keep-Alive', head([['keep-alive', '5']]), /^(400|reset 1)$/],
  ['Proxy-Connection', head([['proxy-connection', 'close']]), /^(400|reset 1)$/],
  ['Upgrade', head([['upgrade', 'websocket']]), /^(400|reset 1)$/],
  ['TE with more than trailers', head([['te', 'gzip']]), /^(400|reset 1)$/],
  ['TE with trailers', head([['te', 'trailers']]), /^200$/, 'GET /a'],
  ['a length where no body comes', head([['content-length', '5']]), /^(400|reset 1)$/],
  [
    'two lengths',
    head([
      ['content-length', '0'],
      ['content-length', '1'],
    ]),
    /^(400|reset 1)$/,
  ],
  ['a length that is none', head([['content-length', '-1']]), /^(400|reset 1)$/],
  ['a pseudo field behind others', [...head(), ['x', 'a'], [':path', '/b']], /^(400|reset 1)$/],
  ['an unknown pseudo field', [[':x', 'a'], ...head()], /^(400|reset 1)$/],
  ['a status', [[':status', '200'], ...head()], /^(400|reset 1)$/],
  ['an expectation', head([['expect', '200-ok']]), /^417$/],
  [
    'two credentials',
    head([
      ['authorization', 'Basic eDp5'],
      ['authorization', 'Basic eDp5'],
    ]),
    /^(400|reset 1)$/,
  ],
];

for (const [name, fields, expected, arrived] of vectors) {
  test(`${name}: ${expected.source.replace(/[\^$()]/g, '').replace('|', ' or ')}`, async () => {
    const connection = await RawHttp2.open(gateway);
    connection.headers(1, fields);
    assert.match(await connection.outcome(1), expected);
    connection.close();
    assert.deepEqual(await seenUpToNow(), arrived === undefined ? [] : [arrived]);
  });
}

const post = (more: FieldList = []): FieldList => head(more, { ':method': 'POST' });

const bodies: readonly [
  name: string,
  fields: FieldList,
  send: (connection: RawHttp2) => void,
  seen: readonly string[],
][] = [
  [
    'a body',
    post(),
    (c) => c.send(frameType.data, flag.endStream, 1, Buffer.from('hello')),
    ['POST /a hello'],
  ],
  [
    'a body with its length',
    post([['content-length', '5']]),
    (c) => c.send(frameType.data, flag.endStream, 1, Buffer.from('hello')),
    ['POST /a hello'],
  ],
  [
    'less than the length',
    post([['content-length', '6']]),
    (c) => c.send(frameType.data, flag.endStream, 1, Buffer.from('hello')),
    [],
  ],
  [
    'more than the length',
    post([['content-length', '4']]),
    (c) => c.send(frameType.data, flag.endStream, 1, Buffer.from('hello')),
    [],
  ],
  [
    'a body with trailers',
    post(),
    (c) => {
      c.send(frameType.data, 0, 1, Buffer.from('hello'));
      c.headers(1, [['x-sum', '5']]);
    },
    ['POST /a hello'],
  ],
  [
    'a body that is reset with an error',
    post(),
    (c) => {
      c.send(frameType.data, 0, 1, Buffer.from('hello'));
      c.send(frameType.reset, 0, 1, Buffer.from([0, 0, 0, 8]));
    },
    [],
  ],
  [
    'a body that is reset without an error',
    post(),
    (c) => {
      c.send(frameType.data, 0, 1, Buffer.from('hello'));
      c.send(frameType.reset, 0, 1, Buffer.from([0, 0, 0, 0]));
    },
    [],
  ],
  [
    'a body whose connection breaks',
    post(),
    (c) => {
      c.send(frameType.data, 0, 1, Buffer.from('hello'));
      c.socket.end();
    },
    [],
  ],
];

for (const [name, fields, send, arrived] of bodies) {
  test(`${name}: ${arrived.length === 0 ? 'nothing is forwarded' : 'forwarded'}`, async () => {
    const connection = await RawHttp2.open(gateway);
    connection.headers(1, fields, false);
    send(connection);
    if (arrived.length > 0) assert.equal(await connection.outcome(1), '200');
    else await connection.settle();
    connection.close();
    assert.deepEqual(await seenUpToNow(), arrived);
  });
}

test('a reply that flows ends with END_STREAM, and not with a reset', async () => {
  const connection = await RawHttp2.open(gateway);
  connection.headers(1, head([], { ':path': '/stream' }));
  assert.equal(await connection.outcome(1), '200');
  await waitFor('the end', () =>
    connection.frames.some((each) => each.type === frameType.data && (each.flags & flag.endStream) !== 0),
  );
  await connection.settle();
  assert.equal(
    connection.frames.some((each) => each.type === frameType.reset),
    false,
  );
  connection.close();
  seen.length = 0;
});

/** Another client is served while the attack runs, and when it is over. */
async function othersAreServedDuring(attack: () => Promise<void>): Promise<void> {
  let over = false;
  let served = 0;
  const running = attack().finally(() => {
    over = true;
  });
  while (!over || served < 10) {
    const reply = await within('another client to be served', ask(session, { ':path': '/marker' }), 5_000);
    assert.equal(reply.status, 200);
    served++;
  }
  await running;
  seen.length = 0;
}

async function threadsReplaced(): Promise<number> {
  return gateway.metric('portcullis_threads_replaced_total');
}

/** Sends in pieces, as far as the other side lets it: an attacker is cut off, or waits. */
async function flood(connection: RawHttp2, count: number, make: (i: number) => Buffer): Promise<number> {
  let sent = 0;
  while (sent < count && !connection.closed) {
    const pieces: Buffer[] = [];
    for (let i = 0; i < 200 && sent < count; i++) pieces.push(make(sent++));
    if (!connection.socket.write(Buffer.concat(pieces))) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 1_000);
        const done = (): void => {
          clearTimeout(timer);
          resolve();
        };
        connection.socket.once('drain', done).once('close', done);
      });
    } else await turn();
  }
  return sent;
}

test('rapid reset: the client is cut off, and others are served', async () => {
  const connection = await RawHttp2.open(gateway);
  const block = encode(head([], { ':path': '/never' }));
  const cancel = Buffer.from([0, 0, 0, 8]);
  await othersAreServedDuring(async () => {
    await flood(connection, 10_000, (i) =>
      Buffer.concat([
        frame(frameType.headers, flag.endHeaders | flag.endStream, 2 * i + 1, block),
        frame(frameType.reset, 0, 2 * i + 1, cancel),
      ]),
    );
    await waitFor('the attacker to be cut off', () => connection.closed);
  });
  assert.equal(await threadsReplaced(), 0);
});

test('rapid reset from many connections', async () => {
  const block = encode(head([], { ':path': '/never' }));
  const cancel = Buffer.from([0, 0, 0, 8]);
  await othersAreServedDuring(async () => {
    for (let i = 0; i < 20; i++) {
      const connection = await RawHttp2.open(gateway);
      await flood(connection, 500, (at) =>
        Buffer.concat([
          frame(frameType.headers, flag.endHeaders | flag.endStream, 2 * at + 1, block),
          frame(frameType.reset, 0, 2 * at + 1, cancel),
        ]),
      );
      await waitFor('the attacker to be cut off', () => connection.closed);
    }
  });
});

test('streams that make the gateway reset them (by errors of their own)', async () => {
  const connection = await RawHttp2.open(gateway);
  const block = encode(head([['connection', 'x']]));
  await othersAreServedDuring(async () => {
    await flood(connection, 5_000, (i) =>
      frame(frameType.headers, flag.endHeaders | flag.endStream, 2 * i + 1, block),
    );
    await waitFor('the attacker to be cut off', () => connection.closed);
  });
});

const floods: readonly [name: string, count: number, make: (i: number) => Buffer][] = [
  ['PING', 20_000, () => frame(frameType.ping, 0, 0, Buffer.alloc(8))],
  ['SETTINGS', 20_000, () => frame(frameType.settings, 0, 0, Buffer.from([0, 4, 0, 0, 0xff, 0xff]))],
  ['PRIORITY', 20_000, (i) => frame(frameType.priority, 0, 2 * i + 1, Buffer.from([0, 0, 0, 0, 1]))],
  [
    'empty DATA',
    20_000,
    (i) =>
      i === 0
        ? frame(frameType.headers, flag.endHeaders, 1, encode(post()))
        : frame(frameType.data, 0, 1, Buffer.alloc(0)),
  ],
  ['WINDOW_UPDATE', 20_000, () => frame(frameType.windowUpdate, 0, 0, Buffer.from([0, 0, 0, 1]))],
  ['unknown frames', 20_000, () => frame(0x77, 0, 0, Buffer.alloc(8))],
];

for (const [name, count, make] of floods) {
  test(`a flood of ${name}: others are served`, async () => {
    const connection = await RawHttp2.open(gateway);
    // Nothing is read meanwhile: what the gateway has to answer, it has to keep.
    connection.socket.pause();
    await othersAreServedDuring(async () => void (await flood(connection, count, make)));
    connection.close();
    assert.equal(await threadsReplaced(), 0);
  });
}

test('CONTINUATION without end is cut off', async () => {
  const connection = await RawHttp2.open(gateway);
  await othersAreServedDuring(async () => {
    connection.send(frameType.headers, 0, 1, encode(head()));
    await flood(connection, 20_000, (i) =>
      frame(frameType.continuation, 0, 1, encode([[`x-${i}`, 'a'.repeat(50)]])),
    );
    await waitFor('the attacker to be cut off', () => connection.closed);
  });
});

const bombs: readonly [name: string, fields: FieldList][] = [
  ['200 fields', head(Array.from({ length: 200 }, (_, i) => [`x-${i}`, 'a'] as const))],
  [
    'a field of 20,000',
    head([
      ['x', 'a'.repeat(16_300)],
      ['y', 'a'.repeat(17)],
    ]),
  ],
];

for (const [name, fields] of bombs) {
  test(`${name}: refused, and nothing forwarded`, async () => {
    const connection = await RawHttp2.open(gateway);
    const block = encode(fields);
    // A frame holds 16 KiB at most.
    for (let at = 0; at < block.length; at += 16_384) {
      const last = at + 16_384 >= block.length ? flag.endHeaders : 0;
      const piece = block.subarray(at, at + 16_384);
      if (at === 0) connection.send(frameType.headers, last | flag.endStream, 1, piece);
      else connection.send(frameType.continuation, last, 1, piece);
    }
    assert.match(await connection.outcome(1), /^(431|reset \d+|connection error|closed)$/);
    connection.close();
    assert.deepEqual(await seenUpToNow(), []);
  });
}

test('a table entry used ten thousand times (header bomb) is refused', async () => {
  const connection = await RawHttp2.open(gateway);
  // Literal with incremental indexing puts 4,000 bytes into the table; each index that follows is one byte.
  const entry = Buffer.concat([
    Buffer.from([0x40, 1]),
    Buffer.from('x'),
    Buffer.from([0x7f, 0xa1, 0x1e]),
    Buffer.alloc(4000, 'a'),
  ]);
  const block = Buffer.concat([encode(head()), entry, Buffer.alloc(10_000, 0xbe)]);
  connection.send(frameType.headers, flag.endHeaders | flag.endStream, 1, block);
  assert.match(await connection.outcome(1), /^(431|reset \d+|connection error|closed)$/);
  connection.close();
  assert.deepEqual(await seenUpToNow(), []);
});

test('100 streams at once are served; one more, against what was agreed, ends the connection', async () => {
  const connection = await RawHttp2.open(gateway);
  for (let i = 0; i < 100; i++) connection.headers(2 * i + 1, head([], { ':path': `/never-${i}` }));
  await waitFor('the requests to arrive', () => seen.length === 100);
  connection.headers(201, head());
  await waitFor('the connection to end', () => connection.closed);
  assert.deepEqual(
    await seenUpToNow(),
    Array.from({ length: 100 }, (_, i) => `GET /never-${i}`),
  );
});

test('a client that does not read its replies is no burden to others', async () => {
  const connection = await RawHttp2.open(gateway);
  // A window of nothing: no byte of a body may be sent.
  connection.send(frameType.settings, 0, 0, Buffer.from([0, 4, 0, 0, 0, 0]));
  for (let i = 0; i < 100; i++) connection.headers(2 * i + 1, head());
  await othersAreServedDuring(() => connection.settle());
  connection.close();
});

test('all the while no thread died', async () => {
  assert.equal(await threadsReplaced(), 0);
  assert.match((await gateway.askAdmin('/metrics')).text, /^portcullis_threads_replaced_total 0$/m);
});
