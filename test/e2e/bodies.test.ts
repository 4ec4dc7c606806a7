import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, test } from 'node:test';
import { startGateway } from '../harness/gateway.ts';
import { startUpstream } from '../harness/upstream.ts';

/** Bodies that are not JSON through a real gateway: what flows past, and what goes on changed. */

interface Arrived {
  readonly bytes: Buffer;
  readonly type: string | undefined;
  readonly length: string | undefined;
}

const arrived: Arrived[] = [];
const upstream = await startUpstream({ after }, (request, reply) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const { 'content-type': type, 'content-length': length } = request.headers;
    arrived.push({ bytes: Buffer.concat(chunks), type, length });
    reply.end('ok');
  });
});

const gateway = await startGateway(
  { after },
  {
    config: `
listen: { http: { port: 0, plaintext: true }, admin: { port: 0 } }
threads: 1
policies: { authentication: none, access-log: { to: { file: access.log } } }
apis:
  files:
    openapi: ./files.yaml
    upstream: { targets: ['${upstream.origin}'] }
    policies:
      openapi-validation: { unknownFields: strip }
      request-limits: { inspectedBody: 4MiB }
`,
    files: {
      'files.yaml': `
openapi: 3.1.0
info: { title: Files, version: 1 }
paths:
  /pictures: { post: { requestBody: { content: { image/jpeg: {}, image/gif: { schema: { maxLength: 3000000 } } } } } }
  /orders:
    post:
      requestBody:
        content:
          application/json: { schema: { type: object, properties: { item: { type: string } } } }
  /uploads:
    post:
      requestBody:
        content:
          multipart/form-data:
            schema: { type: object, properties: { file: { type: string, format: binary } } }
`,
    },
  },
);

async function send(path: string, type: string, body: Buffer | FormData | ReadableStream): Promise<number> {
  arrived.length = 0;
  const stream = body instanceof ReadableStream;
  const reply = await fetch(`${gateway.http}${path}`, {
    method: 'POST',
    body: body as NonNullable<RequestInit['body']>,
    ...(type !== '' && { headers: { 'content-type': type } }),
    ...(stream && { duplex: 'half' }),
  } as RequestInit);
  await reply.text();
  return reply.status;
}

const hash = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
const large = (start: string): Buffer =>
  Buffer.concat([Buffer.from(start, 'latin1'), Buffer.alloc(2_500_000, 'abc')]);
const streamed = (bytes: Buffer): ReadableStream => new Blob([new Uint8Array(bytes)]).stream();

test('a picture flows past, known by its first bytes', async () => {
  const picture = large('\xff\xd8\xff\xe0');
  assert.equal(await send('/pictures', 'image/jpeg', picture), 200);
  assert.equal(hash(arrived[0]!.bytes), hash(picture));
  assert.equal(await send('/pictures', 'image/jpeg', streamed(picture)), 200);
  assert.equal(hash(arrived[0]!.bytes), hash(picture));
  for (const other of [large('<html>'), large('MZ'), Buffer.from('<html>')]) {
    assert.equal(await send('/pictures', 'image/jpeg', other), 400);
    assert.deepEqual(arrived, []);
  }
});

test('a size needs a Content-Length', async () => {
  assert.equal(await send('/pictures', 'image/gif', large('GIF89a')), 200);
  assert.equal(await send('/pictures', 'image/gif', Buffer.concat([large('GIF89a'), large('')])), 400);
  assert.equal(await send('/pictures', 'image/gif', streamed(large('GIF89a'))), 400);
});

test('unknown fields do not arrive', async () => {
  assert.equal(await send('/orders', 'application/json', Buffer.from('{"item": "a" ,"role":"admin"}')), 200);
  assert.deepEqual(arrived, [
    { bytes: Buffer.from('{"item": "a"}'), type: 'application/json', length: '13' },
  ]);
});

test('what a browser sends as FormData', async () => {
  const form = new FormData();
  form.append(
    'file',
    new Blob([new Uint8Array(2_000_000)], { type: 'application/octet-stream' }),
    'größe "1".bin',
  );
  assert.equal(await send('/uploads', '', form), 200);
  assert.ok(arrived[0]!.bytes.length > 2_000_000);
  form.append('file', new Blob(['x']), 'second.bin');
  assert.equal(await send('/uploads', '', form), 400);
});
