import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { tokenOrQuoted } from './field-syntax.ts';
import { isJson, parseMediaType } from './media-type.ts';

test('accepted media types', () => {
  const vectors: [value: string, type: string, parameters?: Record<string, string>][] = [
    ['application/json', 'application/json'],
    ['Application/Problem+JSON', 'application/problem+json'],
    ['text/html;charset=utf-8', 'text/html', { charset: 'utf-8' }],
    ['text/html; Charset="UTF-8"', 'text/html', { charset: 'UTF-8' }],
    ['text/html \t;\tcharset=utf-8', 'text/html', { charset: 'utf-8' }],
    ['multipart/form-data; boundary="a b;c=\\"d\\""', 'multipart/form-data', { boundary: 'a b;c="d"' }],
    ['a/b;c=""', 'a/b', { c: '' }],
    ['a/b;', 'a/b'],
    ['a/b; ;;c=d; ', 'a/b', { c: 'd' }],
    [
      'a/b;p1=1;p2=2;p3=3;p4=4;p5=5;p6=6;p7=7;p8=8',
      'a/b',
      { p1: '1', p2: '2', p3: '3', p4: '4', p5: '5', p6: '6', p7: '7', p8: '8' },
    ],
    ['*/*', '*/*'],
  ];
  for (const [value, type, parameters = {}] of vectors) {
    const expected = { type, parameters: new Map(Object.entries(parameters)) };
    assert.deepEqual(parseMediaType(value), expected, value);
    assert.deepEqual(parseMediaType(value), expected, `${value}, remembered`);
  }
});

test('refused media types', () => {
  const vectors = [
    '',
    'json',
    '/',
    'application/',
    '/json',
    'application/json/x',
    'application /json',
    'application/ json',
    ' application/json',
    'application/json ',
    'application/json, text/html',
    'application/json charset=utf-8',
    'application/json;charset',
    'application/json;charset=',
    'application/json;=utf-8',
    'application/json;charset =utf-8',
    'application/json;charset= utf-8',
    'application/json;charset=utf-8 x',
    'application/json;charset="utf-8',
    'application/json;charset="utf-8"x',
    'application/json;charset=utf-8;charset=utf-7',
    'application/json;charset=utf-8;CHARSET=utf-8',
    'application/json\n',
    'application/json;a="\0"',
    'application/js\xf6n',
    'a/b;p1=1;p2=2;p3=3;p4=4;p5=5;p6=6;p7=7;p8=8;p9=9',
    `a/${'b'.repeat(255)}`,
  ];
  for (const value of vectors) assert.equal(parseMediaType(value), undefined, JSON.stringify(value));
});

test('more media types than the cache holds', () => {
  for (let round = 0; round < 2; round++) {
    for (let number = 0; number < 3000; number++) {
      assert.equal(parseMediaType(`text/x${number}`)?.type, `text/x${number}`);
    }
  }
});

test('isJson', () => {
  for (const type of ['application/json', 'application/problem+json', 'image/x+json'])
    assert.ok(isJson(type), type);
  for (const type of [
    'text/json',
    'application/jsonp',
    'application/json-seq',
    'application/x-json',
    'json',
  ]) {
    assert.ok(!isJson(type), type);
  }
});

test('what is written reads back', () => {
  const token = fc.string({ unit: fc.constantFrom(..."abXY19!#$%&'*+.^_`|~-"), minLength: 1, maxLength: 9 });
  const parameters = fc.uniqueArray(
    fc.tuple(
      token.map((name) => name.toLowerCase()),
      fc.string({ unit: 'grapheme-ascii', maxLength: 9 }),
    ),
    {
      maxLength: 8,
      selector: ([name]) => name,
    },
  );
  fc.assert(
    fc.property(
      token,
      token,
      parameters,
      fc.constantFrom(';', '; ', ' ;\t'),
      (type, subtype, pairs, separator) => {
        const written = pairs.map(([name, value]) => `${separator}${name}=${tokenOrQuoted(value)}`).join('');
        const parsed = parseMediaType(`${type}/${subtype}${written}`);
        assert.deepEqual(parsed, { type: `${type}/${subtype}`.toLowerCase(), parameters: new Map(pairs) });
      },
    ),
  );
});
