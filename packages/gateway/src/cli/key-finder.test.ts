import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { keyBeginning, keyLength, keyPattern, looksLikeKey, makeKey } from '../stores/key-text.ts';
import { KeyFinder } from './key-finder.ts';

function found(pieces: readonly Buffer[]): [key: string, line: number][] {
  const finder = new KeyFinder();
  return pieces.flatMap((piece) =>
    [...finder.take(piece)].map(({ key, line }): [string, number] => [key, line]),
  );
}

/** Cuts where the numbers say. */
function cut(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [...new Set(cuts.map((each) => each % (bytes.length + 1)))].sort((a, b) => a - b);
  return [0, ...places].map((from, index) => bytes.subarray(from, places[index]));
}

const [one, other] = [makeKey(), makeKey()];

test('keys are found wherever they stand', () => {
  const vectors: readonly [text: string, expected: [string, number][]][] = [
    ['', []],
    [one, [[one, 1]]],
    [
      `${one}${other}`,
      [
        [one, 1],
        [other, 1],
      ],
    ],
    [
      `\n\na "${one}",\n${other}\n`,
      [
        [one, 3],
        [other, 4],
      ],
    ],
    [`pck_${one}`, [[one, 1]]],
    [`pck_pck_${one.slice(4)}`, [[one, 1]]],
    [`PCK_${one.slice(4)}`, []],
    [one.slice(0, -1), []],
    [`${one.slice(0, -1)}${one.endsWith('0') ? '1' : '0'}`, []],
    [`${one.slice(0, 10)}\n${one.slice(10)}`, []],
  ]; // prettier-ignore
  for (const [text, expected] of vectors) assert.deepEqual(found([Buffer.from(text)]), expected, text);
  assert.deepEqual(found([Buffer.from(`a\n${one}`, 'utf16le')]), [[one, 2]]);
});

test('however it is cut, the same is found', () => {
  const part = fc.oneof(
    fc.constantFrom(one, other, 'pck_', 'pck', '\n', '\0', one.slice(0, 20), `${one.slice(0, -1)}-`),
    fc.string({ maxLength: 50 }),
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 20 }), fc.array(fc.nat(), { maxLength: 20 }), (parts, cuts) => {
      const bytes = Buffer.from(parts.join(''));
      const text = bytes.toString('latin1').replaceAll('\0', '');
      const plain = [...text.matchAll(new RegExp(`(?=(${keyPattern}))`, 'g'))]
        .filter(([, key]) => looksLikeKey(key!))
        .map(({ 1: key, index }): [string, number] => [key!, text.slice(0, index).split('\n').length]);
      assert.deepEqual(found(cut(bytes, cuts)), plain);
    }),
  );
});

test('of a key no more is shown than that it is one', () => {
  assert.equal(keyBeginning(one), `${one.slice(0, 6)}…`);
  assert.equal(one.length, keyLength);
  assert.match(one, new RegExp(`^${keyPattern}$`));
});
