import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Automaton } from './automaton.ts';
import { type CompiledPattern, compilePattern } from './compile.ts';
import { PatternError } from './syntax.ts';
import { patterns } from './testing/patterns.ts';
import { rxOptions } from './translate.ts';

const automaton = (pattern: string): Automaton | undefined =>
  Automaton.of(compilePattern(pattern, rxOptions).root);

const cases: readonly (readonly [pattern: string, may: readonly string[], cannot: readonly string[]])[] = [
  ['abc', ['abc', 'xxabcxx', 'aabc'], ['', 'ab', 'abd', 'acb']],
  ['^ab', ['ab', 'abx'], ['xab', 'b']],
  ['(?:^|=)a+b', ['aab', '=ab', 'x=aaab'], ['xab', '=b', 'a b']],
  ['(?i)union.*?select', ['UNION all Select'], ['union', 'select union']],
  ['[a-c]{3}\\d{2,4}z', ['abc12z', 'xabc1234z'], ['ab12z', 'abc1z', 'abc12345z']],
  ['a{40}b', [`${'a'.repeat(40)}b`], ['b', 'ab']],
  ['(a|b)\\1c', ['aac', 'abc'], ['ac'.slice(1)]],
  ['a(?=b)c', ['ac'], ['ab']],
  ['\\xff+\\x00', ['\xff\0'], ['\xff', '\0\xff']],
];

test('dismisses what a pattern cannot match', () => {
  for (const [pattern, may, cannot] of cases) {
    const machine = automaton(pattern)!;
    for (const text of may) assert.ok(machine.mayMatch(text), `${pattern} ${text}`);
    for (const text of cannot) assert.ok(!machine.mayMatch(text), `${pattern} ${text}`);
  }
});

test('there is none for a pattern that takes the empty text', () => {
  for (const pattern of ['a*', '^', 'a|', '(?=a)']) assert.equal(automaton(pattern), undefined, pattern);
});

test('what it dismisses, the pattern does not match', () => {
  const text = fc
    .array(fc.constantFrom('a', 'b', 'A', '1', '-', ' ', '\n', '\xe9'), { maxLength: 12 })
    .map((all) => all.join(''));
  const seen = { matches: 0, dismissed: 0 };
  fc.assert(
    fc.property(patterns(), fc.array(text, { minLength: 5, maxLength: 15 }), (pattern, all) => {
      const compiled = attempt(pattern);
      fc.pre(compiled !== undefined);
      const machine = Automaton.of(compiled.root);
      fc.pre(machine !== undefined);
      for (const one of all) {
        const isMatch = compiled.test(one);
        if (isMatch) seen.matches++;
        if (machine.mayMatch(one)) continue;
        seen.dismissed++;
        assert.ok(!isMatch, JSON.stringify([pattern, one]));
      }
    }),
    { numRuns: 3_000 },
  );
  assert.ok(seen.matches > 1_000 && seen.dismissed > 1_000, JSON.stringify(seen));
});

test('forgets states beyond a number, and says the same', () => {
  const machine = automaton('a[ab]{11}c')!;
  const bits = (number: number) =>
    number.toString(2).padStart(12, '0').replaceAll('0', 'a').replaceAll('1', 'b');
  for (let number = 0; number < 4_096; number += 7) {
    const text = bits(number);
    assert.ok(
      machine.mayMatch(`x${text}${text.slice(1)}ac`) || !/a[ab]{11}c/.test(`x${text}${text.slice(1)}ac`),
    );
    assert.equal(machine.mayMatch(`${text}d`), false);
  }
});

function attempt(pattern: string): CompiledPattern | undefined {
  try {
    return compilePattern(pattern, rxOptions);
  } catch (error) {
    if (error instanceof PatternError) return undefined;
    throw error;
  }
}
