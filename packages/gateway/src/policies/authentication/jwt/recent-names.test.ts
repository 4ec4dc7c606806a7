import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RecentNames } from './recent-names.ts';

test('a name is remembered for its time', () => {
  const names = new RecentNames(60);
  names.add('a', 1_000);
  assert.equal(names.has('a', 1_000), true);
  assert.equal(names.has('a', 1_059), true);
  assert.equal(names.has('a', 1_060), false);
  assert.equal(names.has('b', 1_000), false);
  assert.equal(names.has('constructor', 1_000), false);
});

test('a clock that is set back forgets it', () => {
  const names = new RecentNames(60);
  names.add('a', 1_000);
  assert.equal(names.has('a', 999), false);
});

test('names are bounded', () => {
  const names = new RecentNames(60, 100);
  for (let i = 0; i < 1_000; i++) {
    names.add(`k${i}`, 0);
    assert.equal(names.has(`k${i}`, 0), true);
  }
  const kept = Array.from({ length: 1_000 }, (_, i) => names.has(`k${i}`, 0)).filter(Boolean);
  assert.ok(kept.length <= 100, String(kept.length));
});
