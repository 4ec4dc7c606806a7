import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { CredentialCache, cacheKey } from './cache.ts';

test('what is set is found, until it is deleted or all is cleared', () => {
  const cache = new CredentialCache<number>();
  cache.set('a', 1);
  cache.set('b', 2);
  assert.equal(cache.get('a'), 1);
  cache.delete('a');
  assert.equal(cache.get('a'), undefined);
  cache.clear();
  assert.equal(cache.get('b'), undefined);
});

test('what is deleted or cleared does not come back from the older half', () => {
  const cache = new CredentialCache<number>(4);
  cache.set('a', 1);
  cache.set('b', 2);
  cache.set('c', 3);
  cache.delete('a');
  assert.equal(cache.get('a'), undefined);
  cache.clear();
  assert.equal(cache.get('b'), undefined);
});

test('what is used stays, what is not goes', () => {
  const cache = new CredentialCache<number>(4);
  for (let i = 0; i < 100; i++) {
    cache.set('used', 1);
    cache.set(`other ${i}`, i);
    assert.equal(cache.get('used'), 1);
  }
  assert.equal(cache.get('other 0'), undefined);
});

test('number and weight are bounded, whatever is set', () => {
  const step = fc.record({ key: fc.nat(50).map(String), weight: fc.nat(60), get: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const cache = new CredentialCache<number>(10, 100);
      for (const { key, weight, get } of steps) get ? cache.get(key) : cache.set(key, weight, weight);
      const kept = Array.from({ length: 51 }, (_, key) => cache.get(String(key))).filter(
        (each) => each !== undefined,
      );
      assert.ok(kept.length <= 11);
      // Reading moves entries, so the halves may have changed places once more; each is within its half.
      assert.ok(kept.reduce((sum, each) => sum + each, 0) <= 100 + 60);
    }),
  );
});

test('the key of a credential is its SHA-256', () => {
  assert.equal(
    cacheKey('abc'),
    Buffer.from('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad', 'hex').toString('base64'),
  );
});
