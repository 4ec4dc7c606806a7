import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { endOfHead, mostFields, readContentLength, readFieldLines, writeFieldLines } from './field-lines.ts';
import { Malformed } from './malformed.ts';

function read(text: string): string[] {
  const bytes = Buffer.from(text, 'latin1');
  const fields: string[] = [];
  readFieldLines(bytes, 0, bytes.length, text, fields);
  return fields;
}

const good: readonly [text: string, fields: readonly string[]][] = [
  ['', []],
  ['A: b', ['A', 'b']],
  ['A:b', ['A', 'b']],
  ['A: \t b c \t', ['A', 'b c']],
  ['A:', ['A', '']],
  ['A:   ', ['A', '']],
  ['A: b\r\nC: d', ['A', 'b', 'C', 'd']],
  ['A: b\r\n', ['A', 'b']],
  ['A: b:c', ['A', 'b:c']],
  ['A: \xe9\xff', ['A', '\xe9\xff']],
  ["!#$%&'*+-.^_`|~09azAZ: x", ["!#$%&'*+-.^_`|~09azAZ", 'x']],
];
for (const [text, fields] of good) {
  test(`${JSON.stringify(text)} is read`, () => assert.deepEqual(read(text), fields));
}

const bad: readonly string[] = [
  ':',
  ': b',
  'A',
  'A b: c',
  'A : b',
  ' A: b',
  '\tA: b',
  'A: b\r\n C',
  'A: b\n',
  'A: b\nC: d',
  'A: b\rC: d',
  'A: b\r',
  'A: b\r\r\n',
  'A: b\x00c',
  'A: b\x7f',
  'A: b\x1f',
  'A\x00: b',
  'A(b): c',
  'A\xe9: b',
  'A: b\r\n\r\nC: d',
  '\r\nA: b',
];
for (const text of bad) {
  test(`${JSON.stringify(text)} is malformed`, () => assert.throws(() => read(text), Malformed));
}

test('nothing behind the end is read', () => {
  const bytes = Buffer.from('A: bX: y', 'latin1');
  const fields: string[] = [];
  readFieldLines(bytes, 0, 4, 'A: b', fields);
  assert.deepEqual(fields, ['A', 'b']);
});

test('what is written is read as it was, or is not written', () => {
  const name = fc.string({ unit: fc.constantFrom(...'aZ0-_~:( \r\n\t\x00é'), maxLength: 6 });
  const value = fc.string({ unit: fc.constantFrom(...'a ,:"\t\r\n\x00\x7fé'), maxLength: 8 });
  fc.assert(
    fc.property(fc.array(fc.tuple(name, value), { maxLength: 4 }), (pairs) => {
      const fields = pairs.flat();
      const written = writeFieldLines(fields);
      if (written === undefined) return;
      const trimmed = fields.map((each, i) => (i % 2 === 0 ? each : each.replace(/^[ \t]+|[ \t]+$/g, '')));
      assert.deepEqual(read(written), trimmed);
    }),
  );
});

for (const [fields, why] of [
  [['a', 'b\r\nc: d'], 'a line break in a value'],
  [['a\r\nc', 'd'], 'a line break in a name'],
  [['', 'd'], 'no name'],
  [['a b', 'd'], 'a space in a name'],
  [['a', 'b\x00'], 'a NUL'],
  [['a', 'ā'], 'a character above latin1'],
] as const) {
  test(`${why} cannot be written`, () => assert.equal(writeFieldLines(fields), undefined));
}

test('the end of a head is found wherever it is', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('\r', '\n', 'a'), maxLength: 20 }),
      fc.nat(20),
      (text, from) => {
        assert.equal(endOfHead(Buffer.from(text), from), text.indexOf('\r\n\r\n', from));
      },
    ),
    { numRuns: 2_000 },
  );
});

test('lengths are digits and nothing else', () => {
  assert.equal(readContentLength('0'), 0);
  assert.equal(readContentLength('007'), 7);
  assert.equal(readContentLength('999999999999999'), 999_999_999_999_999);
  for (const text of ['', '+1', '-1', '0x1', '1 ', ' 1', '1,1', '1e3', '１', '1000000000000000'])
    assert.throws(() => readContentLength(text), Malformed, text);
});

test('fields have a bound', () => {
  const lines = (count: number): string => 'A:\r\n'.repeat(count);
  assert.equal(read(lines(mostFields)).length, 2 * mostFields);
  assert.throws(() => read(lines(mostFields + 1)), Malformed);
});
