import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { after, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { Agent, request } from 'undici';
import { WebSocket } from 'ws';
import { jwk, keySet, token } from '../../packages/gateway/src/policies/authentication/jwt/testing/issuer.ts';
import { startGateway } from '../harness/gateway.ts';
import { ask, openSession } from '../harness/http2-client.ts';
import { startUpstream } from '../harness/upstream.ts';
import { waitFor } from '../harness/wait.ts';

/** Rules about what is in a reply, against services that answer in every way. */

const customer = { id: 1, name: 'Ann', email: 'ann@example.com', nested: { email: 'x@example.com' } };
const hidden = '{"id":1,"name":"Ann","nested":{}}';
const whole = JSON.stringify(customer);
const large = JSON.stringify({ email: 'ann@example.com', filler: 'x'.repeat(20_000) });

let eventsRead: (() => void) | undefined;

const answers: Readonly<Record<string, (reply: ServerResponse, request: IncomingMessage) => void>> = {
  plain: (reply) => reply.setHeader('content-length', whole.length).end(whole),
  chunked: (reply) => {
    reply.write(whole.slice(0, 20));
    setImmediate(() => reply.end(whole.slice(20)));
  },
  checked: (reply) => {
    reply.setHeader('content-digest', 'sha-256=:AAAA:').setHeader('etag', '"v1"').end(whole);
  },
  large: (reply) => reply.setHeader('content-length', large.length).end(large),
  'large-chunked': (reply) => {
    reply.write(large.slice(0, 100));
    setImmediate(() => reply.end(large.slice(100)));
  },
  gzip: (reply) => reply.setHeader('content-encoding', 'gzip').end(gzipSync(whole)),
  html: (reply) => reply.setHeader('content-type', 'text/html').end(`<p>${whole}`),
  // Ends, where it is passed on, only once its beginning was: a test that waits for the end does not hold it up.
  events: (reply) => {
    reply.setHeader('content-type', 'text/event-stream');
    reply.write(`data: ${whole}\n\n`);
    eventsRead = () => reply.end();
  },
  broken: (reply) => reply.end(whole.slice(0, 40)),
  error: (reply) => {
    reply.statusCode = 500;
    reply.end('{"error":"oops","email":"ann@example.com"}');
  },
  part: (reply) => {
    reply.statusCode = 206;
    reply.setHeader('content-range', 'bytes 25-41/99').end('"ann@example.com"');
  },
  empty: (reply) => {
    reply.statusCode = 204;
    reply.end();
  },
  breaks: (reply) => {
    reply.write(whole.slice(0, 20));
    setImmediate(() => reply.destroy());
  },
  echo: (reply, message) => {
    const seen = ['range', 'if-none-match', 'accept-encoding'].map((name) => message.headers[name] ?? null);
    reply.end(JSON.stringify({ seen, email: 'x' }));
  },
};

const upstream = await startUpstream({ after }, (message, reply) => {
  const chunks: Buffer[] = [];
  message.on('data', (chunk: Buffer) => chunks.push(chunk));
  message.on('end', () => {
    reply.setHeader('content-type', 'application/json');
    if (message.method === 'PATCH') {
      const got = Buffer.concat(chunks).toString();
      const { 'content-length': length, 'content-digest': digest = null } = message.headers;
      reply.end(JSON.stringify({ got, length, digest }));
    } else answers[message.url!.split('/').at(-1)!]!(reply, message);
  });
});
upstream.server.on('upgrade', (_, socket) => {
  socket.on('error', () => {});
  socket.end('HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n');
});

const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const now = Math.floor(Date.now() / 1000);
const bearer = (...roles: readonly string[]): string => {
  const claims = { iss: 'https://id.example', aud: 'shop', sub: 'ann', iat: now, exp: now + 600, roles };
  return `Bearer ${token(pair, { alg: 'ES256', typ: 'at+jwt', kid: 'k1' }, claims)}`;
};
const ann = bearer('customer');
const staff = bearer('admin');

const definition = `
openapi: 3.1.0
info: { title: Shop, version: '1' }
security: [{ oauth: [] }]
paths:
  /{how}:
    parameters: [{ name: how, in: path, required: true, schema: { type: string } }]
    get: { responses: { '200': { description: ok } } }
    head: { responses: { '200': { description: ok } } }
    patch:
      requestBody: { required: true, content: { application/json: { schema: { type: object } } } }
      responses: { '200': { description: ok } }
components:
  securitySchemes:
    oauth: { type: oauth2, flows: { clientCredentials: { tokenUrl: 'https://id.example/token', scopes: {} } } }
`;

function api(name: string, authorization: string): string {
  return `
  ${name}:
    basePath: /${name}
    openapi: ./shop.yaml
    upstream: { targets: ['${upstream.origin}'] }
    policies:
      authentication: { anyOf: [customers] }
      authorization:
        largestReply: 4KiB
${authorization}`;
}

const rules = `        fields:
          '#/**/email': { read: [admin] }
          '#/discount': { write: [admin], onWrite: remove }
`;
const gateway = await startGateway(
  { after },
  {
    files: { 'shop.yaml': definition, 'keys.json': keySet(jwk(pair, { kid: 'k1', alg: 'ES256' })) },
    config: `
listen: { http: { port: 0, plaintext: true }, https: { port: 0, selfSigned: true } }
threads: 1
authenticators:
  customers: { jwt: { issuer: 'https://id.example', audience: shop, jwks: keys.json, algorithms: [ES256] } }
policies: { access-log: { to: { file: access.log } } }
apis:${api('shop', rules)}${api('watched', `        mode: monitor\n${rules}`)}
`,
  },
);
const session = await openSession({ after }, gateway);
const agent = new Agent({ connections: 4 });
after(() => agent.close());

async function send(
  path: string,
  {
    method = 'GET',
    by = ann,
    fields = {},
    body,
  }: { method?: 'GET' | 'HEAD' | 'PATCH'; by?: string; fields?: object; body?: string } = {},
) {
  const reply = await request(`${gateway.http}${path}`, {
    dispatcher: agent,
    method,
    headers: { authorization: by, ...fields },
    ...(body !== undefined && { body }),
  });
  let text = '';
  for await (const chunk of reply.body) {
    text += String(chunk);
    if (text.startsWith('data: ')) eventsRead?.();
  }
  return { status: reply.statusCode, fields: reply.headers, text };
}

function problemIn(text: string): string {
  return String((JSON.parse(text) as { type: string }).type).replace('urn:portcullis:problem:', '');
}

for (const how of ['plain', 'chunked', 'checked']) {
  test(`a hidden field does not leave: ${how}`, async () => {
    const { status, fields, text } = await send(`/shop/${how}`);
    assert.deepEqual([status, text], [200, hidden]);
    assert.equal(fields['content-length'], String(hidden.length));
    assert.equal(fields['content-digest'], undefined, 'a checksum of what was there before');
    const { body, fields: head } = await ask(session, { ':path': `/shop/${how}`, authorization: ann });
    assert.deepEqual([head['content-length'], body], [String(hidden.length), hidden]);
  });
}

test('who may see it sees it, to the byte', async () => {
  const { text, fields } = await send('/shop/checked', { by: staff });
  assert.equal(text, whole);
  assert.equal(fields['content-digest'], 'sha-256=:AAAA:');
});

for (const [how, reason] of [
  ['large', 'too large'],
  ['large-chunked', 'too large'],
  ['gzip', 'encoded'],
  ['html', 'not JSON'],
  ['events', 'not JSON'],
  ['broken', 'not valid JSON'],
  ['part', 'partial'],
] as const) {
  test(`what cannot be looked into does not leave: ${how}`, async () => {
    const { status, text, fields } = await send(`/shop/${how}`);
    assert.deepEqual([status, problemIn(text)], [502, 'reply-unverifiable']);
    assert.doesNotMatch(text, /ann@/);
    const id = String(fields['x-request-id']);
    const record = await waitFor('the record', () => gateway.accessLog().find((each) => each['id'] === id));
    assert.deepEqual(record['refusal'], { policy: 'authorization', problem: 'reply-unverifiable', reason });
  });

  test(`and only watched it leaves as it is: ${how}`, async () => {
    const { status, fields } = await send(`/watched/${how}`);
    assert.equal(status, how === 'part' ? 206 : 200);
    const id = String(fields['x-request-id']);
    const record = await waitFor('the record', () => gateway.accessLog().find((each) => each['id'] === id));
    assert.deepEqual(record['observed'], [
      { policy: 'authorization', problem: 'reply-unverifiable', reason },
    ]);
  });
}

test('only watched, a hidden field leaves, and that it did is recorded', async () => {
  const { text, fields } = await send('/watched/plain');
  assert.equal(text, whole);
  const id = String(fields['x-request-id']);
  const record = await waitFor('the record', () => gateway.accessLog().find((each) => each['id'] === id));
  const reason = 'reply #/**/email';
  assert.deepEqual(record['observed'], [{ policy: 'authorization', problem: 'field-refused', reason }]);
  assert.equal((await send('/watched/large-chunked')).text, large);
});

test('errors of the service are looked into as well', async () => {
  const { status, text } = await send('/shop/error');
  assert.deepEqual([status, text], [500, '{"error":"oops"}']);
});

test('a service that breaks off while its reply is held is a failure of the service', async () => {
  const { status, text } = await send('/shop/breaks');
  assert.deepEqual([status, problemIn(text)], [502, 'upstream-failed']);
});

test('replies without content go on', async () => {
  assert.equal((await send('/shop/empty')).status, 204);
  const { status, fields } = await send('/shop/plain', { method: 'HEAD' });
  assert.deepEqual([status, fields['content-length']], [200, undefined]);
});

test('nobody can ask the service for a part, an encoding or nothing at all', async () => {
  const fields = { range: 'bytes=25-41', 'if-none-match': '"v1"', 'accept-encoding': 'gzip' };
  const { text } = await send('/shop/echo', { fields });
  assert.equal(text, '{"seen":[null,null,"identity"]}');
});

test('a field that the caller may not write does not arrive, and the request is framed anew', async () => {
  const fields = { 'content-type': 'application/json', 'content-digest': 'sha-256=:AAAA:' };
  const body = '{ "city": "x", "discount": 100, "n": 1.50 }';
  const left = '{ "city": "x", "n": 1.50 }';
  const changed = JSON.parse((await send('/shop/x', { method: 'PATCH', fields, body })).text) as object;
  assert.deepEqual(changed, { got: left, length: String(left.length), digest: null });
  const kept = JSON.parse(
    (await send('/shop/x', { method: 'PATCH', by: staff, fields, body })).text,
  ) as object;
  assert.deepEqual(kept, { got: body, length: String(body.length), digest: 'sha-256=:AAAA:' });
  const watched = JSON.parse((await send('/watched/x', { method: 'PATCH', fields, body })).text) as object;
  assert.deepEqual(watched, { got: body, length: String(body.length), digest: 'sha-256=:AAAA:' });
});

test('a conversation cannot be looked into', async () => {
  const before = upstream.requests.length;
  const refused = await new Promise<number>((resolve, reject) => {
    const socket = new WebSocket(`ws://127.0.0.1:${gateway.httpPort}/shop/plain`, {
      headers: { authorization: ann },
    });
    socket.on('unexpected-response', (_, reply) => resolve(reply.statusCode ?? 0));
    socket.on('open', () => reject(new Error('opened')));
    socket.on('error', () => {});
  });
  assert.equal(refused, 502);
  assert.equal(upstream.requests.length, before);
});
