import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { Environment } from '../../environment.ts';
import type { Body, Head, Known, Refuse, UpstreamRequest } from '../../exchange.ts';
import { Fields } from '../../http/fields.ts';
import { parseJson } from '../../http/json.ts';
import { loadDefinition } from '../../openapi/load.ts';
import type { ValidationError } from '../../openapi/validation-error.ts';
import { catalogue } from '../../problems/catalogue.ts';
import type { Api, Operation } from '../../routing/apis.ts';
import { templateParameters } from '../../routing/path-template.ts';
import { PathTree, valueForMethod } from '../../routing/path-tree.ts';
import { openapiValidation } from './policy.ts';
import type { OpenapiValidationConfig } from './schema.ts';

const folder = mkdtempSync(join(tmpdir(), 'validation-'));
after(() => rmSync(folder, { recursive: true }));
const file = join(folder, 'shop.yaml');
writeFileSync(
  file,
  `
openapi: 3.1.0
info: { title: Shop, version: 1 }
paths:
  /orders/{id}:
    parameters: [{ name: id, in: path, required: true, schema: { type: integer } }]
    get: { parameters: [{ name: page, in: query, schema: { type: integer } }] }
    put:
      requestBody:
        required: true
        content:
          application/json: { schema: { $ref: "#/components/schemas/Order" } }
          image/gif: {}
  /notes:
    post:
      requestBody: { content: { application/json: {} } }
  /texts:
    post:
      requestBody: { content: { application/json: { schema: { properties: { text: { type: string } } } } } }
  /files:
    post:
      requestBody: { required: true, content: { image/gif: {} } }
components:
  schemas:
    Order:
      type: object
      required: [lines]
      properties:
        lines: { type: array, items: { type: integer } }
        note: { type: string, maxLength: 5 }
      additionalProperties: false
`,
);

const definition = await loadDefinition(file);
const tree = new PathTree<Operation>();
const operations = definition.operations.map((each): Operation => {
  const parameterNames = templateParameters(each.path);
  const operation = { id: each.id, method: each.method, path: each.path, parameterNames, definition: each };
  tree.add(each.path, each.method, operation);
  return operation;
});
const api: Api = {
  name: 'shop',
  basePath: '',
  operations,
  allowedMethods: (path) => tree.find(path)?.entry.allowed ?? [],
};

interface Sent {
  readonly query?: string;
  readonly fields?: readonly string[];
  readonly body?: string;
  /** The body flows past. */
  readonly passing?: boolean;
}

/** The request line, and what else the request has. */
function request(line: string, sent: Sent): Head & Known & Body {
  const [method = '', path = ''] = line.split(' ');
  const match = tree.find(path);
  const length = sent.body === undefined ? [] : ['content-length', String(Buffer.byteLength(sent.body))];
  const body = sent.body === undefined || sent.passing === true ? undefined : Buffer.from(sent.body);
  const head: Pick<
    Head,
    'method' | 'path' | 'query' | 'fields' | 'api' | 'operation' | 'pathValues' | 'httpVersion'
  > = {
    method,
    path,
    query: sent.query ?? '',
    fields: new Fields([...(sent.fields ?? []), ...length]),
    api,
    operation: match && valueForMethod(match.entry, method),
    pathValues: match?.values ?? [],
    httpVersion: '1.1',
  };
  const hasBody = sent.body !== undefined && sent.body !== '';
  const beginning = sent.passing === true ? Buffer.from(sent.body!) : undefined;
  const known = { principal: undefined, hasBody, body, beginning, heldSize: 1_048_576 };
  return { ...head, ...known, json: () => parseJson(body!) } as Head & Known & Body;
}

async function verdict(
  line: string,
  sent: Sent = {},
  config: OpenapiValidationConfig = {},
): Promise<Refuse | undefined> {
  const prepared = await openapiValidation.prepare(config, { api } as unknown as Environment);
  const input = request(line, sent);
  const found = (await prepared.head!(input)) ?? (await prepared.body!(input));
  if (found === undefined || found.kind === 'refuse') return found;
  assert.fail(`a verdict of the kind ${found.kind}`);
}

const json = ['content-type', 'application/json'];
const good = '{"lines":[1,2]}';

const vectors: readonly [line: string, sent: Sent, problem: string | undefined, errors?: string][] = [
  ['GET /orders/7', {}, undefined],
  ['HEAD /orders/7', {}, undefined],
  ['GET /orders', {}, 'path-unknown'],
  ['DELETE /orders/7', {}, 'method-unknown'],
  ['GET /orders/x', {}, 'parameters-invalid', 'path id type'],
  ['GET /orders/7', { query: 'debug=1' }, 'parameters-invalid', 'query debug unknown'],
  ['GET /orders/7', { body: '' }, undefined],
  ['GET /orders/7', { body: 'x' }, 'body-invalid', 'body unexpected'],
  ['GET /orders/7', { body: good, fields: json }, 'body-invalid', 'body unexpected'],
  ['PUT /orders/7', { body: good, fields: json }, undefined],
  [
    'PUT /orders/x',
    { query: 'debug=1', body: '{"lines":["a"],"note":"too long"}', fields: json },
    'parameters-invalid',
    'body /lines/0 type, body /note maxLength, path id type, query debug unknown',
  ],
  ['PUT /orders/x', { body: good, fields: json }, 'parameters-invalid', 'path id type'],
  ['PUT /orders/x', { body: good }, 'parameters-invalid', 'path id type'],
  ['PUT /orders/7', { body: good, fields: ['content-type', 'application/json; charset=utf-8'] }, undefined],
  [
    'PUT /orders/7',
    { body: good, fields: ['content-type', 'application/json; charset=latin1'] },
    'media-type-unsupported',
  ],
  ['PUT /orders/7', { body: good, fields: ['content-type', 'text/plain'] }, 'media-type-unsupported'],
  ['PUT /orders/7', { body: good, fields: [...json, 'content-type', 'image/gif'] }, 'media-type-unsupported'],
  ['PUT /orders/7', { body: good }, 'media-type-unsupported'],
  [
    'PUT /orders/7',
    { body: good, fields: [...json, 'content-encoding', 'zstd'] },
    'content-coding-unsupported',
  ],
  ['PUT /orders/7', { body: good, fields: [...json, 'content-encoding', 'identity'] }, undefined],
  [
    'PUT /orders/7',
    { body: good, fields: [...json, 'content-encoding', 'identity', 'content-encoding', 'br'] },
    'content-coding-unsupported',
  ],
  ['PUT /orders/7', { body: '' }, 'body-invalid', 'body required'],
  ['PUT /orders/7', {}, 'body-invalid', 'body required'],
  ['PUT /orders/7', { body: '{"lines":', fields: json }, 'body-invalid', 'body /lines syntax'],
  [
    'PUT /orders/7',
    { body: '{"lines":["x",1,"y"],"note":"too long","a/b":1}', fields: json },
    'body-invalid',
    'body /a~1b additionalProperties, body /lines/0 type, body /lines/2 type, body /note maxLength',
  ],
  ['PUT /orders/x', { body: '{}', fields: json }, 'parameters-invalid', 'body required, path id type'],
  ['PUT /orders/7', { body: 'GIF89a;', fields: ['content-type', 'image/gif'] }, undefined],
  ['POST /notes', {}, undefined],
  ['POST /notes', { body: 'null', fields: json }, undefined],
  ['POST /notes', { body: '{', fields: json }, 'body-invalid', 'body syntax'],
  ['POST /files', { body: 'GIF89a;', fields: ['content-type', 'image/gif'], passing: true }, undefined],
  ['POST /files', { fields: ['content-type', 'image/gif'] }, 'body-invalid', 'body required'],
  ['POST /files', { body: 'GIF89a', passing: true, fields: json }, 'media-type-unsupported'],
];

test('only what the definition describes passes', async () => {
  for (const [line, sent, problem, errors] of vectors) {
    const found = await verdict(line, sent);
    const label = `${line} ${JSON.stringify(sent)}`;
    assert.equal(found?.problem, problem, label);
    if (found !== undefined) assert.ok(openapiValidation.problems.includes(found.problem), label);
    if (errors !== undefined) assert.equal(listed(found), errors, label);
  }
});

function errorsOf(found: Refuse | undefined): readonly ValidationError[] {
  const errors = found?.members?.errors;
  assert.ok(Array.isArray(errors));
  return errors as ValidationError[];
}

function listed(found: Refuse | undefined): string {
  return errorsOf(found)
    .map((error) => [error.in, error.name ?? error.pointer, error.keyword].filter(Boolean).join(' '))
    .sort()
    .join(', ');
}

test('a refusal says what would be accepted', async () => {
  assert.deepEqual((await verdict('DELETE /orders/7'))?.fields, ['allow', 'GET, HEAD, PUT']);
  const text = { body: 'x', fields: ['content-type', 'text/plain'] };
  assert.deepEqual((await verdict('PUT /orders/7', text))?.fields, ['accept', 'application/json, image/gif']);
  const packed = { body: 'x', fields: [...json, 'content-encoding', 'br'] };
  assert.deepEqual((await verdict('PUT /orders/7', packed))?.fields, ['accept-encoding', 'gzip, deflate']);
  const without = await verdict('PUT /orders/7', packed, { contentCodings: [] });
  assert.deepEqual(without?.fields, ['accept-encoding', 'identity']);
});

test('no value of the request comes back', async () => {
  const body = '{"lines":["s3cret"],"note":"s3cret s3cret"}';
  const found = await verdict('PUT /orders/7', { body, fields: json });
  assert.equal(found?.problem, 'body-invalid');
  assert.doesNotMatch(JSON.stringify(found), /s3cret/);
});

test('errors are listed up to a number, and only the first of a large body', async () => {
  const many = (length: number): Sent => ({
    body: JSON.stringify({ lines: new Array(length).fill('x') }),
    fields: json,
  });
  const count = async (length: number, config?: OpenapiValidationConfig): Promise<number> => {
    const found = await verdict('PUT /orders/7', many(length), config);
    return errorsOf(found).length;
  };
  assert.equal(await count(30), 20);
  assert.equal(await count(30, { maxErrors: 3 }), 3);
  assert.equal(await count(30_000), 1);
});

test('unknown query parameters can be let through', async () => {
  assert.equal(
    await verdict('GET /orders/7', { query: 'a=1' }, { unknownQueryParameters: 'allow' }),
    undefined,
  );
});

test('unknown query parameters can be kept from the service', async () => {
  const config = { unknownQueryParameters: 'strip' } as const;
  assert.equal(await verdict('GET /orders/7', { query: 'a=1&page=2' }, config), undefined);
  const { upstream } = await openapiValidation.prepare(config, { api } as unknown as Environment);
  const left = (upstreamQuery: string): string => {
    const sent = { ...request('GET /orders/7', {}), upstreamQuery } as unknown as Head &
      Known &
      UpstreamRequest;
    assert.equal(upstream!(sent), undefined);
    return sent.upstreamQuery;
  };
  assert.equal(left(''), '');
  assert.equal(left('page=2'), 'page=2');
  assert.equal(left('a=1&page=%32&page[x]=1&&PAGE=3'), 'page=%32&');
  assert.equal(left('%70age=2&%61=1&%zz=1'), '%70age=2');
  // A parameter without a name is one too.
  assert.equal(left('=1&page=2&='), 'page=2');
  const watching = await openapiValidation.prepare({ ...config, mode: 'monitor' }, {
    api,
  } as unknown as Environment);
  assert.equal(watching.upstream, undefined);
});

test('bodies are held where they are judged', async () => {
  const { needsBody } = await openapiValidation.prepare({}, { api } as unknown as Environment);
  const held = operations.filter((operation) => needsBody!(operation, '')).map((operation) => operation.id);
  assert.deepEqual(held, ['GET /orders/{id}', 'PUT /orders/{id}', 'POST /notes', 'POST /texts']);
  assert.equal(needsBody!(undefined, ''), false);
});

test('a JSON body that was not held is a fault of the gateway, not a pass', async () => {
  await assert.rejects(verdict('PUT /orders/7', { body: good, fields: json, passing: true }), /not held/);
});

test('runs unasked where there is a definition', () => {
  assert.deepEqual(
    openapiValidation.byDefault?.({ hasDefinition: true, isOpen: false, acceptsKeys: false }),
    {},
  );
  assert.equal(
    openapiValidation.byDefault?.({ hasDefinition: false, isOpen: false, acceptsKeys: true }),
    undefined,
  );
  for (const problem of openapiValidation.problems) assert.ok(Object.hasOwn(catalogue, problem));
});

test('what is ignored passes, and the record names it', async () => {
  const config = { unknownQueryParameters: 'ignore', unknownFields: 'ignore' } as const;
  const prepared = await openapiValidation.prepare(config, { api } as unknown as Environment);
  const found = async (line: string, sent: Sent) => await prepared.body!(request(line, sent));
  const report = (reason: string, problem = 'parameters-invalid') => ({ kind: 'report', problem, reason });
  assert.equal(await found('GET /orders/7', { query: 'page=1' }), undefined);
  assert.deepEqual(
    await found('GET /orders/7', { query: 'debug=1&page=2&x' }),
    report('query debug unknown, query x unknown'),
  );
  const refused = (await found('GET /orders/7', { query: 'debug=1&page=x' })) as Refuse;
  assert.equal(refused.problem, 'parameters-invalid');
  const open = { fields: json, body: '{"text":"a","extra":1}' };
  assert.deepEqual(await found('POST /texts', open), report('body /extra unknown', 'body-invalid'));
  assert.deepEqual(
    await found('POST /texts', { ...open, query: 'a=1' }),
    report('query a unknown, body /extra unknown', 'body-invalid'),
  );
  // What the definition itself forbids is refused.
  const closed = (await found('PUT /orders/7', { fields: json, body: '{"lines":[],"extra":1}' })) as Refuse;
  assert.equal(closed.problem, 'body-invalid');
});
