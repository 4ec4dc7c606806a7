import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseQuery, type QueryReason, queryReasons, withoutParameters } from './query.ts';

test('accepted queries', () => {
  const vectors: [query: string, pairs: [string, string][]][] = [
    ['', []],
    ['a=1', [['a', '1']]],
    [
      'q=widget&page=2',
      [
        ['q', 'widget'],
        ['page', '2'],
      ],
    ],
    ['a', [['a', '']]],
    ['a=', [['a', '']]],
    ['=b', [['', 'b']]],
    ['=', [['', '']]],
    ['a=b=c', [['a', 'b=c']]],
    [
      '&&a&&b&',
      [
        ['a', ''],
        ['b', ''],
      ],
    ],
    [
      'a=1&a=2',
      [
        ['a', '1'],
        ['a', '2'],
      ],
    ],
    ['a+b=c+%2B', [['a b', 'c +']]],
    ['a%3Db=c%26d', [['a=b', 'c&d']]],
    ['caf%C3%A9=%e2%82%ac%F0%9F%98%80', [['café', '€😀']]],
    ['a=%0D%0a', [['a', '\r\n']]],
    ['a=%252f', [['a', '%2f']]],
    ['a=1;b=2', [['a', '1;b=2']]],
    ['a[]={"x"}', [['a[]', '{"x"}']]],
    ['__proto__=1', [['__proto__', '1']]],
  ];
  for (const [query, pairs] of vectors) assert.deepEqual(parseQuery(query, 8), pairs, query);
});

test('refused queries', () => {
  const vectors: [query: string, reason: QueryReason][] = [
    ['a&b&c&d&e', 'too-many'],
    ['a=%', 'percent-encoding'],
    ['a=%4', 'percent-encoding'],
    ['a=%4&b', 'percent-encoding'],
    ['a=%zz', 'percent-encoding'],
    ['a=%u0041', 'percent-encoding'],
    ['%=a', 'percent-encoding'],
    ['a=%00', 'nul'],
    ['%00', 'nul'],
    ['a=%ff', 'utf-8'],
    ['a=%c0%80', 'utf-8'],
    ['a=%ed%a0%80', 'utf-8'],
    ['a=%c3', 'utf-8'],
    ['a=%c3&b=%a9', 'utf-8'],
    ['a%c3=%a9', 'utf-8'],
    ['a=b c', 'character'],
    ['a=\0', 'character'],
    ['a=\x7f', 'character'],
    ['a=\xe9', 'character'],
    ['a=\u20ac', 'character'],
  ];
  for (const [query, reason] of vectors) {
    assert.deepEqual(parseQuery(query, 4), { kind: 'fault', reason }, JSON.stringify(query));
  }
  assert.deepEqual(new Set(vectors.map(([, reason]) => reason)), new Set(Object.keys(queryReasons)));
});

test('the limit counts pairs, not pieces', () => {
  assert.ok(!('kind' in parseQuery('&&a&&b&&', 2)));
  assert.deepEqual(parseQuery('a&b&', 1), { kind: 'fault', reason: 'too-many' });
  assert.deepEqual(parseQuery('a', 0), { kind: 'fault', reason: 'too-many' });
  assert.deepEqual(parseQuery('', 0), []);
});

test('agrees with URLSearchParams on whatever is accepted, and accepts whatever it writes', () => {
  const piece = fc.constantFrom(
    'a',
    '=',
    '&',
    '+',
    '%',
    '%41',
    '%26',
    '%3d',
    '%2B',
    '%c3%a9',
    '%C3',
    '%00',
    '1',
    '%25',
    '?',
    '/',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 14 }), (pieces) => {
      const query = pieces.join('');
      const pairs = parseQuery(query, 100);
      if ('kind' in pairs) return;
      assert.deepEqual(pairs, [...urlSearchParams(query)]);
    }),
    { numRuns: 3000 },
  );
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.string({ unit: 'grapheme', minLength: 1 }), fc.string({ unit: 'binary' }))),
      (pairs) => {
        if (pairs.some((pair) => pair.join('').includes('\0'))) return;
        assert.deepEqual(parseQuery(new URLSearchParams(pairs).toString(), 100), pairs);
      },
    ),
  );
});

test('never throws', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.nat(5), (query, limit) => {
      const pairs = parseQuery(query, limit);
      assert.ok('kind' in pairs || pairs.length <= limit);
    }),
  );
});

test('a parameter is taken out, and every other byte stays', () => {
  const vectors: readonly [query: string, rest: string][] = [
    ['', ''],
    ['k=1', ''],
    ['k', ''],
    ['a=%zz&k=1&&b=+%2B', 'a=%zz&&b=+%2B'],
    ['k=1&a=1', 'a=1'],
    ['a=1&k=1', 'a=1'],
    ['a=1&k=1&k=2&b=2&k', 'a=1&b=2'],
    ['%6b=1&%6B=2&a=k', 'a=k'],
    ['%6b=%ff%zz', ''],
    ['K=1&kk=2&xk=3&a=k=1', 'K=1&kk=2&xk=3&a=k=1'],
    ['%256b=1', '%256b=1'],
    ['a=1;k=2', 'a=1;k=2'],
    ['&', '&'],
  ];
  assert.equal(withoutParameters('a=1&%62=2&c=3', ['a', 'b']), 'c=3');
  for (const [query, rest] of vectors) assert.equal(withoutParameters(query, ['k']), rest, query);
});

test('whoever reads what is left finds no parameter of the name, and all others', () => {
  const piece = fc.oneof(
    fc.constantFrom('k=1', 'k', '%6b=2', '%6B', 'a=k', 'a=%6b', '', '%', '%6', 'k=%zz', '+k=1', 'k+=1'),
    fc.string({ maxLength: 8 }),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const query = pieces.join('&');
      const rest = withoutParameters(query, ['k']);
      assert.equal(urlSearchParams(rest).has('k'), false, rest);
      assert.deepEqual(
        [...urlSearchParams(rest)],
        [...urlSearchParams(query)].filter(([name]) => name !== 'k'),
      );
      assert.equal(withoutParameters(rest, ['k']), rest);
    }),
  );
});

/** The constructor drops a "?" in front, which here is the first letter of a name. */
function urlSearchParams(query: string): URLSearchParams {
  return new URLSearchParams(`?${query}`);
}
