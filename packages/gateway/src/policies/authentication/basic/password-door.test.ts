import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { createCounterMemory } from '../../../counters/counter-memory.ts';
import { SharedCounters } from '../../../counters/shared-counters.ts';
import { type OauthUser, OauthUserStore } from '../../../stores/oauth-users.ts';
import { hashPassword } from '../../../stores/password-hash.ts';
import { cheap, temporaryDatabase } from '../../../stores/testing/oauth.ts';
import { type Judged, PasswordDoor } from './password-door.ts';
import type { Users } from './users.ts';

const password = 'a long password';
const here = '192.0.2.1';

interface Opened {
  readonly store: OauthUserStore;
  readonly alice: OauthUser;
  /** A data thread: with counters in common, and a memory of its own. */
  readonly thread: () => Thread;
  readonly pass: (milliseconds: number) => void;
  /** Gives everybody another password while the next hash is computed. */
  readonly changeMeanwhile: (next: string) => Promise<void>;
  /** What is computed meanwhile waits until it is let go. */
  readonly hold: () => () => void;
}

interface Thread {
  readonly door: PasswordDoor;
  readonly judge: (username: string, word: string, address?: string) => Promise<string>;
  readonly retryAfter: (username: string, word: string, address?: string) => Promise<number | undefined>;
  /** Hashes so far. */
  readonly hashes: () => number;
}

async function opened(t: TestContext): Promise<Opened> {
  let now = 1_700_000_000_000;
  let monotonic = 1_000_000;
  let held: Promise<void> | undefined;
  let meanwhile = (): void => {};
  const database = temporaryDatabase(t);
  const store = new OauthUserStore(database, { now: () => now, cost: cheap });
  const alice = await store.create({ username: 'alice', roles: ['buyer'], basic: true, password });
  const memory = createCounterMemory(1_048_576);
  const secret = Buffer.alloc(32, 1);

  function thread(): Thread {
    let hashes = 0;
    const users: Users = {
      byId: (id) => store.known(id),
      byName: (username) => store.named(username),
      async check(username, word) {
        hashes++;
        const checking = store.check(username, word);
        meanwhile();
        const checked = await checking;
        await held;
        return checked;
      },
    };
    const counters = new SharedCounters(memory, () => monotonic * 1000);
    const door = new PasswordDoor({ users, counters, secret, now: () => now });
    const judged = async (username: string, word: string, address = here): Promise<Judged> =>
      door.judge({ username, password: word }, address);
    return {
      door,
      judge: async (...all) => textOf(await judged(...all)),
      async retryAfter(...all) {
        const outcome = await judged(...all);
        return outcome.kind === 'refused' ? outcome.rejected.retryAfter : undefined;
      },
      hashes: () => hashes,
    };
  }
  return {
    store,
    alice,
    thread,
    pass: (milliseconds) => {
      now += milliseconds;
      monotonic += Math.max(0, milliseconds);
    },
    async changeMeanwhile(next) {
      const hash = await hashPassword(next, cheap);
      meanwhile = () => {
        meanwhile = () => {};
        now++;
        database.prepare('UPDATE users SET password = ?, password_at = ?').run(hash, now);
      };
    },
    hold() {
      let go = (): void => {};
      held = new Promise<void>((resolve) => {
        go = resolve;
      });
      return () => {
        held = undefined;
        go();
      };
    },
  };
}

function textOf(judged: Judged): string {
  return judged.kind === 'user' ? judged.user.username : judged.rejected.reason;
}

const byAccount = 'attempts-exceeded: passwords by account';
const byAddress = 'attempts-exceeded: passwords by address';
const byPlace = 'attempts-exceeded: passwords by account and address';

test('each way to be wrong has a reason of its own, and costs one hash', async (t) => {
  const { store, thread } = await opened(t);
  const off = await store.create({ username: 'off', roles: [], basic: true, password });
  store.setDisabled(off.id, true);
  await store.create({ username: 'web', roles: [], password });
  const cases: readonly (readonly [username: string, word: string, expected: string])[] = [
    ['alice', password, 'alice'],
    ['alice', 'another password', 'password-wrong'],
    ['alice', '', 'password-wrong'],
    ['nobody', password, 'user-unknown'],
    ['off', password, 'user-disabled'],
    ['off', 'another password', 'password-wrong'],
    ['web', password, 'basic-not-allowed'],
    ['web', 'another password', 'password-wrong'],
  ];
  const { judge, hashes } = thread();
  for (const [index, [username, word, expected]] of cases.entries()) {
    assert.equal(await judge(username, word), expected, username);
    assert.equal(hashes(), index + 1, `${username}: one hash`);
  }
});

test('a pair that was right costs no hash for an hour, and one afterwards', async (t) => {
  const { thread, pass } = await opened(t);
  const { judge, hashes } = thread();
  for (let minute = 0; minute < 60; minute++) {
    assert.equal(await judge('alice', password), 'alice');
    pass(60_000);
  }
  assert.equal(hashes(), 1);
  assert.equal(await judge('alice', password), 'alice');
  assert.equal(hashes(), 2);
  pass(-7_200_000);
  assert.equal(await judge('alice', password), 'alice');
  assert.equal(hashes(), 3, 'a clock that is set back keeps nothing alive');
});

const changes: readonly (readonly [what: string, change: (opened: Opened) => unknown, expected: string])[] = [
  ['disabled', ({ store, alice }) => store.setDisabled(alice.id, true), 'user-disabled'],
  ['allowed no more', ({ store, alice }) => store.setBasic(alice.id, false), 'basic-not-allowed'],
  [
    'given another password',
    ({ store, alice }) => store.setPassword(alice, 'the next password'),
    'password-wrong',
  ],
];

for (const [what, change, expected] of changes) {
  test(`who is ${what} is kept out within five seconds, however busy`, async (t) => {
    const all = await opened(t);
    const { judge } = all.thread();
    assert.equal(await judge('alice', password), 'alice');
    all.pass(1_000);
    await change(all);
    for (let step = 0; step < 3; step++) {
      assert.equal(await judge('alice', password), 'alice');
      all.pass(1_000);
    }
    all.pass(1_000);
    assert.equal(await judge('alice', password), expected);
  });
}

test('a password that is changed while the hash is computed ends the old one, and does not make the new one wrong', async (t) => {
  const { thread, changeMeanwhile } = await opened(t);
  const { judge } = thread();
  await changeMeanwhile('the next password');
  assert.equal(await judge('alice', 'the next password'), 'password-wrong');
  assert.equal(await judge('alice', 'the next password'), 'alice');
  await changeMeanwhile('the one after that');
  assert.equal(await judge('alice', 'the next password', '198.51.100.1'), 'password-wrong');
});

test('the user is one object as long as nothing changed, and as the database has it after five seconds', async (t) => {
  const { store, alice, thread, pass } = await opened(t);
  const { door, judge } = thread();
  const known = (): OauthUser => {
    const judged = door.judge({ username: 'alice', password }, here);
    assert.ok(!(judged instanceof Promise) && judged.kind === 'user');
    return judged.user;
  };
  await judge('alice', password);
  const first = known();
  pass(5_000);
  assert.equal(known(), first);
  store.setBasic(alice.id, false);
  store.setBasic(alice.id, true);
  pass(5_000);
  assert.equal(known(), first);
});

test('a wrong pair that comes again costs no hash, but counts', async (t) => {
  const { thread } = await opened(t);
  const { judge, retryAfter, hashes } = thread();
  for (let i = 0; i < 10; i++) assert.equal(await judge('alice', 'an old password'), 'password-wrong');
  assert.equal(hashes(), 1);
  assert.equal(await judge('alice', 'an old password'), byAccount);
  assert.equal(await judge('alice', password, '198.51.100.1'), byAccount, 'not looked at, right or wrong');
  const seconds = await retryAfter('alice', password);
  assert.ok(seconds !== undefined && seconds > 0 && seconds <= 90, String(seconds));
  assert.equal(hashes(), 1);
});

test('the wait that is named is enough', async (t) => {
  const { thread, pass } = await opened(t);
  const { judge, retryAfter } = thread();
  for (let i = 0; i < 10; i++) await judge('alice', 'an old password');
  pass((await retryAfter('alice', password))! * 1000);
  assert.equal(await judge('alice', password), 'alice');
});

test('what was wrong is right as soon as the user is: made, allowed, or given that password', async (t) => {
  const { store, alice, thread, pass } = await opened(t);
  const { judge } = thread();
  assert.equal(await judge('new', password), 'user-unknown');
  assert.equal(await judge('alice', 'the next password'), 'password-wrong');
  pass(1);
  await store.create({ username: 'new', roles: [], basic: true, password });
  await store.setPassword(alice, 'the next password');
  pass(5_000);
  assert.equal(await judge('new', password), 'new');
  assert.equal(await judge('alice', 'the next password'), 'alice');
});

test('an address that sprays over many names runs out, whoever they are', async (t) => {
  const { thread } = await opened(t);
  const { judge, hashes } = thread();
  for (let i = 0; i < 50; i++) assert.equal(await judge(`user${i}`, 'Summer2026!!'), 'user-unknown');
  assert.equal(await judge('alice', password), byAddress);
  assert.equal(await judge('user99', 'Summer2026!!'), byAddress);
  assert.equal(hashes(), 50);
  assert.equal(await judge('alice', password, '198.51.100.1'), 'alice');
});

test('strangers who guess from many addresses do not lock out who is known, on any thread', async (t) => {
  const { thread, pass } = await opened(t);
  const [one, other] = [thread(), thread()];
  assert.equal(await one.judge('alice', password), 'alice');
  for (let i = 0; i < 30; i++) await one.judge('alice', `guess number ${i}`, `198.51.100.${i}`);
  assert.equal(await one.judge('alice', password, '198.51.100.200'), byAccount, 'a place that is not known');
  assert.equal(await one.judge('alice', password), 'alice');
  assert.equal(await other.judge('alice', password), 'alice', 'the connection came to another thread');
  pass(3_600_000);
  for (let i = 0; i < 30; i++) await one.judge('alice', `later guess ${i}`, `198.51.100.${i}`);
  assert.equal(await one.judge('alice', password), 'alice', 'remembered no more, but known');
  assert.equal(await other.judge('alice', password), 'alice');
});

test('what is remembered is no way around the count: not from elsewhere, not from the same address', async (t) => {
  const { thread } = await opened(t);
  const { judge, hashes } = thread();
  await judge('alice', password);
  for (let i = 0; i < 10; i++) await judge('alice', `guess number ${i}`, '198.51.100.1');
  const before = hashes();
  assert.equal(await judge('alice', password, '198.51.100.1'), byAccount, 'the right one is not told apart');
  for (let i = 0; i < 10; i++) assert.equal(await judge('alice', `near guess ${i}`), 'password-wrong');
  assert.equal(await judge('alice', password), byPlace, 'whoever shares the address is bounded, too');
  assert.equal(hashes(), before + 10);
});

test('a client with an old password does not lock out the one beside it with the new', async (t) => {
  const { thread } = await opened(t);
  const { judge } = thread();
  for (let i = 0; i < 200; i++) {
    assert.equal(await judge('alice', password), 'alice');
    const old = await judge('alice', 'an old password');
    assert.ok(old === 'password-wrong' || old === byAddress, old);
  }
  assert.equal(await judge('alice', password), 'alice');
});

test('a client that begins with many requests at once costs one hash, and uses nothing up', async (t) => {
  const { thread } = await opened(t);
  const { judge, hashes } = thread();
  const all = await Promise.all(Array.from({ length: 100 }, () => judge('alice', password)));
  assert.deepEqual(new Set(all), new Set(['alice']));
  assert.equal(hashes(), 1);
  const wrong = await Promise.all(
    Array.from({ length: 8 }, () => judge('alice', 'an old password', '192.0.2.9')),
  );
  assert.deepEqual(new Set(wrong), new Set(['password-wrong']));
  assert.equal(hashes(), 2);
  assert.equal(await judge('alice', 'x', '192.0.2.9'), 'password-wrong');
  assert.equal(await judge('alice', 'y', '192.0.2.9'), 'password-wrong');
  assert.equal(await judge('alice', 'z', '192.0.2.9'), byAccount, 'each of them counted');
});

test('a crowd of strangers waits, is turned away beyond that, and stands in the way of nobody who is known', async (t) => {
  const { thread, hold, pass } = await opened(t);
  const { judge, hashes } = thread();
  await judge('alice', password);
  pass(3_600_000);
  const go = hold();
  const crowd = Array.from({ length: 30 }, (_, i) => judge(`user${i}`, 'x', `198.51.100.${i}`));
  const alice = judge('alice', password);
  await turn();
  assert.equal(hashes(), 3, 'one of the crowd, and alice');
  go();
  assert.equal(await alice, 'alice');
  const reasons = await Promise.all(crowd);
  assert.equal(reasons.filter((each) => each === 'basic-busy').length, 9);
  assert.equal(reasons.filter((each) => each === 'user-unknown').length, 21);
});

test('who was turned away has used nothing up', async (t) => {
  const { thread, hold } = await opened(t);
  const { judge } = thread();
  const go = hold();
  const crowd = Array.from({ length: 21 }, (_, i) => judge(`user${i}`, 'x', `198.51.100.${i}`));
  for (let i = 0; i < 30; i++) assert.equal(await judge('alice', password), 'basic-busy');
  go();
  await Promise.all(crowd);
  assert.equal(await judge('alice', password), 'alice');
});

test('a flood of wrong pairs pushes no right one out', async (t) => {
  const { thread, pass } = await opened(t);
  const { judge, hashes } = thread();
  await judge('alice', password);
  for (let i = 0; i < 12_000; i++) {
    await judge(`user${i}`, 'x', `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`);
    if (i % 1000 === 0) pass(1);
  }
  const before = hashes();
  assert.equal(await judge('alice', password), 'alice');
  assert.equal(hashes(), before);
});
