import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { after, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { Agent, request } from 'undici';
import { WebSocket } from 'ws';
import { startGateway } from '../harness/gateway.ts';
import { ask, openSession } from '../harness/http2-client.ts';
import { startUpstream } from '../harness/upstream.ts';
import { waitFor } from '../harness/wait.ts';

/** Services that answer with what must not leave, in every way in which a reply can hide it. */

const pem = `-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEAxSecretSecretSecret\nc2VjcmV0\n-----END RSA PRIVATE KEY-----`;
const trace = `Error: oops\n    at placeOrder (/srv/shop/orders.js:12:5)\n    at node:internal/main:1:1`;
const card = '4111111111111111';
/** Put together here, so that no scanner takes this file for a leak. */
const awsKey = ['AKIA', 'IOSFODNN7EXAMPLE'].join('');
const secrets = /SecretSecret|orders\.js|4111|IOSFODNN7|10\.1\.2\.3|syntax error/;

function json(reply: ServerResponse, value: unknown, status = 200): void {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  reply.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
  reply.end(text);
}

function typed(reply: ServerResponse, type: string, content: string | Buffer, status = 200, more = {}): void {
  reply.writeHead(status, { 'content-type': type, ...more });
  reply.end(content);
}

/** Byte by byte, each in a chunk of its own and a turn of its own. */
function dripped(reply: ServerResponse, type: string, content: string): void {
  reply.writeHead(200, { 'content-type': type });
  let at = 0;
  const next = (): void => {
    if (at >= content.length) return void reply.end();
    reply.write(content.slice(at, at + 7));
    at += 7;
    setImmediate(next);
  };
  next();
}

const answers: Readonly<Record<string, (reply: ServerResponse) => void>> = {
  clean: (reply) => json(reply, { id: 1, name: 'A book', isbn: '9783161484100', order: '4111111111111112' }),
  key: (reply) => json(reply, { a: { pem } }),
  'key-chunked': (reply) => dripped(reply, 'application/json', JSON.stringify({ a: { pem } })),
  'key-escaped': (reply) =>
    json(
      reply,
      JSON.stringify({ a: { pem } }).replaceAll('-', '\\u002d').replace('PRIVATE', '\\u0050RIVATE'),
    ),
  'key-case': (reply) => json(reply, { a: pem.replace('BEGIN RSA PRIVATE KEY', 'Begin Rsa Private Key') }),
  'key-gzip': (reply) =>
    typed(reply, 'application/json', gzipSync(JSON.stringify({ a: pem })), 200, {
      'content-encoding': 'gzip',
    }),
  'key-utf16': (reply) =>
    typed(reply, 'application/json', Buffer.from(`\ufeff${JSON.stringify({ a: pem })}`, 'utf16le')),
  'key-charset': (reply) => typed(reply, 'text/plain; charset=utf-16le', Buffer.from(pem, 'utf16le')),
  'key-untyped': (reply) => reply.end(pem),
  'key-two-types': (reply) => {
    reply.writeHead(200, ['Content-Type', 'image/png', 'Content-Type', 'text/plain']);
    reply.end(pem);
  },
  'key-large': (reply) => json(reply, { filler: 'x'.repeat(20_000), pem }),
  'key-large-chunked': (reply) => dripped(reply, 'text/plain', `${'x'.repeat(9_000)}${pem}`),
  'key-part': (reply) => typed(reply, 'text/plain', pem.slice(5), 206, { 'content-range': 'bytes 5-99/104' }),
  'key-events': (reply) => {
    reply.writeHead(200, { 'content-type': 'text/event-stream' });
    reply.write(`data: ${pem.replaceAll('\n', '\ndata: ')}\n\n`);
    setImmediate(() => reply.end());
  },
  trace: (reply) => json(reply, { error: trace }, 500),
  'trace-html': (reply) => typed(reply, 'text/html', `<h1>Error</h1><pre>${trace}</pre>`, 500),
  sql: (reply) => json(reply, { message: 'ERROR: syntax error at or near "SELCT"' }, 400),
  cards: (reply) =>
    json(
      reply,
      `{"text":"card ${card} end","n":${card},"grouped":"4111 1111 1111 1111 12/27","order":"4111111111111112"}`,
    ),
  token: (reply) => json(reply, { token: awsKey, [awsKey]: 1, deep: { ok: awsKey } }),
  address: (reply) => json(reply, { self: 'http://10.1.2.3:8080/x', version: '10.1.2.3' }),
  field: (reply) => {
    reply.setHeader('x-debug', `card ${card}`).setHeader('set-cookie', `a=${awsKey}`);
    json(reply, {});
  },
  'field-and-key': (reply) => {
    reply.setHeader('x-debug', `card ${card}`);
    dripped(reply, 'text/plain', `${'x'.repeat(100)}${pem}`);
  },
  'field-trace': (reply) => {
    reply.setHeader('x-error', 'at placeOrder (/srv/shop/orders.js:12:5)');
    json(reply, {});
  },
  image: (reply) => typed(reply, 'image/png', pem),
  empty: (reply) => {
    reply.statusCode = 204;
    reply.end();
  },
};

const upstream = await startUpstream({ after }, (message, reply) =>
  answers[message.url!.split('/').at(-1)!]!(reply),
);

function api(name: string, policy: string): string {
  return `
  ${name}:
    basePath: /${name}
    upstream: { targets: ['${upstream.origin}'] }
    policies:
      authentication: none
${policy}`;
}

const strict = `      leak-protection:
        largestReply: 8KiB
        rules:
          card-number: mask
          token: { action: mask, except: ['/deep/ok'] }
          internal-address: mask
        patterns:
          staff: { pattern: 'EMP-[0-9]{6}', action: mask }
`;
const gateway = await startGateway(
  { after },
  {
    config: `
listen: { http: { port: 0, plaintext: true }, https: { port: 0, selfSigned: true } }
threads: 1
policies: { access-log: { to: { file: access.log } } }
apis:${api('strict', strict)}${api('lenient', `      leak-protection: { uninspected: report }\n`)}${api('watched', '      leak-protection: { mode: monitor }\n')}${api('default', '')}${api('off', '      leak-protection: off\n')}
`,
  },
);
const session = await openSession({ after }, gateway);
const agent = new Agent({ connections: 4 });
after(() => agent.close());

async function send(path: string, method: 'GET' | 'HEAD' = 'GET') {
  const reply = await request(`${gateway.http}${path}`, { dispatcher: agent, method });
  const text = await reply.body.text();
  return { status: reply.statusCode, fields: reply.headers, text };
}

async function recordOf(fields: Readonly<Record<string, unknown>>) {
  const id = String(fields['x-request-id']);
  return waitFor('the record', () => gateway.accessLog().find((each) => each['id'] === id));
}

function problemIn(text: string): string {
  return String((JSON.parse(text) as { type: string }).type).replace('urn:portcullis:problem:', '');
}

const withheld: readonly [how: string, problem: string, reason: string][] = [
  ['key', 'reply-withheld', 'private-key at /a/pem'],
  ['key-chunked', 'reply-withheld', 'private-key at /a/pem'],
  ['key-escaped', 'reply-withheld', 'private-key at /a/pem'],
  ['key-case', 'reply-withheld', 'private-key at /a'],
  ['key-gzip', 'reply-unverifiable', 'encoded'],
  ['key-utf16', 'reply-unverifiable', 'not in UTF-8'],
  ['key-charset', 'reply-unverifiable', 'not in UTF-8'],
  ['key-untyped', 'reply-withheld', 'private-key at line 1'],
  ['key-two-types', 'reply-withheld', 'private-key at line 1'],
  ['key-large', 'reply-unverifiable', 'too large'],
  ['key-large-chunked', 'reply-unverifiable', 'too large'],
  ['key-part', 'reply-unverifiable', 'partial'],
  ['key-events', 'reply-unverifiable', 'a stream'],
  ['trace', 'reply-withheld', 'stack-trace at /error'],
  ['trace-html', 'reply-withheld', 'stack-trace at line 2, at line 3'],
  ['sql', 'reply-withheld', 'sql-error at /message'],
  ['field-trace', 'reply-withheld', 'stack-trace in field x-error'],
];
for (const [how, problem, reason] of withheld) {
  test(`what must not leave does not: ${how}`, async () => {
    const { status, text, fields } = await send(`/strict/${how}`);
    assert.deepEqual([status, problemIn(text)], [502, problem]);
    assert.doesNotMatch(text, secrets);
    const record = await recordOf(fields);
    assert.deepEqual(record['refusal'], { policy: 'leak-protection', problem, reason });
    assert.doesNotMatch(JSON.stringify(record), secrets);
    const over2 = await ask(session, { ':path': `/strict/${how}` });
    assert.deepEqual([over2.fields[':status'], problemIn(over2.body)], [502, problem]);
  });
}

test('what is masked leaves as JSON, with the right length, and all else to the byte', async () => {
  const { text, fields } = await send('/strict/cards');
  assert.equal(text, '{"text":"card *** end","n":null,"grouped":"*** 12/27","order":"4111111111111112"}');
  assert.equal(fields['content-length'], String(text.length));
  assert.deepEqual((await recordOf(fields))['observed'], [
    {
      policy: 'leak-protection',
      problem: 'reply-withheld',
      reason: 'card-number at /text, at /n, at /grouped',
    },
  ]);
});

test('names are masked and not told, and exceptions stay', async () => {
  const { text, fields } = await send('/strict/token');
  assert.equal(text, `{"token":"***","***":1,"deep":{"ok":"${awsKey}"}}`);
  const record = await recordOf(fields);
  assert.doesNotMatch(JSON.stringify(record), secrets);
  assert.match(JSON.stringify(record['observed']), /token at \/token, in a name at the top/);
});

test('addresses are masked, versions are none', async () => {
  assert.equal((await send('/strict/address')).text, '{"self":"http://***:8080/x","version":"10.1.2.3"}');
});

test('fields of the reply are looked at, cookies are not', async () => {
  const { fields } = await send('/strict/field');
  assert.equal(fields['x-debug'], 'card ***');
  assert.equal(fields['set-cookie'], `a=${awsKey}`);
});

test('what is clean, no text, or empty goes on', async () => {
  for (const [how, status] of [
    ['clean', 200],
    ['image', 200],
    ['empty', 204],
  ] as const) {
    const reply = await send(`/strict/${how}`);
    const plain = await send(`/off/${how}`);
    assert.deepEqual([reply.status, reply.text], [status, plain.text], how);
    assert.equal((await recordOf(reply.fields))['observed'], undefined, how);
  }
  const head = await send('/strict/key', 'HEAD');
  assert.deepEqual([head.status, head.text], [200, '']);
});

test('where it says so, what cannot be looked into is reported and goes on', async () => {
  for (const [how, reason] of [
    ['key-gzip', 'encoded'],
    ['key-events', 'a stream'],
    ['key-utf16', 'not in UTF-8'],
  ] as const) {
    const { status, fields } = await send(`/lenient/${how}`);
    assert.equal(status, 200, how);
    assert.deepEqual((await recordOf(fields))['observed'], [
      { policy: 'leak-protection', problem: 'reply-unverifiable', reason },
    ]);
  }
  assert.equal((await send('/lenient/key')).status, 502);
  // What a field has in it must not draw attention away from the content.
  assert.equal((await send('/lenient/field-and-key')).status, 502);
});

test('in monitor it watches: nothing changes, nothing waits, the record tells', async () => {
  for (const how of ['key', 'trace', 'cards', 'key-gzip', 'key-large-chunked', 'key-events', 'field-trace']) {
    const { status, text } = await send(`/watched/${how}`);
    const plain = await send(`/off/${how}`);
    assert.deepEqual([status, text], [plain.status, plain.text], how);
  }
  const { fields } = await send('/watched/key');
  assert.deepEqual((await recordOf(fields))['observed'], [
    { policy: 'leak-protection', problem: 'reply-withheld', reason: 'private-key at /a/pem' },
  ]);
  assert.equal((await recordOf((await send('/watched/key-events')).fields))['observed'], undefined);
});

test('without a word in the configuration errors are watched', async () => {
  const { status, fields } = await send('/default/trace');
  assert.equal(status, 500);
  assert.match(JSON.stringify((await recordOf(fields))['observed']), /stack-trace at \/error/);
});

test('a conversation cannot be looked into', async () => {
  const before = upstream.requests.length;
  const refused = await new Promise<number>((resolve, reject) => {
    const socket = new WebSocket(`ws://127.0.0.1:${gateway.httpPort}/strict/clean`);
    socket.on('unexpected-response', (_, reply) => resolve(reply.statusCode ?? 0));
    socket.on('open', () => reject(new Error('opened')));
    socket.on('error', () => {});
  });
  assert.equal(refused, 502);
  assert.equal(upstream.requests.length, before);
});

test('nobody can ask the service for a part or an encoding', async () => {
  await request(`${gateway.http}/strict/clean`, {
    dispatcher: agent,
    headers: { range: 'bytes=5-', 'accept-encoding': 'gzip' },
  }).then(({ body }) => body.dump());
  const { headers } = upstream.requests.at(-1)!;
  assert.deepEqual([headers.range, headers['accept-encoding']], [undefined, 'identity']);
  await request(`${gateway.http}/default/clean`, {
    dispatcher: agent,
    headers: { range: 'bytes=5-', 'accept-encoding': 'gzip' },
  }).then(({ body }) => body.dump());
  const watched = upstream.requests.at(-1)!.headers;
  assert.deepEqual([watched.range, watched['accept-encoding']], ['bytes=5-', 'gzip']);
});
