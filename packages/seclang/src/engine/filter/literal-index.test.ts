import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { lowerCase } from '../../regex/literals.ts';
import { LiteralIndex } from './literal-index.ts';

const has = (found: readonly number[], group: number): boolean =>
  ((found[group >> 5]! >> (group & 31)) & 1) === 1;

test('tells which groups have a literal in the value', () => {
  const index = new LiteralIndex([['select', 'union'], ['uni'], ['---'], ['elec']]);
  const groups = (value: string): number[] => [0, 1, 2, 3].filter((group) => has(index.find(value), group));
  assert.deepEqual(groups('UNION all'), [0, 1]);
  assert.deepEqual(groups('a selection --- of it'), [0, 2, 3]);
  assert.deepEqual(groups('uselec'), [3]);
  assert.deepEqual(groups(''), []);
  assert.equal(index.find('nothing'), index.none);
});

test('finds what a search for each literal finds, and little else where they are long', () => {
  const letter = fc.constantFrom('a', 'b', 'c', '-', '\xff');
  const literal = fc.array(letter, { minLength: 3, maxLength: 8 }).map((all) => all.join(''));
  const groups = fc.array(fc.array(literal, { minLength: 1, maxLength: 4 }), { maxLength: 70 });
  const value = fc
    .array(fc.oneof(letter, fc.constantFrom('A', 'B', '\xdf')), { maxLength: 40 })
    .map((all) => all.join(''));
  fc.assert(
    fc.property(groups, value, (lists, text) => {
      const found = new LiteralIndex(lists).find(text);
      for (const [group, literals] of lists.entries()) {
        const isThere = literals.some((each) => lowerCase(text).includes(each));
        const isShort = literals.every(({ length }) => length <= 6);
        if (isThere || isShort) assert.equal(has(found, group), isThere);
      }
    }),
    { numRuns: 1_000 },
  );
  const index = new LiteralIndex([['/etc/passwd']]);
  assert.ok(has(index.find('x/etc/passwd'), 0));
  assert.ok(!has(index.find('/etc/pass'), 0) || !has(index.find('passwd'), 0));
});
