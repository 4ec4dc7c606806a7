import assert from 'node:assert/strict';
import { test } from 'node:test';
import { operation } from '../../testing/exchange.ts';
import { covers, parseFieldTarget, parseTarget, pathIndex } from './target.ts';

const operations = [
  'GET /customers',
  'GET /customers/{customerId}',
  'PATCH /customers/{id}',
  'GET /customers/{id}/orders/{orderId}',
  'GET /customers/me',
  'GET /customers/{id}.json',
  'GET /orders',
  'POST /orders',
  'GET /orders/{orderId}',
].map((line) => operation(line));

function covered(text: string): string[] {
  const target = parseTarget(text);
  return operations
    .filter((each) => (target.kind === 'path' ? pathIndex(target, each) >= 0 : covers(target.scope, each)))
    .map(({ method, path }) => `${method} ${path}`);
}

const covering: readonly [text: string, operations: readonly string[]][] = [
  ['{customerId}', ['GET /customers/{customerId}']],
  ['{id}', ['PATCH /customers/{id}', 'GET /customers/{id}/orders/{orderId}', 'GET /customers/{id}.json']],
  // The names of the parameters do not matter where the path says it, a literal beside it is another resource.
  [
    '/customers/{customerId}',
    ['GET /customers/{customerId}', 'PATCH /customers/{id}', 'GET /customers/{id}/orders/{orderId}'],
  ],
  ['GET /customers/{x}', ['GET /customers/{customerId}']],
  ['/customers/{id}.json', ['GET /customers/{id}.json']],
  ['/customers/{a}/orders/{b}', ['GET /customers/{id}/orders/{orderId}']],
  ['GET /orders?customerId', ['GET /orders']],
  ['/orders?customerId', ['GET /orders', 'POST /orders', 'GET /orders/{orderId}']],
  ['/orders#/customerId', ['GET /orders', 'POST /orders', 'GET /orders/{orderId}']],
  ['GET /orders/{orderId} => #/customerId', ['GET /orders/{orderId}']],
  ['?x', operations.map(({ method, path }) => `${method} ${path}`)],
  ['POST /customers#/x', []],
  ['/customer?x', []],
];

for (const [text, expected] of covering) {
  test(`${text} covers ${expected.length} operations`, () => assert.deepEqual(covered(text), expected));
}

test('the last parameter is meant', () => {
  const target = parseTarget('/customers/{a}/orders/{b}');
  assert.equal(target.kind === 'path' ? pathIndex(target, operations[3]!) : -1, 1);
  const first = parseTarget('/customers/{a}');
  assert.equal(first.kind === 'path' ? pathIndex(first, operations[3]!) : -1, 0);
});

test('parts', () => {
  const parts = (text: string): unknown => {
    const target = parseTarget(text);
    return 'name' in target ? [target.kind, target.name] : [target.kind, target.path.text];
  };
  assert.deepEqual(parts('?a.b'), ['query', 'a.b']);
  assert.deepEqual(parts('#/items/*/id'), ['body', '/items/*/id']);
  assert.deepEqual(parts('/x => #/**/id'), ['reply', '/**/id']);
  assert.equal(parseFieldTarget('GET /a#/b').path.text, '/b');
});

const wrong = [
  '',
  '/',
  '/customers',
  'GET /customers',
  'customerId',
  'get /customers/{id}',
  'GET  /customers/{id}',
  '{a}/{b}',
  '{a}{b}',
  '/a/{b',
  '/a//{b}',
  '?',
  '?a b',
  '?a[]',
  '?a&b',
  '#',
  '#a',
  '#/a/**',
  'GET /a => /b',
  'GET /a => b',
  'GET /a=>#/b',
  '/a/**/{id}',
];

for (const text of wrong)
  test(`${JSON.stringify(text)} is no target`, () => assert.throws(() => parseTarget(text)));
for (const text of ['', '/a', '/a?b', '/a => #/b', '#b', '#/'.repeat(70)])
  test(`${JSON.stringify(text.slice(0, 20))} is no field`, () => assert.throws(() => parseFieldTarget(text)));
