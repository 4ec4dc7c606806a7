import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { deepest } from './json-limits.ts';
import { JsonMatcher } from './json-matcher.ts';
import { foldName, parseJsonPath } from './json-path.ts';
import { TooDeep, textAt, visitJson } from './json-visit.ts';

function without(text: string, ...paths: readonly string[]): string {
  return visitJson(Buffer.from(text), new JsonMatcher(paths.map(parseJsonPath)), () => true).toString();
}

function found(text: string, ...paths: readonly string[]): string[] {
  const bytes = Buffer.from(text);
  const values: string[] = [];
  visitJson(bytes, new JsonMatcher(paths.map(parseJsonPath)), ({ path, from, exact }) => {
    values.push(`${paths[path]}${exact ? '' : '~'}=${textAt(bytes, from)}`);
    return false;
  });
  return values;
}

const cuts: readonly [text: string, paths: string | readonly string[], left: string][] = [
  ['{"a":1,"b":2,"c":3}', '/a', '{"b":2,"c":3}'],
  ['{"a":1,"b":2,"c":3}', '/b', '{"a":1,"c":3}'],
  ['{"a":1,"b":2,"c":3}', '/c', '{"a":1,"b":2}'],
  ['{"a":1,"b":2,"c":3}', ['/a', '/b'], '{"c":3}'],
  ['{"a":1,"b":2,"c":3}', ['/b', '/c'], '{"a":1}'],
  ['{"a":1,"b":2,"c":3}', ['/a', '/c'], '{"b":2}'],
  ['{"a":1,"b":2,"c":3}', '/*', '{}'],
  ['{"a":1}', '/a', '{}'],
  [' { "a" : 1 , "b" : [ 1 , 2 ] } ', '/a', ' { "b" : [ 1 , 2 ] } '],
  [' { "a" : 1 , "b" : [ 1 , 2 ] } ', '/b', ' { "a" : 1 } '],
  ['{"a":1,"b":2}', '/nope', '{"a":1,"b":2}'],
  ['[1,2,3]', '/1', '[1,3]'],
  ['[1,2,3]', '/*', '[]'],
  [
    '{"items":[{"price":1,"n":"x"},{"n":"y","price":2}]}',
    '/items/*/price',
    '{"items":[{"n":"x"},{"n":"y"}]}',
  ],
  ['{"o":{"x":{"price":1},"y":{"price":2,"q":0}}}', '/o/*/price', '{"o":{"x":{},"y":{"q":0}}}'],
  ['{"p":1,"a":{"p":2,"b":[{"p":3,"c":4}]}}', '/**/p', '{"a":{"b":[{"c":4}]}}'],
  ['{"a":{"p":1},"b":{"a":{"p":2}}}', '/**/a/p', '{"a":{},"b":{"a":{}}}'],
  ['{"a":{"x":{"p":1}},"p":2}', '/a/**/p', '{"a":{"x":{}},"p":2}'],
  // Whoever writes a name twice counts on two readers.
  ['{"role":"a","x":1,"role":"b"}', '/role', '{"x":1}'],
  ['{"o":{"role":"a"},"o":{"role":"b","x":1}}', '/o/role', '{"o":{},"o":{"x":1}}'],
  ['{"r\\u006fle":"a","x":1}', '/role', '{"x":1}'],
  ['{"ROLE":"a","Role":1,"x":1}', '/role', '{"x":1}'],
  ['{"to\\u212aen":1,"ſecret":2,"x":1}', ['/token', '/secret'], '{"x":1}'],
  ['{"a/b":1,"c~d":2,"x":1}', ['/a~1b', '/c~0d'], '{"x":1}'],
  ['{"":1,"x":2}', '/', '{"x":2}'],
  // Text that looks like structure.
  ['{"x":"\\"role\\":1,}{","role":"]}","y":"\\\\"}', '/role', '{"x":"\\"role\\":1,}{","y":"\\\\"}'],
  // Numbers keep their digits, whatever a reader would make of them.
  ['{"n":12345678901234567890.10,"p":1,"e":1E+2}', '/p', '{"n":12345678901234567890.10,"e":1E+2}'],
  ['{"a":{"b":1},"c":2}', ['/a', '/a/b'], '{"c":2}'],
  ['{"__proto__":{"role":1},"x":1}', '/__proto__', '{"x":1}'],
  ['"role"', '/role', '"role"'],
  ['{}', '/role', '{}'],
  ['[]', '/*', '[]'],
  ['{"0":1,"x":2}', '/0', '{"x":2}'],
];

for (const [text, paths, left] of cuts) {
  test(`${text} without ${paths} is ${left}`, () => assert.equal(without(text, ...[paths].flat()), left));
}

const finds: readonly [text: string, paths: readonly string[], values: readonly string[]][] = [
  ['{"id":"x","ID":"y"}', ['/id'], ['/id=x', '/id~=y']],
  ['{"items":[{"id":1},{"id":[2]},{}]}', ['/items/*/id'], ['/items/*/id=1', '/items/*/id=undefined']],
  ['{"a":{"a":1}}', ['/a', '/a/a'], ['/a=undefined', '/a/a=1']],
  ['{"a": null }', ['/a', '/**/a'], ['/a=undefined', '/**/a=undefined']],
  ['{"x":{"id":1},"id":2}', ['/id'], ['/id=2']],
];

for (const [text, paths, values] of finds) {
  test(`${paths} in ${text}`, () => assert.deepEqual(found(text, ...paths), values));
}

const texts: readonly [json: string, text: string | undefined][] = [
  ['"a\\u0062c"', 'abc'],
  ['""', ''],
  ['"\\\\"', '\\'],
  ['42', '42'],
  ['-7', '-7'],
  ['0', '0'],
  // One reader keeps these digits, another one rounds them: they are what they are.
  ['9007199254740993', '9007199254740993'],
  ['-0', undefined],
  ['1.0', undefined],
  ['1e3', undefined],
  ['1E3', undefined],
  ['true', undefined],
  ['null', undefined],
  ['[1]', undefined],
  ['{"a":1}', undefined],
];

for (const [json, text] of texts) {
  test(`the text of ${json} is ${text}`, () => {
    assert.equal(textAt(Buffer.from(json), 0), text);
    assert.equal(textAt(Buffer.from(`[ ${json} ]`), 2), text);
  });
}

test('paths that are none', () => {
  for (const text of ['', 'a', 'a/b', '/a~', '/a~2b', '/a/**', `/${'a/'.repeat(70)}`])
    assert.throws(() => parseJsonPath(text), Error, text);
});

test('what is deeper than the scanner goes is not gone through', () => {
  const deep = (levels: number): string => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`;
  assert.equal(without(deep(deepest), '/**/b'), deep(deepest));
  assert.throws(() => without(deep(deepest + 1), '/**/b'), TooDeep);
  // Where no path leads, nothing is looked at.
  assert.equal(without(`{"x":${deep(600)}}`, '/a/b'), `{"x":${deep(600)}}`);
});

test('a hostile document takes linear time', () => {
  const text = `[${Array.from({ length: 50_000 }, (_, i) => `{"role":${i},"x":[{"role":1}]}`).join()}]`;
  const left = without(text, '/**/role', '/*/x/*/role', '/**/x/**/role');
  assert.ok(!left.includes('role'));
  assert.equal((JSON.parse(left) as unknown[]).length, 50_000);
});

/** The plain way: every member by its whole way from the root. Loses digits, names given twice and white space. */
function plainly(value: unknown, path: readonly string[], way: readonly string[] = []): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const entries = Array.isArray(value)
    ? value.map((each, i): [string, unknown] => [String(i), each])
    : Object.entries(value);
  const kept = entries
    .filter(([name]) => !leadsTo(path, [...way, name]))
    .map(([name, each]): [string, unknown] => [name, plainly(each, path, [...way, name])]);
  return Array.isArray(value) ? kept.map(([, each]) => each) : Object.fromEntries(kept);
}

function leadsTo([step, ...path]: readonly string[], way: readonly string[]): boolean {
  if (step === undefined) return way.length === 0;
  const [name, ...rest] = way;
  if (step === '**') return leadsTo(path, way) || (name !== undefined && leadsTo(['**', ...path], rest));
  return name !== undefined && (step === '*' || foldName(step) === foldName(name)) && leadsTo(path, rest);
}

test('one matcher serves many documents, whatever names they have', () => {
  const matcher = new JsonMatcher(['/**/role', '/items/*/price', '/list/1/x'].map(parseJsonPath));
  const through = (value: unknown): unknown =>
    JSON.parse(visitJson(Buffer.from(JSON.stringify(value)), matcher, () => true).toString());
  for (let round = 0; round < 3; round++) {
    // More names than are remembered, long ones among them.
    const noise = Object.fromEntries(
      Array.from({ length: 2_000 }, (_, i) => [`n${i}${'x'.repeat(i % 90)}`, { role: i, kept: i }]),
    );
    const left = through({ ...noise, Role: 1, items: [{ price: 1, role: 2, id: 3 }] }) as Record<
      string,
      unknown
    >;
    assert.equal(JSON.stringify(left).toLowerCase().includes('role'), false);
    assert.deepEqual(left['items'], [{ id: 3 }]);
    assert.equal(Object.keys(left).length, 2_001);
    assert.deepEqual(through({ list: [{ x: 1 }, { x: 2, y: 3 }, { x: 4 }] }), {
      list: [{ x: 1 }, { y: 3 }, { x: 4 }],
    });
  }
});

test('names with one hash are told apart', () => {
  // FNV-1a of 32 bits: these pairs collide.
  for (const [one, other] of [
    ['costarring', 'liquid'],
    ['declinate', 'macallums'],
    ['altarage', 'zinke'],
  ] as const) {
    assert.equal(
      without(`[{"${one}":1},{"${other}":2},{"${one}":3}]`, `/*/${other}`),
      `[{"${one}":1},{},{"${one}":3}]`,
    );
    assert.equal(without(`[{"${other}":1},{"${one}":2}]`, `/*/${other}`), `[{},{"${one}":2}]`);
  }
});

test('agrees with the plain way', () => {
  const name = fc.constantFrom('a', 'b', 'A', 'role', 'x y', '0', 'é');
  const document = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      fc.constantFrom(null, true, 0, -1.5, '', '"', '\\', '},{', 'a'),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(name, tie('value'), { maxKeys: 4 }),
    ),
  })).value;
  const path = fc.array(fc.constantFrom('a', 'b', 'role', '*', '0'), { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(
      document,
      path,
      fc.boolean(),
      fc.constantFrom(undefined, 1, '\t'),
      (value, steps, deep, indent) => {
        const whole = deep ? ['**', ...steps] : steps;
        const text = JSON.stringify(value, null, indent);
        assert.deepEqual(JSON.parse(without(text, `/${whole.join('/')}`)), plainly(JSON.parse(text), whole));
      },
    ),
    { numRuns: 5000 },
  );
});
