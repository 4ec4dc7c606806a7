import assert from 'node:assert/strict';
import { test } from 'node:test';
import { randomHex } from './random.ts';

test('digits of every length, across refills of the pool', () => {
  for (let round = 0; round < 500; round++) {
    for (const length of [1, 16, 32, 63, 64]) {
      assert.match(randomHex(length), new RegExp(`^[0-9a-f]{${length}}$`));
    }
  }
});

test('no piece repeats and every digit occurs about equally often at every place', () => {
  const seen = new Set<string>();
  const counts = Array.from({ length: 16 * 16 }, () => 0);
  const rounds = 16_000;
  for (let round = 0; round < rounds; round++) {
    const text = randomHex(16);
    seen.add(text);
    for (let at = 0; at < 16; at++) counts[at * 16 + Number.parseInt(text[at]!, 16)]!++;
  }
  assert.equal(seen.size, rounds);
  // Expected 1000 with a standard deviation of 31: ten of them is never reached by chance.
  for (const count of counts) assert.ok(Math.abs(count - 1000) < 310, String(count));
});
