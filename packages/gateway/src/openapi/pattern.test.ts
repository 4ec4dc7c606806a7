import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compilePattern, maximumPatternLength } from './pattern.ts';

const vectors: readonly [pattern: string, text: string, matches: boolean][] = [
  ['^[a-z]+$', 'abc', true],
  ['^[a-z]+$', 'ab1', false],
  ['b', 'abc', true],
  ['^.$', '\u{1f600}', true],
  ['^\\p{Lu}$', 'É', true],
  ['^\\p{Lu}$', 'p{Lu}', false],
  ['^\\u{61}$', 'a', true],
  ['^[\u{1f600}]$', '\u{1f600}', true],
  // Not valid with "u", but common.
  ['^[\\w-\\.]+$', 'a-b.c', true],
  ['^\\-$', '-', true],
  ['^(?=a).*$', 'ab', true],
  ['^(.)\\1$', 'aa', true],
];

test('patterns match as ECMA-262 says', () => {
  for (const [pattern, text, matches] of vectors)
    assert.equal(compilePattern(pattern).test(text), matches, pattern);
});

test('what is no pattern is refused', () => {
  for (const pattern of ['(', '[', '*', '(?<a', '\\'])
    assert.throws(() => compilePattern(pattern), SyntaxError, pattern);
});

test('short and long strings are matched alike, and not at all above the bound', () => {
  const pattern = compilePattern('^[a-z]+$');
  for (const length of [10, 1024, 1025, maximumPatternLength])
    assert.equal(pattern.test('a'.repeat(length)), true);
  assert.equal(pattern.test(`${'a'.repeat(2000)}1`), false);
  assert.equal(pattern.test('a'.repeat(maximumPatternLength + 1)), false);
  assert.equal(compilePattern('^\\p{Ll}+$').test('a'.repeat(maximumPatternLength + 1)), false);
});
