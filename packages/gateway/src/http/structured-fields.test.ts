import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { quotedStringEnd, unquote } from './field-syntax.ts';
import {
  type Item,
  serializeInteger,
  serializeItem,
  serializeList,
  serializeString,
} from './structured-fields.ts';

test('strings', () => {
  assert.equal(serializeString(''), '""');
  assert.equal(serializeString('a "b" \\c'), '"a \\"b\\" \\\\c"');
  for (const bad of ['\n', 'a\0', '\x7f', 'caf\xe9', '\u20ac'])
    assert.throws(() => serializeString(bad), TypeError);
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme-ascii' }), (value) => {
      const text = serializeString(value);
      assert.equal(quotedStringEnd(text, 0), text.length);
      assert.equal(unquote(text, 0, text.length), value);
    }),
  );
});

test('integers', () => {
  const vectors: [value: number, text: string][] = [
    [0, '0'],
    [-0, '0'],
    [-7, '-7'],
    [1e14, '100000000000000'],
    [999_999_999_999_999, '999999999999999'],
    [-999_999_999_999_999, '-999999999999999'],
  ];
  for (const [value, text] of vectors) assert.equal(serializeInteger(value), text);
  for (const bad of [1.5, 1e15, -1e15, 1e21, Number.NaN, Number.POSITIVE_INFINITY]) {
    assert.throws(() => serializeInteger(bad), RangeError, String(bad));
  }
});

test('items and lists', () => {
  const burst: Item = { value: 'burst', parameters: { q: 100, w: 60, 'x-y.z_*': 'a"' } };
  assert.equal(serializeItem({ value: 5 }), '5');
  assert.equal(serializeItem({ value: 5, parameters: {} }), '5');
  assert.equal(serializeItem(burst), '"burst";q=100;w=60;x-y.z_*="a\\""');
  assert.equal(
    serializeList([burst, { value: 'day', parameters: { '*a': 1 } }]),
    '"burst";q=100;w=60;x-y.z_*="a\\"", "day";*a=1',
  );
  assert.throws(() => serializeList([]), RangeError);
  for (const key of ['', 'Q', '1', '-a', '_a', 'a b', 'a=', 'a;b', 'a\n', '\xe9']) {
    assert.throws(() => serializeItem({ value: 1, parameters: { [key]: 1 } }), TypeError, key);
  }
});
