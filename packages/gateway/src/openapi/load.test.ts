import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import type { ApiDefinition, OperationDefinition, Schema } from './definition.ts';
import { wantedInstead } from './keywords.ts';
import { loadDefinition } from './load.ts';

const scratch = mkdtempSync(join(tmpdir(), 'definition-'));
after(() => rmSync(scratch, { recursive: true }));
let count = 0;

/** Writes the files, the first of which is the definition, into a folder of their own. */
function write(files: Readonly<Record<string, unknown>>): string {
  const folder = join(scratch, String(count++));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));
  }
  return join(folder, Object.keys(files)[0]!);
}

async function load(files: Readonly<Record<string, unknown>>): Promise<ApiDefinition> {
  // As a data thread gets it.
  return structuredClone(await loadDefinition(write(files)));
}

function body(operation: OperationDefinition | undefined): Schema | undefined {
  return operation?.requestBody?.content['application/json'];
}

function withBody(schema: unknown, more: object = {}): object {
  const requestBody = { content: { 'application/json': { schema } } };
  return {
    openapi: '3.1.0',
    info: { title: 't', version: '1' },
    paths: { '/x': { post: { requestBody } } },
    ...more,
  };
}

test('operations are read with what the path item adds', async () => {
  const yaml = `
openapi: 3.1.0
info: { title: Books, version: 1.2.0 }
servers: [{ url: https://books.example.com/v1 }]
security: [{ token: [read] }]
paths:
  /books/{id}:
    parameters:
      - { name: id, in: path, required: true, schema: { type: string } }
      - { name: lang, in: query, schema: { type: string } }
    get:
      operationId: readBook
      tags: [books]
      summary: One book
      parameters:
        - { name: lang, in: query, required: true, schema: { enum: [en, de] } }
        - { name: X-Trace, in: header, schema: { type: string } }
        - { name: Authorization, in: header, schema: { type: string } }
    delete:
      deprecated: true
      security: []
components:
  securitySchemes:
    token: { type: oauth2, flows: {} }
    key: { type: apiKey, in: header, name: X-Api-Key }
`;
  const definition = await load({ 'books.yaml': yaml });
  assert.equal(definition.title, 'Books');
  assert.equal(definition.version, '1.2.0');
  assert.equal(definition.specification, '3.1.0');
  assert.deepEqual(definition.servers, ['https://books.example.com/v1']);
  assert.deepEqual(definition.faults, []);
  assert.deepEqual(
    { ...definition.shared.securitySchemes },
    {
      token: { type: 'oauth2' },
      key: { type: 'apiKey', in: 'header', name: 'x-api-key' },
    },
  );
  const [get, remove] = definition.operations;
  assert.equal(get!.id, 'readBook');
  assert.deepEqual(get!.security, [[{ scheme: 'token', type: 'oauth2', scopes: ['read'] }]]);
  assert.deepEqual(
    get!.parameters.map(({ name, in: location, required }) => [name, location, required]),
    [
      ['id', 'path', true],
      ['lang', 'query', true],
      ['x-trace', 'header', false],
    ],
  );
  assert.equal(remove!.id, 'DELETE /books/{id}');
  assert.equal(remove!.deprecated, true);
  assert.deepEqual(remove!.security, []);
  assert.equal(get!.shared, remove!.shared, 'one object after a structured clone');
});

function wanted(keyword: string): string {
  return `"${keyword}" is not ${wantedInstead(keyword, '?')}.`;
}

const orderFile = {
  $defs: {
    Order: {
      type: 'object',
      properties: { lines: { items: { $ref: '#/$defs/Line' } }, parent: { $ref: '#/$defs/Order' } },
    },
    Line: { type: 'integer', description: 'left out' },
  },
};

test('references lead to named schemas, through files and circles', async () => {
  const { operations, shared } = await load({
    'api/root.yaml': withBody(
      {},
      {
        paths: { '/x': { $ref: 'parts/path.yaml#/orders' } },
        components: { parameters: { q: { name: 'q', in: 'query', schema: { type: 'string' } } } },
      },
    ),
    'api/parts/path.yaml': `
orders:
  post: { requestBody: { $ref: body.yaml } }
  parameters: [{ $ref: "../root.yaml#/components/parameters/q" }]
`,
    'api/parts/body.yaml': 'content: { application/json: { schema: { $ref: "order.json#/$defs/Order" } } }',
    'api/parts/order.json': orderFile,
  });
  assert.equal(operations[0]!.parameters[0]!.name, 'q');
  const { $ref } = body(operations[0]) as { $ref: string };
  assert.deepEqual(shared.schemas[$ref], {
    type: 'object',
    properties: { lines: { items: { $ref: 'parts_order_json_defs_Line' } }, parent: { $ref } },
  });
  assert.deepEqual(shared.schemas.parts_order_json_defs_Line, { type: 'integer' });
});

test('a message names the file and the place of a reference', async () => {
  const files = {
    'root.json': withBody({}, { paths: { '/x': { $ref: 'parts/path.json' } } }),
    'parts/path.json': { get: { parameters: [{ $ref: 'missing.json' }] } },
  };
  await assert.rejects(load(files), {
    name: 'DefinitionError',
    file: 'parts/path.json',
    place: '/get/parameters/0/$ref',
  });
});

test('a reference may run through another one, name an anchor or an $id', async () => {
  const schemas = {
    A: { properties: { b: { $ref: '#/components/schemas/B' } } },
    B: { properties: { c: { type: 'integer' } } },
    C: { $anchor: 'sea', type: 'string' },
    D: { $id: 'https://example.com/d', type: 'boolean' },
  };
  const cases: readonly [reference: string, schema: Schema][] = [
    ['#/components/schemas/A/properties/b/properties/c', { type: 'integer' }],
    ['#sea', { type: 'string' }],
    ['https://example.com/d', { type: 'boolean' }],
  ];
  for (const [$ref, schema] of cases) {
    const { operations, shared } = await load({ 'a.json': withBody({ $ref }, { components: { schemas } }) });
    assert.deepEqual(shared.schemas[(body(operations[0]) as { $ref: string }).$ref], schema, $ref);
  }
});

test('nothing outside the folder is read, and nothing fetched', async () => {
  const outside = join(scratch, 'secret.json');
  writeFileSync(outside, '{"type":"string"}');
  const root = write({ 'a.json': '{}' });
  symlinkSync(outside, join(dirname(root), 'link.json'));
  const references: readonly [reference: string, message: RegExp][] = [
    ['../secret.json', /outside the folder/],
    ['x/../../secret.json', /outside the folder/],
    ['%2e%2e/secret.json', /outside the folder/],
    ['link.json', /outside the folder/],
    [outside, /not a relative path/],
    [`file://${outside}`, /remote reference/],
    ['https://example.com/a.json', /remote reference/],
    ['//example.com/a.json', /remote reference/],
    ['%zz.json', /not a valid URI/],
  ];
  for (const [$ref, message] of references) {
    writeFileSync(root, JSON.stringify(withBody({ $ref })));
    const { operations, faults } = await loadDefinition(root);
    assert.equal(JSON.stringify(body(operations[0])), '{"not":{}}', $ref);
    assert.equal(faults.length, 1, $ref);
    assert.match(faults[0]!.place, /^a\.json at /);
    assert.match(faults[0]!.message, message, $ref);
    assert.equal(faults[0]!.effect, 'no-value');
  }
});

test('each file that is referred to is told of as it is named, before it is read and where there is none', async () => {
  const root = write({
    'a.json': withBody({ $ref: 'b.json' }),
    'b.json': { properties: { c: { $ref: 'sub/../link.json' }, again: { $ref: 'b.json' } } },
    'c.json': { properties: { d: { $ref: 'missing.json' } } },
  });
  symlinkSync('c.json', join(dirname(root), 'link.json'));
  const told = new Set<string>();
  await assert.rejects(
    loadDefinition(root, { onFile: (file) => told.add(file) }),
    /missing\.json.*does not exist/,
  );
  assert.deepEqual(
    [...told],
    ['b.json', 'link.json', 'missing.json'].map((name) => join(dirname(root), name)),
  );
});

test('what is no definition is refused with file and place', async () => {
  const cases: readonly [content: string, message: RegExp][] = [
    ['', /neither "openapi" nor "swagger"|no OpenAPI document/],
    ['[]', /no OpenAPI document/],
    ['{"openapi": "4.0.0"}', /Version 4.0.0/],
    ['{"openapi": "3.1.0", ', /^a.json at \d+:\d+: /],
    ['openapi: 3.1.0\nopenapi: 3.1.0\n', /^a.json at 2:1: /],
    [bomb(), /alias/i],
    [JSON.stringify(withBody(nested(500))), /nested too deeply/],
  ];
  for (const [content, message] of cases)
    await assert.rejects(load({ 'a.json': content }), { message }, content);
  await assert.rejects(loadDefinition(join(scratch, 'no-such-file.yaml')), /no such file/);
});

function bomb(): string {
  const levels = Array.from({ length: 12 }, (_, level) => {
    const item = level === 0 ? 'x' : `*l${level - 1}`;
    return `l${level}: &l${level} [${Array.from({ length: 10 }, () => item).join(', ')}]\n`;
  });
  return levels.join('');
}

function nested(depth: number): object {
  return depth === 0 ? {} : { items: nested(depth - 1) };
}

test('OpenAPI 3.0 is upgraded', async () => {
  const schemas = {
    N: { type: 'string', nullable: true },
    M: { type: 'integer', minimum: 1, exclusiveMinimum: true },
    R: { properties: { n: { $ref: '#/components/schemas/N', nullable: true } } },
  };
  const items = ['N', 'M', 'R'].map((name) => ({ $ref: `#/components/schemas/${name}` }));
  const { shared, faults } = await load({
    'a.json': withBody({ oneOf: items }, { openapi: '3.0.3', components: { schemas } }),
  });
  assert.deepEqual(faults, []);
  assert.deepEqual(shared.schemas.N, { type: ['string', 'null'] });
  assert.deepEqual(shared.schemas.M, { type: 'integer', exclusiveMinimum: 1 });
  assert.deepEqual(shared.schemas.R, { properties: { n: { anyOf: [{ $ref: 'N' }, { type: 'null' }] } } });
});

test('Swagger 2.0 is upgraded', async () => {
  const { operations, servers, specification, shared } = await load({
    'a.yaml': `
swagger: 2.0
info: { title: t, version: 1.0 }
host: api.example.com
basePath: /v2
schemes: [https]
consumes: [application/json]
securityDefinitions: { key: { type: apiKey, in: query, name: key } }
parameters:
  Order: { in: body, name: order, required: true, schema: { $ref: "#/definitions/Order" } }
paths:
  /orders:
    post:
      security: [{ key: [] }]
      parameters:
        - { $ref: "#/parameters/Order" }
        - { in: query, name: tags, type: array, items: { type: integer }, collectionFormat: pipes }
  /files:
    post:
      consumes: [multipart/form-data]
      parameters: [{ in: formData, name: file, type: file }]
definitions:
  Order: { type: object, required: [id], properties: { id: { type: string, x-nullable: true } } }
`,
  });
  assert.equal(specification, '2.0');
  assert.deepEqual(servers, ['https://api.example.com/v2']);
  const [orders, files] = operations;
  assert.equal(orders!.requestBody?.required, true);
  assert.deepEqual(body(orders), { $ref: 'Order' });
  assert.deepEqual(shared.schemas.Order, {
    type: 'object',
    required: ['id'],
    properties: { id: { type: ['string', 'null'] } },
  });
  const [tags] = orders!.parameters;
  assert.equal(tags!.style, 'pipeDelimited');
  assert.deepEqual(tags!.schema, { type: 'array', items: { type: 'integer' } });
  assert.deepEqual(Object.keys(files!.requestBody!.content), ['multipart/form-data']);
  assert.deepEqual(orders!.security, [[{ scheme: 'key', type: 'apiKey', scopes: [] }]]);
});

test('lists of Swagger 2.0 are read by their format, and reported where there is no style for it', async () => {
  const array = { type: 'array', items: { type: 'integer' } };
  const { operations, faults } = await load({
    'a.json': {
      swagger: '2.0',
      paths: {
        '/a/{id}': {
          parameters: [{ in: 'path', name: 'id', required: true, ...array }],
          post: {
            consumes: ['application/x-www-form-urlencoded'],
            parameters: [
              { in: 'query', name: 'usual', ...array },
              { in: 'query', name: 'tabs', ...array, collectionFormat: 'tsv' },
              { in: 'header', name: 'bars', ...array, collectionFormat: 'pipes' },
              { in: 'formData', name: 'usual', ...array },
              { in: 'formData', name: 'many', ...array, collectionFormat: 'multi' },
            ],
          },
        },
      },
    },
  });
  const [{ parameters, requestBody }] = operations as [OperationDefinition];
  assert.deepEqual(
    parameters.map(({ name, style, explode }) => [name, style, explode]),
    [
      ['id', 'simple', false],
      ['usual', 'form', false],
      ['tabs', undefined, false],
      ['bars', undefined, false],
    ],
  );
  const { usual, many } = requestBody!.details!['application/x-www-form-urlencoded']!.encoding;
  assert.deepEqual([usual!.explode, many!.explode], [false, true]);
  assert.deepEqual(
    faults.map(({ message }) => /^"(\w+)" is no style/.exec(message)?.[1]),
    ['tsv', 'pipes'],
  );
});

test('what cannot be enforced is a fault, and the rest is served', async () => {
  const { operations, faults } = await load({
    'a.json': {
      openapi: '3.1.0',
      paths: {
        '/{a}{b}': { get: {} },
        '/x/{a}': {
          get: {
            operationId: 'same',
            security: [{ nothing: [] }],
            parameters: [
              { name: 'q', in: 'query', schema: { type: 'text', pattern: '(', minimum: '1', $async: true } },
              { name: 'm', in: 'path', required: true, style: 'form', schema: {} },
            ],
          },
          post: { operationId: 'same' },
        },
      },
    },
  });
  assert.deepEqual(
    operations.map((operation) => operation.id),
    ['same', 'POST /x/{a}'],
  );
  assert.deepEqual(operations[0]!.parameters.find(({ name }) => name === 'q')!.schema, {});
  const get = '/paths/~1x~1{a}/get';
  assert.deepEqual(
    faults.map(({ place, message, effect }) => [
      place.replace(/^a\.json at /, '').replace(get, '…'),
      message,
      effect,
    ]),
    [
      ['…/parameters/0/schema/type', wanted('type'), 'keyword-ignored'],
      ['…/parameters/0/schema/pattern', '"pattern" is not a regular expression.', 'keyword-ignored'],
      ['…/parameters/0/schema/minimum', '"minimum" is not a number.', 'keyword-ignored'],
      [
        '/paths/~1{a}{b}',
        'The path "/{a}{b}" has two parameters with nothing between them.',
        'path-not-served',
      ],
      ['…/parameters/1/style', '"form" is no style of path parameters (simple, label, matrix).', 'any-value'],
      ['…/parameters/1', 'The path has no {m} for the parameter of that name.', 'ignored'],
      ['…', 'The path has {a}, but there is no such path parameter.', 'any-value'],
      ['…/security/0/nothing', 'The security scheme "nothing" is not defined.', 'nothing-satisfies'],
      ['/paths/~1x~1{a}/post/operationId', '"same" is another operation\'s already.', 'own-id'],
      ['/paths/~1x~1{a}/post', 'The path has {a}, but there is no such path parameter.', 'any-value'],
    ],
  );
});

test('schemas are found by $id and $anchor, each against the $id around it', async () => {
  const { operations, shared } = await load({
    'api.json': withBody(
      { $ref: 'https://schemas.example/order' },
      {
        components: {
          schemas: {
            Order: {
              $id: 'https://schemas.example/order',
              properties: { line: { $ref: 'line' }, note: { $ref: '#note' }, local: { $ref: '#/$defs/n' } },
              $defs: {
                line: { $id: 'line', type: 'integer', minimum: 7 },
                n: { $anchor: 'note', type: 'string' },
                odd: { enum: [{ $id: 'https://schemas.example/other', $anchor: 'note' }] },
              },
            },
          },
        },
      },
    ),
  });
  const order = shared.schemas[(body(operations[0]) as { $ref: string }).$ref] as {
    properties: Record<string, { $ref: string }>;
  };
  const named = (name: string): Schema | undefined => shared.schemas[order.properties[name]!.$ref];
  assert.deepEqual({ ...(named('line') as object) }, { type: 'integer', minimum: 7 });
  assert.deepEqual({ ...(named('note') as object) }, { type: 'string' });
  assert.deepEqual(order.properties['note'], order.properties['local']);
});

test('what is elsewhere is read where it is allowed, and nowhere else', async () => {
  const root = write({ 'api.json': withBody({ $ref: 'https://schemas.example/v1/order.json#/$defs/a' }) });
  const texts: Readonly<Record<string, string>> = {
    'https://schemas.example/v1/order.json': JSON.stringify({
      $defs: { a: { items: { $ref: 'deep/line.yaml' } } },
    }),
    'https://schemas.example/v1/deep/line.yaml': 'type: integer\n',
  };
  const asked: string[] = [];
  const fetch = async (url: string): Promise<string> => {
    asked.push(url);
    if (texts[url] === undefined) throw new Error('status 404');
    return texts[url];
  };
  const { shared } = await loadDefinition(root, { remote: ['https://schemas.example/v1/'], fetch });
  assert.deepEqual(asked, Object.keys(texts));
  assert.ok(JSON.stringify(shared.schemas).includes('"integer"'));
  for (const remote of [
    [],
    ['https://schemas.example/v'],
    ['https://schemas.example/v1/order.json/'],
    ['http://schemas.example/v1/'],
  ])
    assert.match(await told(root, remote, fetch), /remote reference, which is not fetched/);
  for (const [reference, says] of [
    ['https://schemas.example/v1/../secret', /is not fetched/],
    ['https://schemas.example/v1/%2e%2e/secret', /is not fetched/],
    ['https://schemas.example@evil.example/v1/x', /is not fetched/],
    ['https://schemas.example/v1/none.json', /none\.json, which it refers to, cannot be read: status 404/],
  ] as const) {
    const bad = write({ 'api.json': withBody({ $ref: reference }) });
    assert.match(await told(bad, ['https://schemas.example/v1/'], fetch), says);
  }
  const local = write({ 'api.json': withBody({ $ref: 'https://schemas.example/v1/evil.json' }) });
  const evil = async (): Promise<string> => JSON.stringify({ $ref: 'file:///etc/passwd' });
  assert.match(await told(local, ['https://schemas.example/v1/'], evil), /is not fetched/);
});

/** What is said of a definition: that it cannot be loaded, or its mistakes. */
async function told(
  root: string,
  remote: readonly string[],
  fetch: (url: string) => Promise<string>,
): Promise<string> {
  try {
    const { faults } = await loadDefinition(root, { remote, fetch });
    return faults.map(({ message }) => message).join('\n');
  } catch (error) {
    return (error as Error).message;
  }
}

test('OpenAPI 3.2: its methods, the query as a whole, and the document by its own name', async () => {
  const definition = await load({
    'api.yaml': `
openapi: 3.2.0
$self: https://api.example/openapi
info: { title: t, version: '1' }
servers: [{ url: 'https://{stage}.example/v1', variables: { stage: { default: live } } }]
paths:
  /books:
    query:
      requestBody: { content: { application/json: { schema: { $ref: 'https://api.example/openapi#/components/schemas/Q' } } } }
    get:
      parameters:
        - in: querystring
          content:
            application/x-www-form-urlencoded:
              schema: { type: object, properties: { page: { type: integer } }, additionalProperties: false }
    additionalOperations:
      COPY: { operationId: copy }
      get: { operationId: lowerCase }
      STEAL: { operationId: steal }
components: { schemas: { Q: { type: string } } }
`,
  });
  assert.deepEqual(definition.servers, ['https://live.example/v1']);
  assert.deepEqual(
    definition.operations.map(({ method }) => method),
    ['GET', 'QUERY', 'COPY'],
  );
  const [get, query] = definition.operations;
  assert.deepEqual(get?.parameters[0], {
    ...get?.parameters[0],
    in: 'query',
    style: 'form',
    explode: true,
  });
  assert.equal(definition.shared.schemas[(body(query) as { $ref: string }).$ref] !== undefined, true);
  assert.deepEqual(
    definition.faults.map(({ place, message }) => `${place}: ${message}`),
    ['get', 'STEAL'].map(
      (method) =>
        `api.yaml at /paths/~1books/additionalOperations/${method}: ${method} is no method that HTTP servers know.`,
    ),
  );
});

test('a reference that leads nowhere costs what needs it, and is told', async () => {
  const good = { get: { responses: {} } };
  const definition = {
    openapi: '3.1.0',
    info: { title: 't', version: '1' },
    components: { schemas: { Loop: { $ref: '#/components/schemas/Loop' } } },
    paths: {
      '/good': good,
      '/lost': { $ref: '#/components/pathItems/Lost' },
      '/shared': { parameters: [{ $ref: '#/components/parameters/Lost' }], get: good.get },
      '/one': { get: { parameters: [{ $ref: '#/components/parameters/Lost' }] }, put: good.get },
      '/body': {
        post: {
          requestBody: {
            content: {
              'application/json': {
                schema: {
                  properties: {
                    a: { $ref: '#/components/schemas/Lost' },
                    b: { $ref: '#/paths/x/__proto__' },
                  },
                },
              },
            },
          },
        },
      },
    },
  };
  const { operations, faults } = await load({ 'a.json': definition });
  assert.deepEqual(
    operations.map(({ method, path }) => `${method} ${path}`),
    ['GET /good', 'PUT /one', 'POST /body'],
  );
  const { properties } = body(operations[2]) as { properties: Record<string, Schema> };
  assert.equal(JSON.stringify(properties['a']), '{"not":{}}');
  assert.deepEqual(
    faults.map(({ place, effect }) => [place.split('/')[2], effect]),
    [
      ['~1lost', 'path-not-served'],
      ['~1shared', 'path-not-served'],
      ['~1one', 'operation-not-served'],
      ['~1body', 'no-value'],
      ['~1body', 'no-value'],
    ],
  );
});

test('what security says in no way that is known makes no operation one for everybody', async () => {
  for (const security of [['token'], [null], { token: [] }, 'token', [{ token: [] }]]) {
    const definition = { openapi: '3.1.0', paths: { '/x': { get: { security }, put: {} } }, security };
    const { operations } = await load({ 'a.json': definition });
    for (const operation of operations) {
      const types = operation.security?.map((alternative) => alternative.map(({ type }) => type));
      assert.deepEqual(types, [['unknown']], JSON.stringify(security));
    }
  }
});
