import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Schema } from './definition.ts';
import { cleanSchema } from './keywords.ts';

const vectors: readonly [given: unknown, clean: Schema][] = [
  [undefined, true],
  [false, false],
  ['string', true],
  [{ type: 'string', description: 'x', 'x-more': 1, $async: true, $data: '1' }, { type: 'string' }],
  [{ type: 'text' }, {}],
  [{ type: [['string'], 'null', 'null'] }, { type: ['string', 'null'] }],
  [{ type: 'string', nullable: true }, { type: ['string', 'null'] }],
  [{ nullable: true }, {}],
  [{ required: true, minimum: '1', maxLength: -1, multipleOf: 0, pattern: '(' }, {}],
  [{ minimum: 1, exclusiveMinimum: true }, { exclusiveMinimum: 1 }],
  [{ maximum: 1, exclusiveMaximum: false }, { maximum: 1 }],
  [{ enum: [] }, false],
  [{ properties: { enum: { enum: [] }, a: { title: 'x' } } }, { properties: { enum: false, a: {} } }],
  [{ items: [{ type: 'string' }] }, { prefixItems: [{ type: 'string' }] }],
  [{ additionalProperties: false, allOf: [] }, { additionalProperties: false }],
  [{ patternProperties: { '(': true, a: true } }, { patternProperties: { a: true } }],
  [{ not: { $ref: '#/components/schemas/A_b' } }, { not: { $ref: 'A_b' } }],
  [
    { const: { type: 'text' }, enum: [{ nullable: true }] },
    { const: { type: 'text' }, enum: [{ nullable: true }] },
  ],
];

test('only keywords that are enforced stay', () => {
  for (const [given, clean] of vectors) {
    const found = structuredClone(cleanSchema(given));
    assert.deepEqual(found, clean, JSON.stringify(given));
  }
});
