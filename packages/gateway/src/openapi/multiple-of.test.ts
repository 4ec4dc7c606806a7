import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isMultipleByDigits, multiplesOf } from './multiple-of.ts';

const isMultipleOf = (value: number, of: number): boolean => multiplesOf(of, () => {})(value);

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

test('agrees with the plain way', () => {
  const decimals = fc
    .tuple(fc.integer({ min: -1e15, max: 1e15 }), fc.integer({ min: -20, max: 20 }))
    .map(([digits, exponent]) => Number(`${digits}e${exponent}`));
  const small = fc
    .tuple(fc.integer({ min: 1, max: 5_000 }), fc.integer({ min: -18, max: 3 }))
    .map(([digits, exponent]) => Number(`${digits}e${exponent}`));
  const any = fc.double({ noNaN: true, noDefaultInfinity: true });
  const above = fc.double({ min: 0, minExcluded: true, noNaN: true, noDefaultInfinity: true });
  fc.assert(
    fc.property(fc.oneof(decimals, any), fc.oneof(small, small, above), (value, of) => {
      assert.equal(isMultipleOf(value, of), isMultipleByDigits(value, of), `${value} ${of}`);
    }),
    { numRuns: 5_000 },
  );
});

test('numbers that take long are told of', () => {
  let slow = 0;
  const check = multiplesOf(0.01, () => {
    slow++;
  });
  for (const value of [19.99, -3, 0.001, 123_456_789.01]) check(value);
  assert.equal(slow, 0);
  check(1e300);
  assert.equal(slow, 1);
});
