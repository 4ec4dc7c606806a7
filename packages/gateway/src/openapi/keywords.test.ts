import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Schema } from './definition.ts';
import { cleanSchema } from './keywords.ts';

const vectors: readonly [given: unknown, clean: Schema, faults: number][] = [
  [undefined, true, 0],
  [false, false, 0],
  ['string', true, 1],
  [{ type: 'string', description: 'x', 'x-more': 1, $async: true, $data: '1' }, { type: 'string' }, 0],
  [{ type: 'text' }, {}, 1],
  [{ type: [['string'], 'null', 'null'] }, { type: ['string', 'null'] }, 0],
  [{ type: 'string', nullable: true }, { type: ['string', 'null'] }, 0],
  [{ nullable: true }, {}, 0],
  [{ required: true, minimum: '1', maxLength: -1, multipleOf: 0, pattern: '(' }, {}, 5],
  [{ minimum: 1, exclusiveMinimum: true }, { exclusiveMinimum: 1 }, 0],
  [{ maximum: 1, exclusiveMaximum: false }, { maximum: 1 }, 0],
  [{ enum: [] }, false, 1],
  [{ properties: { enum: { enum: [] }, a: { title: 'x' } } }, { properties: { enum: false, a: {} } }, 1],
  [{ items: [{ type: 'string' }] }, { prefixItems: [{ type: 'string' }] }, 0],
  [{ additionalProperties: false, allOf: [] }, { additionalProperties: false }, 1],
  [{ patternProperties: { '(': true, a: true } }, { patternProperties: { a: true } }, 1],
  [{ not: { $ref: '#/components/schemas/A_b' } }, { not: { $ref: 'A_b' } }, 0],
  [
    { const: { type: 'text' }, enum: [{ nullable: true }] },
    { const: { type: 'text' }, enum: [{ nullable: true }] },
    0,
  ],
];

test('only keywords that are enforced stay, and what was meant to be one is reported', () => {
  for (const [given, clean, count] of vectors) {
    const faults: string[] = [];
    const found = structuredClone(cleanSchema(given, (message) => faults.push(message)));
    assert.deepEqual(found, clean, JSON.stringify(given));
    assert.equal(faults.length, count, faults.join(' '));
  }
});
