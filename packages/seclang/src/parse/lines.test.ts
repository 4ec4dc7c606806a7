import assert from 'node:assert/strict';
import { test } from 'node:test';
import { logicalLines, maximumLineLength } from './lines.ts';

function read(text: string) {
  const reports: [number, string][] = [];
  const lines = logicalLines(text, 'a.conf', (line, message) => reports.push([line, message]));
  return { lines: lines.map(({ line, text: joined }) => [line, joined]), reports };
}

test('joins continued lines and leaves out comments and blanks', () => {
  const { lines, reports } = read('# one\n\nA b \\\n  c\\\r\nd\r\n  # two\n  E\n');
  assert.deepEqual(lines, [
    [3, 'A b   cd'],
    [7, 'E'],
  ]);
  assert.deepEqual(reports, []);
});

test('a backslash ends a file without harm', () => {
  assert.deepEqual(read('A \\').lines, [[1, 'A \\']]);
});

test('a comment takes no directive with it in silence', () => {
  assert.deepEqual(read('# a \\\nSecRule x').lines, [[2, 'SecRule x']]);
  assert.equal(read('# a \\\nSecRule x').reports[0]?.[0], 1);
  assert.deepEqual(read('# a \\\n# b').reports, []);
});

test('bounds the length of a directive', () => {
  const { lines, reports } = read(`A ${'x'.repeat(maximumLineLength)}\nB`);
  assert.deepEqual(lines, [[2, 'B']]);
  assert.equal(reports.length, 1);
});
