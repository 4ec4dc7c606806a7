import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Backtracking, backtracking } from './backtracking.ts';
import { compilePattern } from './compile.ts';
import { PatternError } from './syntax.ts';
import { backtrack } from './testing/backtracker.ts';
import { patterns } from './testing/patterns.ts';

const table: Readonly<Record<Backtracking, readonly string[]>> = {
  linear: ['abc', 'a?b?c', '(?:ab|cd){2}', '^$', '(?<!a)b'],
  polynomial: ['a+', '\\s*;', 'a+b+', '(?:a+;)+', '(?:a|b)+', '(?:\\w+\\s)*x', '(?>a+)*+x', '(?:a++)+'],
  exponential: [
    '(?:a+)+',
    '(?:a|ab?)*c',
    '(?:a*)*',
    '(?:\\w+\\s?)*x',
    '(?:a+b?)+',
    '(?:a?){9,}',
    '(a+)(?:\\1)+',
  ],
};

for (const [kind, sorted] of Object.entries(table)) {
  test(`calls patterns ${kind}`, () => {
    for (const pattern of sorted) assert.equal(backtracking(compilePattern(pattern).root), kind, pattern);
  });
}

test('what is not called exponential takes a power of the length in steps', () => {
  const pumped = fc
    .tuple(fc.constantFrom('a', 'ab', 'a ', 'b', '1-', 'aA'), fc.constantFrom('', '!', 'a!', '\n'))
    .map(([unit, end]) => unit.repeat(16).slice(0, 24) + end);
  fc.assert(
    fc.property(patterns(), pumped, (pattern, text) => {
      const compiled = attempt(pattern);
      fc.pre(compiled !== undefined && pattern.length < 24);
      const kind = backtracking(compiled.root);
      fc.pre(kind !== 'exponential');
      const { steps } = backtrack(compiled, text);
      // Two million steps, where the backtracker gives up, are less than 2^24; loops that multiply reach it at once.
      assert.ok(
        steps < (kind === 'linear' ? 200 : 30 * text.length) * text.length * text.length,
        `${steps} steps`,
      );
    }),
    { numRuns: 2_000 },
  );
});

function attempt(pattern: string) {
  try {
    return compilePattern(pattern);
  } catch (error) {
    if (error instanceof PatternError) return undefined;
    throw error;
  }
}
