import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { JsonFault, parseJson } from './json.ts';
import { usualLimits } from './json-limits.ts';

const refused: readonly (readonly [what: string, text: string | Buffer, message: RegExp])[] = [
  ['a member twice', '{"a":1,"a":2}', /twice/],
  ['a member twice, once escaped', '{"a":1,"\\u0061":2}', /twice/],
  ['a member twice in an inner object', '[{"x":{"b":1,"c":[{"d":1}],"b":2}}]', /twice/],
  [
    'a member twice after many',
    `{${Array.from({ length: 40 }, (_, i) => `"k${i}":0`).join()},"k3":1}`,
    /twice/,
  ],
  ['a prototype', '{"a":{"__proto__":{"admin":true}}}', /__proto__/],
  ['a prototype, escaped', '{"__pr\\u006fto__":1}', /__proto__/],
  ['too deep', '['.repeat(usualLimits.depth + 1), /nested/],
  ['a byte order mark', '\ufeff{}', /byte order mark/],
  ['overlong UTF-8', Buffer.from([0x22, 0xc0, 0x80, 0x22]), /UTF-8/],
  ['an unclosed string', '{"a":"', /ends too early/],
  ['two values', '{} {}', /behind its end/],
  ['nothing', '', /ends too early/],
];

for (const [what, text, message] of refused) {
  test(`refuses ${what}`, () => {
    assert.throws(
      () => parseJson(Buffer.from(text as string)),
      (error) => error instanceof JsonFault && message.test(error.message),
    );
  });
}

test('the same name in different objects is no repetition', () => {
  const text = '{"a":{"a":[{"a":1},{"a":2}]},"b":{"a":"}{\\"a\\":"}}';
  assert.deepEqual(parseJson(Buffer.from(text)), JSON.parse(text));
});

test('the message of a fault never quotes the body', () => {
  assert.throws(
    () => parseJson(Buffer.from('{"password":"hunter2" oops}')),
    (error) => error instanceof Error && !error.message.includes('hunter2'),
  );
});

test('takes all that JSON.stringify writes, and gives the same', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
      const text = JSON.stringify(value);
      if (text.includes('__proto__') || /\d{17}/.test(text)) return;
      assert.deepEqual(parseJson(Buffer.from(text)), JSON.parse(text));
    }),
  );
});
