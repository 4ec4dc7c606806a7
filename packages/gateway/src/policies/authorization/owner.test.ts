import assert from 'node:assert/strict';
import { test } from 'node:test';
import { principal } from '../../testing/exchange.ts';
import { compileOwner, ownerPattern } from './owner.ts';

const claims = {
  sub: 'cus_1',
  number: 42,
  list: ['a', 'b', 7, '', null, true, 1.5, ['c'], { d: 1 }],
  empty: '',
  zero: 0,
  minus: -0,
  large: 2 ** 53,
  half: 1.5,
  yes: true,
  nothing: null,
  object: { id: 'x', list: ['y'] },
  'https://shop.example/customer': 'z',
  'object.id': 'dotted',
};

const vectors: readonly [text: string, texts: readonly string[]][] = [
  ['claims.sub', ['cus_1']],
  ['claims.number', ['42']],
  ['claims.list', ['a', 'b', '7']],
  ['claims.zero', ['0']],
  ['claims.object.list', ['y']],
  ['claims.https://shop.example/customer', ['z']],
  // A claim of that very name counts before a way into an object.
  ['claims.object.id', ['dotted']],
  ['claims.empty', []],
  ['claims.minus', []],
  ['claims.large', []],
  ['claims.half', []],
  ['claims.yes', []],
  ['claims.nothing', []],
  ['claims.object', []],
  ['claims.missing', []],
  ['claims.list.0', []],
  ['claims.list.length', []],
  ['claims.sub.length', []],
  ['claims.constructor', []],
  ['claims.__proto__', []],
  ['claims.object.constructor.name', []],
  ['principal.subject', ['s']],
  ['principal.client', ['c']],
];

for (const [text, texts] of vectors) {
  test(`${text}: ${JSON.stringify(texts)}`, () => {
    assert.match(text, ownerPattern);
    assert.deepEqual(compileOwner(text).textsOf(principal({ subject: 's', client: 'c', claims })), texts);
  });
}

test('who has no client owns nothing by it', () => {
  assert.deepEqual(compileOwner('principal.client').textsOf(principal({ client: undefined })), []);
});

test('what is none', () => {
  for (const text of [
    'sub',
    'claims.',
    'claims',
    'principal.roles',
    'claims.a b',
    'Claims.sub',
    ' claims.sub',
  ])
    assert.doesNotMatch(text, ownerPattern, text);
});
