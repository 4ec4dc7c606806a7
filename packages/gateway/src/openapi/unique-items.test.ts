import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { hasUniqueItems } from './unique-items.ts';

test('equal means equal as JSON', () => {
  const same: unknown[][] = [
    [1, 1],
    [null, null],
    ['a', 'b', 'a'],
    [
      { a: 1, b: 2 },
      { b: 2, a: 1 },
    ],
    [[], []],
    [{ a: [{}] }, { a: [{}] }],
    [0, -0],
  ];
  for (const items of same) assert.equal(hasUniqueItems(items), false, JSON.stringify(items));
  const different: unknown[][] = [
    [],
    [1, '1', true, 'true', null, 'null'],
    [{}, [], '{}', '[]', '"', '""'],
    [[1, 2], [2, 1], [[1, 2]], '[1,2]'],
    [{ a: 1 }, { a: '1' }, { b: 1 }, { a: 1, b: 1 }],
  ];
  for (const items of different) assert.equal(hasUniqueItems(items), true, JSON.stringify(items));
});

test('agrees with the plain way', () => {
  const items = fc.array(
    fc.jsonValue({ maxDepth: 2 }).map((value) => JSON.parse(JSON.stringify(value)) as unknown),
    {
      maxLength: 6,
    },
  );
  fc.assert(
    fc.property(items, fc.boolean(), (values, again) => {
      const all = again && values.length > 0 ? [...values, structuredClone(values[0])] : values;
      const plainly = all.every(
        (item, index) => !all.slice(0, index).some((other) => isDeepStrictEqual(item, other)),
      );
      assert.equal(hasUniqueItems(all), plainly);
    }),
  );
});
