import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compilePattern } from './compile.ts';
import { lowerCase, requiredLiterals } from './literals.ts';
import { PatternError } from './syntax.ts';
import { patterns, texts } from './testing/patterns.ts';

const literals = (pattern: string) => requiredLiterals(compilePattern(pattern).root);

const table: readonly (readonly [pattern: string, literals: readonly string[] | undefined])[] = [
  ['abc', ['abc']],
  ['(?i)ABC', ['abc']],
  ['a\\s+bcd', ['bcd']],
  ['abc|d[ef]', ['abc', 'de', 'df']],
  ['abc|\\d+', undefined],
  ['(?:abc)+', ['abc']],
  ['(?:abc)*', undefined],
  ['ab?c', ['abc', 'ac']],
  ['union.{0,20}select', ['select']],
  ['x{3}', ['xxx']],
  ['\\bexec\\b', ['exec']],
  ['(?!abc)x', ['x']],
  ['(abc)\\1', ['abc']],
  ['abc|abcd', ['abc']],
  ['', undefined],
  ['[a-z]+', undefined],
  ['É', ['É']],
];

for (const [pattern, expected] of table) {
  test(`literals of ${pattern || 'the empty pattern'}`, () => {
    assert.deepEqual(literals(pattern), expected);
  });
}

test('one of the literals is in every text that matches', () => {
  fc.assert(
    fc.property(patterns(), texts, (pattern, text) => {
      const compiled = attempt(pattern);
      fc.pre(compiled !== undefined);
      const required = requiredLiterals(compiled.root);
      fc.pre(required !== undefined);
      if (compiled.test(text))
        assert.ok(
          required.some((literal) => lowerCase(text).includes(literal)),
          required.join(),
        );
    }),
    { numRuns: 1_000 },
  );
});

test('makes ASCII letters small and no others', () => {
  assert.equal(lowerCase('ÀBÇ[]'), 'ÀbÇ[]');
});

function attempt(pattern: string) {
  try {
    return compilePattern(pattern);
  } catch (error) {
    if (error instanceof PatternError) return undefined;
    throw error;
  }
}
