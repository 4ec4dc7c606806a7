import assert from 'node:assert/strict';
import { test } from 'node:test';
import { basename, targetParts } from './target.ts';

const vectors: readonly (readonly [target: string, uri: string, path: string, query: string])[] = [
  ['/', '/', '/', ''],
  ['/a/b?c=d?e', '/a/b?c=d?e', '/a/b', 'c=d?e'],
  ['/a?', '/a?', '/a', ''],
  ['/a#b?c', '/a#b?c', '/a', ''],
  ['/a?b#c', '/a?b#c', '/a', 'b'],
  ['http://x.example/a?b', '/a?b', '/a', 'b'],
  ['http://x.example', '/', '/', ''],
  ['http://x.example?b', '/?b', '/', 'b'],
  ['x.example:443', 'x.example:443', 'x.example:443', ''],
  ['*', '*', '*', ''],
  ['//x.example/a', '//x.example/a', '//x.example/a', ''],
  ['/a%3fb+c', '/a%3fb+c', '/a?b+c', ''],
  ['/%41%zz/%c3', '/%41%zz/%c3', '/A%zz/\xc3', ''],
  ['', '', '', ''],
];

for (const [target, uri, path, query] of vectors)
  test(`takes ${target || 'nothing'} apart`, () =>
    assert.deepEqual(targetParts(target), { uri, path, query }));

test('the base name stands behind the last slash of either kind', () => {
  for (const [path, name] of [
    ['/a/b.php', 'b.php'],
    ['/a\\c', 'c'],
    ['/', ''],
    ['x', 'x'],
  ] as const)
    assert.equal(basename(path), name);
});
