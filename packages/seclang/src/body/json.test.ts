import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { BodyContent } from './content.ts';
import { readJson } from './json.ts';
import { type BodyLimits, usualLimits } from './limits.ts';

function read(body: string, limits?: Partial<BodyLimits>, contentType = 'application/json'): BodyContent {
  return readJson(body, contentType, { ...usualLimits, ...limits });
}

function pairs({ arguments: found }: BodyContent): string[] {
  return found.map(({ name, value }) => `${name}=${value}`);
}

const texts: readonly (readonly [body: string, expected: readonly string[]])[] = [
  ['{"a":1}', ['json.a=1']],
  ['{"a":{"b":{"c":"x"}}}', ['json.a.b.c=x']],
  [
    '[1,2,[3,[4]]]',
    ['json.array_0=1', 'json.array_1=2', 'json.array_2.array_0=3', 'json.array_2.array_1.array_0=4'],
  ],
  ['{"a":[{"b":1},{"b":2}]}', ['json.a.array_0.b=1', 'json.a.array_1.b=2']],
  ['{"a":[[1],2],"b":3}', ['json.a.array_0.array_0=1', 'json.a.array_1=2', 'json.b=3']],
  ['"text"', ['json=text']],
  ['5', ['json=5']],
  ['[true,false,null]', ['json.array_0=true', 'json.array_1=false', 'json.array_2=null']],
  [
    '[-0,2.50,1e400,-1.5E-3]',
    ['json.array_0=-0', 'json.array_1=2.50', 'json.array_2=1e400', 'json.array_3=-1.5E-3'],
  ],
  [' \t\r\n{ "a" : 1 , "b" : [ 2 ] } \n', ['json.a=1', 'json.b.array_0=2']],
  ['{"":1}', ['json.empty-key=1']],
  ['{"a.b":1}', ['json.a.b=1']],
  ['""', ['json=']],
  ['', []],
  // No rule would see these names otherwise.
  ['{"<script>":{}}', ['json.<script>=']],
  ['{"a":[{"b":[]},{}]}', ['json.a.array_0.b=', 'json.a.array_1=']],
  ['[]', ['json=']],
  // One reader takes the first, another the last: both are seen.
  ['{"a":"1","a":"2"}', ['json.a=1', 'json.a=2']],
  ['{"\\u0061":1,"a":2}', ['json.a=1', 'json.a=2']],
  ['{"__proto__":{"x":1}}', ['json.__proto__.x=1']],
  // What is escaped.
  ['"\\"\\\\\\/\\b\\f\\n\\r\\t"', ['json="\\/\b\f\n\r\t']],
  ['"\\u003cscript\\u003E"', ['json=<script>']],
  ['"\\u0000"', ['json=\0']],
  ['"\\u00e9\\u20AC\\ud83d\\ude00"', ['json=\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80']],
  ['"\\u0080\\u07ff\\u0800\\uffff"', ['json=\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf']],
  ['"\xc3\xa9"', ['json=\xc3\xa9']],
  ['{"\\u0073elect":"\\\\u0041"}', ['json.select=\\u0041']],
  ['"\x7f"', ['json=\x7f']],
];

test('values are arguments, named by where they are', () => {
  for (const [body, expected] of texts) {
    const content = read(body);
    assert.deepEqual(pairs(content), expected, body);
    assert.equal(content.fault, undefined, body);
  }
});

/** What only some readers take: the fault, and what is seen all the same. */
const faults: readonly (readonly [body: string, fault: RegExp, expected: readonly string[]])[] = [
  // Read to the end.
  ['\xef\xbb\xbf{"a":"b"}', /byte order mark/, ['json.a=b']],
  ['{"a":"\xff","b":"c"}', /not UTF-8/, ['json.a=\xff', 'json.b=c']],
  ['"\xc0\xaf"', /not UTF-8/, ['json=\xc0\xaf']],
  ['"\xed\xa0\x80"', /not UTF-8/, ['json=\xed\xa0\x80']],
  ['["a\nb","c"]', /control/, ['json.array_0=a\nb', 'json.array_1=c']],
  ['["\0"]', /control/, ['json.array_0=\0']],
  ['["\\x41","c"]', /unknown escape/, ['json.array_0=\\x41', 'json.array_1=c']],
  ['["\\u00g0"]', /unknown escape/, ['json.array_0=\\u00g0']],
  ['["\\u00"]', /unknown escape/, ['json.array_0=\\u00']],
  ['["\\ud800","c"]', /surrogate/, ['json.array_0=\xef\xbf\xbd', 'json.array_1=c']],
  ['["\\ud800\\u0041"]', /surrogate/, ['json.array_0=\xef\xbf\xbdA']],
  ['["\\ude00\\ud83d"]', /surrogate/, ['json.array_0=\xef\xbf\xbd\xef\xbf\xbd']],
  // Where it stops, what is left is seen as it is.
  ['{"a":1} x', /follows/, ['json.a=1', 'json=x']],
  ['{"a":1}{"b":2}', /follows/, ['json.a=1', 'json={"b":2}']],
  ['1 2', /follows/, ['json=1', 'json=2']],
  ['{"a":1}\0', /follows/, ['json.a=1', 'json=\0']],
  ['{"evil":[', /none of JSON/, ['json.evil=']],
  ['{"evil":{', /no name/, ['json.evil=']],
  ['{"a":1', /does not go on/, ['json.a=1']],
  ['{"a":', /none of JSON/, ['json="a":']],
  ['{"a":1,}', /no name/, ['json.a=1', 'json=}']],
  ['[1,]', /none of JSON/, ['json.array_0=1', 'json=]']],
  ['[,1]', /none of JSON/, ['json=,1]']],
  ['[1 2]', /does not go on/, ['json.array_0=1', 'json=2]']],
  ['[1}', /does not go on/, ['json.array_0=1', 'json=}']],
  ['{"a":1]', /does not go on/, ['json.a=1', 'json=]']],
  ['{"a" 1}', /no colon/, ['json="a" 1}']],
  ["{'a':'b'}", /no name/, ["json='a':'b'}"]],
  ['{a:"b"}', /no name/, ['json=a:"b"}']],
  ['{"a":"b', /does not end/, ['json="a":"b']],
  ['{"a', /does not end/, ['json="a']],
  ['"a\\', /does not end/, ['json="a\\']],
  ['"a\\"', /does not end/, ['json="a\\"']],
  ['{"evil":{"b":undefined}}', /none of JSON/, ['json.evil="b":undefined}}']],
  ['// c\n{"a":1}', /none of JSON/, ['json=// c\n{"a":1}']],
  ['{"a":/**/1}', /none of JSON/, ['json="a":/**/1}']],
  [')]}\'\n{"a":1}', /none of JSON/, ['json=)]}\'\n{"a":1}']],
  ['01', /follows/, ['json=0', 'json=1']],
  ['[+1]', /none of JSON/, ['json=+1]']],
  ['[.5]', /none of JSON/, ['json=.5]']],
  ['[1.]', /does not go on/, ['json.array_0=1', 'json=.]']],
  ['[0x41]', /does not go on/, ['json.array_0=0', 'json=x41]']],
  ['[NaN]', /none of JSON/, ['json=NaN]']],
  ['[True]', /none of JSON/, ['json=True]']],
  ['[truex]', /does not go on/, ['json.array_0=true', 'json=x]']],
  ['{"a"\xa0:1}', /not UTF-8/, ['json="a"\xa0:1}']],
  ['{"a"\v:1}', /no colon/, ['json="a"\v:1}']],
  [' ', /none of JSON/, []],
  ['a=<script>', /none of JSON/, ['json=a=<script>']],
  ['<a>b</a>', /none of JSON/, ['json=<a>b</a>']],
  // UTF-16 and UTF-32, with and without a mark.
  ['\xff\xfe[\x001\0]\0', /not UTF-8/, ['json=\xff\xfe[\x001\0]\0']],
  ['[\x001\0]\0', /none of JSON/, ['json=\x001\0]\0']],
  ['\0[\x001\0]', /none of JSON/, ['json=\0[\x001\0]']],
];

test('what only some readers take is a fault, and is seen nevertheless', () => {
  for (const [body, fault, expected] of faults) {
    const content = read(body);
    assert.match(content.fault ?? '', fault, body);
    assert.deepEqual(pairs(content), expected, body);
  }
});

test('a charset that rules cannot see through is a fault', () => {
  for (const contentType of [
    'application/json',
    'application/json; charset=utf-8',
    'application/json;charset="UTF-8"',
    'application/json; charset=us-ascii; v=1',
  ])
    assert.equal(read('[1]', {}, contentType).fault, undefined, contentType);
  for (const contentType of [
    'application/json; charset=utf-7',
    'application/json; charset=utf-16',
    'application/json; charset=ibm037',
    'application/json; CHARSET=UTF-7',
    'application/json; charset=utf-8; charset=utf-7',
    "application/json; charset*=utf-8''utf-7",
    'application/json; charset*0=utf; charset*1=-7',
    'application/json; charset = utf-7',
    'application/json; charset="utf-7',
    'application/json charset=utf-8',
    'application/json; charset=',
  ]) {
    const content = read('["+ADw-script+AD4-"]', {}, contentType);
    assert.match(content.fault ?? '', /charset/, contentType);
    assert.deepEqual(pairs(content), ['json.array_0=+ADw-script+AD4-']);
  }
});

test('depth, number and names are bounded, and what is beyond is seen', () => {
  assert.equal(read('[[[1]]]', { depth: 3 }).fault, undefined);
  const deep = read('[[[["evil"]]]]', { depth: 3 });
  assert.match(deep.fault!, /deeply/);
  assert.deepEqual(pairs(deep), ['json.array_0.array_0=["evil"]]]]']);
  assert.equal(read('[1,2,3]', { arguments: 3 }).fault, undefined);
  const many = read('[1,2,3,"evil"]', { arguments: 3 });
  assert.match(many.fault!, /too many/);
  assert.deepEqual(pairs(many).at(-1), 'json="evil"]');
  const empty = read('[{},{},{},{}]', { arguments: 3 });
  assert.match(empty.fault!, /too many/);
  const long = read(`{"${'a'.repeat(1_000)}":[1,2,"evil"]}`, { nameBytes: 2_500 });
  assert.match(long.fault!, /too long/);
  assert.match(pairs(long).at(-1)!, /^json\.a+="evil"\]\}$/);
});

test('the deepest text that a body can be does not reach the end of the stack', () => {
  const levels = 500_000;
  const limits = { depth: levels, nameBytes: Number.POSITIVE_INFINITY };
  for (const body of [
    '['.repeat(levels),
    `${'['.repeat(levels)}${']'.repeat(levels)}`,
    '{"a":'.repeat(levels),
  ])
    assert.equal(read(body, limits).arguments.length <= 1, true);
});

/** The plain reading: what JSON.parse makes of it, gone through. */
function flattened(value: unknown, name = 'json'): string[] {
  if (typeof value !== 'object' || value === null) return [`${name}=${bytes(String(value))}`];
  const items: string[] = Array.isArray(value)
    ? value.flatMap((item, index) => flattened(item, `${name}.array_${index}`))
    : Object.entries(value).flatMap(([key, item]) =>
        flattened(item, `${name}.${key === '' ? 'empty-key' : bytes(key)}`),
      );
  return items.length > 0 ? items : [`${name}=`];
}

function bytes(text: string): string {
  return Buffer.from(text).toString('latin1');
}

const whole = fc.string({ unit: 'grapheme', maxLength: 12 });

test('arguments are what JSON.parse finds', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 5, stringUnit: 'grapheme' }), fc.nat(3), (value, indent) => {
      const content = read(bytes(JSON.stringify(value, undefined, indent)));
      assert.equal(content.fault, undefined);
      // A number may be written in other ways, but JSON.stringify has one.
      assert.deepEqual(pairs(content), flattened(JSON.parse(JSON.stringify(value))));
    }),
    { numRuns: 2_000 },
  );
});

/** Each character as it is or as an escape, in letters of both cases. */
test('however a string is escaped, it is the same', () => {
  const ways = fc.infiniteStream(fc.nat(2));
  fc.assert(
    fc.property(whole, ways, (text, stream) => {
      let written = '';
      for (let index = 0; index < text.length; index++) {
        const way = stream.next().value;
        const unit = `\\u${text.charCodeAt(index).toString(16).padStart(4, '0')}`;
        const isHigh = /[\ud800-\udbff]/.test(text[index]!);
        if (way === 0 && !isHigh && !/[\udc00-\udfff"\\\0-\x1f]/.test(text[index]!)) written += text[index];
        else written += way === 1 ? unit : unit.replace(/[a-f]/g, (digit) => digit.toUpperCase());
      }
      const content = read(bytes(`"${written}"`));
      assert.equal(content.fault, undefined);
      assert.deepEqual(pairs(content), [`json=${bytes(JSON.parse(`"${written}"`))}`]);
    }),
    { numRuns: 1_000 },
  );
});

/** The grammar is JSON.parse's: what is one to it is one here, and the other way round. */
test('what JSON.parse takes has no fault, and only that', () => {
  const word = fc.constantFrom(
    ...[
      '{',
      '}',
      '[',
      ']',
      ':',
      ',',
      '"a"',
      '"',
      '\\',
      '1',
      '-',
      '0',
      '.5',
      'e1',
      'true',
      'null',
      ' ',
      '\n',
      '\t',
      'x',
      '\\u0041',
      '\v',
    ],
  );
  fc.assert(
    fc.property(fc.array(word, { minLength: 1, maxLength: 8 }), (words) => {
      const body = words.join('');
      const isJson = parses(body);
      assert.equal(read(body).fault === undefined, isJson, body);
    }),
    { numRuns: 20_000 },
  );
});

function parses(body: string): boolean {
  try {
    JSON.parse(body);
    return true;
  } catch {
    return false;
  }
}
