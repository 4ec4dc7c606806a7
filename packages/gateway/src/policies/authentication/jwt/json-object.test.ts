import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseObject } from './json-object.ts';

test('an object is parsed', () => {
  assert.deepEqual(parseObject(' {"a":"x:y","b":[{"c":1},{"c":2}],"d":{}} '), {
    a: 'x:y',
    b: [{ c: 1 }, { c: 2 }],
    d: {},
  });
});

const refused: readonly [name: string, text: string, fault?: string][] = [
  ['a member twice', '{"iss":"evil","iss":"good"}'],
  ['twice by an escape', '{"iss":"evil","\\u0069ss":"good"}'],
  ['twice inside', '{"realm_access":{"roles":["user"],"roles":["admin"]}}'],
  ['twice in a list', '{"a":[{"b":1,"b":2}]}'],
  ['an object replaced by a text', '{"a":{"b":1,"c":2},"a":"x"}'],
  ['__proto__ twice', '{"__proto__":1,"__proto__":2}'],
  ['a list', '[]', 'json'],
  ['a text', '"a"', 'json'],
  ['null', 'null', 'json'],
  ['nothing', '', 'json'],
  ['half', '{"a":', 'json'],
  ['two values', '{}{}', 'json'],
  ['a byte order mark', '\ufeff{}', 'json'],
  ['too deep', `${'{"a":'.repeat(17)}1${'}'.repeat(17)}`, 'too-deep'],
  ['far too deep', '['.repeat(12_000), 'too-deep'],
];

for (const [name, text, fault = 'member-twice'] of refused) {
  test(`refused: ${name}`, () => assert.equal(parseObject(text), fault));
}

test('a member named __proto__ stays one', () => {
  const parsed = parseObject('{"__proto__":{"admin":true}}');
  assert.ok(typeof parsed !== 'string' && Object.hasOwn(parsed, '__proto__'));
  assert.equal((parsed as { admin?: unknown }).admin, undefined);
});

test('what JSON.stringify writes is read back, and the first member once more is not', () => {
  const depth = fc.jsonValue({ maxDepth: 6 });
  fc.assert(
    fc.property(fc.dictionary(fc.string(), depth, { minKeys: 1 }), fc.string(), (object, value) => {
      const text = JSON.stringify(object);
      assert.deepEqual(parseObject(text), JSON.parse(text));
      const [name] = Object.keys(object);
      const doubled = `{${JSON.stringify(name)}:${JSON.stringify(value)},${text.slice(1)}`;
      assert.equal(parseObject(doubled), 'member-twice');
    }),
  );
});
