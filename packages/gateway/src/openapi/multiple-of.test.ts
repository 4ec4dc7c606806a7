import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isMultipleOf } from './multiple-of.ts';

const vectors: readonly [value: number, of: number, expected: boolean][] = [
  [6, 3, true],
  [7, 3, false],
  [0, 3, true],
  [-0, 0.1, true],
  [-6, 3, true],
  [19.99, 0.01, true],
  [0.07, 0.01, true],
  [1.1, 0.1, true],
  [1.15, 0.1, false],
  [0.0075, 0.0001, true],
  [0.00751, 0.0001, false],
  [4.5, 1.5, true],
  [1e20, 3, false],
  [1e21, 1, true],
  [1e21, 0.5, true],
  [1e308, 0.123456789, false],
  [1e308, 1e-308, true],
  [5e-324, 1, false],
  [Number.MAX_VALUE, 5e-324, true],
];

test('multiples by their digits', () => {
  for (const [value, of, expected] of vectors)
    assert.equal(isMultipleOf(value, of), expected, `${value} ${of}`);
});

test('a number of steps is a multiple, and the next one between two is none', () => {
  fc.assert(
    fc.property(fc.integer({ min: -1e9, max: 1e9 }), fc.integer({ min: 0, max: 6 }), (count, places) => {
      const written = `${count}e-${places}`;
      assert.ok(isMultipleOf(Number(written), Number(`1e-${places}`)), written);
      assert.ok(!isMultipleOf(Number(`${count}5e-${places + 1}`), Number(`1e-${places}`)), written);
    }),
  );
});
