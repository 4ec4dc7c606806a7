import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isAcceptableRequestId, newRequestId } from './request-id.ts';

test('new identifiers are 128 bits, different, and acceptable', () => {
  const ids = new Set(Array.from({ length: 5000 }, newRequestId));
  assert.equal(ids.size, 5000);
  for (const id of ids) {
    assert.match(id, /^[0-9a-f]{32}$/);
    assert.ok(isAcceptableRequestId(id));
  }
});

test('identifiers of others', () => {
  for (const id of [
    'a',
    '0',
    'A.b_c~d:e+f/g=h@i-j',
    'x'.repeat(128),
    'Root=1-67891233-abcdef012345678912345678',
  ]) {
    assert.equal(isAcceptableRequestId(id), true, id);
  }
  for (const id of [
    '',
    'x'.repeat(129),
    'a b',
    'a\n',
    '\na',
    'a\r\nx: y',
    'a\0',
    'a"',
    'a<b>',
    '$x{}',
    'a,b',
    'caf\xe9',
    'a%0a',
  ]) {
    assert.equal(isAcceptableRequestId(id), false, JSON.stringify(id));
  }
});
