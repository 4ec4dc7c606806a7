import assert from 'node:assert/strict';
import { test } from 'node:test';
import { visitJson } from '../http/json-visit.ts';
import { DeclaredMembers } from './declared.ts';
import type { Schema } from './definition.ts';

const a = { type: 'object', properties: { a: {} } } as const;
const b = { type: 'object', properties: { b: {} } } as const;
const schemas: Record<string, Schema> = {
  Tree: { type: 'object', properties: { name: {}, children: { type: 'array', items: { $ref: 'Tree' } } } },
  Base: { type: 'object', properties: { id: {} } },
  Loop: { allOf: [{ $ref: 'Loop' }, a] },
  Any: { type: 'object' },
  Secret: { type: 'string', writeOnly: true },
};

function left(schema: Schema, text: string): string {
  const root = new DeclaredMembers({ schemas, securitySchemes: {} }).rootOf(schema);
  return root === undefined ? text : visitJson(Buffer.from(text), { root }, () => true).toString();
}

const vectors: readonly [name: string, schema: Schema, document: string, left: string][] = [
  ['properties declare', a, '{"a":1, "x":2}', '{"a":1}'],
  ['names are taken by the letter', a, '{"A":1,"\\u0061":2}', '{"\\u0061":2}'],
  ['a name is taken out each time', a, '{"x":1,"a":1,"x":2}', '{"a":1}'],
  ['patterns declare', { patternProperties: { '^x-': {} } }, '{"x-a":1,"y":2}', '{"x-a":1}'],
  ['additional ones declare', { ...a, additionalProperties: { type: 'string' } }, '{"x":"y"}', '{"x":"y"}'],
  ['so does true', { ...a, additionalProperties: true }, '{"x":1}', '{"x":1}'],
  ['and the empty schema', { ...a, additionalProperties: {} }, '{"x":{"y":1}}', '{"x":{"y":1}}'],
  ['false does not', { type: 'object', additionalProperties: false }, '{"x":1}', '{}'],
  ['nor does a property that is false', { properties: { a: {}, x: false } }, '{"a":1,"x":1}', '{"a":1}'],
  [
    'values of additional ones are looked into',
    { additionalProperties: a },
    '{"k":{"a":1,"x":1}}',
    '{"k":{"a":1}}',
  ],
  [
    'an object of which nothing is said may be anything',
    { type: 'object' },
    '{"x":{"y":1}}',
    '{"x":{"y":1}}',
  ],
  ['the schema true is anything', true, '{"x":1}', '{"x":1}'],
  ['items are looked into', { type: 'array', items: a }, '[{"a":1,"x":1},{"x":1}]', '[{"a":1},{}]'],
  [
    'and those at the front',
    { prefixItems: [a], items: b },
    '[{"a":1,"b":1},{"a":1,"b":1}]',
    '[{"a":1},{"b":1}]',
  ],
  ['allOf is merged', { allOf: [a, b] }, '{"a":1,"b":1,"x":1}', '{"a":1,"b":1}'],
  ['with references', { allOf: [{ $ref: 'Base' }, b] }, '{"id":1,"b":1,"x":1}', '{"id":1,"b":1}'],
  [
    'a part that only narrows declares nothing',
    { allOf: [a, { required: ['a'] }, { type: 'object' }] },
    '{"a":1,"x":1}',
    '{"a":1}',
  ],
  ['any alternative declares', { oneOf: [a, b] }, '{"a":1,"b":1,"x":1}', '{"a":1,"b":1}'],
  [
    'an alternative for any object is for all members',
    { anyOf: [a, { type: 'object' }] },
    '{"x":1}',
    '{"x":1}',
  ],
  ['by reference too', { anyOf: [a, { $ref: 'Any' }] }, '{"x":1}', '{"x":1}'],
  ['one for a string is not', { oneOf: [{ type: 'string' }, a] }, '{"a":1,"x":1}', '{"a":1}'],
  [
    'nor one that only narrows',
    { ...a, anyOf: [{ required: ['a'] }, { required: ['x'] }] },
    '{"a":1,"x":1}',
    '{"a":1}',
  ],
  [
    'then and else declare',
    // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema.
    { ...a, if: { required: ['a'] }, then: b },
    '{"a":1,"b":1,"x":1}',
    '{"a":1,"b":1}',
  ],
  [
    'schemas that contain themselves',
    { $ref: 'Tree' },
    '{"name":"a","children":[{"children":[{"x":1,"name":"b"}],"x":2}]}',
    '{"name":"a","children":[{"children":[{"name":"b"}]}]}',
  ],
  ['even at once', { $ref: 'Loop' }, '{"a":1,"x":1}', '{"a":1}'],
  [
    'what only clients send',
    { properties: { a: {}, p: { writeOnly: true }, s: { $ref: 'Secret' } } },
    '{"a":1,"p":1,"s":2}',
    '{"a":1}',
  ],
  [
    'alternatives that differ in it',
    { oneOf: [{ properties: { p: { writeOnly: true } } }, { properties: { p: {} } }] },
    '{"p":1}',
    '{"p":1}',
  ],
  ['members like those of Object', a, '{"toString":1,"constructor":2,"a":1}', '{"a":1}'],
];
for (const [name, schema, document, expected] of vectors)
  test(name, () => assert.equal(left(schema, document), expected));

test('alternatives of alternatives take no exponential time', () => {
  let schema: Schema = a;
  for (let i = 0; i < 30; i++) schema = { anyOf: [schema, { allOf: [schema, { minProperties: i }] }] };
  assert.equal(left(schema, '{"a":1}'), '{"a":1}');
});
