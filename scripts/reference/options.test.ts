import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { duration, size } from '../../packages/gateway/src/config/units.ts';
import { type JsonSchema, jsonSchemaOf, optionsOf, splitDefault, takes } from './options.ts';

const kinds: readonly (readonly [schema: z.ZodType, text: string])[] = [
  [z.string(), 'text'],
  [duration(), 'a length of time'],
  [size(), 'a size'],
  [z.string().meta({ writeOnly: true }), 'a secret'],
  [z.boolean(), '`true`, `false`'],
  [z.int(), 'a whole number'],
  [z.int().min(1), 'a whole number from 1'],
  [z.int().min(0).max(9), 'a whole number from 0 to 9'],
  [z.int().max(9), 'a whole number up to 9'],
  [z.number().positive(), 'a number above 0'],
  [z.literal('off'), '`off`'],
  [z.enum(['a', 'b']), '`a`, `b`'],
  [z.array(z.string()), 'a list of text'],
  [z.array(z.enum(['a', 'b'])), 'a list of (`a`, `b`)'],
  [z.union([z.literal('auto'), z.int()]), '`auto`, or a whole number'],
  [z.strictObject({ a: z.string() }), 'options'],
  [z.record(z.string(), z.int()), 'names with a whole number each'],
];
for (const [schema, text] of kinds) {
  test(`a schema takes ${text}`, () => assert.equal(takes(jsonSchemaOf(schema)), text));
}

const descriptions: readonly (readonly [description: string, byDefault: string, meaning: string])[] = [
  ['How often. Default 10m.', '10m', 'How often.'],
  ['Default 127.0.0.1.', '127.0.0.1', ''],
  ['Whom to trust. Default: nobody. Or so.', 'nobody', 'Whom to trust. Or so.'],
  ['The Defaults are good.', '', 'The Defaults are good.'],
  ['', '', ''],
];
for (const [description, byDefault, meaning] of descriptions) {
  test(`the default in ${JSON.stringify(description)}`, () => {
    assert.deepEqual(splitDefault(description), { byDefault, meaning });
  });
}

const limit = z.strictObject({ name: z.string().describe('Shown.'), window: duration().optional() });

function rows(schema: JsonSchema, elsewhere?: (path: string) => boolean): [string, boolean][] {
  return optionsOf(schema, '', elsewhere).map(({ path, required }) => [path, required]);
}

test('options are named by their paths', () => {
  const schema = z.strictObject({ limits: z.array(limit), byName: z.record(z.string(), limit).optional() });
  assert.deepEqual(rows(jsonSchemaOf(schema)), [
    ['limits', true],
    ['limits[].name', true],
    ['limits[].window', false],
    ['byName', false],
    ['byName.*.name', true],
    ['byName.*.window', false],
  ]);
});

test('a list that stands for one of the options is not told twice', () => {
  const schema = z.union([z.array(limit), z.strictObject({ limits: z.array(limit) })]);
  assert.deepEqual(
    rows(jsonSchemaOf(schema)).map(([path]) => path),
    ['limits', 'limits[].name', 'limits[].window'],
  );
});

test('what one of several variants needs is not required', () => {
  const schema = z.union([z.strictObject({ a: z.string() }), z.strictObject({ b: z.string() })]);
  assert.deepEqual(rows(jsonSchemaOf(schema)), [
    ['a', false],
    ['b', false],
  ]);
});

test('what has a page of its own is named, and no more', () => {
  const schema = z.strictObject({ policies: limit, other: z.string() });
  assert.deepEqual(
    rows(jsonSchemaOf(schema), (path) => path === 'policies'),
    [
      ['policies', true],
      ['other', true],
    ],
  );
});
