import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { nothingShared, type Schema } from './definition.ts';
import { withoutFields } from './field-cuts.ts';
import { SchemaCompiler } from './schema-compiler.ts';
import { TooManySteps } from './steps.ts';
import { UnknownFields } from './unknown-fields.ts';

const schemas: Readonly<Record<string, Schema>> = {
  Pet: { properties: { name: { type: 'string' } } },
  Cat: { allOf: [{ $ref: 'Pet' }, { properties: { claws: { type: 'integer' } } }] },
  Street: { properties: { address: { properties: { street: {} } } } },
  City: { properties: { address: { properties: { city: {} } } } },
  Card: { type: 'object', required: ['card'], properties: { card: { type: 'string' }, limit: {} } },
  Bank: { type: 'object', required: ['iban'], properties: { iban: { type: 'string' }, limit: {} } },
  Read: { type: 'integer', readOnly: true },
  Box: { properties: { box: { $ref: 'Box' } }, additionalProperties: false },
  Egg: { properties: { egg: {} }, allOf: [true, { $ref: 'Hen' }] },
  Hen: { properties: { hen: {} }, allOf: [{ $ref: 'Egg' }] },
  Loop: { properties: { k: {} }, dependentSchemas: { k: { allOf: [{ $ref: 'Loop' }] } } },
  Tree: {
    properties: { value: {}, left: { $ref: 'Tree' }, right: { anyOf: [{ $ref: 'Tree' }, { type: 'null' }] } },
  },
};

function search(schema: Schema) {
  const shared = { schemas, securitySchemes: {} };
  return new UnknownFields(shared, new SchemaCompiler(shared)).prepare(schema);
}

function found(schema: Schema, value: unknown): string {
  return search(schema)(value, 20)
    .map(({ path, keyword }) => path.join('/') + (keyword === 'readOnly' ? ' (read)' : ''))
    .join(' ');
}

/** Written so because an object with a member `then` passes for a promise. */
function conditional(test: unknown, met: unknown, unmet: unknown): Record<string, unknown> {
  return Object.fromEntries([
    ['if', test],
    ['then', met],
    ['else', unmet],
  ]);
}

const ifKIsOne: Schema = {
  properties: { k: {} },
  ...conditional({ properties: { k: { const: 1 } } }, { properties: { a: {} } }, { properties: { b: {} } }),
};

const vectors: readonly [name: string, schema: Schema, value: unknown, fields: string][] = [
  ['named', { properties: { a: {} } }, { a: 1 }, ''],
  ['not named', { properties: { a: {} } }, { a: 1, b: 2, c: 3 }, 'b c'],
  ['nothing is named', { type: 'object' }, { a: 1 }, ''],
  ['no schema', true, { a: 1 }, ''],
  ['others are allowed', { properties: { a: {} }, additionalProperties: true }, { b: 1 }, ''],
  [
    'others are forbidden, which the schema sees to',
    { properties: { a: {} }, additionalProperties: false },
    { b: 1 },
    '',
  ],
  [
    'others have a schema',
    { properties: { a: {} }, additionalProperties: { $ref: 'Pet' } },
    { b: { name: 1, c: 2 } },
    'b/c',
  ],
  ['a map', { additionalProperties: { $ref: 'Pet' } }, { x: { name: 1 }, y: { nome: 1 } }, 'y/nome'],
  ['unevaluatedProperties', { properties: { a: {} }, unevaluatedProperties: true }, { b: 1 }, ''],
  [
    'by pattern',
    { patternProperties: { '^x-': { $ref: 'Pet' } } },
    { 'x-a': { name: 1, b: 2 }, y: 1 },
    'x-a/b y',
  ],
  [
    'by one of two patterns',
    { patternProperties: { '^x': { $ref: 'Pet' }, '^y': { $ref: 'Cat' } } },
    { x: { name: 1, claws: 1 }, y: { claws: 1, wings: 1 }, xy: { claws: 1 } },
    'x/claws y/wings xy/claws',
  ],
  ['closed, and in itself', { $ref: 'Box' }, { box: { box: { x: 1 } } }, ''],
  [
    'only read, by itself and by reference',
    { properties: { a: { readOnly: true }, b: { $ref: 'Read' }, c: {} }, additionalProperties: false },
    { a: 1, b: 2, c: 3 },
    'a (read) b (read)',
  ],
  [
    'only read by one of several parts',
    { allOf: [{ properties: { a: { type: 'string' } } }, { properties: { a: { readOnly: true } } }] },
    { a: 1 },
    'a (read)',
  ],
  [
    'only read further in',
    { properties: { list: { items: { properties: { a: { readOnly: true }, b: {} } } } } },
    { list: [{ b: 1 }, { a: 1 }] },
    'list/1/a (read)',
  ],
  ['required but not named', { properties: { a: {} }, required: ['b'] }, { a: 1, b: 2, c: 3 }, 'c'],
  ['required alone', { required: ['b'] }, { b: 2, c: 3 }, ''],
  [
    'a base type',
    { properties: { kind: {} }, discriminator: { propertyName: 'kind' } },
    { kind: 'a', b: 1 },
    '',
  ],
  [
    'a choice by discriminator',
    { discriminator: { propertyName: 'card' }, oneOf: [{ $ref: 'Card' }, { $ref: 'Bank' }] },
    { card: 'a', b: 1 },
    'b',
  ],
  ['nested', { properties: { a: { properties: { b: {} } } } }, { a: { b: 1, c: 2 } }, 'a/c'],
  ['in an array', { items: { $ref: 'Pet' } }, [{ name: 1 }, { nome: 1 }], '1/nome'],
  [
    'in a tuple',
    { prefixItems: [{ $ref: 'Pet' }, true], items: { $ref: 'Cat' } },
    [{ a: 1 }, { a: 1 }, { a: 1, claws: 1 }],
    '0/a 2/a',
  ],
  ['in an array of arrays', { items: { items: { $ref: 'Pet' } } }, [[{ name: 1 }], [{ x: 1 }]], '1/0/x'],
  ['allOf', { $ref: 'Cat' }, { name: 'a', claws: 1, wings: 2 }, 'wings'],
  [
    'allOf describes one member twice',
    { allOf: [{ $ref: 'Street' }, { $ref: 'City' }] },
    { address: { street: 1, city: 2, zip: 3 } },
    'address/zip',
  ],
  ['beside $ref', { $ref: 'Pet', properties: { b: {} } }, { name: 1, b: 1, c: 1 }, 'c'],
  ['the branch that is met', { oneOf: [{ $ref: 'Card' }, { $ref: 'Bank' }] }, { card: 'a', limit: 1 }, ''],
  [
    'a field of the other branch',
    { oneOf: [{ $ref: 'Card' }, { $ref: 'Bank' }] },
    { card: 'a', iban: 1 },
    'iban',
  ],
  ['both branches', { anyOf: [{ $ref: 'Card' }, { $ref: 'Bank' }] }, { card: 'a', iban: 'b', x: 1 }, 'x'],
  ['no branch: the schema refuses', { oneOf: [{ $ref: 'Card' }, { $ref: 'Bank' }] }, { limit: 1 }, ''],
  ['or null', { anyOf: [{ $ref: 'Pet' }, { type: 'null' }] }, { name: 1, b: 1 }, 'b'],
  [
    'a field beside a choice',
    { properties: { id: {} }, oneOf: [{ $ref: 'Card' }, { $ref: 'Bank' }] },
    { id: 1, iban: 'a', role: 1 },
    'role',
  ],
  ['if and then', ifKIsOne, { k: 1, a: 1, b: 1 }, 'b'],
  ['else', ifKIsOne, { k: 2, a: 1, b: 1 }, 'a'],
  [
    'dependentSchemas',
    { properties: { k: {} }, dependentSchemas: { k: { properties: { a: {} } } } },
    { k: 1, a: 1 },
    '',
  ],
  [
    'dependentSchemas that do not apply',
    { properties: { k: {} }, dependentSchemas: { k: { properties: { a: {} } } } },
    { a: 1 },
    'a',
  ],
  ['allOf that leads back', { $ref: 'Egg' }, { egg: 1, hen: 1, a: 1 }, 'a'],
  ['dependentSchemas that lead back', { $ref: 'Loop' }, { k: 1, a: 1 }, 'a'],
  ['not says nothing', { properties: { a: {} }, not: { properties: { b: { const: 1 } } } }, { b: 2 }, 'b'],
  ['recursive', { $ref: 'Tree' }, { left: { right: { left: { role: 1 } } } }, 'left/right/left/role'],
  [
    'names of the prototype',
    { properties: { a: {} } },
    JSON.parse('{"constructor":1,"toString":2}'),
    'constructor toString',
  ],
  ['no object', { properties: { a: {} } }, 'text', ''],
];

test('fields that no part of the schema mentions', () => {
  for (const [name, schema, value, fields] of vectors) assert.equal(found(schema, value), fields, name);
});

test('far inside objects that say themselves what they may have', () => {
  let schema: Schema = { properties: { a: {} } };
  let value: unknown = { a: 1, b: 1 };
  for (let depth = 0; depth < 600; depth++) {
    schema = { properties: { next: schema }, additionalProperties: false };
    value = { next: value };
  }
  assert.equal(found(schema, value), `${'next/'.repeat(600)}b`);
});

test('nothing is compiled for a value', () => {
  const either = { anyOf: [{ $ref: 'Card' }, { $ref: 'Bank' }] };
  const places: readonly (readonly [schema: Schema, value: unknown])[] = [
    [either, { card: 'a', x: 1 }],
    [{ properties: { a: either } }, { a: { card: 'a', x: 1 } }],
    [{ patternProperties: { '^a': either } }, { a: { card: 'a', x: 1 } }],
    [{ additionalProperties: either }, { a: { card: 'a', x: 1 } }],
    [{ properties: { a: { additionalProperties: either } } }, { a: { b: { card: 'a', x: 1 } } }],
    [{ items: either }, [{ card: 'a', x: 1 }]],
    [{ prefixItems: [either] }, [{ card: 'a', x: 1 }]],
    [{ dependentSchemas: { a: { properties: { a: either } } } }, { a: { card: 'a', x: 1 } }],
    [{ anyOf: [{ properties: { a: either } }, { $ref: 'Bank' }] }, { a: { card: 'a', x: 1 } }],
    [conditional(true, { properties: { a: either } }, true), { a: { card: 'a', x: 1 } }],
    [conditional(false, true, { properties: { a: either } }), { a: { card: 'a', x: 1 } }],
    [conditional({ properties: { a: either } }, true, true), { a: { card: 'a', x: 1 } }],
  ];
  for (const [schema, value] of places) {
    const shared = { schemas, securitySchemes: {} };
    const compiler = new SchemaCompiler(shared);
    const find = new UnknownFields(shared, compiler).prepare(schema);
    compiler.compile = () => assert.fail(`compiled for ${JSON.stringify(schema)}`);
    assert.equal(find(value, 20).length, 1, JSON.stringify(schema));
  }
});

test('as many as are asked for', () => {
  const value = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`f${i}`, 1]));
  assert.equal(search({ properties: { a: {} } })(value, 20).length, 20);
  assert.equal(search({ items: { properties: { a: {} } } })(Array(5).fill(value), 70).length, 70);
});

test('alternatives in alternatives are given up, not gone through', () => {
  const Node: Schema = {
    anyOf: [{ $ref: 'Node' }, { $ref: 'Leaf' }].map((next) => ({ properties: { next } })),
  };
  const shared = { schemas: { Node, Leaf: { allOf: [{ $ref: 'Node' }] } }, securitySchemes: {} };
  const find = new UnknownFields(shared, new SchemaCompiler(shared)).prepare({ $ref: 'Node' });
  let value: unknown = {};
  for (let depth = 0; depth < 60; depth++) value = { next: value };
  assert.throws(() => find(value, 20), TooManySteps);
});

/**
 * The plain way for flat objects: the names that a schema evaluates (JSON Schema 2020-12 core section 11), collected
 * anew for each value. (ajv itself loses annotations in nested `oneOf` and in `if` beside a dynamic `else`.)
 */
function evaluated(schema: Record<string, unknown>, value: object, compiler: SchemaCompiler): string[] {
  const meets = (each: unknown): boolean => compiler.compile(each as Schema).first(value) === undefined;
  const lists = [
    schema.allOf,
    ...[schema.anyOf, schema.oneOf].map((list) => (list as unknown[] | undefined)?.filter(meets)),
  ];
  const parts = lists.flatMap((list) => (list as unknown[] | undefined) ?? []);
  if (schema.if !== undefined) parts.push(...(meets(schema.if) ? [schema.if, schema.then] : [schema.else]));
  return [
    ...Object.keys((schema.properties as object | undefined) ?? {}),
    ...parts.flatMap((part) => evaluated(part as Record<string, unknown>, value, compiler)),
  ];
}

test('agrees with the plain way', () => {
  const name = fc.constantFrom('a', 'b', 'c', 'd');
  const property = fc.constantFrom<Schema>(true, { type: 'integer' });
  const flat = fc.record({
    properties: fc.dictionary(name, property, { maxKeys: 3, noNullPrototype: true }),
  });
  const { schema } = fc.letrec<{ schema: Record<string, unknown> }>((tie) => {
    const some = fc.array(tie('schema'), { minLength: 2, maxLength: 3 });
    return {
      schema: fc.oneof(
        { maxDepth: 3, depthSize: 'small' },
        flat,
        fc.record({ properties: fc.constant({ a: true }), allOf: some }),
        fc.record({ anyOf: some }),
        fc.record({ oneOf: some }),
        fc.tuple(flat, tie('schema'), tie('schema')).map((three) => conditional(...three)),
      ),
    };
  });
  const value = fc.dictionary(name, fc.constantFrom<unknown>(1, 'x'), { maxKeys: 4, noNullPrototype: true });
  fc.assert(
    fc.property(schema, value, (each, object) => {
      const compiler = new SchemaCompiler(nothingShared);
      if (compiler.compile(each).first(object) !== undefined) return;
      const names = evaluated(each, object, compiler);
      const unknown = names.length === 0 ? [] : Object.keys(object).filter((key) => !names.includes(key));
      const fields = new UnknownFields(nothingShared, compiler).prepare(each)(object, 20);
      assert.deepEqual(
        fields,
        unknown.map((key) => ({ path: [key], keyword: 'unknown' })),
      );
    }),
    { numRuns: 200 },
  );
});

test('fields are taken out of the bytes, and nothing else is touched', () => {
  const text = '{ "a" : 1.0, "b":[ {"x":1, "y":2e0 },3], "\\u0063":true }';
  const cases: [fields: (string | number)[][], left: string][] = [
    [[['a']], '{ "b":[ {"x":1, "y":2e0 },3], "\\u0063":true }'],
    [[['c']], '{ "a" : 1.0, "b":[ {"x":1, "y":2e0 },3] }'],
    [[['b', 0, 'x']], '{ "a" : 1.0, "b":[ {"y":2e0 },3], "\\u0063":true }'],
    [
      [
        ['b', 0, 'x'],
        ['b', 0, 'y'],
      ],
      '{ "a" : 1.0, "b":[ { },3], "\\u0063":true }',
    ],
    [[['a'], ['b'], ['c']], '{  }'],
  ];
  for (const [fields, left] of cases) assert.equal(withoutFields(Buffer.from(text), fields).toString(), left);
});
