import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Turnstile } from './turnstile.ts';

test('a turnstile goes on after work that failed', async () => {
  const turnstile = new Turnstile(1, 5);
  const order: number[] = [];
  const work =
    (i: number, fails = false) =>
    async () => {
      order.push(i);
      if (fails) throw new Error('x');
      return i;
    };
  const first = turnstile.run(work(1, true))!;
  const second = turnstile.run(work(2))!;
  await assert.rejects(first);
  assert.equal(await second, 2);
  assert.equal(await turnstile.run(work(3)), 3);
  assert.deepEqual(order, [1, 2, 3]);
});
