import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { usualLimits } from './limits.ts';
import { readSniffed } from './sniffed.ts';

const read = (contentType: string, body: string, limits = usualLimits) =>
  readSniffed(body, contentType, limits);

const pairs = (contentType: string, body: string): readonly string[] =>
  read(contentType, body).arguments.map(({ name, value }) => `${name}=${value}`);

const bodies: readonly (readonly [contentType: string, body: string, found: readonly string[]])[] = [
  ['application/json', '{"a":"b"}', ['json.a=b']],
  ['application/vnd.api+json; charset=utf-8', '["b"]', ['json.array_0=b']],
  ['text/plain', '{"a":"\\u003cb"}', ['json.a=<b']],
  ['', ' \n[1]', ['json.array_0=1']],
  ['image/png', '{"a":1}', ['json.a=1']],
  ['text/plain', '{"a":1,}', ['json.a=1', 'json=}', 'body={"a":1,}']],
  ['text/plain', 'hello', ['body=hello']],
  ['text/plain', 'a=b', ['body=a=b']],
  ['application/x-www-form-urlencoded', 'a=%27&b=2', ["a='", 'b=2']],
  ['application/x-www-form-urlencoded', '{"a":"b"}', ['json.a=b', '{"a":"b"}=']],
  ['application/xml', '<a b="1">x<c>y</c> </a>', ['xml=x', 'xml=y', 'xml=1']],
  ['text/plain', '<a>x</a>', ['xml=x']],
  ['application/x-ndjson', '{"a":1}\n{"b":"c"}\n', ['json.a=1', 'json.b=c']],
];

test('a body is read as what it looks like', () => {
  for (const [contentType, body, found] of bodies) assert.deepEqual(pairs(contentType, body), found, body);
});

test('what is wrong is a fault where the type names the format, and nowhere else', () => {
  for (const contentType of ['application/json', 'application/x+xml', 'application/ndjson'])
    assert.notEqual(read(contentType, '{"a"').fault, undefined, contentType);
  for (const contentType of ['text/plain', 'application/x-www-form-urlencoded', '', 'image/png'])
    assert.equal(read(contentType, '{"a"').fault, undefined, contentType);
});

test('what is a file to everybody is one, its beginning alone', () => {
  const { files, arguments: found } = read('image/png', '\x89PNG'.padEnd(100_000, 'x'));
  assert.deepEqual(found, []);
  assert.deepEqual(
    files.map(({ name, size, head }) => [name, size, head.length]),
    [['body', 100_000, 65_536]],
  );
});

test('there are no more arguments than there may be', () => {
  const limits = { ...usualLimits, arguments: 3 };
  assert.notEqual(read('application/x-www-form-urlencoded', 'a=1&b=2&c=3&d=4', limits).fault, undefined);
  assert.ok(read('application/x-ndjson', '{"a":1}\n'.repeat(9), limits).arguments.length <= 4);
});

test('no byte of a text is lost, whatever it is', () => {
  const type = fc.constantFrom('text/plain', '', 'foo/bar');
  fc.assert(
    fc.property(type, fc.string({ minLength: 1, unit: 'binary' }), (contentType, text) => {
      const body = Buffer.from(text).toString('latin1');
      const { arguments: found, xml } = read(contentType, body);
      const isParsed = found.every(({ name }) => name !== 'body') || xml !== undefined;
      assert.ok(isParsed || found.some(({ value }) => value === body), body);
    }),
  );
});
