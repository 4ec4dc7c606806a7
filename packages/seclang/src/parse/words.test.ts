import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SyntaxProblem } from './problem.ts';
import { splitWords } from './words.ts';

const table: readonly (readonly [text: string, words: readonly string[], apache?: readonly string[]])[] = [
  ['a b', ['a', 'b']],
  ['  ARGS|!ARGS:x \t "@rx a b" "id:1"', ['ARGS|!ARGS:x', '@rx a b', 'id:1']],
  [String.raw`"a \"b\" c"`, ['a "b" c']],
  [String.raw`'it\'s "so"'`, [`it's "so"`]],
  [String.raw`"\s\\d\'"`, [String.raw`\s\\d\'`], [String.raw`\s\d\'`]],
  [String.raw`"a\\"`, [String.raw`a\\`], ['a\\']],
  [String.raw`"\\\""`, [String.raw`\\"`], [String.raw`\"`]],
  ["ARGS:'a b' x", ["ARGS:'a b'", 'x']],
  ['""', ['']],
  ['', []],
];

for (const [text, words, apache = words] of table) {
  test(`words of ${text}`, () => {
    assert.deepEqual(splitWords(text, 'nginx'), words);
    assert.deepEqual(splitWords(text, 'apache'), apache);
  });
}

for (const text of ['"a', "'a", '"a"b', String.raw`"a\"`, "ARGS:'a"]) {
  test(`refuses ${text}`, () => {
    assert.throws(() => splitWords(text, 'nginx'), SyntaxProblem);
  });
}
