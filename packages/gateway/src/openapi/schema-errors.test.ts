import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Schema } from './definition.ts';
import { SchemaCompiler } from './schema-compiler.ts';
import { schemaErrors, tooComplex } from './schema-errors.ts';

function keywords(schema: Schema, value: unknown, bytes = 100, most = 20): string[] | undefined {
  const check = new SchemaCompiler({ schemas: nodes, securitySchemes: {} }).compile(schema);
  return schemaErrors(check, value, bytes, most)?.map(({ pointer, keyword }) => `${pointer} ${keyword}`);
}

const branch = (kind: string): Schema => ({
  properties: { child: { $ref: 'Node' }, kind: { const: kind } },
});
const nodes: Readonly<Record<string, Schema>> = { Node: { anyOf: ['a', 'b', 'c'].map(branch) } };
const integers: Schema = { type: 'array', items: { type: 'integer' } };

test('all errors are told, of large content the first', () => {
  assert.equal(keywords(integers, [1, 2]), undefined);
  assert.deepEqual(keywords(integers, ['a', 1, 'b']), ['/0 type', '/2 type']);
  assert.deepEqual(keywords(integers, ['a', 1, 'b'], 100, 1), ['/0 type']);
  assert.deepEqual(keywords(integers, ['a', 1, 'b'], 16_384), ['/0 type', '/2 type']);
  assert.deepEqual(keywords(integers, ['a', 1, 'b'], 16_385), ['/0 type']);
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
