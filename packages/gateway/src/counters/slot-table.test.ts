import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { CounterViews } from './counter-memory.ts';
import {
  createCounterMemory,
  FIRST_BUCKET,
  FIRST_LOCK,
  HEADER,
  openCounterMemory,
  SLOTS_PER_BUCKET,
} from './counter-memory.ts';
import { TICKS_PER_SECOND } from './gcra.ts';
import { SlotTable } from './slot-table.ts';

/** Two buckets: every key has the same 16 candidates. */
function twoBuckets(): CounterViews {
  return { ...openCounterMemory(createCounterMemory(8192)), buckets: 2 };
}

const NOW = 1000 * TICKS_PER_SECOND;
const at = (time: number) => () => time;
const FIRST_TAT = FIRST_BUCKET / 2 + SLOTS_PER_BUCKET;
const STRIPE = 5;
/** A hash that starts in the first bucket and belongs to STRIPE. */
const LOW = 7;
const HIGH = STRIPE;

function lockWord(views: CounterViews): number {
  return Atomics.load(views.words, FIRST_LOCK + STRIPE);
}

function claimWord(second: number): bigint {
  return BigInt(-(second * 2048 + STRIPE + 1));
}

suite('memory', () => {
  for (const bytes of [0, 8191, 1e4 + 0.5, 2 ** 33, Number.NaN]) {
    test(`refuses ${bytes} bytes`, () => assert.throws(() => createCounterMemory(bytes), RangeError));
  }
  test('refuses memory of others', () => {
    assert.throws(() => openCounterMemory(new SharedArrayBuffer(8192)), TypeError);
    const foreign = createCounterMemory(8192);
    new Int32Array(foreign)[HEADER.version] = 99;
    assert.throws(() => openCounterMemory(foreign), TypeError);
  });
  test('has another hash key each time', () => {
    const keys = [1, 2, 3].map(() =>
      new Int32Array(createCounterMemory(8192)).slice(HEADER.key0, HEADER.key1 + 1).join(),
    );
    assert.equal(new Set(keys).size, 3);
  });
});

suite('slots', () => {
  test('holds as many keys as it has slots, then evicts the one nearest to replenished', () => {
    const views = twoBuckets();
    const table = new SlotTable(views);
    for (let key = 1; key <= 16; key++) {
      assert.equal(table.insert(key << 20, key, at(NOW), 1000 - key), NOW);
    }
    assert.equal(views.words[HEADER.evictions], 0);
    table.insert(99, 99, at(NOW), 2000);
    assert.equal(views.words[HEADER.evictions], 1);
    assert.equal(table.find(16 << 20, 16), -1);
    assert.ok(table.find(99, 99) >= 0);
    for (let key = 1; key <= 15; key++) assert.ok(table.find(key << 20, key) >= 0, `key ${key}`);
  });

  for (const [when, evictions] of [
    [NOW + 1, 1],
    [NOW + 2, 0],
  ] as const) {
    test(`takes over a slot full since NOW + 1 at NOW + ${when - NOW}: ${evictions} evictions`, () => {
      const views = twoBuckets();
      const table = new SlotTable(views);
      for (let key = 1; key <= 16; key++) table.insert(key << 20, key, at(NOW), key);
      table.insert(99, 99, at(when), 50);
      assert.equal(views.words[HEADER.evictions], evictions);
      assert.equal(table.find(1 << 20, 1), -1);
      assert.ok(table.find(2 << 20, 2) >= 0);
    });
  }

  test('an evicted slot never shows the same TAT again at once', () => {
    const views = twoBuckets();
    const table = new SlotTable(views);
    for (let key = 1; key <= 17; key++) table.insert(key << 20, key, at(NOW), 100);
    table.find(17 << 20, 17);
    assert.equal(table.tat, NOW + 101);
  });

  test('uses the second bucket before the first is full', () => {
    const views = twoBuckets();
    const table = new SlotTable(views);
    for (let key = 1; key <= 8; key++) table.insert(key, key, at(NOW), 100);
    const first = views.tats.subarray(FIRST_TAT, FIRST_TAT + SLOTS_PER_BUCKET);
    assert.equal(first.filter((tat) => tat !== 0n).length, 6);
  });

  test('an update fails when another came first', () => {
    const table = new SlotTable(twoBuckets());
    table.insert(1, 1, at(NOW), 100);
    const slot = table.find(1, 1);
    assert.equal(table.update(slot, table.tat, NOW + 200), true);
    assert.equal(table.update(slot, table.tat, NOW + 300), false);
  });

  test('an insertion of what is there already leaves it', () => {
    const table = new SlotTable(twoBuckets());
    table.insert(1, 1, at(NOW), 100);
    assert.equal(table.insert(1, 1, at(NOW), 500), -1);
    table.find(1, 1);
    assert.equal(table.tat, NOW + 100);
  });
});

suite('a holder that dies or is late', () => {
  test('its lock is stolen and its claim revoked, so that it cannot commit', () => {
    const views = twoBuckets();
    const table = new SlotTable(views);
    Atomics.store(views.words, FIRST_LOCK + STRIPE, 77);
    views.tats[FIRST_TAT] = claimWord(1000);

    assert.equal(table.insert(LOW, HIGH, at(NOW), 100), NOW);
    assert.equal(views.words[HEADER.steals], 1);
    assert.equal(lockWord(views), 0);
    assert.notEqual(Atomics.compareExchange(views.tats, FIRST_TAT, claimWord(1000), 5n), claimWord(1000));
    assert.equal(table.find(LOW, HIGH), FIRST_TAT + 1);
  });

  test('a revoked slot rests for a minute, then is used again', () => {
    const views = twoBuckets();
    const table = new SlotTable(views);
    views.tats[FIRST_TAT] = claimWord(1000);
    const minute = 60 * TICKS_PER_SECOND;
    table.insert(LOW, HIGH, at(NOW + minute), 100);
    assert.equal(table.find(LOW, HIGH), FIRST_TAT + 1);
    table.insert(LOW + 1, HIGH, at(NOW + minute + TICKS_PER_SECOND), 100);
    assert.equal(table.find(LOW + 1, HIGH), FIRST_TAT);
  });

  test('a claim of another stripe is left alone', () => {
    const views = twoBuckets();
    views.tats[FIRST_TAT] = claimWord(1000);
    new SlotTable(views).insert(LOW, HIGH + 1, at(NOW), 100);
    assert.equal(views.tats[FIRST_TAT], claimWord(1000));
  });

  test('when all candidates are claimed by others, nothing is inserted', () => {
    const views = twoBuckets();
    for (const from of [FIRST_TAT, FIRST_TAT + 2 * SLOTS_PER_BUCKET]) {
      views.tats.fill(claimWord(1000), from, from + SLOTS_PER_BUCKET);
    }
    assert.equal(new SlotTable(views).insert(LOW, HIGH + 1, at(NOW), 100), -1);
  });

  test('robbed before its claim, it gives way: one entry', () => {
    const views = twoBuckets();
    const thief = new SlotTable(views);
    const late = new SlotTable(views);
    const clock = () => {
      // Another's claim makes the thief use another slot than the late holder will, which then gets its claim.
      views.tats[FIRST_TAT] = claimWord(1000) - 1n;
      assert.equal(thief.insert(LOW, HIGH, at(NOW), 100), NOW);
      views.tats[FIRST_TAT] = 0n;
      return NOW;
    };
    assert.equal(late.insert(LOW, HIGH, clock, 500), -1);
    late.find(LOW, HIGH);
    assert.equal(late.tat, NOW + 100);
    assert.equal(committed(views), 1);
    assert.equal(lockWord(views), 0);
  });

  test('robbed between its claim and its commit, it gives way: one entry', (t) => {
    const views = twoBuckets();
    const thief = new SlotTable(views);
    const late = new SlotTable(views);
    const store = Atomics.store;
    const mock = t.mock.method(Atomics, 'store', (words: Int32Array, index: number, value: number) => {
      // The first store of the late holder is that of the hash, after its claim.
      mock.mock.restore();
      assert.equal(thief.insert(LOW, HIGH, at(NOW), 100), NOW);
      return store(words, index, value);
    });
    assert.equal(late.insert(LOW, HIGH, at(NOW), 500), -1);
    assert.equal(views.words[HEADER.steals], 1);
    late.find(LOW, HIGH);
    assert.equal(late.tat, NOW + 100);
    assert.equal(committed(views), 1);
  });
});

function committed(views: CounterViews): number {
  let count = 0;
  for (const from of [FIRST_TAT, FIRST_TAT + 2 * SLOTS_PER_BUCKET]) {
    for (const tat of views.tats.subarray(from, from + SLOTS_PER_BUCKET)) if (tat > 0n) count++;
  }
  return count;
}
