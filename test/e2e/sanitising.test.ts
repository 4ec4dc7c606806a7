import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { after, beforeEach, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { startGateway } from '../harness/gateway.ts';
import { startUpstream } from '../harness/upstream.ts';
import { waitFor } from '../harness/wait.ts';

/** Fields of requests that are cleaned on their way, and what the service gets of them. */

const arrived: { readonly headers: IncomingHttpHeaders; readonly body: string }[] = [];
const upstream = await startUpstream({ after }, (incoming, reply) => {
  const chunks: Buffer[] = [];
  incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
  incoming.on('end', () => {
    arrived.push({ headers: incoming.headers, body: Buffer.concat(chunks).toString() });
    reply.end('ok');
  });
});

const definition = `
openapi: 3.0.3
info: { title: Comments, version: 1 }
paths:
  /comments:
    post:
      parameters: [{ name: q, in: query, schema: { type: string } }]
      requestBody:
        content:
          application/json: { schema: { $ref: '#/components/schemas/Comment' } }
          application/x-www-form-urlencoded: { schema: { $ref: '#/components/schemas/Comment' } }
components:
  schemas:
    Comment:
      type: object
      properties:
        text: { type: string, minLength: 1, x-portcullis-sanitize: [html, trim] }
        name: { type: string, pattern: '^[a-z ]*$', x-portcullis-sanitize: trim }
        owner: { type: string, x-portcullis-sanitize: strip-control }
        plain: { type: string }
        n: { type: number }
`;

const api = (name: string, policies: string, more = ''): string => `
  ${name}:
    basePath: /${name}
    ${more}
    upstream: { targets: ['${upstream.origin}'] }
    policies: { ${policies} }`;

const gateway = await startGateway(
  { after },
  {
    files: { 'comments.yaml': definition },
    config: `
listen: { http: { port: 0, plaintext: true } }
threads: 1
policies: { authentication: none, access-log: { to: { file: access.log } } }
apis:${api('comments', '', 'openapi: comments.yaml')}${api('strict', 'sanitising: { dangerous: refuse }', 'openapi: comments.yaml')}${api('watched', 'sanitising: { mode: monitor, dangerous: refuse }', 'openapi: comments.yaml')}${api('off', 'sanitising: off', 'openapi: comments.yaml')}${api('bare', "sanitising: { fields: { '#/**/text': html, '#/**/name': [text, trim] } }")}
`,
  },
);

beforeEach(() => {
  arrived.length = 0;
});

async function send(
  path: string,
  body: string | Buffer,
  fields: Record<string, string> = {},
): Promise<{ readonly outcome: string; readonly record: Readonly<Record<string, unknown>> }> {
  const reply = await fetch(`${gateway.http}${path}`, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json', ...fields },
  });
  const text = await reply.text();
  const id = reply.headers.get('x-request-id');
  const record = await waitFor('the record', () => gateway.accessLog().find((each) => each.id === id));
  if (reply.status === 200) return { outcome: 'ok', record };
  const { type, errors = [] } = JSON.parse(text) as {
    type: string;
    errors?: { pointer?: string; keyword: string }[];
  };
  const first = errors[0];
  return {
    outcome:
      `${reply.status} ${type.split(':').at(-1)} ${first?.pointer ?? ''} ${first?.keyword ?? ''}`.trim(),
    record,
  };
}

const evil = '<img src=x onerror=alert(1)>';

test('what is marked arrives clean, and everything else byte for byte', async () => {
  const digest = createHash('sha256').update('x').digest('base64');
  const { outcome, record } = await send(
    '/comments/comments',
    `{ "n": 1.50, "text":" <p onclick=x>fine<script>alert(1)</script></p> ",\n"plain":"\\u0041" }`,
    { 'content-digest': `sha-256=:${digest}:` },
  );
  assert.equal(outcome, 'ok');
  const body = `{ "n": 1.50, "text":"<p>fine</p>",\n"plain":"\\u0041" }`;
  assert.equal(arrived[0]!.body, body);
  assert.equal(arrived[0]!.headers['content-length'], String(body.length));
  assert.equal(arrived[0]!.headers['content-digest'], undefined);
  assert.deepEqual(record.notes, { sanitised: ['html trim /text'] });
  assert.ok(!JSON.stringify(record).includes('alert'));
});

test('what is clean goes on as it came', async () => {
  const digest = 'sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:';
  const { record } = await send('/comments/comments', '{"text":"<p>\\u0061</p>"}', {
    'content-digest': digest,
  });
  assert.equal(arrived[0]!.body, '{"text":"<p>\\u0061</p>"}');
  assert.equal(arrived[0]!.headers['content-digest'], digest);
  assert.equal(record.notes, undefined);
});

test('what was cleaned is validated once more', async () => {
  // One character and more were asked for, and none is left.
  for (const text of ['<script>x</script>', ' ', '<style>a</style> '])
    assert.equal(
      (await send('/comments/comments', JSON.stringify({ text }))).outcome,
      '400 body-invalid /text minLength',
    );
  // What came is validated as it came.
  assert.equal(
    (await send('/comments/comments', '{"name":" A "}')).outcome,
    '400 body-invalid /name pattern',
  );
  assert.equal((await send('/comments/comments', '{"name":" a "}')).outcome, 'ok');
  assert.deepEqual(
    arrived.map(({ body }) => body),
    ['{"name":"a"}'],
  );
});

test('a compressed body and a form', async () => {
  const packed = gzipSync(JSON.stringify({ text: `a${evil}` }));
  assert.equal((await send('/comments/comments', packed, { 'content-encoding': 'gzip' })).outcome, 'ok');
  assert.equal(arrived[0]!.body, '{"text":"a"}');
  assert.equal(arrived[0]!.headers['content-encoding'], undefined);
  const type = 'application/x-www-form-urlencoded';
  assert.equal(
    (await send('/comments/comments', 'n=1.50&text=a+%3Cb+x%3D1%3Eb&name=x', { 'content-type': type }))
      .outcome,
    'ok',
  );
  assert.equal(arrived[1]!.body, 'n=1.50&text=a+%3Cb%3Eb%3C%2Fb%3E&name=x');
});

test('markup that scripts elsewhere is reported by default, and refused where that is asked for', async () => {
  const body = JSON.stringify({ plain: evil });
  const reported = await send('/comments/comments', body);
  assert.equal(reported.outcome, 'ok');
  assert.equal(arrived[0]!.body, body);
  assert.match(JSON.stringify(reported.record), /content-dangerous.*handler in body \/plain/);
  assert.equal((await send('/strict/comments', body)).outcome, '400 content-dangerous /plain dangerous');
  assert.equal(
    (await send('/strict/comments?q=%3Cscript%3E', '{}')).outcome,
    '400 content-dangerous  dangerous',
  );
  assert.equal((await send('/strict/comments', JSON.stringify({ text: `x${evil}` }))).outcome, 'ok');
  assert.equal(arrived.length, 2);
});

test('monitor changes nothing and says what it would have done', async () => {
  const body = JSON.stringify({ text: `x${evil}`, plain: evil });
  const { outcome, record } = await send('/watched/comments', body);
  assert.equal(outcome, 'ok');
  assert.equal(arrived[0]!.body, body);
  assert.deepEqual(record.notes, { notSanitised: ['html /text'] });
  assert.match(JSON.stringify(record), /content-dangerous/);
  const off = await send('/off/comments', body);
  assert.equal(off.outcome, 'ok');
  assert.ok(!JSON.stringify(off.record).includes('anitised'));
});

test('an API without a definition', async () => {
  assert.equal(
    (await send('/bare/any', JSON.stringify({ a: [{ text: `x${evil}`, name: ' <b>a ' }] }))).outcome,
    'ok',
  );
  assert.equal(arrived[0]!.body, '{"a":[{"text":"x","name":"a"}]}');
  assert.equal((await send('/bare/any', '{"a":1', {})).outcome, '400 body-invalid  syntax');
  assert.equal(
    (await send('/bare/any', '<a/>', { 'content-type': 'application/xml' })).outcome,
    '415 media-type-unsupported',
  );
  assert.equal(arrived.length, 1);
});

test('a mark that is none keeps the gateway from starting, and says where it is', async () => {
  gateway.write('comments.yaml', definition.replace('[html, trim]', 'htlm'));
  assert.equal(await gateway.reload(), 'not reloaded');
  assert.match(
    gateway.log(),
    /schema Comment at \/properties\/text: x-portcullis-sanitize is "htlm"; expected one of html/,
  );
  gateway.write('comments.yaml', definition);
  assert.equal(await gateway.reload(), 'reloaded');
});
