import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fields } from '../http/fields.ts';
import { usualLimits } from '../http/json-limits.ts';
import type { OperationDefinition, ParameterDefinition, Schema, SharedDefinition } from './definition.ts';
import { type ParameterOptions, prepareParameters } from './parameters.ts';
import { SchemaCompiler } from './schema-compiler.ts';
import { UnknownFields } from './unknown-fields.ts';
import type { ValidationError } from './validation-error.ts';

/** An alternative that contains all of them. */
function filter(kind: string): Schema {
  return { type: 'object', properties: { of: { $ref: 'Filter' }, kind: { const: kind } } };
}

const shared: SharedDefinition = {
  schemas: {
    Filter: { anyOf: ['a', 'b', 'c'].map(filter) },
    Color: { enum: ['red', 'blue'] },
    Size: { type: 'integer', minimum: 1 },
  },
  securitySchemes: { key: { type: 'apiKey', in: 'query', name: 'api_key' } },
};

type Given = Partial<ParameterDefinition> & { readonly schema: Schema };

function parameter(given: Given): ParameterDefinition {
  const location = given.in ?? 'query';
  const style = location === 'query' || location === 'cookie' ? 'form' : 'simple';
  const defaults = {
    name: 'p',
    in: location,
    required: false,
    style,
    allowEmptyValue: false,
    deprecated: false,
  } as const;
  return { ...defaults, explode: (given.style ?? style) === 'form', mediaType: undefined, ...given };
}

function operation(parameters: readonly ParameterDefinition[]): OperationDefinition {
  const path = parameters.some((each) => each.in === 'path') ? '/x/{p}' : '/x';
  const rest = { security: undefined, deprecated: false, tags: [], summary: undefined, shared };
  return { id: 'x', method: 'GET', path, parameters, requestBody: undefined, ...rest };
}

/** What is found wrong, as `name keyword`, for the parameter with this text in its place. */
function faults(given: Given | readonly Given[], text: string): string {
  const parameters = [given].flat().map((each) => parameter(each as Given));
  const options = { unknownQueryParameters: 'refuse', maxErrors: 20 } as const;
  const checks = prepareParameters(operation(parameters), new SchemaCompiler(shared), options);
  const location = parameters[0]!.in;
  const flat = location === 'header' ? text.split('\n').flatMap((value) => ['p', value]) : ['cookie', text];
  const errors = checks.check({
    query: location === 'query' ? text : '',
    pathValues: location === 'path' ? [text] : [],
    fields: new Fields(location === 'header' || location === 'cookie' ? flat : []),
  });
  return (errors ?? []).map((error) => `${error.name ?? ''} ${error.keyword}`.trim()).join(', ');
}

const integer: Schema = { type: 'integer' };
const integers: Schema = { type: 'array', items: { type: 'integer', maximum: 9 }, maxItems: 2 };
const point: Schema = {
  type: 'object',
  properties: {
    x: { type: 'integer' },
    y: { type: 'integer' },
    tags: { type: 'array', items: { type: 'string' } },
  },
  required: ['x'],
};

const query: readonly [given: Given | readonly Given[], text: string, faults: string][] = [
  [{ schema: integer }, '', ''],
  [{ schema: integer, required: true }, '', 'p required'],
  [{ schema: integer }, 'p=7', ''],
  [{ schema: integer }, 'p=07', 'p type'],
  [{ schema: integer }, 'p=', 'p type'],
  [{ schema: integer, allowEmptyValue: true }, 'p=', ''],
  [{ schema: integer, allowEmptyValue: true }, 'p', ''],
  [{ schema: integer }, 'p=7&p=8', 'p duplicate'],
  [{ schema: integer }, 'p=7&q=8', 'q unknown'],
  [{ schema: integer }, 'P=7', 'P unknown'],
  [{ schema: integer }, '__proto__=7', '__proto__ unknown'],
  [{ schema: integer }, 'p=7&api_key=secret&api_key=2', ''],
  [{ schema: integer }, 'p=%zz', 'syntax'],
  [{ schema: { $ref: 'Size' } }, 'p=0', 'p minimum'],
  [{ schema: { $ref: 'Color' } }, 'p=red', ''],
  [{ schema: { $ref: 'Color' } }, 'p=green', 'p enum'],
  [{ schema: { enum: [1, 2] } }, 'p=2', ''],
  [{ schema: { type: ['integer', 'null'] } }, 'p=null', ''],
  [{ schema: { type: ['integer', 'string'], maxLength: 2, maximum: 5 } }, 'p=7', ''],
  [{ schema: { type: 'string', maxLength: 2 } }, 'p=%C3%A4%C3%B6', ''],
  [{ schema: { type: 'string', format: 'date' } }, 'p=2024-02-30', 'p format'],
  [{ schema: { type: 'boolean' } }, 'p=TRUE', 'p type'],
  [{ schema: { anyOf: [integer, { type: 'boolean' }] } }, 'p=true', ''],
  [{ schema: { anyOf: [integer, { type: 'boolean' }] } }, 'p=x', 'p type'],
  [{ schema: { allOf: [integer, { minimum: 3 }] } }, 'p=2', 'p minimum'],
  [{ schema: false }, 'p=1', 'p false schema'],
  [{ schema: integers }, 'p=1', ''],
  [{ schema: integers }, 'p=1&p=2', ''],
  [{ schema: integers }, 'p=1&p=2&p=3', 'p maxItems'],
  [{ schema: integers }, 'p=1&p=10', 'p maximum'],
  [{ schema: integers }, 'p=1,2', 'p type'],
  [{ schema: integers, explode: false }, 'p=1,2', ''],
  [{ schema: integers, explode: false }, 'p=1,x', 'p type'],
  [{ schema: integers, explode: false }, 'p=1&p=2', 'p duplicate'],
  [{ schema: integers, explode: false }, 'p=', ''],
  [{ schema: integers, style: 'pipeDelimited', explode: false }, 'p=1%7C2', ''],
  [{ schema: integers, style: 'spaceDelimited', explode: false }, 'p=1%202', ''],
  [{ schema: { anyOf: [integers, { type: 'null' }] } }, 'p=1&p=2', ''],
  [{ schema: point }, 'x=1&y=2', ''],
  [{ schema: point }, 'y=2', 'p required'],
  [{ schema: point }, 'x=1&z=2', 'z unknown'],
  [{ schema: point }, 'x=1&x=2', 'p duplicate'],
  [{ schema: { ...point, additionalProperties: integer } }, 'x=1&z=2', ''],
  [{ schema: { ...point, additionalProperties: integer } }, 'x=1&z=a', 'p type'],
  [{ schema: { ...point, additionalProperties: integer } }, 'x=1&z=2&z=3', 'p duplicate'],
  [{ schema: { ...point, additionalProperties: true } }, 'x=1&api_key=secret&api_key=2', ''],
  [{ schema: { ...point, additionalProperties: false } }, 'x=1&z=2', 'z unknown'],
  [{ schema: point, explode: false }, 'p=x,1,y,2', ''],
  [{ schema: point, explode: false }, 'p=x,1,y', 'p type'],
  [{ schema: point, explode: false }, 'p=x,1,z,2', 'p additionalProperties'],
  [{ schema: point, style: 'deepObject', explode: true }, 'p[x]=1&p[y]=2', ''],
  [{ schema: point, style: 'deepObject', explode: true }, 'p%5Bx%5D=1&p[tags]=a&p[tags]=b', ''],
  [{ schema: point, style: 'deepObject', explode: true }, 'p[x]=a', 'p type'],
  [{ schema: point, style: 'deepObject', explode: true }, 'p[x]=1&p[__proto__]=2', 'p[__proto__] unknown'],
  [{ schema: point, style: 'deepObject', explode: true }, 'p[x][y]=1', 'p[x][y] unknown'],
  [{ schema: point, style: 'deepObject', explode: true }, 'q[x]=1', 'q[x] unknown'],
  [{ schema: point, mediaType: 'application/json' }, 'p=%7B%22x%22%3A1%7D', ''],
  [{ schema: point, mediaType: 'application/json' }, 'p=%7B%7D', 'p required'],
  [{ schema: point, mediaType: 'application/json' }, 'p=x', 'p syntax'],
  [
    { schema: { $ref: 'Filter' }, mediaType: 'application/json' },
    `p=${encodeURIComponent(deep(30))}`,
    'p complexity',
  ],
];

function deep(depth: number): string {
  return depth === 0 ? '{}' : `{"of":${deep(depth - 1)},"kind":"c"}`;
}

test('query parameters', () => {
  for (const [given, text, expected] of query) {
    assert.equal(faults(given, text), expected, `${JSON.stringify(given)} <- ${text}`);
  }
});

const elsewhere: readonly [given: Given | readonly Given[], text: string, faults: string][] = [
  [{ in: 'path', schema: integer, style: 'label' }, '.7', ''],
  [{ in: 'path', schema: integer, style: 'label' }, '7', 'p style'],
  [{ in: 'path', schema: integers, style: 'label' }, '.1,2', ''],
  [{ in: 'path', schema: integers, style: 'label', explode: true }, '.1.2', ''],
  [{ in: 'path', schema: integers, style: 'label', explode: true }, '.1.x', 'p type'],
  [{ in: 'path', schema: point, style: 'label' }, '.x,1,y,2', ''],
  [{ in: 'path', schema: point, style: 'label', explode: true }, '.x=1.y=2', ''],
  [{ in: 'path', schema: integer }, '7', ''],
  [{ in: 'path', schema: integer }, 'x', 'p type'],
  [{ in: 'path', schema: integers }, '1,2', ''],
  [{ in: 'path', schema: integers }, '1,2,3', 'p maxItems'],
  [{ in: 'path', schema: point }, 'x,1,y,2', ''],
  [{ in: 'path', schema: point, explode: true }, 'x=1,y=2', ''],
  [{ in: 'path', schema: integer, style: 'matrix' }, ';p=7', ''],
  [{ in: 'path', schema: integer, style: 'matrix' }, '7', 'p style'],
  [{ in: 'path', schema: integer, style: 'matrix' }, ';q=7', 'p style'],
  [{ in: 'path', schema: integer, style: 'matrix' }, ';p=7;p=8', 'p type'],
  [{ in: 'path', schema: integer, style: 'matrix', explode: true }, ';p=7', ''],
  [{ in: 'path', schema: integer, style: 'matrix', explode: true }, ';p=7;p=8', 'p type'],
  [{ in: 'path', schema: { type: 'string', maxLength: 0 }, style: 'matrix' }, ';p', ''],
  [{ in: 'path', schema: integers, style: 'matrix' }, ';p=1,2', ''],
  [{ in: 'path', schema: integers, style: 'matrix' }, ';p', ''],
  [{ in: 'path', schema: integers, style: 'matrix', explode: true }, ';p=1;p=2', ''],
  [{ in: 'path', schema: integers, style: 'matrix', explode: true }, ';p=1;q=2', 'p style'],
  [{ in: 'path', schema: integers, style: 'matrix', explode: true }, ';p=1;p=x', 'p type'],
  [{ in: 'path', schema: point, style: 'matrix' }, ';p=x,1,y,2', ''],
  [{ in: 'path', schema: point, style: 'matrix', explode: true }, ';x=1;y=2', ''],
  [{ in: 'path', schema: point, style: 'matrix', explode: true }, ';x=1;y=a', 'p type'],
  [{ in: 'path', schema: point, style: 'matrix', explode: true }, ';x=1;x=2', 'p duplicate'],
  [{ in: 'path', schema: integer, style: undefined }, ';p=anything', ''],
  [{ in: 'header', schema: integer }, '7', ''],
  [{ in: 'header', schema: integer }, 'x', 'p type'],
  [{ in: 'header', schema: integer }, '7\n8', 'p duplicate'],
  [{ in: 'header', schema: integers }, '1, 2', ''],
  [{ in: 'header', schema: integers }, '1\n2', ''],
  [{ in: 'header', schema: integers }, '1\n2, 3', 'p maxItems'],
  [{ in: 'header', schema: point, mediaType: 'application/json' }, '{"x": 1, "y": 2}', ''],
  [{ in: 'cookie', schema: integer }, 'a=b; p=7', ''],
  [{ in: 'cookie', schema: integer, required: true }, 'a=b', 'p required'],
  [{ in: 'cookie', schema: integer }, 'p=7; p=8', 'p duplicate'],
  [{ in: 'cookie', schema: integer }, 'p=7; P=8', 'p duplicate'],
  [{ in: 'cookie', schema: integer }, 'p=7; %50=8', 'p duplicate'],
  [{ in: 'cookie', schema: integer }, 'p=7; q=8', ''],
  [
    [
      { in: 'cookie', schema: integer },
      { in: 'cookie', name: 'P', schema: integer },
    ],
    'p=7; P=8',
    '',
  ],
  [{ in: 'cookie', schema: integer }, 'p=x', 'p type'],
  [{ in: 'cookie', schema: point, explode: true }, 'x=1; other=2; y=3', ''],
  [{ in: 'cookie', schema: point, explode: true }, 'x=1; y=a', 'p type'],
  [{ in: 'cookie', schema: point, explode: true }, 'x=1; x=1', 'p duplicate'],
  [{ in: 'cookie', schema: point, explode: true }, 'y=1', 'p required'],
  [{ in: 'cookie', schema: point, explode: true, required: true }, 'other=1', 'p required'],
];

test('parameters in the path, in header fields and in cookies', () => {
  for (const [given, text, expected] of elsewhere) {
    assert.equal(faults(given, text), expected, `${JSON.stringify(given)} <- ${text}`);
  }
});

test('a field that servers by CGI take for the parameter', () => {
  const options = { unknownQueryParameters: 'refuse', maxErrors: 20 } as const;
  const found = (name: string, ...flat: string[]): string => {
    const checks = prepareParameters(
      operation([parameter({ in: 'header', name, schema: integer })]),
      new SchemaCompiler(shared),
      options,
    );
    const errors = checks.check({ query: '', pathValues: [], fields: new Fields(flat) });
    return (errors ?? []).map((error) => `${error.name} ${error.keyword}`).join(', ');
  };
  assert.equal(found('x-tenant', 'x-tenant', '1', 'x-other', '2'), '');
  assert.equal(found('x-tenant', 'x-tenant', '1', 'x_tenant', '2'), 'x-tenant duplicate');
  assert.equal(found('x-tenant', 'x.tenant', '2'), 'x-tenant duplicate');
  assert.equal(found('x_tenant', 'x_tenant', '1'), '');
  assert.equal(found('x_tenant', 'x_tenant', '1', 'x-tenant', '2'), 'x_tenant duplicate');
});

test('unknown parameters can be let through, and errors are bounded', () => {
  const checks = (unknownQueryParameters: 'refuse' | 'strip' | 'allow') =>
    prepareParameters(operation([]), new SchemaCompiler(shared), { unknownQueryParameters, maxErrors: 3 });
  const many = Array.from({ length: 900 }, (_, index) => `u${index}=1`).join('&');
  const source = { query: many, pathValues: [], fields: new Fields() };
  assert.equal(checks('allow').check(source), undefined);
  assert.equal(checks('strip').check(source), undefined);
  assert.equal(checks('refuse').check(source)?.length, 3);
});

test('errors tell what is wrong and repeat no value', () => {
  const options = { unknownQueryParameters: 'refuse', maxErrors: 20 } as const;
  const checks = prepareParameters(
    operation([parameter({ schema: { $ref: 'Color' } }), parameter({ name: 'n', schema: integer })]),
    new SchemaCompiler(shared),
    options,
  );
  const name = 'u'.repeat(1000);
  const errors = checks.check({
    query: `p=s3cret&n=s3cret&${name}=s3cret`,
    pathValues: [],
    fields: new Fields(),
  });
  assert.deepEqual(errors?.slice(1), [
    { in: 'query', name: 'p', keyword: 'enum', message: 'must be one of "red","blue"' },
    { in: 'query', name: 'n', keyword: 'type', message: 'must be integer' },
  ]);
  assert.equal(errors?.[0]?.name?.length, 201);
  assert.doesNotMatch(JSON.stringify(errors), /s3cret/);
});

test('a parameter that carries a credential is not for the definition to know', () => {
  const options = { unknownQueryParameters: 'refuse', maxErrors: 20, credentialParameters: ['key'] } as const;
  const found = (parameters: readonly ParameterDefinition[], query: string) =>
    prepareParameters(operation(parameters), new SchemaCompiler(shared), options)
      .check({ query, pathValues: [], fields: new Fields([]) })
      ?.map(({ name, keyword }) => `${name} ${keyword}`);
  assert.equal(found([], 'key=x'), undefined);
  assert.equal(found([], '%6bey=x'), undefined);
  assert.deepEqual(found([], 'key=x&Key=y'), ['Key unknown']);
  const defined = parameter({ in: 'query', name: 'key', schema: { type: 'integer' } });
  assert.deepEqual(found([defined], 'key=x'), ['key type']);
});

test('the work of all parameters is counted together', () => {
  const slow: Schema = { type: 'string', pattern: '^([a-z]+[0-9]?){1,50}$' };
  const parameters = Array.from({ length: 16 }, (_, index) => ({ name: `p${index}`, schema: slow }));
  const written = (count: number) =>
    parameters
      .slice(0, count)
      .map(({ name }) => `${name}=${'a'.repeat(500)}!`)
      .join('&');
  assert.equal(faults(parameters, written(1)), 'p0 pattern');
  const found = faults(parameters, written(16)).split(', ');
  assert.equal(found[0], 'p0 pattern');
  assert.equal(found.at(-1), 'p15 complexity');
});

test('all that is wrong with a parameter is told', () => {
  const item: Schema = {
    type: 'object',
    required: ['a'],
    properties: { a: { type: 'integer' }, b: { type: 'integer' } },
  };
  assert.equal(
    faults({ schema: { type: 'array', items: { type: 'integer', maximum: 5 } } }, 'p=1&p=7&p=9'),
    'p maximum, p maximum',
  );
  const json = { schema: item, mediaType: 'application/json' };
  assert.equal(faults(json, `p=${encodeURIComponent('{"b":"x"}')}`), 'p required, p type');
  const many = faults(
    { schema: { type: 'array', items: { type: 'integer', maximum: 5 } } },
    new Array(200).fill('p=7').join('&'),
  );
  assert.equal(many.split(', ').length, 20);
  const compiler = new SchemaCompiler(shared);
  const fields = new UnknownFields(shared, compiler);
  const options = {
    unknownQueryParameters: 'refuse',
    maxErrors: 20,
    fieldsBeside: (schema: Schema) => fields.prepare(schema),
  } as const;
  const source = (text: string) => ({
    query: `p=${encodeURIComponent(text)}`,
    pathValues: [],
    fields: new Fields([]),
  });
  const told = (errors: readonly ValidationError[] | undefined) =>
    errors?.map(({ pointer, keyword }) => `${pointer ?? ''} ${keyword}`);
  const checks = prepareParameters(operation([parameter(json)]), compiler, options);
  assert.deepEqual(told(checks.check(source('{"b":"x","role":1,"more":2}'))), [
    ' required',
    '/b type',
    '/role unknown',
    '/more unknown',
  ]);
  const ignoring = prepareParameters(operation([parameter(json)]), compiler, {
    ...options,
    ignoresFields: true,
  });
  const known = source('{"a":1,"role":1,"more":2}');
  assert.equal(ignoring.check(known), undefined);
  assert.deepEqual(told(ignoring.ignored(known)), ['/role unknown', '/more unknown']);
  assert.deepEqual(told(ignoring.check(source('{"b":"x","role":1}'))), [' required', '/b type']);
});

test('what is JSON in a parameter is held to the same limits as a body', () => {
  for (const location of ['path', 'query', 'header', 'cookie'] as const) {
    const checks = prepareParameters(
      operation([parameter({ in: location, schema: {}, mediaType: 'application/json' })]),
      new SchemaCompiler(shared),
      { unknownQueryParameters: 'refuse', maxErrors: 20 },
    );
    const found = (text: string) =>
      checks.check({
        query: location === 'query' ? `p=${text}` : '',
        pathValues: [text],
        fields: new Fields(
          location === 'header' ? ['p', text] : location === 'cookie' ? ['cookie', `p=${text}`] : [],
        ),
        jsonLimits: { ...usualLimits, depth: 2 },
      })?.[0]?.keyword;
    assert.equal(found('[[1]]'), undefined, location);
    assert.equal(found('[[[1]]]'), 'depth', location);
  }
});

test('fields that are not defined, in a parameter that is JSON', () => {
  const compiler = new SchemaCompiler(shared);
  const fields = new UnknownFields(shared, compiler);
  const filter: Schema = {
    type: 'object',
    properties: { by: { properties: { name: { type: 'string' } } }, id: { readOnly: true } },
  };
  const found = (text: string, options: Partial<ParameterOptions>): unknown => {
    const checks = prepareParameters(
      operation([parameter({ schema: filter, mediaType: 'application/json' })]),
      compiler,
      { unknownQueryParameters: 'refuse', maxErrors: 20, ...options },
    );
    const query = `p=${encodeURIComponent(text)}`;
    return checks.check({ query, pathValues: [], fields: new Fields() })?.[0];
  };
  const search = { fieldsBeside: (schema: Schema) => fields.prepare(schema) };
  assert.equal(found('{"by":{"name":"a"}}', search), undefined);
  assert.deepEqual(found('{"by":{"name":"a","role":"admin"}}', search), {
    in: 'query',
    name: 'p',
    pointer: '/by/role',
    keyword: 'unknown',
    message: 'is not defined',
  });
  assert.equal((found('{"id":1}', search) as ValidationError).keyword, 'readOnly');
  assert.equal(found('{"by":{"role":"admin"}}', {}), undefined);
});
