import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { OperatorEnvironment } from './operator.ts';
import { OperatorFault } from './operator.ts';
import { PhraseSet } from './phrase-set.ts';
import { notated } from './phrases.ts';
import { findOperator, findRegexOperator, operators } from './registry.ts';

const files: Readonly<Record<string, string>> = {
  'bots.data': '# scanners\n\nsqlmap\r\n  nikto  \nevil bot\n',
  'networks.data': '192.0.2.0/24 # documentation\n\n2001:db8::/32\n',
};
const environment: OperatorEnvironment = {
  readFile(name) {
    const text = files[name];
    if (text === undefined) throw new OperatorFault(`there is no file ${name}`);
    return text;
  },
};

/** Operator, argument, values that match, values that do not. */
const vectors: readonly (readonly [
  name: string,
  argument: string,
  matching: readonly string[],
  others: readonly string[],
])[] = [
  ['eq', '5', ['5', ' 5', '5 apples', '+5'], ['', '50', '-5', 'five']],
  ['eq', '0', ['', 'x', '0', '-0'], ['1']],
  ['gt', '10', ['11', '999999999999'], ['10', '9', '']],
  ['ge', '10', ['10'], ['9']],
  ['lt', '-1', ['-2'], ['-1', '0']],
  ['le', '1', ['1', ''], ['2']],
  ['streq', 'a', ['a'], ['A', 'ab', '']],
  ['contains', 'b', ['abc'], ['', 'B']],
  ['containsWord', 'or', ['1 or 2', 'or', '1or2', '_or_'], ['for', 'ore', 'xor or1st'.replace(' or1st', '')]],
  ['containsWord', 'aa', ['aaa aa'], ['aaa']],
  ['beginsWith', 'ab', ['abc'], ['cab']],
  ['endsWith', 'bc', ['abc'], ['bca']],
  ['within', 'GET,POST', ['GET', 'T,P', ''], ['PUT', 'get']],
  ['strmatch', 'SELECT', ['a select b'], ['selec']],
  ['pm', 'union select', ['xUNIONx', 'Select'], ['unio', 'sele ct']],
  ['pm', '"|3c|script |00|"', ['<SCRIPT', 'a\0'], ['script', '|3c|']],
  ['pmFromFile', 'bots.data', ['SQLMap/1.0', 'nikto', 'an evil bot'], ['evil', '# scanners', '']],
  ['pmf', 'bots.data', ['nikto'], ['x']],
  [
    'ipMatch',
    '10.0.0.0/8,::1',
    ['10.1.2.3', '::1', '0:0:0:0:0:0:0:1'],
    ['11.0.0.1', '', '010.1.2.3', '::2', 'x', '10.1.2'],
  ],
  ['ipMatch', '0.0.0.0/0', ['1.2.3.4'], ['::1']],
  ['ipMatch', '2001:db8::/33', ['2001:db8:7fff::'], ['2001:db8:8000::']],
  ['ipMatchFromFile', 'networks.data', ['192.0.2.77', '2001:db8:1::'], ['192.0.3.1', '2001:db9::']],
  ['validateByteRange', '9,10,13,32-126', ['\0', 'a\x7f', '\xc3'], ['', 'a\tb']],
  ['validateUrlEncoding', '', ['%', '%4', '%zz', 'a%20%'], ['', '%20', 'a%41%42']],
  [
    'validateUtf8Encoding',
    '',
    ['\xc3', '\xc0\xaf', '\xed\xa0\x80', '\xf5\x80\x80\x80', '\xf4\x90\x80\x80', '\x80'],
    ['', 'a', '\xc3\xa4', '\xf0\x9f\x98\x80'],
  ],
  ['unconditionalMatch', '', ['', 'a'], []],
  ['noMatch', '', [], ['', 'a']],
  ['rbl', 'example.org', [], ['', '127.0.0.2']],
];

for (const [name, argument, matching, others] of vectors)
  test(`${name} ${argument}`, () => {
    const match = findOperator(name)!(argument, environment);
    for (const value of matching) assert.notEqual(match(value), false, JSON.stringify(value));
    for (const value of others) assert.equal(match(value), false, JSON.stringify(value));
  });

test('what an argument cannot mean is an error when rules are loaded', () => {
  const bad: readonly [name: string, argument: string][] = [
    ['pm', ' '],
    ['pmFromFile', ''],
    ['pmFromFile', 'none.data'],
    ['ipMatch', ''],
    ['ipMatch', '10.0.0.0/33'],
    ['ipMatch', '10.0.0.256'],
    ['ipMatch', 'localhost'],
    ['ipMatch', '::1::'],
    ['ipMatch', '1:2:3:4:5:6:7'],
    ['validateByteRange', ''],
    ['validateByteRange', '1-256'],
    ['validateByteRange', '9-1'],
    ['validateByteRange', 'x'],
  ];
  for (const [name, argument] of bad)
    assert.throws(() => findOperator(name)!(argument, environment), OperatorFault, name);
});

test('names are matched without regard to case, and others are none', () => {
  for (const name of Object.keys(operators)) assert.equal(findOperator(name.toUpperCase()), operators[name]);
  assert.equal(findOperator('rx'), undefined);
  assert.ok(findRegexOperator('RX'));
  assert.equal(findOperator('toString'), undefined);
});

test('expressions capture', () => {
  assert.deepEqual(findRegexOperator('rx')!(/(a)(b)?/)('xa'), ['a', 'a', '']);
  assert.equal(findRegexOperator('rx')!(/a/)('b'), false);
  assert.deepEqual(findRegexOperator('rxGlobal')!(/(\d)/)('1a2'), ['1', '1', '2', '2']);
  assert.deepEqual(findRegexOperator('rxGlobal')!(/x*/)('aa'), ['']);
  assert.deepEqual(findOperator('pm')!('abc bc', environment)('xaBCx'), ['aBC']);
});

test('check digits', () => {
  const vectors: [name: string, pattern: RegExp, valid: string[], invalid: string[]][] = [
    [
      'verifyCC',
      /\b\d{13,16}\b/,
      ['card 4111111111111111', '5500005555555559'],
      ['4111111111111112', '', '1234'],
    ],
    [
      'verifySSN',
      /\d{3}-?\d{2}-?\d{4}/,
      ['536-90-4399'],
      ['000-12-3456', '666-12-3456', '536-00-4399', '536-90-0000', '123-45-6789', '111-11-1111'],
    ],
    ['verifyCPF', /\d{3}\.?\d{3}\.?\d{3}-?\d{2}/, ['529.982.247-25'], ['529.982.247-24', '111.111.111-11']],
    ['verifySVNR', /\d{4} ?\d{6}/, ['1237 010180'], ['1238 010180']],
  ];
  for (const [name, pattern, valid, invalid] of vectors) {
    const match = findRegexOperator(name)!(pattern);
    for (const value of valid) assert.notEqual(match(value), false, value);
    for (const value of invalid) assert.equal(match(value), false, value);
  }
});

test('the notation for bytes', () => {
  const vectors: [argument: string, text: string][] = [
    ['a b', 'a b'],
    ['"a b"', 'a b'],
    ['|41 42|c', 'ABc'],
    ['|4142|', 'AB'],
    ['a\\"\\;\\:\\\\', 'a";:\\'],
    ['a\\d', 'a\\d'],
    ['a|zz|', 'a|zz|'],
    ['a|b', 'a|b'],
  ];
  for (const [argument, text] of vectors) assert.equal(notated(argument), text, argument);
});

test('one pass for all phrases finds what a search for each finds', () => {
  const letter = fc.constantFrom('a', 'B', 'c', '\xff', '.');
  const phrase = fc.array(letter, { minLength: 1, maxLength: 5 }).map((all) => all.join(''));
  const text = fc
    .array(fc.oneof(letter, fc.constantFrom('A', 'b', 'C', '\xdf', 'x')), { maxLength: 40 })
    .map((all) => all.join(''));
  fc.assert(
    fc.property(fc.array(phrase, { minLength: 1, maxLength: 12 }), text, (phrases, value) => {
      assert.equal(new PhraseSet(phrases).find(value), plainly(phrases, value));
    }),
    { numRuns: 5_000 },
  );
});

/** Of those that end first, the longest. */
function plainly(phrases: readonly string[], value: string): string | undefined {
  const fold = (text: string): string => text.replace(/[A-Z]/g, (each) => each.toLowerCase());
  const lower = fold(value);
  let best: { end: number; size: number } | undefined;
  for (const phrase of phrases) {
    const at = lower.indexOf(fold(phrase));
    if (at < 0) continue;
    const end = at + phrase.length;
    if (best === undefined || end < best.end || (end === best.end && phrase.length > best.size))
      best = { end, size: phrase.length };
  }
  return best && value.slice(best.end - best.size, best.end);
}
