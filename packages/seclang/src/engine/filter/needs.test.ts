import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { bytesOf } from '../../regex/byte-set.ts';
import { compilePattern } from '../../regex/compile.ts';
import { PatternError } from '../../regex/syntax.ts';
import { patterns } from '../../regex/testing/patterns.ts';
import { allClasses, classesOf, join, likelihood, meets } from './byte-classes.ts';
import { needsOf, needsOfBytes, needsOfPhrases } from './needs.ts';

const met = (needs: ReturnType<typeof needsOf>, value: string): boolean =>
  needs.every((need) => meets(need, classesOf(value)));

const of = (pattern: string) => needsOf(compilePattern(pattern).root);

test('a byte of each kind is needed', () => {
  const vectors: readonly (readonly [pattern: string, met: readonly string[], unmet: readonly string[]])[] = [
    ['<script', ['<script', 'tpircs<', '<SCRIPT'], ['script', '<crip', '']],
    ['[\'"]\\s*or', ["'or", 'o"r'], ['or', "'o", "'"]],
    ['a?b', ['b', 'xb'], ['a', '']],
    ['(?:;|\\|)\\s*cat', ['cat;', 'c|at'], ['cat', ';ct']],
    ['(?:a|b)', ['a', 'b'], ['c', '']],
    ['(?=x)y', ['xy'], ['y', 'x']],
    ['(?!x)y', ['y'], ['x']],
    ['[0-9]{3}', ['1'], ['a']],
  ];
  for (const [pattern, yes, no] of vectors) {
    for (const value of yes) assert.ok(met(of(pattern), value), `${pattern} ${value}`);
    for (const value of no) assert.ok(!met(of(pattern), value), `${pattern} ${value}`);
  }
});

test('what matches anything needs nothing', () => {
  for (const pattern of ['', 'a*', '.', '^$', 'a|']) assert.deepEqual(of(pattern), []);
});

test('whatever matches has what it needs', () => {
  const letters = fc.constantFrom('a', 'b', 'A', '1', '-', '.', ' ', '\n', '_', '\xff');
  const text = fc.array(letters, { maxLength: 6 }).map((all) => all.join(''));
  let matches = 0;
  fc.assert(
    fc.property(patterns(), fc.array(text, { minLength: 5, maxLength: 20 }), (pattern, values) => {
      const compiled = attempt(pattern);
      fc.pre(compiled !== undefined);
      const needs = needsOf(compiled.root);
      for (const value of values) {
        if (!compiled.test(value)) continue;
        matches += needs.length > 0 ? 1 : 0;
        assert.ok(met(needs, value), JSON.stringify(value));
      }
    }),
    { numRuns: 3_000 },
  );
  assert.ok(matches > 1_000);
});

test('texts and phrases', () => {
  assert.ok(met(needsOfBytes(Array.from('a<', bytesOf)), '<A'));
  assert.ok(!met(needsOfBytes(Array.from('a<', bytesOf)), 'a'));
  const phrases = needsOfPhrases(['etc/passwd', '.bashrc']);
  for (const value of ['/etc/passwd', 'x.bashrc']) assert.ok(met(phrases, value));
  for (const value of ['etcpasswd', 'bashrc']) assert.ok(!met(phrases, value));
});

test('rarer classes are less likely', () => {
  assert.ok(likelihood(classesOf('<')) < likelihood(classesOf('a')));
  assert.ok(likelihood(classesOf('a')) < likelihood(join(classesOf('a'), classesOf('b'))));
  assert.ok(likelihood(allClasses) > 100);
});

function attempt(pattern: string) {
  try {
    return compilePattern(pattern);
  } catch (error) {
    if (error instanceof PatternError) return undefined;
    throw error;
  }
}
