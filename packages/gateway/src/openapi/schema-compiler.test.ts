import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Schema, SharedDefinition } from './definition.ts';
import { SchemaCompiler } from './schema-compiler.ts';
import { TooManySteps } from './steps.ts';

function compilerFor(schemas: Readonly<Record<string, Schema>>): SchemaCompiler {
  const shared: SharedDefinition = { schemas, securitySchemes: {} };
  return new SchemaCompiler(shared);
}

const schemas = {
  Book: {
    type: 'object',
    required: ['id', 'title', 'isbn'],
    properties: { id: { readOnly: true }, isbn: { $ref: 'Isbn' }, title: { type: 'string', minLength: 1 } },
    additionalProperties: false,
  },
  Isbn: { type: 'string', readOnly: true },
  List: { type: 'array', items: { $ref: 'Book' }, uniqueItems: true },
  Tree: {
    type: 'object',
    properties: { left: { $ref: 'Tree' }, right: { $ref: 'Tree' } },
    additionalProperties: false,
  },
} as const;

const vectors: readonly [schema: Schema, value: unknown, errors: readonly string[]][] = [
  [{ $ref: 'Book' }, { title: 'x' }, []],
  [{ $ref: 'Book' }, { title: 'x', id: 7, isbn: '1' }, []],
  [{ $ref: 'Book' }, {}, [' required']],
  [{ $ref: 'Book' }, { title: '', more: 1 }, ['/title minLength', ' additionalProperties']],
  [{ allOf: [{ $ref: 'Book' }, { required: ['id'] }] }, { title: 'x' }, []],
  [{ required: ['id'], allOf: [{ properties: { id: { readOnly: true } } }] }, {}, []],
  [{ required: ['id'], oneOf: [{ properties: { id: { readOnly: true } } }] }, {}, []],
  // What one alternative says is not said of another.
  [
    { anyOf: [{ required: ['a'], properties: { id: { readOnly: true } } }, { required: ['id'] }] },
    {},
    [' required', ' required', ' anyOf'],
  ],
  [{ multipleOf: 0.01 }, 19.99, []],
  [{ multipleOf: 0.01 }, 19.999, [' multipleOf']],
  [{ $ref: 'List' }, [{ title: 'x' }, { title: 'y' }], []],
  [{ $ref: 'List' }, [{ title: 'x' }, { title: 'x' }], [' uniqueItems']],
  [{ $ref: 'Tree' }, { left: { right: {} } }, []],
  [{ $ref: 'Tree' }, { left: { right: 7 } }, ['/left/right type']],
  [{ type: 'string', format: 'no-such-format' }, 'x', []],
  [{ type: 'integer', format: 'int32' }, 2 ** 31, [' format']],
  [{ type: 'string', pattern: '^[\\w-\\.]$' }, '-', []],
  [{ type: 'string', pattern: '^a*$' }, 'a'.repeat(70_000), [' pattern']],
  [{ properties: { a: { pattern: '^a$' }, b: { pattern: '^b$' } } }, { a: 'a', b: 'b' }, []],
  [{ properties: { a: { pattern: '^a$' }, b: { pattern: '^b$' } } }, { a: 'a', b: 'a' }, ['/b pattern']],
  [{ patternProperties: { '^a': false, '^b': true } }, { a: 1, b: 1 }, ['/a false schema']],
  // Every object has these by its prototype.
  [{ required: ['constructor'] }, {}, [' required']],
  [
    { unevaluatedProperties: false, allOf: [{ properties: { a: true } }] },
    { a: 1, b: 2 },
    [' unevaluatedProperties'],
  ],
  [false, 1, [' false schema']],
];

test('all errors are found, and the first one by the quick way', () => {
  const compiler = compilerFor(schemas);
  for (const [schema, value, expected] of vectors) {
    const check = compiler.compile(schema);
    const found = check.all(value).map((error) => `${error.instancePath} ${error.keyword}`);
    assert.deepEqual(found.sort(), [...expected].sort(), JSON.stringify(schema));
    const first = check.first(value);
    assert.equal(first === undefined, expected.length === 0);
    if (first !== undefined) assert.ok(expected.includes(`${first.instancePath} ${first.keyword}`));
  }
});

test('schemas that are alike are compiled once', () => {
  const compiler = compilerFor(schemas);
  assert.equal(compiler.compile({ type: 'integer' }), compiler.compile({ type: 'integer' }));
  assert.notEqual(compiler.compile({ type: 'integer' }), compiler.compile({ type: 'string' }));
});

test('a schema whose alternatives contain itself does not take exponential time', () => {
  const branch = (kind: string): Schema => ({
    type: 'object',
    properties: { child: { $ref: 'Node' }, kind: { const: kind } },
  });
  const check = compilerFor({
    Node: { anyOf: [{ type: 'null' }, branch('a'), branch('b'), branch('c')] },
  }).compile({ $ref: 'Node' });
  const deep = (depth: number): unknown => (depth === 0 ? null : { child: deep(depth - 1), kind: 'c' });
  assert.equal(check.first(deep(3)), undefined);
  assert.throws(() => check.first(deep(40)), TooManySteps);
  assert.equal(check.first(deep(3)), undefined, 'each check has steps of its own');
  assert.throws(() => check.all(deep(40)), TooManySteps);
});

test('nor do types that refer to their subtypes take long to compile', () => {
  const count = 300;
  const subtypes = Array.from({ length: count }, (_, i): [string, Schema] => [
    `Sub${i}`,
    { allOf: [{ $ref: 'Base' }, { properties: { [`p${i}`]: { type: 'string' } }, required: [`p${i}`] }] },
  ]);
  const base = { required: ['id'], properties: { id: { readOnly: true } } };
  const any = { anyOf: subtypes.map(([name]) => ({ $ref: name })) };
  const before = process.cpuUsage().user;
  const check = compilerFor({ Base: base, Any: any, ...Object.fromEntries(subtypes) }).compile({
    $ref: 'Any',
  });
  assert.equal(check.first({ p7: 'x' }), undefined);
  // Generously: it takes half a second.
  assert.ok(process.cpuUsage().user - before < 10_000_000);
});

test('neither do many alternatives or many objects to compare take long', () => {
  const compiler = compilerFor({});
  const choice = compiler.compile({
    items: { oneOf: [{ type: 'string' }, { type: 'null' }, { type: 'integer' }] },
  });
  assert.equal(choice.first(new Array(30_000).fill(1)), undefined);
  assert.throws(() => choice.first(new Array(40_000).fill(1)), TooManySteps);
  const unique = compiler.compile({ uniqueItems: true });
  assert.equal(unique.first(Array.from({ length: 12_000 }, (_, index) => ({ index }))), undefined);
  const divided = compilerFor({}).compile({ items: { multipleOf: 0.01 } });
  assert.throws(() => divided.first(new Array(10_000).fill(1e300)), TooManySteps);
  assert.throws(() => unique.first(Array.from({ length: 13_000 }, (_, index) => ({ index }))), TooManySteps);
});
