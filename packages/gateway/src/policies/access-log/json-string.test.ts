import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { jsonString } from './json-string.ts';

const vectors: readonly [value: string, json: string][] = [
  ['plain', '"plain"'],
  ['', '""'],
  ['"quoted"\\', '"\\"quoted\\"\\\\"'],
  ['a\r\nb', '"a\\r\\nb"'],
  ['\u001b[2J', '"\\u001b[2J"'],
  ['\u007f', '"\\u007f"'],
  ['\u0085', '"\\u0085"'],
  ['\u009b2J', '"\\u009b2J"'],
  ['\u2028\u2029', '"\\u2028\\u2029"'],
  ['\u202e', '"\\u202e"'],
  ['é', '"\\u00e9"'],
  ['😀', '"\\ud83d\\ude00"'],
  ['\ud800', '"\\ud800"'],
];

for (const [value, json] of vectors) test(json, () => assert.equal(jsonString(value), json));

test('any text becomes printable ASCII, and the same text again', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.nat(0xffff).map((code) => String.fromCharCode(code)) }), (value) => {
      const json = jsonString(value);
      assert.match(json, /^[\x20-\x7e]*$/);
      assert.equal(JSON.parse(json), value);
    }),
  );
});
