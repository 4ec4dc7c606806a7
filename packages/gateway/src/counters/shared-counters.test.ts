import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { createCounterMemory } from './counter-memory.ts';
import { describe, gcra, REFUSED, refund, TICKS_PER_MICROSECOND } from './gcra.ts';
import type { PreparedLimit } from './shared-counters.ts';
import { monotonicMicroseconds, prepareLimit, SharedCounters } from './shared-counters.ts';

const SECOND = 1e6;

function countersAt(start: number, bytes = 65_536) {
  const clock = { time: start };
  return { clock, counters: new SharedCounters(createCounterMemory(bytes), () => clock.time) };
}

function takeUntilRefused(counters: SharedCounters, limit: PreparedLimit, key: string): number {
  let allowed = 0;
  while (counters.take(limit, key, 1).allowed) allowed++;
  return allowed;
}

suite('take', () => {
  const limit = prepareLimit({ id: 'burst', quota: 20, windowSeconds: 10 });

  test('says what is left, when it is whole and when to come back', () => {
    const { counters, clock } = countersAt(SECOND);
    assert.deepEqual(counters.take(limit, 'a', 1), {
      allowed: true,
      remaining: 19,
      resetSeconds: 1,
      retryAfterSeconds: 0,
    });
    assert.equal(counters.take(limit, 'a', 19).remaining, 0);
    assert.deepEqual(counters.take(limit, 'a', 3), {
      allowed: false,
      remaining: 0,
      resetSeconds: 10,
      retryAfterSeconds: 2,
    });
    clock.time += 1.5 * SECOND;
    assert.equal(counters.take(limit, 'a', 3).allowed, true);
  });

  test('keys and limits are counted apart', () => {
    const { counters } = countersAt(SECOND);
    const other = prepareLimit({ id: 'plan', quota: 5, windowSeconds: 10 });
    assert.equal(takeUntilRefused(counters, limit, 'a'), 20);
    assert.equal(takeUntilRefused(counters, limit, 'b'), 20);
    assert.equal(takeUntilRefused(counters, other, 'a'), 5);
  });

  test('instances over one memory share the counters', () => {
    const memory = createCounterMemory(65_536);
    const [first, second] = [1, 2].map(() => new SharedCounters(memory, () => SECOND)) as [
      SharedCounters,
      SharedCounters,
    ];
    assert.equal(first.take(limit, 'a', 15).allowed, true);
    assert.equal(takeUntilRefused(second, limit, 'a'), 5);
  });

  test('cost 0 looks and leaves nothing', () => {
    const { counters } = countersAt(SECOND);
    assert.equal(counters.take(limit, 'a', 0).remaining, 20);
    counters.take(limit, 'a', 4);
    assert.equal(counters.take(limit, 'a', 0).remaining, 16);
    assert.equal(counters.take(limit, 'a', 0).remaining, 16);
  });

  test('a cost above the quota is refused and costs nothing', () => {
    const { counters } = countersAt(SECOND);
    assert.equal(counters.take(limit, 'a', 21).allowed, false);
    assert.equal(counters.take(limit, 'a', 20).allowed, true);
  });

  for (const cost of [-1, 0.5, Number.NaN, Infinity]) {
    test(`cost ${cost} is an error`, () => {
      assert.throws(() => countersAt(SECOND).counters.take(limit, 'a', cost), RangeError);
    });
  }

  test('the clock of the process serves when none is given', () => {
    const counters = new SharedCounters(createCounterMemory(8192));
    const before = monotonicMicroseconds();
    const now = counters.now();
    assert.ok(now >= before && now <= monotonicMicroseconds());
    assert.equal(counters.take(limit, 'a', 20, now).allowed, true);
    assert.equal(counters.take(limit, 'a', 20, now).allowed, false);
  });
});

suite('a reload', () => {
  test('a smaller window frees who was locked out for long, after the new window', () => {
    const { counters, clock } = countersAt(SECOND);
    const daily = prepareLimit({ id: 'plan', quota: 2, windowSeconds: 86_400 });
    const quick = prepareLimit({ id: 'plan', quota: 2, windowSeconds: 4 });
    assert.equal(takeUntilRefused(counters, daily, 'a'), 2);
    assert.deepEqual(counters.take(quick, 'a', 1), {
      allowed: false,
      remaining: 0,
      resetSeconds: 4,
      retryAfterSeconds: 2,
    });
    clock.time += 2 * SECOND;
    assert.equal(takeUntilRefused(counters, quick, 'a'), 1);
  });

  test('a larger quota keeps what was used', () => {
    const { counters } = countersAt(SECOND);
    const small = prepareLimit({ id: 'plan', quota: 10, windowSeconds: 10 });
    const large = prepareLimit({ id: 'plan', quota: 100, windowSeconds: 10 });
    counters.take(small, 'a', 5);
    assert.equal(counters.take(large, 'a', 0).remaining, 50);
  });
});

suite('refund', () => {
  const limit = prepareLimit({ id: 'burst', quota: 10, windowSeconds: 10 });

  test('gives back at once the whole cost', () => {
    const { counters } = countersAt(SECOND);
    counters.take(limit, 'a', 3);
    counters.take(limit, 'a', 4);
    counters.refund(limit, 'a', 4, SECOND);
    assert.equal(counters.take(limit, 'a', 0).remaining, 7);
  });

  test('does not give back again what was refilled since', () => {
    const { counters, clock } = countersAt(SECOND);
    counters.take(limit, 'a', 4);
    clock.time += 3 * SECOND;
    counters.take(limit, 'a', 5);
    counters.refund(limit, 'a', 4, SECOND);
    assert.equal(counters.take(limit, 'a', 0).remaining, 5);
  });

  test('of a key that is not there is nothing', () => {
    const { counters } = countersAt(SECOND);
    counters.refund(limit, 'a', 4, SECOND);
    assert.equal(counters.take(limit, 'a', 0).remaining, 10);
  });
});

suite('a full table', () => {
  test('keeps the counters that are used up most, gives up those nearest to full, and counts them', () => {
    const { counters } = countersAt(SECOND, 8192);
    const long = prepareLimit({ id: 'long', quota: 1, windowSeconds: 3600 });
    const short = prepareLimit({ id: 'short', quota: 10, windowSeconds: 10 });
    const { slots } = counters.tallies();
    const held = Math.floor(slots / 8);
    for (let i = 0; i < held; i++) assert.equal(counters.take(long, `held-${i}`, 1).allowed, true);
    assert.equal(counters.tallies().evictions, 0);
    for (let i = 0; i < 10 * slots; i++) assert.equal(counters.take(short, `flood-${i}`, 1).allowed, true);
    assert.ok(counters.tallies().evictions >= 9 * slots);
    for (let i = 0; i < held; i++) assert.equal(counters.take(long, `held-${i}`, 1).allowed, false);
  });
});

/** The same, over a Map: what the shared table must be indistinguishable from while it evicts nothing. */
class PlainCounters {
  readonly #tats = new Map<string, number>();

  take(limit: PreparedLimit, key: string, cost: number, now: number) {
    const id = `${limit.id}|${key}`;
    const tat = this.#tats.get(id) ?? 0;
    const next = gcra(limit, tat, now, cost);
    const after = next === REFUSED ? Math.min(tat, now + limit.burst) : next;
    if (cost > 0 || next === REFUSED) this.#tats.set(id, after);
    return describe(limit, after, now, cost, next !== REFUSED);
  }

  refund(limit: PreparedLimit, key: string, cost: number, takenAt: number, now: number) {
    const id = `${limit.id}|${key}`;
    this.#tats.set(id, refund(limit, this.#tats.get(id) ?? 0, now, cost, takenAt));
  }
}

suite('against the model', () => {
  const limits = [
    prepareLimit({ id: 'a', quota: 3, windowSeconds: 1 }),
    prepareLimit({ id: 'a', quota: 50, windowSeconds: 60 }),
    prepareLimit({ id: 'b', quota: 7, windowSeconds: 0.001 }),
    prepareLimit({ id: 'c', quota: 1, windowSeconds: 86_400 }),
  ];
  const step = fc.record({
    wait: fc.oneof(
      fc.constant(0),
      fc.integer({ min: 1, max: 2000 }),
      fc.integer({ min: 1, max: 5 * SECOND }),
    ),
    limit: fc.constantFrom(...limits),
    key: fc.integer({ min: 0, max: 30 }).map((n) => `client-${n}`),
    cost: fc.integer({ min: 0, max: 8 }),
    void: fc.boolean(),
  });

  test('decides the same on any sequence of takes, refunds and reloads', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 200 }), (steps) => {
        const { counters, clock } = countersAt(SECOND, 16_384);
        const plain = new PlainCounters();
        for (const { wait, limit, key, cost, void: isVoid } of steps) {
          clock.time += wait;
          const now = clock.time * TICKS_PER_MICROSECOND;
          const decision = counters.take(limit, key, cost);
          assert.deepEqual(decision, plain.take(limit, key, cost, now));
          if (!isVoid || !decision.allowed) continue;
          counters.refund(limit, key, cost, clock.time);
          plain.refund(limit, key, cost, now, now);
        }
        assert.equal(counters.tallies().evictions, 0);
        assert.equal(counters.tallies().steals, 0);
      }),
      { numRuns: 200 },
    );
  });
});
