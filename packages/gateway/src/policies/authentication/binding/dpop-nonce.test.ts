import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DpopNonces } from './dpop-nonce.ts';

const secret = Buffer.alloc(32, 1);
const start = 1_700_000_040_000;

test('a nonce is good for two to four minutes, on every thread', () => {
  const one = new DpopNonces(secret);
  const other = new DpopNonces(secret);
  const nonce = one.current(start);
  assert.match(nonce, /^[A-Za-z0-9._-]+$/, 'as RFC 9449 section 8.1 wants it');
  assert.equal(other.judge(nonce, start), 'current');
  assert.equal(other.judge(nonce, start + 119_999), 'current');
  assert.equal(other.judge(nonce, start + 120_000), 'old');
  assert.equal(other.judge(nonce, start + 239_999), 'old');
  assert.equal(other.judge(nonce, start + 240_000), 'unknown');
  assert.equal(other.judge(nonce, start - 1), 'unknown', 'none of the future');
});

test('nobody else makes them', () => {
  const nonces = new DpopNonces(secret);
  const nonce = nonces.current(start);
  assert.equal(nonces.judge(new DpopNonces(Buffer.alloc(32, 2)).current(start), start), 'unknown');
  for (const forged of [
    '',
    'x',
    nonce.slice(0, -1),
    `${nonce}x`,
    nonce.toUpperCase(),
    `x${nonce.slice(1)}`,
  ]) {
    assert.equal(nonces.judge(forged, start), 'unknown', forged);
  }
});

test('they differ from time to time', () => {
  const nonces = new DpopNonces(secret);
  assert.notEqual(nonces.current(start), nonces.current(start + 120_000));
});
