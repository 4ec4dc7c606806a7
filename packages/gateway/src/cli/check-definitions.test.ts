import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { checkConfiguration } from './check.ts';
import { folderWith } from './testing/program.ts';

const configuration = `listen: { https: { port: 8443, selfSigned: true } }
policies: { rate-limit: [{ name: a, by: address, quota: 1, window: 1s }] }
authenticators: { k: { apiKey: {} } }
apis:
  a:
    openapi: a.json
    upstream: { targets: [http://127.0.0.1:3000] }
    policies: { authentication: { anyOf: [k] }, authorization: { undeclared: authenticated } }
`;

/** An API with one operation, `POST /x` unless the rest says otherwise. */
function api(operation: object, more: object = {}): object {
  return {
    openapi: '3.1.0',
    info: { title: 't', version: '1' },
    paths: { '/x': { post: operation } },
    ...more,
  };
}

const named = (schemas: object, more: object = {}): object => ({ components: { schemas }, ...more });
const body = (schema: unknown, more: object = {}): object =>
  api({ requestBody: { content: { 'application/json': { schema } } } }, more);
const parameters = (...list: readonly unknown[]): object => api({ parameters: list });
const query = { name: 'q', in: 'query', schema: { type: 'string' } };
const toNamed = { $ref: '#/components/schemas/S' };

/** Of `body`, and of `parameters`. */
const schema = '/paths/~1x/post/requestBody/content/application~1json/schema';
const first = '/paths/~1x/post/parameters/0';

const schemaCases: readonly (readonly [what: string, schema: unknown, ...lines: string[]])[] = [
  ['no schema', 'string', ': A schema is either an object or true or false; any value is taken there'],
  [
    'a type that there is not',
    { type: 'text' },
    '/type: "type" is not a type or a list of types (string, number, integer, boolean, null, array, object); the keyword is ignored',
  ],
  ['a number in quotes', { minimum: '1' }, '/minimum: "minimum" is not a number; the keyword is ignored'],
  [
    'required as before 2012',
    { properties: { a: { required: true } } },
    '/properties/a/required: "required" is not a list of names; the keyword is ignored',
  ],
  [
    'no expression',
    { pattern: '(' },
    '/pattern: "pattern" is not a regular expression; the keyword is ignored',
  ],
  [
    'no expression as a name',
    { patternProperties: { '(': {} } },
    '/patternProperties/(: Its name is no regular expression; it is ignored',
  ],
  ['no list', { allOf: {} }, '/allOf: "allOf" is not a list of schemas; the keyword is ignored'],
  ['no map', { properties: ['a'] }, '/properties: "properties" is not an object; the keyword is ignored'],
  [
    'a slip in a keyword',
    { aditionalProperties: false },
    '/aditionalProperties: "aditionalProperties" is no keyword here; did you mean "additionalProperties"?; the keyword is ignored',
  ],
  [
    'a slip in a short one, and another case',
    { require: ['a'], maxlength: 3, 'x-require': 1, unheardOf: 2 },
    '/require: "require" is no keyword here; did you mean "required"?; the keyword is ignored',
    '/maxlength: "maxlength" is no keyword here; did you mean "maxLength"?; the keyword is ignored',
  ],
  [
    'a format that nobody knows',
    { format: 'colour' },
    '/format: "colour" is no format that is known; it is not checked',
  ],
  [
    'a slip in a format',
    { format: 'datetime' },
    '/format: "datetime" is no format that is known (did you mean "date-time"?); it is not checked',
  ],
  [
    'an encoding that nobody knows',
    { contentEncoding: 'base46' },
    '/contentEncoding: "base46" is no encoding that is known (did you mean "base64"?); it is not checked',
  ],
  [
    'content that is not looked into',
    { contentEncoding: 'base64', contentMediaType: 'text/csv' },
    '/contentMediaType: Of text/csv in base64 nothing is known that could be looked at; it is not checked',
  ],
  [
    'content of no media type',
    { contentMediaType: 'csv' },
    '/contentMediaType: "csv" is not a media type; it is not checked',
  ],
  [
    'a schema of content',
    { contentMediaType: 'application/json', contentSchema: { type: 'object' } },
    '/contentSchema: What a text contains is not judged by a schema of its own; it is not checked',
  ],
  [
    'lengths that exclude each other',
    { minLength: 5, maxLength: 3 },
    '/minLength: "minLength" 5 is above "maxLength" 3: nothing meets both; it is enforced as it is written',
  ],
  [
    'counts that do',
    { minItems: 2, maxItems: 1, minProperties: 2, maxProperties: 1 },
    '/minItems: "minItems" 2 is above "maxItems" 1: nothing meets both; it is enforced as it is written',
    '/minProperties: "minProperties" 2 is above "maxProperties" 1: nothing meets both; it is enforced as it is written',
  ],
  [
    'numbers that do',
    { minimum: 5, maximum: 3 },
    '/minimum: "minimum" 5 is above "maximum" 3: no number is between them; it is enforced as it is written',
  ],
  [
    'numbers that only just do',
    { minimum: 3, exclusiveMinimum: 1, exclusiveMaximum: 3, maximum: 4 },
    '/minimum: "minimum" 3 meets "exclusiveMaximum" 3: no number is between them; it is enforced as it is written',
  ],
  ['numbers that do not', { minimum: 3, maximum: 3 }],
  [
    'bounds of another type',
    { type: ['integer', 'null'], minLength: 3, minimum: 1 },
    '/minLength: "minLength" is for the type string, and this is of the type integer or null; it is not checked',
  ],
  [
    'an empty enum',
    { enum: [] },
    '/enum: The enum is empty, so that nothing is among it; no value is taken there',
  ],
  [
    'an enum of numbers for texts',
    { type: 'string', enum: ['a', 1, 2] },
    '/enum: 2 values of the enum can never be sent, not being of the type string: 1; it is enforced as it is written',
  ],
  [
    'null in an enum',
    { type: ['string', 'integer'], enum: [1, 'a', null] },
    '/enum: A value of the enum can never be sent, not being of the type string or integer: null; it is enforced as it is written',
  ],
  ['null in an enum where it may be', { type: 'string', nullable: true, enum: ['a', null] }],
  [
    'a const of another type',
    { type: 'integer', const: 1.5 },
    '/const: 1.5 is not of the type integer: nothing meets both; it is enforced as it is written',
  ],
  [
    'a property that is required and forbidden',
    {
      additionalProperties: false,
      required: ['a', 'b', 'c'],
      properties: { a: {} },
      patternProperties: { '^b': {} },
    },
    '/required/2: "c" is required, but not among the properties, and "additionalProperties" forbids others: nothing meets both; it is enforced as it is written',
  ],
  [
    'a discriminator without a name',
    { discriminator: {}, oneOf: [{}] },
    '/discriminator: A discriminator needs a "propertyName"; the keyword is ignored',
  ],
  [
    'a discriminator among schemas without names',
    { discriminator: { propertyName: 'p' }, oneOf: [{ type: 'object' }] },
    '/discriminator: Not all that it chooses among are references, whose names the values would be; the keyword is ignored',
  ],
  [
    'a reference to nothing',
    { items: { $ref: '#/components/schemas/Lost' } },
    '/items/$ref: $ref "#/components/schemas/Lost" does not lead to anything; no value is taken there',
  ],
];

test('check says of each mistake in a schema where it is, and what comes of it', async (t) => {
  for (const [what, written, ...lines] of schemaCases) {
    const expected = lines.map((line) => `a.json at ${schema}${line}`);
    assert.deepEqual(await mistakes(t, body(written)), expected, what);
  }
});

const cases: readonly (readonly [what: string, definition: object, ...lines: string[]])[] = [
  [
    'in a schema of the components, said once',
    body(toNamed, {
      ...named({ S: { type: 'text', format: 'colour' } }),
      paths: Object.fromEntries(
        ['/y', '/z'].map((path) => [path, (body(toNamed) as { paths: Record<string, unknown> }).paths['/x']]),
      ),
    }),
    'a.json at /components/schemas/S/type: "type" is not a type or a list of types (string, number, integer, boolean, null, array, object); the keyword is ignored',
    'a.json at /components/schemas/S/format: "colour" is no format that is known; it is not checked',
  ],
  [
    'in a shared parameter, said once',
    {
      ...api({}),
      paths: { '/x': { get: { parameters: [toParameter('P')] }, put: { parameters: [toParameter('P')] } } },
      components: { parameters: { P: { ...query, style: 'tabs' } } },
    },
    'a.json at /components/parameters/P/style: "tabs" is no style of query parameters (form, spaceDelimited, pipeDelimited, deepObject); any value is taken there',
  ],
  [
    'in replies and their headers',
    api({
      responses: {
        200: {
          headers: { 'X-A': { schema: { minimum: '1' } } },
          content: { 'application/json': { schema: { maximum: '1' } } },
        },
        404: { $ref: '#/components/responses/Lost' },
      },
    }),
    'a.json at /paths/~1x/post/responses/200/headers/X-A/schema/minimum: "minimum" is not a number; the keyword is ignored',
    'a.json at /paths/~1x/post/responses/200/content/application~1json/schema/maximum: "maximum" is not a number; the keyword is ignored',
    'a.json at /paths/~1x/post/responses/404/$ref: $ref "#/components/responses/Lost" does not lead to anything; this part of replies is not judged',
  ],
  [
    'OpenAPI 3.0',
    body(
      {
        properties: {
          a: { ...toNamed, maxLength: 3 },
          b: { minimum: 2, maximum: 2, exclusiveMaximum: true },
        },
      },
      { openapi: '3.0.3', ...named({ S: { type: 'string', format: 'colour' } }) },
    ),
    `a.json at ${schema}/properties/a/maxLength: Before OpenAPI 3.1 nothing counts beside "$ref"; the keyword is ignored`,
    `a.json at ${schema}/properties/b/minimum: "minimum" 2 meets "maximum" 2: no number is between them; it is enforced as it is written`,
    'a.json at /components/schemas/S/format: "colour" is no format that is known; it is not checked',
  ],
  [
    'Swagger 2.0',
    {
      swagger: '2.0',
      info: { title: 't', version: '1' },
      securityDefinitions: { odd: { type: 'magic' } },
      paths: {
        '/x': {
          post: {
            consumes: ['json', 'application/json'],
            security: [{ odd: [] }],
            parameters: [
              { name: 'q', in: 'query', type: 'string', format: 'colour' },
              { name: 'b', in: 'body', schema: { type: 'text' } },
            ],
            responses: { ok: { description: '', schema: { type: 'file' } } },
          },
        },
      },
    },
    'a.json at /paths/~1x/post/responses/ok: "ok" is no status code (404), range (4XX) or "default"; it is ignored',
    'a.json at /paths/~1x/post/consumes/0: "json" is not a media type; it is ignored',
    'a.json at /paths/~1x/post/parameters/0/format: "colour" is no format that is known; it is not checked',
    'a.json at /paths/~1x/post/parameters/1/schema/type: "type" is not a type or a list of types (string, number, integer, boolean, null, array, object); the keyword is ignored',
    'a.json at /securityDefinitions/odd/type: "magic" is none of the types of security schemes (apiKey, http, oauth2, openIdConnect, mutualTLS); no credential satisfies it',
  ],
  [
    'a style of a field, servers and keys that say too little',
    api(
      { requestBody: { content: { 'multipart/form-data': { encoding: { a: { style: 'matrix' } } } } } },
      {
        servers: [
          { description: 'here' },
          { url: 'https://{region}.example', variables: {} },
          { url: '/v1' },
        ],
        components: { securitySchemes: { k: { type: 'apiKey', in: 'body' } } },
      },
    ),
    'a.json at /servers/0: A server needs a "url"; it is ignored',
    'a.json at /servers/1/url: There is no variable for "{region}"; it is enforced as it is written',
    'a.json at /paths/~1x/post/requestBody/content/multipart~1form-data/encoding/a/style: "matrix" is no style of fields (form, spaceDelimited, pipeDelimited, deepObject); the keyword is ignored',
    'a.json at /components/securitySchemes/k/in: An API key is in "query", "header" or "cookie"; it is not checked',
    'a.json at /components/securitySchemes/k/name: An API key needs a "name"; it is not checked',
  ],
  [
    'slips in an operation, a path, a parameter and the document',
    {
      ...api({}),
      pathz: {},
      paths: { '/x': { gett: {}, post: { requestbody: {}, parameters: [{ ...query, requierd: true }] } } },
      components: { schema: {} },
    },
    'a.json at /pathz: "pathz" is no keyword here; did you mean "paths"?; the keyword is ignored',
    'a.json at /components/schema: "schema" is no keyword here; did you mean "schemas"?; the keyword is ignored',
    'a.json at /paths/~1x/gett: "gett" is no keyword here; did you mean "get"?; the keyword is ignored',
    'a.json at /paths/~1x/post/requestbody: "requestbody" is no keyword here; did you mean "requestBody"?; the keyword is ignored',
    `a.json at ${first}/requierd: "requierd" is no keyword here; did you mean "required"?; the keyword is ignored`,
  ],
  [
    'a parameter as in Swagger 2.0',
    parameters({ name: 'q', in: 'query', type: 'string' }),
    `a.json at ${first}/type: "type" means nothing here; it belongs into "schema"; the keyword is ignored`,
    `a.json at ${first}: A parameter needs either "schema" or "content"; any value is taken there`,
  ],
  [
    'a parameter without a name',
    parameters({ in: 'query' }),
    `a.json at ${first}: A parameter needs a name; it is ignored`,
  ],
  [
    'yes in quotes',
    parameters({ ...query, required: 'yes', explode: null }),
    `a.json at ${first}/required: "required" is neither true nor false; the keyword is ignored`,
    `a.json at ${first}/explode: "explode" is neither true nor false; the keyword is ignored`,
  ],
  [
    'a parameter in the body',
    parameters({ name: 'b', in: 'body', schema: {} }),
    `a.json at ${first}/in: "body" is none of the places of parameters (path, query, header, cookie); it is ignored`,
  ],
  [
    'a parameter twice',
    parameters(query, query),
    'a.json at /paths/~1x/post/parameters/1: The query parameter "q" is in the list already; the last one counts',
  ],
  [
    'parameters that are no list',
    api({ parameters: { q: query } }),
    'a.json at /paths/~1x/post/parameters: "parameters" is not a list; it is ignored',
  ],
  [
    'a parameter of two media types',
    parameters({ name: 'q', in: 'query', content: { 'application/json': {}, 'text/plain': {} } }),
    `a.json at ${first}/content: There is more than one media type; the first one counts`,
  ],
  [
    'a parameter of XML',
    parameters({ name: 'q', in: 'query', content: { 'application/xml': { schema: { type: 'object' } } } }),
    `a.json at ${first}/content: A parameter of application/xml is one text to the gateway, which is never of the type object; no value is taken there`,
  ],
  [
    'a name in the path without a parameter',
    { ...api({}), paths: { '/x/{id}': { get: {} } } },
    'a.json at /paths/~1x~1{id}/get: The path has {id}, but there is no such path parameter; any value is taken there',
  ],
  [
    'a path parameter without a name in the path',
    {
      ...api({}),
      paths: { '/x/{bookId}': { get: { parameters: [{ name: 'bookid', in: 'path', schema: {} }] } } },
    },
    'a.json at /paths/~1x~1{bookId}/get/parameters/0: A path parameter needs "required: true"; it is required all the same',
    'a.json at /paths/~1x~1{bookId}/get/parameters/0: The path has no {bookid} for the parameter of that name (did you mean "bookId"?); it is ignored',
    'a.json at /paths/~1x~1{bookId}/get: The path has {bookId}, but there is no such path parameter; any value is taken there',
  ],
  [
    'two paths that nobody can tell apart',
    { ...api({}), paths: { '/x/{a}': { get: id('a') }, '/x/{b}': { get: id('b'), put: id('b') } } },
    'a.json at /paths/~1x~1{b}/get: GET /x/{b} is the same operation as GET /x/{a}; the operation is not served',
    'a.json at /paths/~1x~1{b}/put: The path is the same as /x/{a}, by other names; both are served',
  ],
  [
    'a path that no request can have',
    { ...api({}), paths: { '/x': { get: {} }, '/y?z': { get: {} } } },
    'a.json at /paths/~1y?z: The path "/y?z" has a "?" or "#": a query or fragment is no part of a path; the operations of the path are not served',
  ],
  [
    'an operationId twice',
    { ...api({}), paths: { '/x': { get: { operationId: 'a' }, put: { operationId: 'a' } } } },
    'a.json at /paths/~1x/put/operationId: "a" is another operation\'s already; the operation goes by its method and path',
  ],
  [
    'an operation of which nothing is there',
    { ...api({}), paths: { '/x': { get: null, put: {} } } },
    'a.json at /paths/~1x/get: Nothing stands there; the operation is not served',
  ],
  [
    'a security scheme that is not defined',
    api(
      { security: [{ tokn: [] }] },
      { components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } } },
    ),
    'a.json at /paths/~1x/post/security/0/tokn: The security scheme "tokn" is not defined (did you mean "token"?); no credential satisfies it',
  ],
  [
    'security that names no scheme',
    api({ security: ['token'] }),
    'a.json at /paths/~1x/post/security/0: It is no object that names a scheme and its scopes; no credential satisfies it',
  ],
  [
    'security that is no list',
    api({ security: { token: [] } }),
    'a.json at /paths/~1x/post/security: "security" is not a list; no credential satisfies it',
  ],
  [
    'a status that there is not',
    api({ responses: { 20: {}, success: {}, '2XX': {} } }),
    'a.json at /paths/~1x/post/responses/20: "20" is no status code (404), range (4XX) or "default"; it is ignored',
    'a.json at /paths/~1x/post/responses/success: "success" is no status code (404), range (4XX) or "default"; it is ignored',
  ],
  [
    'media types that are none',
    api({
      requestBody: {
        content: {
          json: {},
          'multipart/form-data': { encoding: { file: { contentType: 'image/png, jpeg' } } },
        },
      },
      responses: { 200: { content: { xml: {} } } },
    }),
    'a.json at /paths/~1x/post/requestBody/content/json: "json" is not a media type; it is ignored',
    'a.json at /paths/~1x/post/requestBody/content/multipart~1form-data/encoding/file/contentType: "jpeg" is not a media type; it is enforced as it is written',
    'a.json at /paths/~1x/post/responses/200/content/xml: "xml" is not a media type; it is ignored',
  ],
  [
    'a discriminator that maps to nothing',
    body(
      { oneOf: [toNamed], discriminator: { propertyName: 'p', mapping: { a: 'S', b: '#/lost' } } },
      named({ S: { type: 'object' } }),
    ),
    `a.json at ${schema}/discriminator/mapping/b: "b" is mapped to "#/lost", which does not lead to anything; bodies with this value are refused`,
  ],
  [
    'a $dynamicRef',
    body({ $dynamicRef: '#S' }, named({ S: { $dynamicAnchor: 'S' } })),
    `a.json at ${schema}/$dynamicRef: The $dynamicRef "#S" may mean another schema, depending on what led to it; it is followed as if it were a $ref`,
  ],
];

function toParameter(name: string): object {
  return { $ref: `#/components/parameters/${name}` };
}

function id(name: string): object {
  return { parameters: [{ name, in: 'path', required: true, schema: {} }] };
}

test('check says of each other mistake in a definition where it is, and what comes of it', async (t) => {
  for (const [what, definition, ...lines] of cases)
    assert.deepEqual(await mistakes(t, definition), lines, what);
});

/** What `check` says of a definition. */
async function mistakes(t: Parameters<typeof folderWith>[0], definition: object): Promise<readonly string[]> {
  const folder = folderWith(t, { 'portcullis.yaml': configuration, 'a.json': JSON.stringify(definition) });
  const text = await checkConfiguration(join(folder, 'portcullis.yaml'), {}, 0);
  return text.split('\n').flatMap((line) => / {2}apis\.a\.openapi {2}(a\.json.*)$/.exec(line)?.[1] ?? []);
}

test('a name in a definition does nothing to the lines that it is shown in', async (t) => {
  const [line, ...more] = await mistakes(t, body({ format: `\u001b[2J\n${'x'.repeat(5_000)}` }));
  assert.deepEqual(more, []);
  assert.match(line!, /^a\.json at \S+: "�\[2J�x+…; it is not checked$/);
});

test('all of them are listed', async (t) => {
  const count = 300;
  const properties = Object.fromEntries(
    Array.from({ length: count }, (_, index) => [`p${index}`, { format: 'colour' }]),
  );
  assert.equal((await mistakes(t, body({ properties }))).length, count);
});
