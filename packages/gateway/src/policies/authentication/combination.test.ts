import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alternativesOf, namedPlaces } from './combination.ts';
import { type AuthenticationRules, schema } from './schema.ts';

const rules = (written: unknown): AuthenticationRules => schema.parse(written) as AuthenticationRules;

const vectors: readonly (readonly [written: unknown, ways: readonly (readonly string[])[]])[] = [
  [{ anyOf: ['a', 'b'] }, [['a'], ['b']]],
  [{ anyOf: ['a', 'a'] }, [['a']]],
  [{ anyOf: ['a', { allOf: ['b', 'c'] }] }, [['a'], ['b', 'c']]],
  [{ allOf: ['a'] }, [['a']]],
  [{ allOf: ['a', 'b'] }, [['a', 'b']]],
  [
    { allOf: ['a', { anyOf: ['b', 'c'] }] },
    [
      ['a', 'b'],
      ['a', 'c'],
    ],
  ],
  [
    { allOf: [{ anyOf: ['a', 'b'] }, { anyOf: ['c', 'd'] }] },
    [
      ['a', 'c'],
      ['a', 'd'],
      ['b', 'c'],
      ['b', 'd'],
    ],
  ],
  [{ allOf: ['a', { anyOf: ['a', 'b'] }] }, [['a'], ['a', 'b']]],
]; // prettier-ignore
for (const [written, ways] of vectors) {
  test(`${JSON.stringify(written)} comes to ${JSON.stringify(ways)}`, () =>
    assert.deepEqual(alternativesOf(rules(written)), ways));
}

test('combinations are bounded', () => {
  const eight = { anyOf: ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'] };
  assert.throws(() => alternativesOf(rules({ allOf: [eight, eight, eight] })), /more than 32/);
});

test('what cannot be written', () => {
  for (const written of [
    {},
    { anyOf: [] },
    { anyOf: ['a'], allOf: ['b'] },
    { anyOf: [{ allOf: ['a'] }] },
    { anyOf: [{ anyOf: ['a', 'b'] }] },
    { allOf: [{ allOf: ['a', 'b'] }] },
    { anyOf: ['A'] },
    { anyOf: ['a'], stepUp: {} },
    { anyOf: ['a'], stepUp: { acrValues: ['with space'] } },
    { anyOf: ['a'], stepUp: { acrValues: ['"'] } },
    { anyOf: ['a'], stepUp: { maxAge: '10ms' } },
    'anybody',
  ]) {
    assert.equal(schema.safeParse(written).success, false, JSON.stringify(written));
  }
});

test('every name with its place', () => {
  assert.deepEqual(namedPlaces({ anyOf: ['a', { allOf: ['b', 'c'] }] }), [
    { name: 'a', path: ['anyOf', 0] },
    { name: 'b', path: ['anyOf', 1, 'allOf', 0] },
    { name: 'c', path: ['anyOf', 1, 'allOf', 1] },
  ]);
  assert.deepEqual(namedPlaces({ allOf: [{ anyOf: ['a', 'b'] }] }), [
    { name: 'a', path: ['allOf', 0, 'anyOf', 0] },
    { name: 'b', path: ['allOf', 0, 'anyOf', 1] },
  ]);
  for (const nothing of [undefined, 'none', 'off']) assert.deepEqual(namedPlaces(nothing), []);
});
