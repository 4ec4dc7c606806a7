import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { findTransformation, transformations } from './registry.ts';

/** Each with what it makes of a value; where nothing changes, the value itself. */
const vectors: Readonly<Record<string, readonly (readonly [value: string, expected: string])[]>> = {
  base64Decode: [
    ['aGVsbG8=', 'hello'],
    ['aGVsbG8', 'hello'],
    ['aGVs!bG8=', 'hel'],
    ['////', '\xff\xff\xff'],
    ['a', ''],
  ],
  base64DecodeExt: [
    ['aG Vs\nbG8=', 'hello'],
    ['aG=Vs', 'hel'],
    ['____', '\xff\xff\xff'],
  ],
  base64Encode: [['\xff\0a', '/wBh']],
  cmdLine: [
    ['l"s" -l', 'ls -l'],
    ["c^at\\ /etc/pass'w'd", 'cat/etc/passwd'],
    ['a,,;;  b', 'a b'],
    ['x (y)', 'x(y)'],
    ['plain text', 'plain text'],
    ['\xc4', '\xc4'],
  ],
  compressWhitespace: [
    ['a \t\n b', 'a b'],
    ['a\tb', 'a b'],
    ['a\xa0\xa0b', 'a b'],
    ['a b c', 'a b c'],
  ],
  cssDecode: [
    ['\\6a\\61 v', 'jav'],
    ['a\\\nb', 'ab'],
    ['\\00006a', 'j'],
    ['\\ff1cx', '<x'],
    ['\\zx', 'zx'],
    ['end\\', 'end'],
  ],
  escapeSeqDecode: [
    ['\\x41\\101\\n', 'AA\n'],
    ['\\q\\X42', 'qB'],
    ['\\xzz', 'xzz'],
    ['end\\', 'end\\'],
    ['\\777', '\xff'],
  ],
  hexDecode: [
    ['6162', 'ab'],
    ['616', 'a'],
  ],
  hexEncode: [['a\xff', '61ff']],
  htmlEntityDecode: [
    ['&lt;a&gt', '<a>'],
    ['&#x3c;&#60;', '<<'],
    ['&#x00000000000000000000003c;', '<'],
    ['&#xFFFFFFFFFFFFFFFFFFFF;', '\xff'],
    ['&#x10000000000003c;', '<'],
    ['&ltx;&unknown;&', '&ltx;&unknown;&'],
    ['&NBSP;', '\xa0'],
    ['&amp;lt;', '&lt;'],
  ],
  jsDecode: [
    ['\\u003cscript\\u003E', '<script>'],
    ['\\uff1c', '<'],
    ['\\x3c\\74', '<<'],
    ['\\477', "'7"],
    ['\\u12', 'u12'],
    ['end\\', 'end\\'],
  ],
  length: [['\xc3\xa4', '2']],
  lowercase: [
    ['SELECT', 'select'],
    ['\xc4A', '\xc4a'],
    ['\xc4', '\xc4'],
  ],
  md5: [['a', '\x0c\xc1\x75\xb9\xc0\xf1\xb6\xa8\x31\xc3\x99\xe2\x69\x77\x26\x61']],
  normalizePath: [
    ['/a/../../etc//passwd', '/etc/passwd'],
    ['../a', '../a'],
    ['a/b/../..', ''],
    ['/..', '/'],
    ['..a/.b/c..', '..a/.b/c..'],
  ],
  normalizePathWin: [
    ['..\\..\\boot.ini', '../../boot.ini'],
    ['c:\\a\\..\\b', 'c:/b'],
  ],
  parityEven7bit: [['a\xe1', '\xe1a']],
  parityOdd7bit: [['b', 'b']],
  parityZero7bit: [['\xe1b', 'ab']],
  phpArgsNames: [
    [' a.b', 'a_b'],
    ['a[b]c', 'a[b]'],
    ['a[b][c', 'a[b]'],
    ['[a]', ''],
  ],
  removeComments: [
    ['a/*b*/c', 'ac'],
    ['a--b', 'a'],
    ['a#b', 'a'],
    ['<!--a-->b', 'b'],
    ['a/*b', 'a '],
    ['abc', 'abc'],
  ],
  removeCommentsChar: [
    ['un/**/ion', 'union'],
    ['a<!--b-->c', 'abc'],
    ['a---->', 'a'],
    ['a-b', 'a-b'],
  ],
  removeNulls: [['a\0b', 'ab']],
  removeWhitespace: [['a \t\xa0b', 'ab']],
  replaceComments: [
    ['a/*b*/c/*d', 'a c '],
    ['/*/a*/b', ' b'],
    ['*/', '*/'],
  ],
  replaceNulls: [['a\0b', 'a b']],
  sha1: [['abc', '\xa9\x99\x3e\x36\x47\x06\x81\x6a\xba\x3e\x25\x71\x78\x50\xc2\x6c\x9c\xd0\xd8\x9d']],
  sqlHexDecode: [
    ['x=0x414243,0X44', 'x=ABC,D'],
    ['0x4', '0x4'],
    ['0x414', 'A4'],
  ],
  trim: [[' a b\r\n', 'a b']],
  trimLeft: [['\ta ', 'a ']],
  trimRight: [['\ta ', '\ta']],
  uppercase: [['a\xe4', 'A\xe4']],
  urlDecode: [
    ['a+b%20c', 'a b c'],
    ['%', '%'],
    ['%4', '%4'],
    ['%u0041', '%u0041'],
    ['%2525', '%25'],
  ],
  urlDecodeUni: [
    ['%u0041%U0042', 'AB'],
    ['%uff1c', '<'],
    ['%u004', '%u004'],
    ['%u%41', '%uA'],
    ['%2', '%2'],
  ],
  urlEncode: [['a b/\xff*', 'a+b%2f%ff*']],
  utf8toUnicode: [
    ['\xc3\xa4', '%u00e4'],
    ['\xe2\x80\xb9x', '%u2039x'],
    ['\xf0\x9f\x98\x80', '%u1f600'],
    ['\xc0\xaf', '%u002f\xc0'],
    ['a\xc3', 'a'],
    ['\x80', '\x80'],
    ['a\0b', 'ab'],
  ],
};

for (const [name, cases] of Object.entries(vectors))
  test(name, () => {
    const transform = transformations[name]!;
    for (const [value, expected] of cases) assert.equal(transform(value), expected, JSON.stringify(value));
  });

test('every transformation has vectors, and names are matched without regard to case', () => {
  const aliases = { normalisePath: 'normalizePath', normalisePathWin: 'normalizePathWin' };
  for (const [name, transform] of Object.entries(transformations)) {
    const alias = aliases[name as keyof typeof aliases];
    if (alias === undefined) assert.ok(vectors[name], name);
    else assert.equal(transform, transformations[alias]);
    assert.equal(findTransformation(name.toUpperCase()), transform);
  }
  assert.equal(findTransformation('rot13'), undefined);
  assert.equal(findTransformation('constructor'), undefined);
});

const piece = fc.constantFrom(
  ...[
    '%',
    '%u',
    '%41',
    '+',
    '\\',
    '\\u00',
    '\\x4',
    '&#',
    '&#x',
    '&lt',
    ';',
    '/*',
    '*/',
    '--',
    '#',
    '<!--',
    '../',
    './',
    '//',
    ' ',
    '\t',
    '\0',
    '\xa0',
  ],
  ...[
    '\xc3',
    '\xa4',
    '\xe2\x82\xac',
    '\xf0\x9f',
    '\xff',
    '0x',
    '[',
    ']',
    '.',
    '"',
    "'",
    '^',
    ',',
    '(',
    'a',
    'Z',
    '7',
    'ff',
  ],
);
const value = fc
  .array(
    fc.oneof(
      piece,
      fc.nat(255).map((byte) => String.fromCharCode(byte)),
    ),
    { maxLength: 30 },
  )
  .map((all) => all.join(''));

test('bytes in, bytes out, and of a bounded length', () => {
  fc.assert(
    fc.property(fc.constantFrom(...Object.keys(transformations)), value, (name, input) => {
      const output = transformations[name]!(input);
      assert.match(output, /^[\x00-\xff]*$/, name);
      assert.ok(output.length <= input.length * 8 + 20, name);
    }),
    { numRuns: 3_000 },
  );
});

test('encoding and decoding are the inverse of each other', () => {
  const { urlEncode, urlDecode, hexEncode, hexDecode, base64Encode, base64Decode } = transformations;
  fc.assert(
    fc.property(value, (input) => {
      assert.equal(urlDecode!(urlEncode!(input)), input);
      assert.equal(hexDecode!(hexEncode!(input)), input);
      assert.equal(base64Decode!(base64Encode!(input)), input);
    }),
  );
});

/** Read in the most simple way, one character after the other. */
test('what is fast agrees with what is plain', () => {
  const { lowercase, removeWhitespace, cmdLine, urlDecode } = transformations;
  fc.assert(
    fc.property(value, (input) => {
      const characters = [...input];
      const lower = characters.map((c) => (c >= 'A' && c <= 'Z' ? c.toLowerCase() : c)).join('');
      assert.equal(lowercase!(input), lower);
      assert.equal(
        removeWhitespace!(input),
        characters.filter((c) => !'\t\n\v\f\r \xa0'.includes(c)).join(''),
      );
      const words = lower
        .replace(/["'\\^]/g, '')
        .replace(/[ \t\r\n,;]+/g, ' ')
        .replace(/ ([(/])/g, '$1');
      assert.equal(cmdLine!(input), words);
      const decoded = input.replace(/\+|%([0-9a-f]{2})/gi, (_, pair) =>
        pair === undefined ? ' ' : String.fromCharCode(Number.parseInt(pair, 16)),
      );
      assert.equal(urlDecode!(input), decoded);
    }),
    { numRuns: 1_000 },
  );
});

test('a mebibyte of what repeats is taken by each, as none is quadratic', () => {
  for (const unit of ['/*', '<!--', '&#', '&#1', '\\', '%', '../', 'a/', '[', '--', '0x', ' ', '\xc3']) {
    const long = unit.repeat(1_048_576 / unit.length);
    for (const transform of Object.values(transformations)) transform(long);
  }
});
