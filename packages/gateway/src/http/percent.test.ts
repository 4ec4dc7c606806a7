import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { hexValue, percentByte, percentUtf8End } from './percent.ts';

test('hexValue knows the 22 digits and nothing else', () => {
  for (let code = 0; code < 0x180; code++) {
    const character = String.fromCharCode(code);
    const expected = /^[0-9A-Fa-f]$/.test(character) ? Number.parseInt(character, 16) : -1;
    assert.equal(hexValue(code), expected, character);
  }
  assert.equal(hexValue(Number.NaN), -1);
});

test('percentByte reads one triplet', () => {
  const vectors: [text: string, at: number, byte: number][] = [
    ['%41', 0, 0x41],
    ['%fF', 0, 0xff],
    ['a%00', 1, 0],
    ['%4', 0, -1],
    ['%', 0, -1],
    ['%4g', 0, -1],
    ['%G4', 0, -1],
    ['% 4', 0, -1],
    ['41', 0, -1],
    ['', 0, -1],
  ];
  for (const [text, at, byte] of vectors) assert.equal(percentByte(text, at), byte, text);
});

test('percentUtf8End agrees with decodeURIComponent on every byte sequence tried', () => {
  // Leads and continuations are drawn around the borders of RFC 3629 so that both outcomes are frequent.
  const lead = fc.oneof(fc.integer({ min: 0x80, max: 0xff }), fc.constantFrom(0xe0, 0xed, 0xf0, 0xf4));
  const next = fc.oneof(
    fc.integer({ min: 0, max: 0xff }),
    fc.constantFrom(0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf),
  );
  const encode = (bytes: number[]) => bytes.map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
  fc.assert(
    fc.property(fc.tuple(lead, fc.array(next, { maxLength: 4 })), ([first, rest]) => {
      const text = encode([first, ...rest]);
      const end = percentUtf8End(text, 0, first);
      let shortest = -1;
      for (let length = 3; length <= text.length && shortest < 0; length += 3) {
        try {
          decodeURIComponent(text.slice(0, length));
          shortest = length;
        } catch {}
      }
      assert.equal(end, shortest, text);
    }),
    { numRuns: 2000 },
  );
});
