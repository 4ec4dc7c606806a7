import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { findCardNumbers } from './card-numbers.ts';
import { compileRules } from './compile.ts';
import { inspectContent } from './inspect.ts';
import { plainJson } from './plain-text.ts';
import { triggers } from './rules.ts';
import type { LeakProtectionConfig } from './schema.ts';
import { findCardNumbersPlainly, searchPlainly } from './testing/plainly.ts';
import { TooMuch } from './too-much.ts';
import { WordSearch } from './word-search.ts';

test('words are found as by the plain way', () => {
  const words = [...new Set(triggers.map(({ word }) => word))];
  const search = new WordSearch(words);
  const piece = fc.oneof(
    fc
      .constantFrom(...words)
      .chain((word) => fc.constantFrom(word, word.toUpperCase(), word.slice(1), word.slice(0, -1))),
    fc.string({ maxLength: 4 }).map((text) => Buffer.from(text).toString('latin1')),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const text = pieces.join('');
      const found: string[] = [];
      const plainly: string[] = [];
      search.run(text, (word, start) => found.push(`${word} ${start}`));
      searchPlainly(words, text, (word, start) => plainly.push(`${word} ${start}`));
      assert.deepEqual(found.sort(), plainly.sort());
    }),
    { numRuns: 500 },
  );
});

test('card numbers are found as by the plain way, wherever they stand', () => {
  const card = fc.constantFrom(
    '4111111111111111',
    '4222222222222',
    '4111 1111 1111 1111',
    '3782-822463-10005',
  );
  const piece = fc.oneof(
    card,
    // How far the search skips shows where one stands right behind another.
    card.map((each) => `${each}"`),
    fc.constantFrom('4111', '1111', ' ', '-', '.', 'a', '"', '5'),
    fc.string({ unit: fc.constantFrom(...'0123456789 -'), maxLength: 25 }),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
      const text = pieces.join('');
      const found: number[][] = [];
      const plainly: number[][] = [];
      findCardNumbers(text, (from, to) => found.push([from, to]));
      findCardNumbersPlainly(text, (from, to) => plainly.push([from, to]));
      assert.deepEqual(found, plainly);
    }),
    { numRuns: 1000 },
  );
});

/** Each character as it is, or in one of the ways in which JSON lets it be written. */
const escaped = (text: string): fc.Arbitrary<string> =>
  fc
    .array(fc.boolean(), { minLength: text.length, maxLength: text.length })
    .map((ways) =>
      [...text]
        .map((each, i) =>
          ways[i] === true ? `\\u${each.charCodeAt(0).toString(16).padStart(4, '0')}` : each,
        )
        .join(''),
    );

test('escapes hide nothing, and each character leads back to where it was sent', () => {
  const text = 'AKIAIOSFODNN7 -_"'.replace('"', '');
  fc.assert(
    fc.property(escaped(text), (sent) => {
      const bytes = Buffer.from(sent);
      const plain = plainJson(bytes);
      assert.equal(plain.bytes.toString(), text);
      for (let i = 0; i < text.length; i++) {
        const at = plain.sentAt(i);
        const written = sent[at] === '\\' ? JSON.parse(`"${sent.slice(at, at + 6)}"`) : sent[at];
        assert.equal(written, text[i]);
      }
      assert.equal(plain.sentAt(text.length), bytes.length);
    }),
  );
  assert.equal(plainJson(Buffer.from('a\\n\\"\\u00e4\\')).bytes.toString('latin1'), 'a\n"?\\');
  assert.equal(plainJson(Buffer.from('\\u00')).bytes.toString(), '\\u00');
});

test('what was masked is JSON with everything else as it was', () => {
  const masking = compileRules({ rules: { 'card-number': 'mask' } } as LeakProtectionConfig);
  const card = '4111111111111111';
  const withCards = (value: unknown, replaced: boolean): unknown => {
    if (value === 'CARD') return replaced ? '***' : card;
    if (value === 'NUMBER') return replaced ? null : Number(card);
    if (Array.isArray(value)) return value.map((each) => withCards(each, replaced));
    if (typeof value === 'object' && value !== null)
      return Object.fromEntries(
        Object.entries(value).map(([name, each]) => [name, withCards(each, replaced)]),
      );
    return value;
  };
  const leaf = fc.oneof(
    fc.constantFrom('CARD', 'NUMBER', true, null, 'a "b" \\ \n ä'),
    fc.integer({ max: 9999, min: -9999 }),
  );
  const { document } = fc.letrec<{ document: unknown }>((tie) => ({
    document: fc.oneof(
      { depthSize: 'small' },
      leaf,
      fc.array(tie('document'), { maxLength: 4 }),
      fc.dictionary(fc.constantFrom('a', 'b"', 'c\\', 'ü', ''), tie('document'), { maxKeys: 4 }),
    ),
  }));
  fc.assert(
    fc.property(document, fc.constantFrom(undefined, 1), (value, indent) => {
      const text = JSON.stringify(withCards(value, false), undefined, indent);
      const masked = inspectContent(masking, Buffer.from(text), true)?.masked?.toString() ?? text;
      assert.deepEqual(JSON.parse(masked), JSON.parse(JSON.stringify(withCards(value, true))));
    }),
  );
});

test('content that is made to be slow is given up', () => {
  const rules = compileRules({} as LeakProtectionConfig);
  for (const piece of [' 10.9.', '4111 1111 1111 1112 ', '10.1.2.3 ', '4111111111111112 '])
    assert.throws(() => inspectContent(rules, Buffer.from(piece.repeat(100_000)), false), TooMuch, piece);
});
