import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { createCounterMemory } from '../counters/counter-memory.ts';
import { SharedCounters } from '../counters/shared-counters.ts';
import type { OauthUser, OauthUserStore } from '../stores/oauth-users.ts';
import { type Attempt, SignIn } from './sign-in.ts';

const user = { id: 'u1' } as OauthUser;

function subject(
  authenticate = async (_: string, password: string) => (password === 'right' ? user : undefined),
) {
  let now = 1e6;
  let looked = 0;
  const users = {
    authenticate(name: string, password: string) {
      looked++;
      return authenticate(name, password);
    },
  } as unknown as OauthUserStore;
  const signIn = new SignIn(users, new SharedCounters(createCounterMemory(1_048_576), () => now));
  const attempt = (more: Partial<Attempt> = {}) =>
    signIn.attempt({
      username: 'alice',
      password: 'wrong',
      address: '192.0.2.1',
      knownDevice: undefined,
      ...more,
    });
  return {
    attempt,
    kinds: async (count: number, more: (i: number) => Partial<Attempt>) => {
      const kinds: string[] = [];
      for (let i = 0; i < count; i++) kinds.push((await attempt(more(i))).kind);
      return kinds;
    },
    pass: (seconds: number) => {
      now += seconds * 1e6;
    },
    looked: () => looked,
  };
}

const all = (kinds: readonly string[], kind: string): boolean => kinds.every((each) => each === kind);

test('an account takes ten wrong passwords in a quarter of an hour, from wherever they come', async () => {
  const { kinds, attempt, looked, pass } = subject();
  assert.ok(all(await kinds(10, (i) => ({ address: `192.0.2.${i}` })), 'wrong'));
  const refused = await attempt({ address: '198.51.100.1', username: ' ALICE', password: 'right' });
  assert.equal(refused.kind, 'throttled');
  assert.ok(refused.kind === 'throttled' && refused.seconds > 0 && refused.seconds <= 90);
  assert.equal(looked(), 10, 'what is throttled is not looked at');
  assert.equal((await attempt({ username: 'bob', password: 'right' })).kind, 'signed-in');
  pass(90);
  assert.equal((await attempt({ password: 'right' })).kind, 'signed-in');
});

test('an address takes fifty, whichever accounts they are for; an IPv6 network counts as one', async () => {
  const { kinds, attempt } = subject();
  assert.ok(
    all(await kinds(50, (i) => ({ username: `u${i}`, address: `2001:db8::${i.toString(16)}` })), 'wrong'),
  );
  assert.equal(
    (await attempt({ username: 'new', address: '2001:db8::ffff', password: 'right' })).kind,
    'throttled',
  );
  assert.equal(
    (await attempt({ username: 'new', address: '2001:db8:0:1::1', password: 'right' })).kind,
    'signed-in',
  );
});

test('who signs in uses nothing up', async () => {
  const { kinds } = subject();
  assert.ok(all(await kinds(200, () => ({ password: 'right' })), 'signed-in'));
});

test('a known browser has a count of its own, for the same account', async () => {
  const { kinds, attempt } = subject();
  await kinds(11, (i) => ({ address: `192.0.2.${i}` }));
  assert.equal((await attempt({ password: 'right', knownDevice: 'd1' })).kind, 'signed-in');
  assert.ok(all(await kinds(10, () => ({ knownDevice: 'd1' })), 'wrong'));
  assert.equal((await attempt({ password: 'right', knownDevice: 'd1' })).kind, 'throttled');
});

test('a crowd waits, and beyond it nobody is looked at', async () => {
  let open: () => void = () => {};
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  const { attempt, looked } = subject(async () => {
    await gate;
    return undefined;
  });
  const crowd = Array.from({ length: 50 }, (_, i) => attempt({ username: `u${i}`, address: `192.0.2.${i}` }));
  await turn();
  assert.equal(looked(), 2);
  const turnedAway = Array.from({ length: 20 }, () => attempt({ username: 'u', address: '192.0.2.250' }));
  for (const each of turnedAway) assert.equal((await each).kind, 'busy', 'which uses no attempt up');
  open();
  const kinds = (await Promise.all(crowd)).map(({ kind }) => kind);
  assert.deepEqual(
    [kinds.filter((each) => each === 'wrong').length, kinds.filter((each) => each === 'busy').length],
    [42, 8],
  );
});
