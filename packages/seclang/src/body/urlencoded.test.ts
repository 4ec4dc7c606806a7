import assert from 'node:assert/strict';
import { test } from 'node:test';
import { processorOf, urlencoded } from './processors.ts';
import { parseUrlencoded } from './urlencoded.ts';

const vectors: readonly (readonly [text: string, found: readonly (readonly [string, string])[]])[] = [
  ['', []],
  [
    'a=1&b=2',
    [
      ['a', '1'],
      ['b', '2'],
    ],
  ],
  [
    'a&b=',
    [
      ['a', ''],
      ['b', ''],
    ],
  ],
  [
    'a=1&&b=2&',
    [
      ['a', '1'],
      ['b', '2'],
    ],
  ],
  ['=x', [['', 'x']]],
  ['a=b=c', [['a', 'b=c']]],
  [
    'a=1&a=2',
    [
      ['a', '1'],
      ['a', '2'],
    ],
  ],
  [
    'a=1%262&b%3dc=3',
    [
      ['a', '1&2'],
      ['b=c', '3'],
    ],
  ],
  ['a=x+y%20z', [['a', 'x y z']]],
  ['a=%2', [['a', '%2']]],
  ['a=%00b', [['a', '\0b']]],
  ['a;b=1', [['a;b', '1']]],
  ['\xff=%ff', [['\xff', '\xff']]],
]; // prettier-ignore

for (const [text, found] of vectors)
  test(`arguments of ${JSON.stringify(text)}`, () => {
    const parsed = parseUrlencoded(text, '&', 100);
    assert.deepEqual(
      parsed.arguments.map(({ name, value }) => [name, value]),
      found,
    );
    assert.equal(parsed.isCut, false);
  });

test('another separator', () => {
  assert.deepEqual(parseUrlencoded('a=1;b&c', ';', 9).arguments, [
    { name: 'a', value: '1' },
    { name: 'b&c', value: '' },
  ]);
});

test('says that an encoding is invalid', () => {
  for (const text of ['a=%', 'a=%4', 'a=%zz', '%%41'])
    assert.equal(parseUrlencoded(text, '&', 9).isInvalid, true, text);
  for (const text of ['a=%41', 'a', '']) assert.equal(parseUrlencoded(text, '&', 9).isInvalid, false, text);
});

test('stops at the limit and says so', () => {
  const parsed = parseUrlencoded('a&b&c', '&', 2);
  assert.deepEqual([parsed.arguments.length, parsed.isCut], [2, true]);
  assert.equal(parseUrlencoded('a&b&', '&', 2).isCut, false);
  const context = {
    contentType: '',
    argumentSeparator: '&',
    argumentsLimit: 1,
    jsonDepthLimit: 1,
    uploadFileLimit: 1,
  };
  assert.equal(urlencoded('a&b', context).fault, 'too many arguments');
  assert.equal(urlencoded('a', context).fault, undefined);
});

test('the processor follows from the media type', () => {
  assert.equal(processorOf('Application/X-WWW-Form-Urlencoded; charset=utf-8'), 'URLENCODED');
  assert.equal(processorOf('multipart/form-data;boundary=x'), 'MULTIPART');
  assert.equal(processorOf('application/json'), undefined);
  assert.equal(processorOf(''), undefined);
});
