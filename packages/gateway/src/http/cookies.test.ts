import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type CookieReason, cookieReasons, parseCookies } from './cookies.ts';

test('accepted cookies', () => {
  const vectors: [value: string, pairs: [string, string][]][] = [
    ['', []],
    ['a=1', [['a', '1']]],
    [
      'a=1; b=2',
      [
        ['a', '1'],
        ['b', '2'],
      ],
    ],
    [
      'a=1;b=2;',
      [
        ['a', '1'],
        ['b', '2'],
      ],
    ],
    [
      ' a = 1 \t;\tb = x y ',
      [
        ['a', '1'],
        ['b', 'x y'],
      ],
    ],
    [
      'a=1; a=2',
      [
        ['a', '1'],
        ['a', '2'],
      ],
    ],
    ['a=b=c==', [['a', 'b=c==']]],
    [
      'a="1;2"',
      [
        ['a', '"1'],
        ['', '2"'],
      ],
    ],
    ['a="x"', [['a', '"x"']]],
    ['flag', [['', 'flag']]],
    ['=x', [['', 'x']]],
    ['a=', [['a', '']]],
    ['=; ; ;;', []],
    ['a=%41+b', [['a', '%41+b']]],
    ['n=caf\xe9', [['n', 'caf\xe9']]],
    ['__proto__=1', [['__proto__', '1']]],
  ];
  for (const [value, pairs] of vectors) assert.deepEqual(parseCookies(value, 8), pairs, value);
});

test('refused cookies', () => {
  const vectors: [value: string, reason: CookieReason][] = [
    ['a=\0', 'control-character'],
    ['a=1\r\nb', 'control-character'],
    ['\x1fa=1', 'control-character'],
    ['a=1; b=\x7f', 'control-character'],
    ['a=1; b=2; c=3', 'too-many'],
  ];
  for (const [value, reason] of vectors) {
    assert.deepEqual(parseCookies(value, 2), { kind: 'fault', reason }, JSON.stringify(value));
  }
  assert.deepEqual(new Set(vectors.map(([, reason]) => reason)), new Set(Object.keys(cookieReasons)));
});

test('what is written reads back, in order', () => {
  const octet = fc.constantFrom(...'abZ09!#$%&\'()*+-./:<>?@[]^_`{|}~"\\,');
  const name = fc.string({ unit: octet, minLength: 1 });
  const value = fc.string({ unit: fc.oneof(octet, fc.constant('=')) });
  fc.assert(
    fc.property(fc.array(fc.tuple(name, value)), (pairs) => {
      assert.deepEqual(parseCookies(pairs.map((pair) => pair.join('=')).join('; '), 100), pairs);
    }),
  );
});

test('agrees with splitting by hand on any text', () => {
  const piece = fc.constantFrom('a', 'b', '=', ';', ' ', '\t', '"', '\x01', '\x7f');
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
      const text = pieces.join('');
      const expected = text
        .split(';')
        .map((part) => (part.includes('=') ? part : `=${part}`))
        .map((part) => [part.slice(0, part.indexOf('=')), part.slice(part.indexOf('=') + 1)])
        .map((pair) => pair.map((side) => side.replace(/^[ \t]+|[ \t]+$/g, '')))
        .filter((pair) => pair.join('') !== '');
      const fault = /[\x01\x7f]/.test(text) ? { kind: 'fault', reason: 'control-character' } : undefined;
      assert.deepEqual(parseCookies(text, 100), fault ?? expected);
    }),
    { numRuns: 2000 },
  );
});
