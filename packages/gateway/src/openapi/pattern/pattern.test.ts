import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RegExpParser } from '@eslint-community/regexpp';
import fc from 'fast-check';
import { Steps, TooManySteps } from '../steps.ts';
import { backtrackingCost } from './cost.ts';
import { compilePattern, maximumPatternLength } from './pattern.ts';
import { compileProgram } from './program.ts';
import { runProgram } from './run.ts';
import { Abandoned, Backtracker } from './testing/backtracker.ts';

const matches = (source: string, text: string): boolean => compilePattern(source).test(text, new Steps());

const vectors: readonly [pattern: string, text: string, matches: boolean][] = [
  ['^[a-z]+$', 'abc', true],
  ['^[a-z]+$', 'ab1', false],
  ['b', 'abc', true],
  ['', 'abc', true],
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
  ['(.)\\1$', 'baa', true],
  // Groups with flags of their own.
  ['^(?i:[a-f]+)$', 'aBc', true],
  ['^(?i:a)b$', 'aB', false],
  ['^(?i:a(?-i:b))$', 'Ab', true],
  ['^(?i:a(?-i:b))$', 'AB', false],
  ['^(?s:.)$', '\n', true],
  ['^(?m:a$)[^]b$', 'a\nb', true],
  // V8 alone says that these do not.
  ['[^a]$', '\u{1f600}', true],
  ['[\\s\\S]$', 'b\u{1f600}', true],
];

test('patterns match as ECMA-262 says', () => {
  for (const [pattern, text, expected] of vectors) assert.equal(matches(pattern, text), expected, pattern);
});

test('what is no pattern is refused', () => {
  for (const pattern of ['(', '[', '*', '(?<a', '\\'])
    assert.throws(() => compilePattern(pattern), SyntaxError, pattern);
});

test('short and long strings are matched alike, and not at all above the bound', () => {
  for (const pattern of ['^[a-z]+$', '^[a-z]+[a-z]+$', '^\\p{Ll}+$'])
    for (const length of [10, 1024, 1025, maximumPatternLength]) {
      assert.equal(matches(pattern, 'a'.repeat(length)), true, pattern);
      assert.equal(matches(pattern, `${'a'.repeat(length - 1)}1`), false, pattern);
    }
  assert.equal(matches('^[a-z]+$', 'a'.repeat(maximumPatternLength + 1)), false);
  assert.equal(matches('^\\p{Ll}+$', 'a'.repeat(maximumPatternLength + 1)), false);
});

/** Steps of a check that an attempt took; more than there are for one that was given up. */
function stepsOf(source: string, text: string): number {
  const steps = new Steps();
  let taken = 0;
  const take = steps.take.bind(steps);
  steps.take = (count) => {
    taken += count;
    take(count);
  };
  try {
    compilePattern(source).test(text, steps);
  } catch (error) {
    if (!(error instanceof TooManySteps)) throw error;
    return Infinity;
  }
  return taken;
}

test('patterns of the kind that take V8 minutes take steps by the length of the text', () => {
  const hostile: readonly [pattern: string, text: (length: number) => string][] = [
    ['\\S+@\\S+\\.\\S+', (length) => 'a@'.repeat(length / 2)],
    ['\\S+@\\S+\\.\\S+', (length) => `${'a@'.repeat(length / 2)}\u{1f600}`],
    ['^(a+)+$', (length) => `${'a'.repeat(length)}!`],
    ['^(a+)+$', (length) => `${'a'.repeat(length)}\u{1f600}`],
    ['^(?=.*[0-9])(a|aa)*$', (length) => `${'a'.repeat(length)}!`],
    ['(?<!b)(\\p{L}+)*\\d', (length) => 'a'.repeat(length)],
    ['^([a-z]+){1,20}$', (length) => `${'a'.repeat(length)}!`],
    ['^(?:(?i:a)|A)*$', (length) => `${'A'.repeat(length)}!`],
    ['^(?:(?i:\\u212a)|k)*$', (length) => `${'k'.repeat(length)}!`],
    ['^(a+)+(?:){1000000000}$', (length) => `${'a'.repeat(length)}!`],
    // Alternatives that are one at the end of the text.
    ['^(?:[a-z]*$|$){60}(?<=1)', (length) => 'a'.repeat(length)],
    ['^(?:a(?=b?))*$', (length) => `${'a'.repeat(length)}!`],
  ];
  for (const [pattern, text] of hostile) {
    const [small, large] = [stepsOf(pattern, text(500)), stepsOf(pattern, text(2_000))];
    assert.ok(large < 5 * small && large < 50_000, `${pattern}: ${small}, ${large}`);
  }
});

test('a pattern with a back-reference gives up where V8 could take long', () => {
  const pattern = compilePattern('^(a+)\\1*(a+)+$');
  assert.throws(() => pattern.test(`${'a'.repeat(40)}!`, new Steps()), TooManySteps);
  assert.equal(pattern.takesName(`${'a'.repeat(40)}!`, true), true);
  assert.equal(pattern.takesName(`${'a'.repeat(40)}!`, false), false);
});

test('the work of all strings of a check is counted together', () => {
  const pattern = compilePattern('\\S+@\\S+\\.\\S+');
  const steps = new Steps();
  const text = 'a@'.repeat(1_000);
  assert.throws(() => {
    for (let count = 0; count < 1_000; count++) pattern.test(text, steps);
  }, TooManySteps);
});

const character = fc.constantFrom(
  'a',
  'B',
  'b',
  '1',
  ' ',
  '\u{1f600}',
  'é',
  '\\d',
  '\\w',
  '\\s',
  '\\S',
  '.',
  '[ab]',
  '[^a]',
  '\\p{L}',
);
const { pattern: patterns } = fc.letrec<{ pattern: string; sequence: string; element: string }>((tie) => ({
  pattern: fc.array(tie('sequence'), { minLength: 1, maxLength: 2 }).map((all) => all.join('|')),
  sequence: fc.array(tie('element'), { maxLength: 4 }).map((all) => all.join('')),
  element: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    character,
    character,
    fc
      .tuple(character, fc.constantFrom('*', '+', '?', '{2}', '{1,3}', '{2,}', '*?'))
      .map((both) => both.join('')),
    fc.constantFrom('^', '$', '\\b', '\\B'),
    fc
      .tuple(
        fc.constantFrom('(', '(?:', '(?i:', '(?-i:', '(?s:'),
        tie('pattern'),
        fc.constantFrom('', '*', '+', '?', '{1,2}', '{0,3}?', '{5,}'),
      )
      .map(([open, inner, times]) => `${open}${inner})${times}`),
    fc
      .tuple(fc.constantFrom('(?=', '(?!', '(?<=', '(?<!'), tie('pattern'))
      .map(([open, inner]) => `${open}${inner})`),
  ),
}));
const texts = fc
  .array(fc.constantFrom('a', 'A', 'b', '1', ' ', 'é', '\u{1f600}', '\n'), { maxLength: 9 })
  .map((all) => all.join(''));

test('our engine and V8 agree', () => {
  fc.assert(
    fc.property(patterns, fc.array(texts, { minLength: 1, maxLength: 4 }), (source, all) => {
      const pattern = new RegExpParser({ ecmaVersion: 2025 }).parsePattern(source, 0, source.length, {
        unicode: true,
      });
      const program = compileProgram(pattern, true);
      // "\\b" where case makes no difference.
      fc.pre(program !== undefined);
      // Without its beginning V8 is wrong about "[^a]$".
      const expression = new RegExp(`^[^]*?(?:${source})`, 'u');
      for (const text of all)
        assert.equal(
          runProgram(program!, text, true, new Steps()),
          expression.test(text),
          JSON.stringify([source, text]),
        );
    }),
    { numRuns: 1_500 },
  );
});

test('a backtracking engine takes no more steps than the bound says', () => {
  const plain = fc.array(fc.constantFrom('a', 'b', '1', ' '), { maxLength: 12 }).map((all) => all.join(''));
  fc.assert(
    fc.property(
      patterns,
      plain,
      fc.constantFrom('a', 'ab', '1', ''),
      fc.nat(20),
      (source, start, again, count) => {
        const pattern = new RegExpParser({ ecmaVersion: 2025 }).parsePattern(source, 0, source.length, {
          unicode: true,
        });
        const text = (start + again.repeat(count)).slice(0, 32);
        const bound = backtrackingCost(pattern, true, text.length);
        if (bound > 100_000) return;
        const engine = new Backtracker(pattern, true);
        try {
          engine.test(text, 1_000_000);
        } catch (error) {
          if (!(error instanceof Abandoned)) throw error;
        }
        assert.ok(engine.steps <= bound, `${JSON.stringify([source, text])}: ${engine.steps}, not ${bound}`);
      },
    ),
    { numRuns: 3_000 },
  );
});
