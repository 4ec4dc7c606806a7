import assert from 'node:assert/strict';
import { test } from 'node:test';
import { samplerOf } from './sample.ts';

test('a share is taken, the first one among it', () => {
  for (const [share, taken] of [
    [1, 1_000],
    [0.5, 500],
    [0.1, 100],
    [0.003, 3],
  ] as const) {
    const isTaken = samplerOf(share);
    const all = Array.from({ length: 1_000 }, isTaken);
    assert.equal(all.filter(Boolean).length, taken, String(share));
    assert.equal(all[0], true);
  }
});
