import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { Refuse, Rewritten } from '../../exchange.ts';
import type { OperationDefinition, Schema } from '../../openapi/definition.ts';
import {
  api,
  type ExchangeParts,
  environment,
  exchange,
  operation,
  preparePolicy,
} from '../../testing/exchange.ts';
import { openapiValidation } from './policy.ts';

const content: Readonly<Record<string, Schema>> = {
  'application/json': { type: 'object', properties: { a: { type: 'string' } } },
  'application/x-www-form-urlencoded': true,
  'image/gif': true,
  'video/mp4': { maxLength: 100_000 },
  'application/x-store': true,
};

function uploads(body: Readonly<Record<string, Schema>>): ReturnType<typeof operation> {
  const requestBody: OperationDefinition['requestBody'] = { required: true, content: body };
  return operation('POST /files', { requestBody });
}

async function verdict(parts: ExchangeParts, config: unknown = {}): Promise<Refuse | Rewritten | undefined> {
  const files = uploads(content);
  const shop = api('shop', [files]);
  const prepared = await preparePolicy(openapiValidation, config, environment({ api: shop }));
  const found = await prepared.body!(exchange('POST /files', { ...parts, operation: files, api: shop }));
  return found as Refuse | Rewritten | undefined;
}

/** The problem, with the keywords of its errors; or what was rewritten. */
async function told(parts: ExchangeParts, config?: unknown): Promise<string> {
  const found = await verdict(parts, config);
  if (found === undefined) return 'passes';
  if (found.kind === 'rewritten') return `rewritten ${found.body.toString()}`;
  const errors = (found.members?.['errors'] ?? []) as { keyword: string }[];
  return [found.problem, ...errors.map(({ keyword }) => keyword)].join(' ');
}

const of = (type: string, more: Record<string, string> = {}) => ({
  fields: { 'content-type': type, ...more },
});
const json = of('application/json');
const packed = of('application/json', { 'content-encoding': 'gzip' });

test('codings', async () => {
  const body = gzipSync('{"a":"b"}');
  assert.equal(await told({ ...packed, body }), 'rewritten {"a":"b"}');
  assert.deepEqual(await verdict({ ...packed, body }), {
    kind: 'rewritten',
    body: Buffer.from('{"a":"b"}'),
    decoded: true,
  });
  assert.equal(await told({ ...packed, body }, { contentCodings: [] }), 'content-coding-unsupported');
  assert.equal(
    await told({ ...packed, body }, { contentCodings: ['deflate'] }),
    'content-coding-unsupported',
  );
  assert.equal(await told({ ...packed, body, heldSize: 8 }), 'body-too-large');
  assert.equal(await told({ ...packed, body, heldSize: 9 }), 'rewritten {"a":"b"}');
  assert.equal(await told({ ...packed, body: gzipSync('{"a":1}') }), 'body-invalid type');
  assert.equal(await told({ ...packed, body: gzipSync('') }), 'body-invalid syntax');
  assert.equal(await told({ ...packed, body: Buffer.from('{"a":"b"}') }), 'body-invalid syntax');
  assert.equal(
    await told({ ...of('application/x-store', { 'content-encoding': 'br' }), body: 'x' }),
    'passes',
  );
});

test('charsets', async () => {
  const latin = of('application/json; charset=iso-8859-1; v=1');
  const body = Buffer.from('{"a":"\xf6"}', 'latin1');
  assert.equal(await told({ ...latin, body }), 'media-type-unsupported');
  assert.deepEqual(await verdict({ ...latin, body }, { charsets: ['iso-8859-1'] }), {
    kind: 'rewritten',
    body: Buffer.from('{"a":"ö"}'),
    contentType: 'application/json; v=1; charset=utf-8',
  });
  assert.equal(await told({ ...latin, body }, { charsets: ['utf-16'] }), 'media-type-unsupported');
  assert.equal(await told({ ...json, body }), 'body-invalid charset');
  const form = of('application/x-www-form-urlencoded; charset=iso-8859-1');
  assert.equal(
    await told({ ...form, body: 'a=%F6' }, { charsets: ['iso-8859-1'] }),
    'media-type-unsupported',
  );
  const both = of('application/json; charset=iso-8859-1', { 'content-encoding': 'gzip' });
  const found = await verdict({ ...both, body: gzipSync(body) }, { charsets: ['iso-8859-1'] });
  assert.deepEqual(found, {
    kind: 'rewritten',
    body: Buffer.from('{"a":"ö"}'),
    decoded: true,
    contentType: 'application/json; charset=utf-8',
  });
});

test('unknown fields', async () => {
  const body = '{"a":"b", "role":"admin"}';
  assert.equal(await told({ ...json, body }), 'body-invalid unknown');
  assert.equal(await told({ ...json, body }, { unknownFields: 'allow' }), 'passes');
  assert.equal(await told({ ...json, body }, { unknownFields: 'strip' }), 'rewritten {"a":"b"}');
  assert.deepEqual(await verdict({ ...json, body }, { unknownFields: 'strip' }), {
    kind: 'rewritten',
    body: Buffer.from('{"a":"b"}'),
    report: { problem: 'body-invalid', reason: 'body /role unknown' },
  });
});

test('bodies that flow past are known by their beginning', async () => {
  const flowing = (type: string, beginning: string, more: Record<string, string> = {}): ExchangeParts => ({
    ...of(type, more),
    hasBody: true,
    beginning: Buffer.from(beginning.padEnd(70_000, 'x'), 'latin1'),
  });
  const mp4 = '\0\0\0\x20ftypisom';
  const cases: [parts: ExchangeParts, told: string][] = [
    [flowing('image/gif', 'GIF89a'), 'passes'],
    [flowing('image/gif', '<html>'), 'body-invalid contentType'],
    [{ ...of('image/gif'), body: 'GIF89a;' }, 'passes'],
    [{ ...of('image/gif'), body: 'GIF89a' }, 'body-invalid contentType'],
    [flowing('image/gif', 'GIF89a', { 'content-encoding': 'gzip' }), 'content-coding-unsupported'],
    [flowing('video/mp4', mp4, { 'content-length': '100000' }), 'passes'],
    [flowing('video/mp4', mp4, { 'content-length': '100001' }), 'body-invalid maxLength'],
    [flowing('video/mp4', mp4), 'body-invalid length'],
    [{ ...of('video/mp4'), body: Buffer.from(mp4, 'latin1') }, 'passes'],
    [{ ...of('application/x-store'), hasBody: true }, 'passes'],
  ];
  for (const [parts, expected] of cases)
    assert.equal(await told(parts), expected, JSON.stringify(parts.fields));
});

test('what was not kept is a fault, not a pass', async () => {
  await assert.rejects(verdict({ ...of('image/gif'), hasBody: true }), /not kept/);
  await assert.rejects(verdict({ ...json, hasBody: true }), /not held/);
});

test('what is held, and of what the beginning is kept', async () => {
  const kinds: [types: string[], held: boolean, beginning: boolean][] = [
    [['application/json'], true, false],
    [['image/gif'], false, true],
    [['application/octet-stream'], false, false],
    [['image/*'], false, true],
    [['multipart/form-data', 'image/gif'], true, true],
  ];
  for (const [types, held, beginning] of kinds) {
    const files = uploads(Object.fromEntries(types.map((type) => [type, true])));
    const prepared = await preparePolicy(openapiValidation, {}, environment({ api: api('shop', [files]) }));
    assert.equal(prepared.needsBody!(files, ''), held, types.join());
    assert.equal(prepared.needsBeginning!(files), beginning, types.join());
  }
});
