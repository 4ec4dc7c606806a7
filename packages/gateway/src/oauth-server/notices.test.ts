import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Notices } from './notices.ts';

test('so many lines a minute, and then how many there were more', () => {
  const said: string[] = [];
  let now = 0;
  const notices = new Notices(
    (line) => said.push(line),
    () => now,
  );
  for (let i = 0; i < 1000; i++) notices.say(`line ${i}`);
  assert.deepEqual([said.length, said.at(-1)], [20, 'line 19']);
  now = 60_000;
  notices.say('next');
  assert.deepEqual(said.slice(20), ['980 more messages were left out', 'next']);
});
