import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { quotedStringEnd, tokenEnd, tokenOrQuoted, unquote, whitespaceEnd } from './field-syntax.ts';

test('token', () => {
  const vectors: [text: string, from: number, end: number][] = [
    ['abc', 0, 3],
    ["a1!#$%&'*+-.^_`|~=", 0, 17],
    ['a b', 0, 1],
    ['a"b', 0, 1],
    ['(a', 0, 0],
    ['', 0, 0],
    ['\xe9', 0, 0],
    ['a,b', 2, 3],
  ];
  for (const [text, from, end] of vectors) assert.equal(tokenEnd(text, from), end, text);
});

test('white space is spaces and tabs', () => {
  assert.equal(whitespaceEnd(' \t a', 0), 3);
  assert.equal(whitespaceEnd('\n', 0), 0);
  assert.equal(whitespaceEnd('a  ', 1), 3);
});

test('quoted-string', () => {
  const vectors: [text: string, content: string | undefined][] = [
    ['""', ''],
    ['"a b\tc,;="', 'a b\tc,;='],
    ['"a\\"b"', 'a"b'],
    ['"a\\\\"', 'a\\'],
    ['"\\a"', 'a'],
    ['"caf\xe9"', 'caf\xe9'],
    ['"', undefined],
    ['"a', undefined],
    ['"a\\"', undefined],
    ['"a\\', undefined],
    ['"a\nb"', undefined],
    ['"a\\\nb"', undefined],
    ['"a\0b"', undefined],
    ['"a\x7fb"', undefined],
    ['"\u20ac"', undefined],
    ['a"', undefined],
    ['', undefined],
  ];
  for (const [text, content] of vectors) {
    const end = quotedStringEnd(text, 0);
    assert.equal(end < 0 ? undefined : unquote(text, 0, end), content, JSON.stringify(text));
    if (end >= 0) assert.equal(end, text.length);
  }
  assert.equal(quotedStringEnd('x="a"; b', 2), 5);
});

test('what is written as token or quoted-string reads back', () => {
  assert.equal(tokenOrQuoted('example.com'), 'example.com');
  assert.equal(tokenOrQuoted('example.com:80'), '"example.com:80"');
  assert.equal(tokenOrQuoted(''), '""');
  for (const bad of ['a\r\nb', 'a\0', 'caf\xe9', '\x7f']) assert.throws(() => tokenOrQuoted(bad), TypeError);
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme-ascii' }), (value) => {
      const text = tokenOrQuoted(value);
      if (text !== value) assert.equal(unquote(text, 0, quotedStringEnd(text, 0)), value);
      assert.equal(text.startsWith('"') ? quotedStringEnd(text, 0) : tokenEnd(text, 0), text.length);
    }),
  );
});
