import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Schema } from './definition.ts';
import { type Check, SchemaCompiler } from './schema-compiler.ts';
import { schemaErrors, tooComplex } from './schema-errors.ts';

const checkOf = (schema: Schema): Check =>
  new SchemaCompiler({ schemas: nodes, securitySchemes: {} }).compile(schema);

function keywords(schema: Schema, value: unknown, most = 20): string[] | undefined {
  return schemaErrors(checkOf(schema), value, most)?.map(({ pointer, keyword }) => `${pointer} ${keyword}`);
}

const branch = (kind: string): Schema => ({
  properties: { child: { $ref: 'Node' }, kind: { const: kind } },
});
const nodes: Readonly<Record<string, Schema>> = {
  Node: { anyOf: ['a', 'b', 'c'].map(branch) },
  Row: { properties: { a: { type: 'integer' }, b: { type: 'integer' } } },
};
const integers: Schema = { type: 'array', items: { type: 'integer' } };

test('all errors are told', () => {
  assert.equal(keywords(integers, [1, 2]), undefined);
  assert.deepEqual(keywords(integers, ['a', 1, 'b']), ['/0 type', '/2 type']);
  assert.deepEqual(keywords(integers, ['a', 1, 'b'], 1), ['/0 type']);
});

test('of large content the first errors are told, and few more are made', () => {
  const many = 50_000;
  const wrong = new Array<string>(many).fill('a');
  const rows: Schema = { type: 'array', items: integers };
  const named: Schema = { type: 'array', items: { $ref: 'Row' } };
  const map: Schema = { type: 'object', additionalProperties: { type: 'integer' } };
  const closed: Schema = { type: 'object', additionalProperties: false };
  const object = Object.fromEntries(wrong.map((value, index) => [`k${index}`, value]));
  const row = { a: 'x', b: 'y' };
  const told = (at: (index: number) => string): string[] =>
    Array.from({ length: 20 }, (_, index) => at(index));
  for (const [schema, value, expected] of [
    [integers, wrong, told((index) => `/${index} type`)],
    [
      rows,
      [[1], wrong.slice(0, 3), wrong],
      ['/1/0 type', '/1/1 type', '/1/2 type', ...told((index) => `/2/${index} type`)],
    ],
    [named, new Array(many).fill(row), told((index) => `/${index >> 1}/${index % 2 === 0 ? 'a' : 'b'} type`)],
    [map, object, told((index) => `/k${index} type`)],
    [closed, object, told((index) => `/k${index} additionalProperties`)],
    [{ items: { oneOf: [false, false] } }, wrong, undefined],
  ] as const) {
    if (expected !== undefined) assert.deepEqual(keywords(schema, value), expected.slice(0, 20));
    const made = checkOf(schema).all(value).length;
    assert.ok(made >= 20 && made < 1_000, `${made} errors of ${JSON.stringify(schema)}`);
  }
});

test('what is right behind what is wrong stays right', () => {
  const first = new Array<string>(1_000).fill('a');
  assert.equal(keywords({ anyOf: [integers, { type: 'array' }] }, [...first, 1]), undefined);
  assert.deepEqual(
    keywords({ items: { anyOf: [{ type: 'integer' }, { type: 'string' }] }, maxItems: 1 }, first),
    [' maxItems'],
  );
});

test('a condition that fails is told by what failed in it', () => {
  // biome-ignore lint/suspicious/noThenProperty: the keyword of JSON Schema.
  const schema = { if: { required: ['a'] }, then: { required: ['b', 'c'] } };
  assert.deepEqual(keywords(schema, { a: 1 }), [' required', ' required']);
});

test('content that takes too many steps is told to be complex', () => {
  let deep: unknown = { kind: 'c' };
  for (let depth = 0; depth < 40; depth++) deep = { child: deep, kind: 'c' };
  assert.deepEqual(keywords({ $ref: 'Node' }, deep), [` ${tooComplex.keyword}`]);
});
