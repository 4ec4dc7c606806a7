import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { coerce, type Primitive, type PrimitiveType } from './coercion.ts';

const vectors: readonly [text: string, type: PrimitiveType, value: Primitive | undefined, format?: string][] =
  [
    ['', 'string', ''],
    ['7', 'string', '7'],
    ['7', 'integer', 7],
    ['-7', 'integer', -7],
    ['0', 'integer', 0],
    ['07', 'integer', undefined],
    ['+7', 'integer', undefined],
    [' 7', 'integer', undefined],
    ['7 ', 'integer', undefined],
    ['7\n', 'integer', undefined],
    ['', 'integer', undefined],
    ['0x10', 'integer', undefined],
    ['1e3', 'integer', undefined],
    ['1.0', 'integer', undefined],
    ['1_000', 'integer', undefined],
    ['٣', 'integer', undefined],
    ['9007199254740991', 'integer', 9007199254740991],
    ['9007199254740992', 'integer', undefined],
    ['9007199254740993', 'integer', 9007199254740992, 'int64'],
    ['9223372036854775807', 'integer', 2 ** 63, 'int64'],
    ['9223372036854775808', 'integer', undefined, 'int64'],
    ['1'.repeat(5000), 'integer', undefined, 'int64'],
    ['1.5', 'number', 1.5],
    ['-1.5e-3', 'number', -0.0015],
    ['.5', 'number', undefined],
    ['5.', 'number', undefined],
    ['01.5', 'number', undefined],
    ['1e999', 'number', undefined],
    ['NaN', 'number', undefined],
    ['Infinity', 'number', undefined],
    ['true', 'boolean', true],
    ['false', 'boolean', false],
    ['True', 'boolean', undefined],
    ['1', 'boolean', undefined],
    ['null', 'null', null],
    ['', 'null', undefined],
  ];

test('text is a value only in its one spelling', () => {
  for (const [text, type, value, format] of vectors) {
    assert.equal(coerce(text, type, format), value, `${text.slice(0, 40)} as ${type}`);
  }
});

test('numbers agree with JSON.parse', () => {
  const texts = fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
    fc.maxSafeInteger().map(String),
    fc.string({ unit: fc.constantFrom(...'0123456789-+.eE '), maxLength: 8 }),
  );
  fc.assert(
    fc.property(texts, (text) => {
      const parsed = plainly(text);
      assert.equal(coerce(text, 'number'), parsed);
      const isInteger = parsed !== undefined && /^-?[0-9]+$/.test(text) && Number.isSafeInteger(parsed);
      assert.equal(coerce(text, 'integer'), isInteger ? parsed : undefined);
    }),
    { numRuns: 2000 },
  );
});

function plainly(text: string): number | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return text.trim() === text && typeof value === 'number' && Number.isFinite(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
