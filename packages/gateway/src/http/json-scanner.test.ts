import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { deepest, type JsonLimits, usualLimits } from './json-limits.ts';
import { type JsonRule, scanJson } from './json-scanner.ts';

function scan(text: string | Buffer, limits: Partial<JsonLimits> = {}) {
  return scanJson(Buffer.from(text as string), { ...usualLimits, ...limits });
}

const many = (count: number): string => Array.from({ length: count }, (_, i) => `"k${i}":0`).join();

const refused: readonly (readonly [
  what: string,
  text: string | Buffer,
  rule: JsonRule,
  pointer: string,
  offset: number,
])[] = [
  ['nothing', '', 'syntax', '', 0],
  ['blanks alone', ' \n', 'syntax', '', 2],
  ['a word that is none', 'nul', 'syntax', '', 3],
  ['another word', '[1,trye]', 'syntax', '/1', 5],
  ['two values', '{} {}', 'syntax', '', 3],
  ['a NUL behind it', '1\0', 'syntax', '', 1],
  ['an unclosed string', '{"a":"', 'syntax', '/a', 6],
  ['an unclosed name', '{"a', 'syntax', '', 3],
  ['a name without a value', '{"a"}', 'syntax', '/a', 4],
  ['a name that is none', '{a:1}', 'syntax', '', 1],
  ['a comma at the end', '{"a":1,}', 'syntax', '/a', 7],
  ['a comma at the end of an array', '[1,]', 'syntax', '/1', 3],
  ['a comment', '[1/**/]', 'syntax', '/0', 2],
  ['single quotes', "{'a':1}", 'syntax', '', 1],
  ['a line break in a string', '["a\nb"]', 'syntax', '/0', 3],
  ['an escape that is none', '["\\x41"]', 'syntax', '/0', 2],
  ['an escape with too few digits', '["\\u12"]', 'syntax', '/0', 2],
  ...['/', ':', '@', 'G', '`', 'g'].map(
    (digit) => [`an escape with the digit ${digit}`, `["\\u00a${digit}"]`, 'syntax', '/0', 2] as const,
  ),
  ['an escape at the end', '"\\', 'syntax', '', 1],
  ['a leading zero', '[01]', 'syntax', '/0', 1],
  ['a plus', '[+1]', 'syntax', '/0', 1],
  ['a dot without digits', '[1.]', 'syntax', '/0', 3],
  ['an exponent without digits', '[1e+]', 'syntax', '/0', 4],
  ['a sign without digits', '[-]', 'syntax', '/0', 2],
  ['hexadecimal', '[0x10]', 'syntax', '/0', 2],
  ['not a number', '[NaN]', 'syntax', '/0', 1],
  ['blanks of Unicode', '[\u00a01]', 'syntax', '/0', 1],
  ['a form feed', '[\f1]', 'syntax', '/0', 1],
  ['a byte order mark', '\ufeff{}', 'encoding', '', 0],
  ['overlong UTF-8', Buffer.from([0x5b, 0x22, 0xc0, 0x80, 0x22, 0x5d]), 'encoding', '', 2],
  ['UTF-16', Buffer.from('{"a":1}', 'utf16le'), 'syntax', '', 1],
  ['a surrogate in UTF-8', Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]), 'encoding', '', 1],
  ['a member twice', '{"a":1,"a":2}', 'member-twice', '/a', 7],
  ['a member twice among others with its hash', '{"AaBB":1,"BBAa":2,"AaBB":3}', 'member-twice', '/AaBB', 19],
  ['a member twice, once escaped', '{"a":1,"\\u0061":2}', 'member-twice', '/a', 7],
  ['a member twice, the first escaped', '{"\\u0061":1,"b":0,"a":2}', 'member-twice', '/a', 18],
  ['a member twice in an inner object', '[{"x":{"b":1,"c":[{"d":1}],"b":2}}]', 'member-twice', '/0/x/b', 27],
  ['a member twice after many', `{${many(40)},"k3":1}`, 'member-twice', '/k3', many(40).length + 2],
  ['an empty member twice', '{"":1,"":2}', 'member-twice', '/', 6],
  ['a name with slashes', '{"a/b~c":{"x":1,"x":1}}', 'member-twice', '/a~1b~0c/x', 16],
  ['a prototype', '{"a":{"__proto__":{"admin":true}}}', 'prototype', '/a/__proto__', 6],
  ['a prototype, escaped', '{"__pr\\u006fto__":1}', 'prototype', '/__proto__', 1],
  [
    'a prototype by its constructor',
    '{"constructor":{"prototype":{}}}',
    'prototype',
    '/constructor/prototype',
    16,
  ],
  [
    'the same, escaped',
    '{"\\u0063onstructor":{"protot\\u0079pe":{}}}',
    'prototype',
    '/constructor/prototype',
    21,
  ],
  ['half of a character', '["\\ud800"]', 'surrogate', '/0', 2],
  ['the other half', '["\\udc00"]', 'surrogate', '/0', 2],
  ['two halves the wrong way round', '["\\udc00\\ud800"]', 'surrogate', '/0', 2],
  ['half and an escape that is no half', '["\\ud800\\n"]', 'surrogate', '/0', 2],
  ['a half that looks like an escape', '["\\ud83dxude00"]', 'surrogate', '/0', 2],
  ['half and an escape with its digits', '["\\ud83d\\nde00"]', 'surrogate', '/0', 2],
  ['half and one beyond the other halves', '["\\ud83d\\ue000"]', 'surrogate', '/0', 2],
  ['two second halves', '["\\udc00\\udc00"]', 'surrogate', '/0', 2],
  ['two first halves', '["\\udbff\\udbff"]', 'surrogate', '/0', 2],
  ['half of a character in a name', '{"\\udbff":1}', 'surrogate', '', 2],
  ['a number beyond all doubles', '[1e400]', 'number-precision', '/0', 1],
  ['a number that becomes zero', '[1e-400]', 'number-precision', '/0', 1],
  ['a whole number that no double is', '{"id":9007199254740993}', 'number-precision', '/id', 6],
  ['more digits than a double has', '[0.123456789012345678]', 'number-precision', '/0', 1],
];

for (const [what, text, rule, pointer, offset] of refused) {
  test(`refuses ${what}`, () => {
    const fault = scan(text);
    assert.deepEqual(fault && { ...fault, message: '' }, { rule, pointer, offset, message: '' });
  });
}

test('a text that ends too early is told from one that is none', () => {
  for (const text of ['', '[1', '{"a":', '"a', 'tru', '-', '1.', '1e']) {
    const fault = scan(text);
    assert.deepEqual([fault?.rule, fault?.message], ['syntax', 'ends too early'], text);
  }
  for (const text of ['x', '[1}', '{"a";', 'trux', '-a', '1.a', '1ea'])
    assert.equal(scan(text)?.message, 'is not valid JSON', text);
});

const taken: readonly string[] = [
  '0',
  '-0',
  ' {"a" : [ 1 , 2.50, -3e2 , 1E-7 , true , false , null ] } \r\n',
  '{"prototype":1,"constructor":{"name":{"prototype":1}}}',
  '{"constructor":[{"prototype":1}]}',
  '{"prototype_":1,"__proto":1}',
  '{"a":{"constructor":1},"b":[{"prototype":1}]}',
  '{"a":{"constructor":{}},"b":{"c":{"prototype":1}}}',
  // Names with the same hash.
  '{"Aa":1,"BB":2,"AaAa":3,"BBBB":4,"AaBB":5,"BBAa":6}',
  '{"constructor":{"attribute":1,"\\u0061":1,"__proto_":1}}',
  '["\\ud83d\\ude00","\\u0000","\\/\\b\\f\\n\\r\\t\\"\\\\"]',
  '"\ud83d\ude00"',
  '["\\u09af\\u09AF"]',
  '["\\ud7ff\\ud800\\udc00\\uDBFF\\uDFFF\\ue000"]',
  '9007199254740992',
  '10000000000000000000000',
  '123456789.12345678',
  '52.520006599999997',
  '0.30000000000000004',
  '1.7976931348623157e308',
  '5e-324',
  '0e10',
  '0.000',
  '1.50000000000000000000000',
  '{"a":{"a":[{"a":1},{"a":2}]},"b":{"a":"}{\\"a\\":"}}',
];

for (const text of taken) test(`takes ${text}`, () => assert.equal(scan(text), undefined));

const bounded: readonly (readonly [
  limits: Partial<JsonLimits>,
  good: string,
  bad: string,
  rule: JsonRule,
])[] = [
  [{ depth: 3 }, '[[{"a":1}]]', '[[{"a":[]}]]', 'depth'],
  [{ depth: deepest }, '['.repeat(deepest) + ']'.repeat(deepest), '['.repeat(deepest + 1), 'depth'],
  [{ members: 2 }, '[{"a":1,"b":2},{"a":1,"b":2}]', '{"a":1,"b":2,"c":3}', 'members'],
  [{ items: 2 }, '[[1,2],[1,2]]', '[1,2,3]', 'items'],
  [{ values: 3 }, '[1,2]', '[1,[2]]', 'values'],
  [{ stringLength: 3 }, '["abc",{"abc":1}]', '["abcd"]', 'string-length'],
  [{ stringLength: 3 }, '"é"', '{"éé":1}', 'string-length'],
  [{ stringLength: 3 }, '"a\\n"', '"ab\\n"', 'string-length'],
  [{ stringLength: 6 }, '"\\u00e9"', '"\\ud83d\\ude00"', 'string-length'],
  [{ numberLength: 4 }, '[-1e2,1234]', '[12345]', 'number-length'],
];

for (const [limits, good, bad, rule] of bounded) {
  test(`bounds ${JSON.stringify(limits)}`, () => {
    assert.equal(scan(good, limits), undefined);
    assert.equal(scan(bad, limits)?.rule, rule);
  });
}

test('what is allowed passes', () => {
  assert.equal(scan('[9007199254740993,1e400]', { inexactNumbers: true }), undefined);
  assert.equal(scan('{"__proto__":1,"constructor":{"prototype":1}}', { prototypeNames: true }), undefined);
});

test('takes all that JSON.stringify writes', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 6 }), fc.nat(3), (value, indent) => {
      const text = JSON.stringify(value, null, indent);
      // Of a double beyond 2^53, the digits that it writes are not those that it holds.
      if (!text.includes('__proto__') && !/\d{17}/.test(text)) assert.equal(scan(text), undefined);
    }),
  );
});

test('bytes that are no UTF-8 are found wherever they are', () => {
  const unit = fc.constantFrom('a', 'é', '€', '\u{1f600}');
  const bad = fc.constantFrom(
    [0x80],
    [0xbf, 0xbf, 0xbf, 0xbf],
    [0xc3],
    [0xe2, 0x82],
    [0xf0, 0x9f, 0x98],
    [0xff],
  );
  const text = fc.string({ unit, maxLength: 200 });
  fc.assert(
    fc.property(
      text,
      bad,
      fc.string({ unit: fc.constantFrom('b', '"'), maxLength: 200 }),
      (before, bytes, after) => {
        const good = Buffer.byteLength(before);
        const fault = scan(Buffer.concat([Buffer.from(before), Buffer.from(bytes), Buffer.from(after)]));
        assert.deepEqual([fault?.rule, fault?.offset], ['encoding', good]);
      },
    ),
  );
});

/** Good texts with some bytes changed: near enough to JSON to come far. */
const nearly = fc
  .tuple(
    fc.jsonValue({ maxDepth: 4 }),
    fc.array(fc.tuple(fc.nat(), fc.constantFrom(...'{}[]",:\\u0019eE+-. \n\u0000'), fc.nat(2)), {
      maxLength: 4,
    }),
  )
  .map(([value, changes]) => {
    let text = JSON.stringify(value);
    for (const [at, character, kind] of changes) {
      const place = at % (text.length + 1);
      text = `${text.slice(0, place)}${kind === 0 ? '' : character}${text.slice(place + (kind === 2 ? 0 : 1))}`;
    }
    return text;
  });

function isParsed(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

test('agrees with JSON.parse about what is JSON, but for what it is there to refuse', () => {
  fc.assert(
    fc.property(nearly, (text) => {
      const fault = scan(text.toWellFormed());
      if (fault === undefined) assert.ok(isParsed(text), text);
      else if (fault.rule === 'syntax') assert.ok(!isParsed(text.toWellFormed()), text);
      if (fault !== undefined) assert.ok(fault.offset <= Buffer.byteLength(text));
    }),
    { numRuns: 2_000 },
  );
});

test('nothing of the text but names is in a fault, and of names no more than a line', () => {
  const fault = scan(`{"${'n'.repeat(2_000)}":["hunter2" oops]}`);
  assert.doesNotMatch(JSON.stringify(fault), /hunter2|oops/);
  assert.ok(fault!.pointer.length < 600);
});
