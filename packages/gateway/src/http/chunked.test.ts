import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ChunkedReader } from './chunked.ts';
import { Malformed } from './malformed.ts';

interface Read {
  readonly content: string;
  readonly trailers: readonly string[] | undefined;
  /** Bytes behind the end. */
  readonly left: number;
}

function read(text: string, pieces: readonly number[] = []): Read {
  const reader = new ChunkedReader();
  const bytes = Buffer.from(text, 'latin1');
  let content = '';
  let at = 0;
  for (const size of [...pieces, bytes.length]) {
    const end = Math.min(bytes.length, at + size);
    // A copy that is spoiled afterwards: the reader may keep nothing of it.
    const piece = Buffer.from(bytes.subarray(at, end));
    at += reader.read(piece, 0, piece.length, (each) => {
      content += each.toString('latin1');
    });
    piece.fill(0);
    if (reader.trailers !== undefined) break;
  }
  return { content, trailers: reader.trailers, left: bytes.length - at };
}

const good: readonly [text: string, content: string, trailers: readonly string[], left: number][] = [
  ['0\r\n\r\n', '', [], 0],
  ['000\r\n\r\n', '', [], 0],
  ['5\r\nhello\r\n0\r\n\r\n', 'hello', [], 0],
  ['A\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n', '01234567890123456789', [], 0],
  ['1;a=b;c="d \\"e"\r\nx\r\n0;z\r\n\r\n', 'x', [], 0],
  ['0\r\nX-A: b\r\nX-C: d\r\n\r\n', '', ['X-A', 'b', 'X-C', 'd'], 0],
  ['1\r\nx\r\n0\r\n\r\nGET /', 'x', [], 5],
  ['2\r\n\r\n\r\n0\r\n\r\n', '\r\n', [], 0],
];
for (const [text, content, trailers, left] of good) {
  test(`${JSON.stringify(text)} is read`, () => assert.deepEqual(read(text), { content, trailers, left }));
}

const bad: readonly string[] = [
  '\r\n',
  'x\r\n',
  ' 1\r\nx\r\n0\r\n\r\n',
  '1 \r\nx\r\n0\r\n\r\n',
  '0x1\r\nx\r\n0\r\n\r\n',
  '+1\r\nx\r\n0\r\n\r\n',
  '-1\r\nx\r\n0\r\n\r\n',
  '1\nx\r\n0\r\n\r\n',
  '1\r\r\nx\r\n0\r\n\r\n',
  '1\r\nxy\r\n0\r\n\r\n',
  '1\r\nx\n0\r\n\r\n',
  '1;\r\nx\r\n0\r\n\r\n',
  '1;a=\r\nx\r\n0\r\n\r\n',
  '1;a="b\r\nx\r\n0\r\n\r\n',
  '1;a="b"c\r\nx\r\n0\r\n\r\n',
  '1;a\nb\r\nx\r\n0\r\n\r\n',
  '1;a\x00\r\nx\r\n0\r\n\r\n',
  '1000000000000\r\n',
  `1;${'a'.repeat(2_000)}\r\n`,
  '0\r\nX\r\n\r\n',
  '0\r\n X: y\r\n\r\n',
  `0\r\nX: ${'a'.repeat(20_000)}`,
];
for (const text of bad) {
  test(`${JSON.stringify(text.slice(0, 40))} is malformed`, () => {
    assert.throws(() => read(text), Malformed);
    assert.throws(() => read(text, new Array<number>(text.length).fill(1)), Malformed);
  });
}

test('what is incomplete is neither complete nor malformed', () => {
  const whole = '3;x\r\nabc\r\n0\r\nX: y\r\n\r\n';
  for (let end = 0; end < whole.length; end++) assert.equal(read(whole.slice(0, end)).trailers, undefined);
});

test('how it is cut makes no difference', () => {
  const text = 'b;ext="1"\r\nhello world\r\n1\r\n\r\r\n0\r\nX-A: b\r\n\r\nrest';
  const whole = read(text);
  fc.assert(
    fc.property(fc.array(fc.nat(12), { maxLength: 60 }), (pieces) => {
      assert.deepEqual(read(text, pieces), whole);
    }),
  );
});

test('however small the chunks of a piece are, their content comes as one', () => {
  const bytes = Buffer.from(`${'1\r\nx\r\n'.repeat(10_000)}5\r\nhe`, 'latin1');
  const pieces: string[] = [];
  new ChunkedReader().read(bytes, 0, bytes.length, (piece) => pieces.push(piece.toString('latin1')));
  assert.deepEqual(pieces, [`${'x'.repeat(10_000)}he`]);
});

test('what stands behind the content is left as it is', () => {
  const bytes = Buffer.from('-1\r\na\r\n3\r\nbcd\r\n0\r\n\r\nGET / HTTP/1.1', 'latin1');
  let content = '';
  const at = new ChunkedReader().read(bytes, 1, bytes.length, (piece) => {
    content += piece.toString('latin1');
  });
  assert.deepEqual([content, bytes.toString('latin1', at)], ['abcd', 'GET / HTTP/1.1']);
});
