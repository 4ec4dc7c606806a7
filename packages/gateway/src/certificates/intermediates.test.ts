import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Intermediates } from './intermediates.ts';

test('what is new is told once, and what others told is not told on', () => {
  const told: string[] = [];
  const known = new Intermediates((thumbprint) => told.push(thumbprint));
  known.add('a', Buffer.from('a'));
  known.add('a', Buffer.from('a'));
  known.take('b', Buffer.from('b'));
  known.add('b', Buffer.from('b'));
  assert.deepEqual(told, ['a']);
  assert.deepEqual([...known.all.keys()], ['a', 'b']);
});

test('the ones that were used last stay', () => {
  const known = new Intermediates();
  for (let at = 0; at < 64; at++) known.add(`${at}`, Buffer.alloc(1));
  known.add('0', Buffer.alloc(1));
  known.add('new', Buffer.alloc(1));
  assert.deepEqual([known.all.size, known.all.has('0'), known.all.has('1')], [64, true, false]);
});
