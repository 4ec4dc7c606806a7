import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import fc from 'fast-check';
import { compilePattern, linearExpression } from './compile.ts';
import type { PatternOptions } from './parse.ts';
import { PatternError } from './syntax.ts';
import { backtrack } from './testing/backtracker.ts';
import { patterns, texts } from './testing/patterns.ts';
import { rxOptions } from './translate.ts';

interface Vector {
  readonly pattern: string;
  readonly options?: PatternOptions;
  /** Texts, each with what the whole pattern takes of it. */
  readonly takes?: Readonly<Record<string, string>>;
  readonly misses?: readonly string[];
}

/** Checked against PCRE2 10.42 (8 bits, without UTF). */
const vectors: Readonly<Record<string, readonly Vector[]>> = {
  'flags that hold to the end of their group': [
    { pattern: 'a(?i)b|c', takes: { aB: 'aB', C: 'C' }, misses: ['AB'] },
    { pattern: '(a(?i)b)c', takes: { aBc: 'aBc' }, misses: ['aBC'] },
    { pattern: '(?i:a)b', takes: { Ab: 'Ab' }, misses: ['AB'] },
    { pattern: '(?i)a(?-i)b', takes: { Ab: 'Ab' }, misses: ['AB'] },
    { pattern: '(?i)a(?-i:b)c', takes: { AbC: 'AbC' }, misses: ['ABC'] },
    { pattern: '(?is)a.b', takes: { 'A\nB': 'A\nB' } },
    { pattern: '(?i)a(?^)b', takes: { Ab: 'Ab' }, misses: ['AB'] },
    { pattern: '(?n)(a)(?<x>b)', takes: { ab: 'ab' } },
    { pattern: '(?U)a+', takes: { aaa: 'a' } },
    { pattern: '(?U)a+?', takes: { aaa: 'aaa' } },
  ],
  'case folding is of ASCII letters': [
    { pattern: '(?i)\\xe9', takes: { é: 'é' }, misses: ['É'] },
    { pattern: '(?i)[à-þ]', takes: { é: 'é' }, misses: ['É'] },
    { pattern: '(?i)k', takes: { K: 'K' } },
    { pattern: '(?i)[^a]', misses: ['A', 'a'] },
    { pattern: '(?i)[^\\W]', takes: { A: 'A' } },
    { pattern: '(?i)[a-c]', takes: { B: 'B' }, misses: ['D'] },
    { pattern: '(?i)s', misses: ['\xdf'] },
  ],
  'dots and newlines': [
    { pattern: 'a.b', takes: { 'a\rb': 'a\rb', 'a\x85b': 'a\x85b' }, misses: ['a\nb'] },
    { pattern: '(?s)a.b', takes: { 'a\nb': 'a\nb' } },
    { pattern: 'a\\Nb', options: { dotAll: true }, misses: ['a\nb'], takes: { axb: 'axb' } },
    { pattern: '^\\R$', takes: { '\r\n': '\r\n', '\x85': '\x85', '\v': '\v' }, misses: ['\t'] },
    { pattern: '^\\R\\n', misses: ['\r\n'], takes: { '\n\n': '\n\n' } },
  ],
  'circumflex and dollar': [
    { pattern: 'a$', takes: { a: 'a', 'a\n': 'a' }, misses: ['a\n\n', 'a\nb', 'a\r'] },
    { pattern: 'a$', options: { dollarEndOnly: true }, takes: { a: 'a' }, misses: ['a\n'] },
    { pattern: 'a\\Z', options: { dollarEndOnly: true }, takes: { 'a\n': 'a' }, misses: ['a\n\n'] },
    { pattern: 'a\\z', takes: { a: 'a' }, misses: ['a\n'] },
    { pattern: '(?m)^b$', takes: { 'a\nb\nc': 'b', 'a\nb': 'b' }, misses: ['a\rb'] },
    { pattern: '(?m)a$', takes: { 'a\n\nb': 'a' }, misses: ['a\r'] },
    // Behind the newline that ends the subject no line begins.
    { pattern: 'a\\n(?m)^', misses: ['a\n'], takes: { 'a\nb': 'a\n' } },
    { pattern: '(?m)\\Ab', misses: ['a\nb'], takes: { b: 'b' } },
    { pattern: '\\Ga', misses: ['ba'], takes: { ab: 'a' } },
  ],
  'classes of bytes': [
    {
      pattern: '^\\s+$',
      options: rxOptions,
      takes: { ' \t\n\v\f\r': ' \t\n\v\f\r' },
      misses: ['\xa0', '\x85', '\0'],
    },
    { pattern: '^\\S$', takes: { '\xa0': '\xa0' }, misses: ['\v'] },
    { pattern: '^[^\\S]$', takes: { '\v': '\v' }, misses: ['\xa0'] },
    { pattern: '^\\h+$', takes: { ' \t\xa0': ' \t\xa0' }, misses: ['\v'] },
    { pattern: '^\\H$', misses: ['\xa0'], takes: { '\v': '\v' } },
    { pattern: '^\\v$', takes: { '\x85': '\x85', '\f': '\f' }, misses: [' '] },
    { pattern: '^\\w$', takes: { _: '_' }, misses: ['é', '\xaa'] },
    { pattern: '^[[:alpha:]]+$', takes: { aZ: 'aZ' }, misses: ['é', '1'] },
    { pattern: '^[[:^alpha:]]$', takes: { é: 'é' }, misses: ['a'] },
    { pattern: '^[[:space:][:digit:]x]+$', takes: { '1\vx': '1\vx' }, misses: ['y'] },
    {
      pattern: '^[[:punct:]]+$',
      takes: { '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~': '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~' },
    },
    { pattern: '^[[:cntrl:]]$', takes: { '\x7f': '\x7f' }, misses: [' ', '\x80'] },
    { pattern: '^[[:blank:][:xdigit:]]$', takes: { f: 'f', '\t': '\t' }, misses: ['g', '\n'] },
    { pattern: '^[]a]+$', takes: { ']a': ']a' } },
    { pattern: '^[^]a]$', takes: { b: 'b' }, misses: [']'] },
    { pattern: '^[a-c-]+$', takes: { 'b-': 'b-' } },
    { pattern: '^[\\w-.]+$', takes: { 'a-.': 'a-.' }, misses: ['/'] },
    { pattern: '^[\\b]$', takes: { '\b': '\b' } },
    { pattern: '^[\\Qa]\\E-]+$', takes: { 'a]-': 'a]-' } },
    { pattern: '^[\\x{41}-\\x43]+$', takes: { ABC: 'ABC' }, misses: ['D'] },
    { pattern: '^[$^|(){}?*+.]+$', takes: { '$^|(){}?*+.': '$^|(){}?*+.' } },
  ],
  'bytes by number': [
    { pattern: '\\x{e9}', takes: { é: 'é' } },
    { pattern: '\\xe9\\x9', takes: { 'é\t': 'é\t' } },
    { pattern: '\\x', takes: { '\0': '\0' } },
    { pattern: '\\0\\01\\101', takes: { '\0\x01A': '\0\x01A' } },
    { pattern: '\\o{101}', takes: { A: 'A' } },
    { pattern: '\\cA\\e\\a', takes: { '\x01\x1b\x07': '\x01\x1b\x07' } },
    { pattern: '\\40', takes: { ' ': ' ' } },
    { pattern: '\\-\\_\\%\\/', takes: { '-_%/': '-_%/' } },
  ],
  'literal text': [
    { pattern: '\\Qa.b\\E+', takes: { 'a.bbb': 'a.bbb' }, misses: ['axb'] },
    { pattern: 'a\\Q*', takes: { 'a*': 'a*' } },
    { pattern: 'a{,2}', takes: { 'a{,2}': 'a{,2}' } },
    { pattern: '{a}]', takes: { '{a}]': '{a}]' } },
  ],
  'the flag x and comments': [
    { pattern: '(?x) a b # c\n d', takes: { abd: 'abd' } },
    { pattern: '(?x)[a b]+', takes: { 'a b': 'a b' } },
    { pattern: '(?x)a +', takes: { aa: 'aa' } },
    { pattern: '(?x: a b) c', takes: { 'ab c': 'ab c' } },
    { pattern: 'a(?#b)c', takes: { ac: 'ac' } },
    { pattern: 'a(?#b)+', takes: { aa: 'aa' } },
  ],
  'nothing given back': [
    { pattern: 'a++a', misses: ['aaa'] },
    { pattern: 'a*+b', takes: { aab: 'aab' } },
    { pattern: '(?>a|ab)c', misses: ['abc'], takes: { ac: 'ac' } },
    { pattern: '(?>a+)b', takes: { aab: 'aab' } },
    { pattern: '[^b]{1,2}+b', takes: { aab: 'aab' } },
    { pattern: '(?:a?+){2}a', misses: ['aa'], takes: { aaa: 'aaa' } },
    { pattern: '(?>(a+))\\1', misses: ['aaaa'] },
  ],
  'groups and references': [
    { pattern: '(a)(b)?\\1', takes: { aa: 'aa', aba: 'aba' } },
    { pattern: '(?<x>a|b)\\k<x>', takes: { bb: 'bb' }, misses: ['ab'] },
    { pattern: "(?'x'a|b)\\k'x'", takes: { bb: 'bb' } },
    { pattern: '(?P<x>a|b)(?P=x)\\g{x}\\k{x}', takes: { bbbb: 'bbbb' } },
    { pattern: '(a|b)\\g1\\g{-1}\\g{1}', takes: { bbbb: 'bbbb' } },
    { pattern: '(?|(a)|(b))\\1', takes: { bb: 'bb' }, misses: ['ab', 'ba'] },
    { pattern: '(?i)([a-z])\\1', takes: { aA: 'aA' } },
    { pattern: '(?>a)(b)\\1', takes: { abb: 'abb' } },
    { pattern: '(a)\\11', misses: ['aa1'], takes: { 'a\t': 'a\t' } },
  ],
  'look-around': [
    { pattern: 'a(?=b)', takes: { ab: 'a' }, misses: ['ac'] },
    { pattern: '<\\?(?!xml)', takes: { '<?php': '<?' }, misses: ['<?xml'] },
    { pattern: '(?<=a|bc)d', takes: { bcd: 'd' }, misses: ['cd'] },
    { pattern: '(?<!a)b', takes: { bb: 'b' }, misses: ['ab'] },
    { pattern: '(?=a)*b', takes: { b: 'b' } },
  ],
  words: [
    { pattern: '\\bé', misses: ['é'] },
    { pattern: '\\ba\\b', takes: { éa: 'a' }, misses: ['_a'] },
    { pattern: '\\Ba', takes: { ba: 'a' }, misses: ['a'] },
  ],
};

for (const [name, list] of Object.entries(vectors)) {
  test(name, () => {
    for (const { pattern, options, takes = {}, misses = [] } of list) {
      const compiled = compilePattern(pattern, options);
      for (const [text, taken] of Object.entries(takes)) {
        assert.equal(
          compiled.exec(text)?.[0],
          taken,
          `${pattern} on ${JSON.stringify(text)}: ${compiled.source}`,
        );
        assert.ok(compiled.test(text));
      }
      for (const text of misses)
        assert.equal(compiled.exec(text), undefined, `${pattern} on ${JSON.stringify(text)}`);
    }
  });
}

test('captures are numbered as in PCRE, whatever groups V8 needs besides', () => {
  const captures = (pattern: string, text: string) => compilePattern(pattern).exec(text);
  assert.deepEqual(captures('(?>a+)(b)++(c)', 'aabbc'), ['aabbc', 'b', 'c']);
  assert.deepEqual(captures('(?|(a)|(b))(c)', 'bc'), ['bc', 'b', 'c']);
  assert.deepEqual(captures('(a)|(b)', 'b'), ['b', undefined, 'b']);
  assert.deepEqual(captures('(a*)?b', 'b'), ['b', '']);
  assert.deepEqual(captures('(?:a*+)', 'aa'), ['aa']);
  assert.equal(compilePattern('(?<user>a)(?P<x>b)').names.get('x'), 2);
  assert.deepEqual([...compilePattern('(?:(a)|(b))+').forgotten], [1, 2]);
});

test('a pattern that takes anything first is tried at the start only', () => {
  assert.equal(compilePattern('(?s).*a').source, '^[^]*a');
  assert.equal(compilePattern('(?s).*?a').source, '^[^]*?a');
  // Each of these can begin elsewhere.
  for (const pattern of ['.*a', '(?s).+a', '(?s).*+', '(?s).*a|b', '(?s)(.*)b'])
    assert.notEqual(compilePattern(pattern).source[0], '^');
});

test('the linear engine takes patterns regardless of case, once the process has switched it on', () => {
  setFlagsFromString('--no-enable-experimental-regexp-engine');
  assert.equal(linearExpression(compilePattern('(?i)ab+')), undefined);
  setFlagsFromString('--enable-experimental-regexp-engine');
  const expression = linearExpression(compilePattern('(?i)ab+'));
  assert.equal(expression?.test('xAB'), true);
  assert.equal(linearExpression(compilePattern('(a)\\1')), undefined);
});

test('a possessive loop that can give nothing back anyway stays plain', () => {
  assert.equal(compilePattern('[ab]++c').source, '[ab]+c');
  assert.notEqual(compilePattern('[ab]++b').source, '[ab]+b');
});

const refused: readonly (readonly [pattern: string, message: RegExp])[] = [
  ['a\\Kb', /\\K is not supported/],
  ['(?R)', /not supported/],
  ['(?1)(a)', /not supported/],
  ['(a)(?(1)b|c)', /not supported/],
  ['(*COMMIT)a', /not supported/],
  ['(?C1)a', /not supported/],
  ['\\pL', /unknown escape/],
  ['\\u0041', /unknown escape/],
  ['\\x{100}', /above/],
  ['\u0100', /not a string of bytes/],
  ['(a', /missing closing parenthesis/],
  ['a)', /unmatched/],
  ['[a', /missing terminating/],
  ['[[:alpha:]', /missing terminating/],
  ['[z-a]', /out of order/],
  ['[[:foo:]]', /unknown POSIX/],
  ['[[.a.]]', /collating/],
  ['*a', /repeatable/],
  ['a**', /repeatable/],
  ['^*', /repeatable/],
  ['a{2,1}', /out of order/],
  ['a{65536}', /too big/],
  ['a\\', /at end of pattern/],
  ['(?<x>a)(?<x>b)', /two groups/],
  ['\\1', /not there/],
  ['(a)?\\1', /may not have taken part/],
  ['(?:\\1b|(a))*', /may not have taken part/],
  ['(a\\1)', /may not have taken part/],
  ['(?i)(.)\\1', /regardless of case/],
  ['(a)(?<=\\1)', /look-behind/],
  ['(?<=a+)b', /fixed length/],
  ['(?<=(?>ab))c', /look-behind/],
  ['(?:a?)*+b', /can be empty/],
  ['('.repeat(300), /too deep/],
  ['a'.repeat(70_000), /too long/],
];

for (const [pattern, message] of refused) {
  test(`refuses ${pattern.slice(0, 30)}`, () => {
    assert.throws(
      () => compilePattern(pattern),
      (error) => error instanceof PatternError && message.test(error.message),
    );
  });
}

test('agrees with plain backtracking over the tree on random patterns', () => {
  const compile = (pattern: string) => {
    try {
      return compilePattern(pattern, { dotAll: false });
    } catch (error) {
      if (error instanceof PatternError) return undefined;
      throw error;
    }
  };
  fc.assert(
    fc.property(patterns(), texts, (pattern, text) => {
      const compiled = compile(pattern);
      fc.pre(compiled !== undefined);
      const plain = backtrack(compiled, text).match;
      assert.equal(compiled.test(text), plain !== undefined, compiled.source);
    }),
    { numRuns: 2_000 },
  );
});
