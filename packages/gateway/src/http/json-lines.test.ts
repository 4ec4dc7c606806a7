import assert from 'node:assert/strict';
import { test } from 'node:test';
import { splitLines, splitSequence } from './json-lines.ts';

const limits = { lines: 3, length: 8 };

function parts(split: typeof splitLines, text: string): unknown {
  const bytes = Buffer.from(text);
  const spans = split(bytes, limits);
  if ('kind' in spans) return `${spans.reason} ${spans.index}`;
  return Array.from({ length: spans.length / 2 }, (_, i) =>
    bytes.toString('utf8', spans[2 * i], spans[2 * i + 1]),
  );
}

test('lines', () => {
  const vectors: [text: string, lines: unknown][] = [
    ['', []],
    ['1', ['1']],
    ['1\n', ['1']],
    ['1\n2', ['1', '2']],
    ['1\r\n2\r\n', ['1', '2']],
    ['1\n\n2', 'empty 1'],
    ['\n', 'empty 0'],
    ['\r\n', 'empty 0'],
    ['1\r2\n', ['1\r2']],
    ['1\n2\n3\n', ['1', '2', '3']],
    ['1\n2\n3\n4', 'too-many 3'],
    ['123456789\n', 'too-long 0'],
  ];
  for (const [text, lines] of vectors) assert.deepEqual(parts(splitLines, text), lines, JSON.stringify(text));
});

test('sequences', () => {
  const vectors: [text: string, texts: unknown][] = [
    ['', []],
    ['\x1e1\n', ['1']],
    ['\x1e1\n\x1e{\n}\n', ['1', '{\n}']],
    ['1\n', 'no-separator 0'],
    ['\x1e1', 'truncated 0'],
    ['\x1e1\x1e2\n', 'truncated 0'],
    ['\x1e\x1e1\n', 'empty 0'],
    ['\x1e', 'empty 0'],
    ['\x1e\n', 'empty 0'],
    ['\x1e1\n\x1e2\n\x1e3\n\x1e4\n', 'too-many 3'],
  ];
  for (const [text, texts] of vectors)
    assert.deepEqual(parts(splitSequence, text), texts, JSON.stringify(text));
});
