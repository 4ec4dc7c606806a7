import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseDictionaryField, parseItemField, parseListField } from './structured-field-parser.ts';
import { serializeItem, serializeList } from './structured-fields.ts';

test('an item with parameters', () => {
  const item = parseItemField(' "a\\"b";q=1;flag;t=tok/en ');
  assert.deepEqual(item?.value, { type: 'string', value: 'a"b' });
  assert.deepEqual(Object.fromEntries(item!.parameters), {
    q: { type: 'integer', value: 1 },
    flag: { type: 'boolean', value: true },
    t: { type: 'token', value: 'tok/en' },
  });
});

test('bytes, as certificates are handed on (RFC 9440)', () => {
  assert.deepEqual(parseItemField(':AQID:')?.value, { type: 'binary', value: Buffer.from([1, 2, 3]) });
  assert.equal(parseListField(':AQID:, :BA==:')?.length, 2);
  for (const bad of [':AQID', ':AQ ID:', ':A-_D:', ':AQID:;', ':AQID: x', ':AQ=ID:'])
    assert.equal(parseItemField(bad), undefined, bad);
});

test('a list with an inner list, and a dictionary', () => {
  const list = parseListField('a, ("b" 2.5;x);y, @12');
  assert.deepEqual(
    list?.map((each) => each.kind),
    ['item', 'inner-list', 'item'],
  );
  assert.deepEqual(parseListField(''), []);
  const dictionary = parseDictionaryField('a=1, b;x=2, c=(1 2), a=3');
  assert.deepEqual([...dictionary!.keys()], ['a', 'b', 'c']);
  assert.equal(
    dictionary!.get('a')!.kind === 'item' && (dictionary!.get('a') as { value: unknown }).value !== undefined,
    true,
  );
});

for (const bad of [
  '',
  '1,',
  'a,,b',
  '(a',
  '(a,b)',
  '"é"',
  '"a',
  '1.',
  '1.0000',
  '1234567890123456',
  '?2',
  '%"%C3%BC"',
  '@1.5',
  '-',
  'é',
]) {
  test(`refuses ${bad}`, () => {
    assert.equal(parseItemField(bad), undefined);
    if (bad !== '') assert.equal(parseListField(bad), undefined);
  });
}

test('reads what is written here', () => {
  const bare = fc.oneof(
    fc.integer({ min: -999_999_999, max: 999_999_999 }),
    fc.string({ unit: 'grapheme-ascii' }),
  );
  fc.assert(
    fc.property(bare, bare, (value, parameter) => {
      const read = parseItemField(serializeItem({ value, parameters: { p: parameter } }));
      assert.equal(read?.value.value, value);
      assert.equal(read?.parameters.get('p')?.value, parameter);
      assert.equal(parseListField(serializeList([{ value }, { value: parameter }]))?.length, 2);
    }),
  );
});

test('a hostile field takes linear time and never throws', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'a1",;=()?:@%\\ \t*.-é'), maxLength: 60 }), (text) => {
      for (const parse of [parseItemField, parseListField, parseDictionaryField]) parse(text);
    }),
    { numRuns: 500 },
  );
  assert.equal(parseListField(`"${'\\"'.repeat(30_000)}`), undefined);
  assert.equal(parseListField('('.repeat(30_000)), undefined);
  assert.equal(parseListField(Array.from({ length: 20_000 }, () => 'a;b=1').join())?.length, 20_000);
});
