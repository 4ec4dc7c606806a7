import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { startGateway } from '../harness/gateway.ts';
import { startUpstream } from '../harness/upstream.ts';
import { waitFor } from '../harness/wait.ts';
import { RawConnection, type RawReply } from './raw-client.ts';
import { rowsOf } from './requests-page.ts';

/** Raw bytes on HTTP/1.1: what is refused never reaches the upstream, and what reaches it has one form. */

const seen: string[] = [];
const upstream = await startUpstream({ after }, (request, reply) => {
  let body = '';
  request.setEncoding('latin1').on('data', (text: string) => {
    body += text;
  });
  request.on('end', () => {
    seen.push(`${request.method} ${request.url}${body === '' ? '' : ` ${body}`}`);
    if (request.url?.startsWith('/slow') === true) setTimeout(() => reply.end(request.url), 20);
    else reply.end(request.url);
  });
});

const gateway = await startGateway(
  { after },
  {
    config: `
listen: { http: { port: 0, plaintext: true }, admin: { port: 0 } }
threads: 1
policies: { authentication: none, access-log: { to: { file: access.log } } }
apis: { all: { upstream: { targets: ['${upstream.origin}'] } } }
`,
  },
);

function open(): RawConnection {
  return new RawConnection(gateway.httpPort);
}

/** Nothing else can arrive at the upstream behind a request that was sent after it, and answered. */
async function seenUpTo(marker: string): Promise<string[]> {
  const connection = open();
  connection.write(`GET /${marker} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
  await connection.replies(1);
  connection.close();
  return seen.splice(0).filter((each) => each !== `GET /${marker}`);
}

function problemOf(reply: RawReply | undefined): string {
  assert.ok(reply, 'no reply');
  assert.equal(reply.fields.get('content-type'), 'application/problem+json');
  const problem = JSON.parse(reply.body) as { status: number; type: string; requestId: string };
  assert.equal(problem.status, reply.status);
  assert.equal(problem.requestId, reply.fields.get('x-request-id'));
  return problem.type.replace('urn:portcullis:problem:', '');
}

async function refusedWith(bytes: string, status: number): Promise<string> {
  const connection = open();
  connection.write(bytes);
  const replies = await connection.replies(1);
  assert.deepEqual(
    replies.map((each) => each.status),
    [status],
  );
  const problem = problemOf(replies[0]);
  if (status === 400) {
    assert.equal(replies[0]!.fields.get('connection'), 'close');
    await connection.ended();
  }
  connection.close();
  return problem;
}

for (const { written, arrives, happens } of rowsOf('Framing and fields')) {
  test(`${written}: ${happens}`, async () => {
    const [, status] = /^(?:refused|answered)(?: with (\d+))?$/.exec(happens) ?? [];
    if (happens.startsWith('refused')) {
      await refusedWith(arrives, Number(status ?? 400));
      assert.deepEqual(await seenUpTo('after'), []);
      return;
    }
    const connection = open();
    connection.write(arrives);
    const replies = (
      await connection.replies(1 + (written.includes('1\\r\\nHost: a\\r\\nExpect') ? 1 : 0))
    ).at(-1);
    connection.close();
    assert.equal(replies?.status, Number(status ?? 200));
    assert.deepEqual(
      await seenUpTo('after'),
      status === undefined ? [happens.replace('forwarded as ', '')] : [],
    );
  });
}

for (const { written, arrives, happens, note } of rowsOf('Request target')) {
  test(`the target ${written}: ${happens}`, async () => {
    const host = /^authority `(.*)`$/.exec(note)?.[1] ?? 'a';
    const bytes = `GET ${arrives} HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
    if (happens === 'refused') {
      await refusedWith(bytes, 400);
      assert.deepEqual(await seenUpTo('after'), []);
      return;
    }
    const connection = open();
    connection.write(bytes);
    assert.equal((await connection.replies(1))[0]?.status, 200);
    connection.close();
    assert.deepEqual(await seenUpTo('after'), [
      `GET ${happens.replace('forwarded as ', '').replace('\\|', '|')}`,
    ]);
  });
}

for (const { written, arrives, happens } of rowsOf('Authority')) {
  test(`the host ${written}: ${happens}`, async () => {
    const bytes = `GET /a HTTP/1.1\r\nHost: ${arrives}\r\n\r\n`;
    if (happens === 'refused') {
      await refusedWith(bytes, 400);
      assert.deepEqual(await seenUpTo('after'), []);
      return;
    }
    const before = upstream.requests.length;
    const connection = open();
    connection.write(bytes);
    assert.equal((await connection.replies(1))[0]?.status, 200);
    connection.close();
    const { headers } = upstream.requests[before]!;
    const host = happens.replace('read as ', '');
    assert.equal(headers['x-forwarded-host'], host.replace(/:80$/, ''));
    assert.equal(headers.host, `127.0.0.1:${upstream.port}`);
    seen.length = 0;
  });
}

const many = (count: number, line: (i: number) => string): string =>
  Array.from({ length: count }, (_, i) => line(i)).join('');

const tooLong: readonly [name: string, bytes: string, status: number, problem: string][] = [
  ['a target of 8193', `GET /${'a'.repeat(8192)} HTTP/1.1\r\nHost: a\r\n\r\n`, 414, 'target-too-long'],
  [
    'a query that grows beyond 8192',
    `GET /?${'|'.repeat(3000)} HTTP/1.1\r\nHost: a\r\n\r\n`,
    414,
    'target-too-long',
  ],
  ['a target of 100,000', `GET /${'a'.repeat(100_000)} HTTP/1.1\r\nHost: a\r\n\r\n`, 431, 'fields-too-large'],
  [
    'a field of 17,000',
    `GET / HTTP/1.1\r\nHost: a\r\nX: ${'a'.repeat(17_000)}\r\n\r\n`,
    431,
    'fields-too-large',
  ],
  [
    'a field of 100,000',
    `GET / HTTP/1.1\r\nHost: a\r\nX: ${'a'.repeat(100_000)}\r\n\r\n`,
    431,
    'fields-too-large',
  ],
  [
    'a field name of 100,000',
    `GET / HTTP/1.1\r\nHost: a\r\n${'a'.repeat(100_000)}: b\r\n\r\n`,
    431,
    'fields-too-large',
  ],
  [
    '101 fields',
    `GET / HTTP/1.1\r\nHost: a\r\n${many(100, (i) => `X-${i}: b\r\n`)}\r\n`,
    431,
    'fields-too-large',
  ],
  [
    '10,000 fields',
    `GET / HTTP/1.1\r\nHost: a\r\n${many(10_000, () => 'X:\r\n')}\r\n`,
    431,
    'fields-too-large',
  ],
  [
    '100,000 fields',
    `GET / HTTP/1.1\r\nHost: a\r\n${many(100_000, () => 'X:\r\n')}\r\n`,
    431,
    'fields-too-large',
  ],
  [
    '40,000 in 40 fields',
    `GET / HTTP/1.1\r\nHost: a\r\n${many(40, (i) => `X-${i}: ${'b'.repeat(1000)}\r\n`)}\r\n`,
    431,
    'fields-too-large',
  ],
  [
    '5,500 cookies',
    `GET / HTTP/1.1\r\nHost: a\r\n${many(5_500, () => 'Cookie: a\r\n')}\r\n`,
    431,
    'fields-too-large',
  ],
  [
    '101 parameters',
    `GET /?${many(101, (i) => `a${i}&`)} HTTP/1.1\r\nHost: a\r\n\r\n`,
    400,
    'query-too-large',
  ],
  [
    '2 GiB announced',
    'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2147483648\r\n\r\n',
    413,
    'body-too-large',
  ],
  [
    'chunk extensions of 100,000',
    `POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1;${'a'.repeat(100_000)}\r\nx\r\n0\r\n\r\n`,
    400,
    'malformed-request',
  ],
  [
    'trailers of 100,000',
    `POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: ${'a'.repeat(100_000)}\r\n\r\n`,
    431,
    'fields-too-large',
  ],
];

for (const [name, bytes, status, problem] of tooLong) {
  test(`${name}: ${status}`, async () => {
    const connection = open();
    connection.write(bytes);
    const [reply, ...more] = await connection.replies(1);
    assert.equal(reply?.status, status);
    assert.equal(problemOf(reply), problem);
    assert.deepEqual(more, []);
    if (problem !== 'query-too-large') await connection.ended();
    connection.close();
    assert.deepEqual(await seenUpTo('after'), []);
  });
}

/** A request that would be served if anybody believed that it begins here. */
const hidden = 'GET /hidden HTTP/1.1\r\nHost: a\r\n\r\n';

const smuggling: readonly [
  name: string,
  bytes: string,
  seen: readonly string[],
  statuses: readonly number[],
][] = [
  [
    'in a body with a length',
    `POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: ${hidden.length}\r\n\r\n${hidden}`,
    [`POST /a ${hidden}`],
    [200],
  ],
  [
    'in a chunk',
    `POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${hidden.length.toString(16)}\r\n${hidden}\r\n0\r\n\r\n`,
    [`POST /a ${hidden}`],
    [200],
  ],
  [
    'in the body of a GET',
    `GET /a HTTP/1.1\r\nHost: a\r\nContent-Length: ${hidden.length}\r\n\r\n${hidden}`,
    [`GET /a ${hidden}`],
    [200],
  ],
  [
    'behind a length that a second one disowns',
    `POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: ${hidden.length}\r\nContent-Length: 0\r\n\r\n${hidden}`,
    [],
    [400],
  ],
  [
    'behind chunks that a length disowns (CL.TE)',
    `POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: ${hidden.length + 5}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${hidden}`,
    [],
    [400],
  ],
  [
    'behind a coding that only some know (TE.TE)',
    `POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\nContent-Length: 0\r\n\r\n${hidden}`,
    [],
    [400],
  ],
  ['behind two hosts', `GET /a HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n${hidden}`, [], [400]],
  ['behind a target that is refused', `GET /a/../b HTTP/1.1\r\nHost: a\r\n\r\n${hidden}`, [], [400]],
  ['behind a fragment', `GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n${hidden}`, [], [400]],
  [
    'behind a chunk that is too long',
    `POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nxx\r\n0\r\n\r\n${hidden}`,
    [],
    [400],
  ],
  [
    'behind a trailer that frames',
    `POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nContent-Length: 9\r\n\r\n${hidden}`,
    [],
    [400],
  ],
  [
    'behind an upgrade with a body',
    `GET /a HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: upgrade\r\nContent-Length: ${hidden.length}\r\n\r\n${hidden}`,
    [`GET /a ${hidden}`],
    [200],
  ],
  ['behind CONNECT', `CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n${hidden}`, [], [405]],
  ['behind HTTP/0.9', `GET /a\r\n\r\n${hidden}`, [], [400]],
  [
    'behind a body that is too large',
    `POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 2147483648\r\n\r\n${hidden}`,
    [],
    [413],
  ],
];

for (const [name, bytes, expected, statuses] of smuggling) {
  test(`a request hidden ${name} is never served`, async () => {
    const connection = open();
    connection.write(bytes);
    assert.deepEqual(
      (await connection.replies(statuses.length)).map((each) => each.status),
      statuses,
    );
    // One more round trip on the same connection, where it is still open: the replies have not shifted.
    if (statuses[0] === 200) {
      connection.write('GET /marker HTTP/1.1\r\nHost: a\r\n\r\n');
      assert.equal((await connection.replies(statuses.length + 1)).at(-1)?.body, '/marker');
    } else await connection.ended();
    connection.close();
    assert.deepEqual(
      (await seenUpTo('after')).filter((each) => each !== 'GET /marker'),
      expected,
    );
  });
}

test('32 requests at once are answered in their order', async () => {
  const connection = open();
  const targets = Array.from({ length: 32 }, (_, i) => (i % 3 === 0 ? `/slow-${i}` : `/fast-${i}`));
  connection.write(targets.map((target) => `GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`).join(''));
  const replies = await connection.replies(32);
  assert.deepEqual(
    replies.map((each) => each.body),
    targets,
  );
  connection.close();
  seen.length = 0;
});

test('a flood of requests on one connection is served one at a time, and ends with it', async () => {
  const connection = open();
  connection.write(many(5_000, (i) => `GET /slow-${i} HTTP/1.1\r\nHost: a\r\n\r\n`));
  const replies = await connection.replies(3);
  connection.close();
  assert.equal(replies[2]?.body, '/slow-2');
  assert.ok(
    (await seenUpTo('after')).length <= replies.length + 2,
    'no more than one reached the upstream ahead',
  );
});

test('many small requests in one piece do not keep others waiting', async () => {
  const count = 4_000;
  const connection = open();
  connection.socket.pause();
  connection.write(many(count, () => 'OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n'));
  const other = open();
  other.write('GET /other HTTP/1.1\r\nHost: a\r\n\r\n');
  assert.equal((await other.replies(1))[0]?.body, '/other');
  other.close();
  connection.socket.resume();
  // Not by taking them apart again with each piece that comes, which takes longer than all the rest.
  await waitFor('all of them to be answered', () => connection.received.split('HTTP/1.1 204').length > count);
  connection.close();
  seen.length = 0;
});

test('what follows a good request in the same bytes does not spoil its reply', async () => {
  const connection = open();
  connection.write('GET /slow HTTP/1.1\r\nHost: a\r\n\r\nNONSENSE\r\n\r\n');
  const replies = await connection.replies(2);
  assert.deepEqual(
    replies.map((each) => each.status),
    [200, 400],
  );
  assert.equal(replies[0]!.body, '/slow');
  assert.equal(replies[1]!.fields.get('connection'), 'close');
  await connection.ended();
  connection.close();
});

test('an upgrade, or CONNECT, behind a request under way waits for its turn, and nothing comes behind it', async () => {
  for (const [behind, status] of [
    ['GET /b HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n', 502],
    ['CONNECT b:80 HTTP/1.1\r\nHost: a\r\n\r\n', 405],
  ] as const) {
    const connection = open();
    connection.write(`GET /slow HTTP/1.1\r\nHost: a\r\n\r\n${behind}${hidden}`);
    await connection.ended();
    assert.deepEqual(
      (await connection.replies(2)).map((each) => each.status),
      [200, status],
    );
    connection.close();
  }
  assert.deepEqual(
    (await seenUpTo('after')).filter((each) => each !== 'GET /slow'),
    ['GET /b'],
  );
  assert.equal(await gateway.metric('portcullis_threads_replaced_total'), 0);
});

test('a client that goes on sending after a refusal can still read it, and is let go soon', async () => {
  const connection = open();
  // What it does not read at once it would lose if the connection were broken for what it goes on to send.
  connection.socket.pause();
  connection.write('POST /a/../b HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000\r\n\r\n');
  const piece = 'x'.repeat(65_536);
  let sent = 0;
  const feeding = setInterval(() => {
    connection.write(piece);
    if (++sent === 60) connection.socket.resume();
  }, 5);
  assert.equal((await connection.replies(1))[0]?.status, 400);
  // Our half stays open, and the gateway does not wait for it for ever.
  await connection.closed();
  clearInterval(feeding);
});

test('a client that leaves a refused connection open is let go', async () => {
  const connection = open();
  connection.write('NONSENSE\r\n\r\n');
  assert.equal((await connection.replies(1))[0]?.status, 400);
  // Our half stays open; when the gateway has closed its own, writing breaks.
  const poking = setInterval(() => connection.write('x'), 100);
  await connection.closed();
  clearInterval(poking);
});

test('a body that turns out to be none is refused with a record', async () => {
  const connection = open();
  connection.write('POST /broken HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n');
  connection.write('5\r\nhello\r\nZZ\r\n');
  assert.equal(problemOf((await connection.replies(1))[0]), 'malformed-request');
  await connection.ended();
  connection.close();
  assert.deepEqual(await seenUpTo('after'), []);
  const record = await waitFor('the record', () =>
    gateway.accessLog().find((each) => each['path'] === '/broken'),
  );
  assert.equal(record['status'], 400);
  assert.deepEqual(record['refusal'], { policy: 'http', problem: 'malformed-request' });
});

test('cookie lines become one', async () => {
  const before = upstream.requests.length;
  const connection = open();
  connection.write('GET /a HTTP/1.1\r\nHost: a\r\nCookie: b=1; c=2\r\nX: y\r\ncookie: d=3\r\n\r\n');
  await connection.replies(1);
  connection.close();
  const { rawHeaders } = upstream.requests[before]!;
  assert.equal(rawHeaders.filter((each) => each.toLowerCase() === 'cookie').length, 1);
  assert.equal(upstream.requests[before]!.headers.cookie, 'b=1; c=2; d=3');
});

test('every refusal was counted, and no thread died', async () => {
  assert.equal(await gateway.metric('portcullis_threads_replaced_total'), 0);
  const { text } = await gateway.askAdmin('/metrics');
  assert.match(text, /portcullis_refusals_total\{api="",policy="http",problem="malformed-request"\} \d\d/);
  assert.match(text, /portcullis_client_errors_total\{code="[A-Z_]+"\} \d/);
});
