import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { after, test } from 'node:test';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { Agent, request } from 'undici';
import { startGateway } from '../harness/gateway.ts';
import { ask, openSession } from '../harness/http2-client.ts';
import { startUpstream } from '../harness/upstream.ts';
import { waitFor } from '../harness/wait.ts';

/** A service that does not keep to its definition. */

const good = '{ "id": 1, "name": "Ann", "price": 1.50, "address": { "city": "x" } }';
const more =
  '{ "id": 1, "passwordHash": "s3cret", "name": "Ann", "address": { "city": "x", "geo": [1, 2] } }';
const lessOfIt = '{ "id": 1, "name": "Ann", "address": { "city": "x" } }';

function answer(reply: ServerResponse, text: string | Buffer, status = 200, fields: object = {}): void {
  reply.writeHead(status, { 'content-type': 'application/json', 'content-length': text.length, ...fields });
  reply.end(text);
}

const answers: Readonly<Record<string, (reply: ServerResponse) => void>> = {
  good: (reply) => answer(reply, good),
  more: (reply) => answer(reply, more, 200, { 'content-digest': 'sha-256=:AAAA:' }),
  'more-chunked': (reply) => {
    reply.writeHead(200, { 'content-type': 'application/json' });
    reply.write(more.slice(0, 22));
    setImmediate(() => reply.end(more.slice(22)));
  },
  secret: (reply) => answer(reply, '{"id":1,"name":"Ann","password":"s3cret"}'),
  missing: (reply) => answer(reply, '{"id":1}'),
  wrong: (reply) => answer(reply, '{"id":"s3cret","name":"Ann"}'),
  twice: (reply) => answer(reply, '{"id":1,"id":2,"name":"Ann"}'),
  broken: (reply) => answer(reply, '{"id":1,"name":"Ann"'),
  html: (reply) => answer(reply, '<p>s3cret', 200, { 'content-type': 'text/html' }),
  untyped: (reply) => reply.end(good),
  status: (reply) => answer(reply, '{"title":"s3cret"}', 418),
  crash: (reply) => answer(reply, '<pre>s3cret', 503, { 'content-type': 'text/html' }),
  problem: (reply) => answer(reply, '{"title":"no","extra":1}', 404),
  gzip: (reply) => answer(reply, gzipSync(good), 200, { 'content-encoding': 'gzip' }),
  'more-gzip': (reply) => answer(reply, gzipSync(more), 200, { 'content-encoding': 'gzip' }),
  'more-deflate': (reply) => answer(reply, deflateSync(more), 200, { 'content-encoding': 'deflate' }),
  'no-gzip': (reply) => answer(reply, more, 200, { 'content-encoding': 'gzip' }),
  bomb: (reply) => answer(reply, gzipSync(' '.repeat(5_000_000)), 200, { 'content-encoding': 'gzip' }),
  brotli: (reply) => answer(reply, brotliCompressSync(more), 200, { 'content-encoding': 'br' }),
  large: (reply) => answer(reply, JSON.stringify({ id: 1, name: 'x'.repeat(5000) })),
  part: (reply) => answer(reply, '"id": 1', 206, { 'content-range': 'bytes 2-8/60' }),
  fields: (reply) => answer(reply, good, 200, { 'x-total': 'many', 'x-strange': 's3cret' }),
  same: (reply) => {
    reply.statusCode = 304;
    reply.end();
  },
  csv: (reply) => answer(reply, 'a,b', 200, { 'content-type': 'text/csv' }),
  events: (reply) => {
    reply.writeHead(200, { 'content-type': 'text/event-stream' });
    reply.write('data: 1\n\n');
    setImmediate(() => reply.end('data: 2\n\n'));
  },
};

const upstream = await startUpstream({ after }, (message, reply) => {
  if (message.method === 'HEAD')
    return void reply.writeHead(200, { 'content-type': 'application/json' }).end();
  answers[message.url!.split('/').at(-1)!]!(reply);
});

const definition = `
openapi: 3.0.3
info: { title: Shop, version: '1' }
paths:
  /{how}:
    parameters: [{ name: how, in: path, required: true, schema: { type: string } }]
    get:
      responses:
        '200':
          description: ok
          headers: { X-Total: { schema: { type: integer } } }
          content:
            application/json: { schema: { $ref: '#/components/schemas/Customer' } }
            text/csv: { schema: { type: string } }
            text/event-stream: {}
        4XX: { $ref: '#/components/responses/Problem' }
  /free:
    get: { responses: { '200': { description: anything }, '418': { $ref: '#/components/responses/None' } } }
components:
  responses:
    Problem:
      description: no
      content: { application/json: { schema: { type: object, properties: { title: { type: string } } } } }
  schemas:
    Customer:
      type: object
      required: [id, name, password]
      properties:
        id: { type: integer }
        name: { type: string }
        price: { type: number }
        password: { type: string, writeOnly: true }
        address: { type: object, properties: { city: { type: string } } }
`;

function api(name: string, policy: string): string {
  return `
  ${name}:
    basePath: /${name}
    openapi: ./shop.yaml
    upstream: { targets: ['${upstream.origin}'] }
    policies:
      authentication: none
${policy}`;
}

const gateway = await startGateway(
  { after },
  {
    files: { 'shop.yaml': definition },
    config: `
listen: { http: { port: 0, plaintext: true }, https: { port: 0, selfSigned: true } }
threads: 1
policies: { access-log: { to: { file: access.log } }, leak-protection: off }
apis:${api('strict', '      response-validation: { maxSize: 4KiB, undeclaredHeaders: strip }\n')}${api(
      'refusing',
      '      response-validation: { undeclaredFields: refuse, headers: refuse }\n',
    )}${api('reporting', '      response-validation: { status: report, body: report, undeclaredFields: report }\n')}${api('watched', '      response-validation: { mode: monitor }\n')}${api('default', '')}${api('off', '      response-validation: off\n')}
`,
  },
);
const session = await openSession({ after }, gateway);
const agent = new Agent({ connections: 4 });
after(() => agent.close());

async function send(path: string, method: 'GET' | 'HEAD' = 'GET', headers: Record<string, string> = {}) {
  const reply = await request(`${gateway.http}${path}`, { dispatcher: agent, method, headers });
  const text = await reply.body.text();
  return { status: reply.statusCode, fields: reply.headers, text };
}

async function recordOf(fields: Readonly<Record<string, unknown>>) {
  const id = String(fields['x-request-id']);
  return waitFor('the record', () => gateway.accessLog().find((each) => each['id'] === id));
}

async function outcomeOf(path: string) {
  const { status, text, fields } = await send(path);
  const { refusal, observed } = (await recordOf(fields)) as {
    refusal?: { problem: string; reason: string };
    observed?: { problem: string; reason: string }[];
  };
  if (refusal !== undefined) assert.doesNotMatch(text, /s3cret/);
  assert.doesNotMatch(JSON.stringify({ refusal, observed }), /s3cret/);
  return { status, text, refused: refusal?.reason, observed: observed?.map(({ reason }) => reason).join() };
}

for (const how of ['more', 'more-chunked']) {
  test(`what is not declared is taken out, and the rest stays to the byte: ${how}`, async () => {
    const { status, fields, text } = await send(`/strict/${how}`);
    assert.deepEqual([status, text], [200, lessOfIt]);
    assert.equal(fields['content-length'], String(lessOfIt.length));
    assert.equal(fields['content-digest'], undefined);
    const over2 = await ask(session, { ':path': `/strict/${how}` });
    assert.deepEqual([over2.fields['content-length'], over2.body], [String(lessOfIt.length), lessOfIt]);
    const { observed } = await outcomeOf(`/strict/${how}`);
    assert.equal(observed, '/passwordHash undeclared, /address/geo undeclared');
  });
}

test('a member that only clients send is not declared for replies, nor required', async () => {
  assert.equal((await send('/strict/secret')).text, '{"id":1,"name":"Ann"}');
  assert.equal((await outcomeOf('/strict/secret')).observed, '/password writeOnly');
});

const refused: readonly [how: string, reason: string][] = [
  ['missing', '/ required'],
  ['wrong', '/id type'],
  ['twice', '/ syntax'],
  ['broken', '/ syntax'],
  ['html', 'content-type'],
  ['untyped', 'content-type'],
  ['crash', 'status 503'],
  ['gzip', 'encoded'],
  ['large', 'too large'],
  ['part', 'partial'],
];
for (const [how, reason] of refused) {
  test(`a reply that is not what the definition says becomes a 502: ${how}`, async () => {
    const { status, refused: because, text } = await outcomeOf(`/strict/${how}`);
    assert.deepEqual([status, because], [502, reason]);
    assert.match(text, /urn:portcullis:problem:reply-(invalid|unverifiable)/);
  });
}

test('what is good, and what is no JSON but declared, goes on', async () => {
  for (const [how, text] of [
    ['good', good],
    ['csv', 'a,b'],
    ['events', 'data: 1\n\ndata: 2\n\n'],
    ['problem', '{"title":"no"}'],
  ] as const) {
    assert.equal((await send(`/strict/${how}`)).text, text, how);
  }
  assert.equal((await send('/strict/same', 'GET')).status, 304);
  assert.equal((await send('/strict/good', 'HEAD')).status, 200);
  assert.deepEqual((await outcomeOf('/strict/good')).observed, undefined);
});

test('undeclared fields of the reply can be taken out, wrong ones are reported or refused', async () => {
  const { fields } = await send('/strict/fields');
  assert.deepEqual([fields['x-total'], fields['x-strange']], ['many', undefined]);
  assert.equal(
    (await outcomeOf('/strict/fields')).observed,
    'field x-total type; undeclared field x-strange',
  );
  assert.equal((await outcomeOf('/refusing/fields')).refused, 'field x-total type');
});

test('undeclared members can be refused', async () => {
  const { status, refused: because } = await outcomeOf('/refusing/more');
  assert.deepEqual([status, because], [502, '/passwordHash undeclared, /address/geo undeclared']);
});

test('what is only reported goes on as it is', async () => {
  for (const [how, reason] of [
    ['more', '/passwordHash undeclared, /address/geo undeclared'],
    ['missing', '/ required'],
    ['status', undefined],
    ['crash', 'status 503'],
    ['html', 'content-type'],
  ] as const) {
    const plain = await send(`/off/${how}`);
    for (const name of ['reporting', 'watched']) {
      const { status, text, observed } = await outcomeOf(`/${name}/${how}`);
      assert.deepEqual([status, text], [plain.status, plain.text], how);
      if (how !== 'status') assert.equal(observed, reason, `${name} ${how}`);
    }
  }
});

test('without a word in the configuration nothing waits and nothing is changed', async () => {
  for (const how of ['gzip', 'large', 'part', 'events', 'more-chunked']) {
    const { status, text } = await send(`/default/${how}`);
    const plain = await send(`/off/${how}`);
    assert.deepEqual([status, text], [plain.status, plain.text], how);
  }
  // The content of one reply in ten is judged, the head of each.
  const found = [];
  for (let i = 0; i < 20; i++) found.push((await outcomeOf('/default/more')).observed);
  assert.equal(found.filter((each) => each !== undefined).length, 2);
  assert.equal((await outcomeOf('/default/crash')).observed, 'status 503');
  await send('/default/good', 'GET', { 'accept-encoding': 'gzip', range: 'bytes=0-1' });
  const { headers } = upstream.requests.at(-1)!;
  assert.deepEqual([headers['accept-encoding'], headers.range], ['gzip', 'bytes=0-1']);
});

test('replies of the gateway itself are not judged', async () => {
  const { fields, status } = await send('/strict/good/deeper');
  assert.equal(status, 404);
  assert.equal((await recordOf(fields))['observed'], undefined);
});

test('a definition with a reference that leads nowhere in a response is served, and says so', async () => {
  assert.match(gateway.log(), /None/);
});

test('what is only watched is seen in compressed replies too, and they go on as they came', async () => {
  const seen = async (how: string) => {
    const { statusCode, headers, body } = await request(`${gateway.http}/watched/${how}`, {
      dispatcher: agent,
    });
    const bytes = Buffer.from(await body.arrayBuffer());
    assert.equal(statusCode, 200);
    const record = (await recordOf(headers)) as { observed?: { reason: string }[] };
    return {
      bytes,
      coding: headers['content-encoding'],
      reasons: record.observed?.map(({ reason }) => reason).join(),
    };
  };
  const found = '/passwordHash undeclared, /address/geo undeclared';
  assert.deepEqual(await seen('more-gzip'), { bytes: gzipSync(more), coding: 'gzip', reasons: found });
  assert.deepEqual(await seen('more-deflate'), {
    bytes: deflateSync(more),
    coding: 'deflate',
    reasons: found,
  });
  for (const how of ['no-gzip', 'bomb', 'brotli']) assert.equal((await seen(how)).reasons, undefined, how);
  assert.equal((await seen('gzip')).reasons, undefined);
});
